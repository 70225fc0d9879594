"""Answers as columns, and columns as CSV."""

import csv
import io

import numpy as np
import pytest

from evenhand.bundle import Answers
from evenhand.config import DataConfig
from evenhand.data.inference import infer_schema
from evenhand.data.table import read_table
from evenhand.errors import DataError
from evenhand.run.predict import answer_file, answer_texts, read_lines, to_csv
from evenhand.types import LabelSpace, Task

LABELS = LabelSpace(("a", "b"), Task.MULTILABEL)


class Stub:
    """Says ``a`` of every text with an odd number of characters."""

    def __init__(self, path):
        self.schema = infer_schema(read_table(str(path)), DataConfig())

    def predict(self, texts):
        odd_N = np.array([len(t) % 2 == 1 for t in texts], bool)
        decided_NC = np.stack([odd_N, ~odd_N], axis=1)
        return Answers(LABELS, decided_NC * 0.5 + 0.25, decided_NC)


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("n,text,labels\n1,odd,a\n2,even,b\n3,odd,a\n4,even,b\n")
    return path


def test_input_columns_come_first_then_labels_then_probabilities(table):
    columns = answer_texts(Stub(table), ["odd", "even"])
    assert columns == {
        "text": ["odd", "even"],
        "labels": ["a", "b"],
        "p:a": [0.75, 0.25],
        "p:b": [0.25, 0.75],
    }


def test_an_input_column_of_the_same_name_is_kept_under_another(table, tmp_path):
    new = tmp_path / "new.csv"
    new.write_text("labels,text,p:a\nold,odd,0.9\n")
    columns = answer_file(Stub(table), str(new))
    assert list(columns) == ["input:labels", "text", "input:p:a", "labels", "p:a", "p:b"]
    assert (columns["input:labels"], columns["labels"]) == (["old"], ["a"])


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "-cmd|x", "@SUM(A1)", "\t=1", "\r=1", "-1+2"])
def test_a_cell_that_a_spreadsheet_would_run_is_made_harmless(text):
    assert next(csv.reader(io.StringIO(to_csv({"x": [text]}).split("\n", 1)[1], newline=""))) == [
        f"'{text}"
    ]


@pytest.mark.parametrize("text", ["-5", "+3.25", "-1e-5", "-1,000", "5", "a=b", "", "né 😀"])
def test_any_other_cell_stays_as_it_is(text):
    assert (
        next(csv.reader(io.StringIO(to_csv({"x": [text], "y": [0]}).split("\n", 1)[1])))[0] == text
    )


def test_numbers_come_back_to_the_last_bit():
    value = 0.1 + 0.2
    assert float(to_csv({"p": [value, -value]}).split("\n")[1]) == value


def test_a_cell_with_separators_is_quoted():
    rows = list(csv.reader(io.StringIO(to_csv({"x": ['a,"b"\nc'], "y": [None]}), newline="")))
    assert rows == [["x", "y"], ['a,"b"\nc', ""]]


def test_each_line_of_a_stream_is_a_text():
    assert read_lines(io.StringIO("one\u2028still one\n\nthree\x0b\nlast")) == [
        "one\u2028still one",
        "",
        "three\x0b",
        "last",
    ]


def test_a_stream_that_is_not_utf8():
    stream = io.TextIOWrapper(io.BytesIO(b"caf\xe9\n"), encoding="utf-8")
    with pytest.raises(DataError, match=r"\[E203\] standard input is not UTF-8\n  got: byte 0xe9"):
        read_lines(stream)
