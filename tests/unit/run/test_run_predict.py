"""Answers as columns."""

import io

import numpy as np
import pytest

from evenhand.bundle import Answers
from evenhand.config import DataConfig
from evenhand.data.inference import infer_schema
from evenhand.data.table import read_table
from evenhand.errors import DataError
from evenhand.run.predict import answer_portion, answer_texts, kept_names, read_lines
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


def test_an_input_column_of_the_same_name_is_kept_under_another(table):
    given = {"labels": ["old"], "text": ["odd"], "p:a": ["0.9"]}
    columns = answer_portion(Stub(table), given, ["odd"])
    assert list(columns) == ["input:labels", "text", "input:p:a", "labels", "p:a", "p:b"]
    assert (columns["input:labels"], columns["labels"]) == (["old"], ["a"])


def test_answers_that_are_answered_again_lose_no_column():
    given = ("input:labels", "labels", "input:p:a", "p:a", "x")
    assert kept_names(given, ("labels", "p:a")) == [
        "input:labels", "input:input:labels", "input:p:a", "input:input:p:a", "x",
    ]  # fmt: skip
    assert kept_names(("labels", "input:labels"), ("labels",)) == [
        "input:input:labels", "input:labels",
    ]  # fmt: skip


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
