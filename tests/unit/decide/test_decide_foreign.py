import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evenhand.decide.foreign import read_scores
from evenhand.errors import DataError, EvenhandError, MissingFileError
from evenhand.types import Logits, Probs, Role, Task

SCORES = "id,spam,scam\na,0.9,0.1\nb,0.2,0.8\nc,0.4,0.3\n"
TRUTH = "id,scam,spam\nc,0,\na,0,1\nb,1,0\n"


@pytest.fixture
def read(tmp_path):
    def run(scores=SCORES, truth=TRUTH, kind="probs", task=Task.MULTILABEL):
        for name, content in (("scores.csv", scores), ("truth.csv", truth)):
            raw = content if isinstance(content, bytes) else content.encode()
            (tmp_path / name).write_bytes(raw)
        return read_scores(tmp_path / "scores.csv", kind, truth=tmp_path / "truth.csv", task=task)

    return run


def test_rows_and_columns_are_matched_by_name(read):
    predictions = read()
    assert predictions.ids == ("a", "b", "c")
    assert predictions.labels.names == ("spam", "scam")
    assert predictions.role is Role.TUNE
    assert isinstance(predictions.scores, Probs)
    np.testing.assert_array_equal(
        predictions.scores.values_NC, [[0.9, 0.1], [0.2, 0.8], [0.4, 0.3]]
    )
    np.testing.assert_array_equal(predictions.truth_NC, [[1, 0], [0, 1], [np.nan, 0]])


def test_logits_are_logits_whatever_their_range(read):
    assert isinstance(read(kind="logits").scores, Logits)


def test_byte_order_mark_quotes_and_windows_lines(read):
    scores = b"\xef\xbb\xbf" + SCORES.replace("a,", '"a",').replace("\n", "\r\n").encode()
    np.testing.assert_array_equal(read(scores=scores).truth_NC, read().truth_NC)


def test_tune_rows_may_be_marked(read):
    assert len(read(truth=TRUTH.replace("\n", ",tune\n").replace("spam,tune", "spam,role"))) == 3


def test_one_column_is_enough(read):
    assert read("id,spam\na,0.1\nb,0.2\n", "id,spam\na,0\nb,1\n").labels.names == ("spam",)


def test_parquet_gives_the_same(tmp_path, read):
    plain = read()
    pq.write_table(
        pa.table({"id": ["a", "b", "c"], "spam": [0.9, 0.2, 0.4], "scam": [0.1, 0.8, 0.3]}),
        tmp_path / "s.parquet",
    )
    pq.write_table(
        pa.table({"scam": [0, 0, 1], "spam": [None, True, False], "id": ["c", "a", "b"]}),
        tmp_path / "t.parquet",
    )
    predictions = read_scores(tmp_path / "s.parquet", "probs", truth=tmp_path / "t.parquet")
    assert predictions.ids == plain.ids
    np.testing.assert_array_equal(predictions.scores.values_NC, plain.scores.values_NC)
    np.testing.assert_array_equal(predictions.truth_NC, plain.truth_NC)


HEAD = "id,spam,scam\n"
CASES = {
    "NaN": (HEAD + "a,nan,0.1\nb,0,1\nc,0,1\n", "E210", "'nan' at", ".csv:2, column 'spam'"),
    "empty": (HEAD + "a,1,0.1\nb,0,\nc,0,1\n", "E210", "an empty cell at", ".csv:3, column 'scam'"),
    "infinite": (HEAD + "a,1,0.1\nb,0,inf\nc,0,1\n", "E210", "'inf' at", ".csv:3"),
    "above": (HEAD + "a,1,0\nb,0,1\nc,0,1.5\n", "E210", "'1.5' at", ".csv:4", "--scores logits"),
    "below": (HEAD + "a,1,-0.1\nb,0,1\nc,0,1\n", "E210", "'-0.1' at", ".csv:2"),
    "words": (HEAD + "a,1,0.1\nb,high,1\nc,0,1\n", "E206", "'high' at", ".csv:3, column 'spam'"),
    "two lines": (HEAD + '"a\n",1,0.1\nb,high,1\n', "E206", "'high' at", ".csv:4"),
    "no id": ("key,spam,scam\na,1,0.1\n", "E205", "scores.csv has no column 'id'"),
    "short row": (HEAD + "a,1\n", "E204", ".csv:2: 2 columns, the header has 3"),
    "open quote": (HEAD + 'a,1,0\n"b,1,0\nc,0,0\n', "E204", ".csv:3: unexpected end of data"),
    "column twice": ("id,spam,spam\na,1,0\n", "E204", ".csv:1: two columns are named 'spam'"),
    "nothing": ("", "E202", "a file has no rows"),
    "header only": (HEAD, "E202", "a file has no rows"),
    "Latin-1": (HEAD.encode() + b"a,1,0\n\xe9,1,0\n", "E203", "0xe9 at", ".csv:3"),
    "id twice": (HEAD + "a,0,1\nb,0,1\na,0,1\n", "E211", "'a' at", ".csv:2 and", ".csv:4"),
    "id lost": (HEAD + "a,0,1\nb,0,1\n", "E211", "1 ids of truth.csv", "'c' at", ".csv:2"),
    "ids more": (SCORES + "d,0,1\ne,0,1\n", "E211", "2 ids of scores.csv", ".csv:5, 'e' at"),
    "case": (SCORES.replace("scam", "Scam"), "E213", "'Scam' and 'scam' differ only in case"),
    "space": (SCORES.replace("scam", "scam "), "E213", "differ only in case or spaces"),
    "spelling": (SCORES.replace("scam", "scamm"), "E213", "did you mean 'scam'?"),
    "label lost": ("id,spam\na,0\nb,0\nc,0\n", "E213", "'scam' only in truth.csv"),
    "no label": ("id\na\nb\nc\n", "E213", "only in truth.csv"),
}
ROLES = "id,scam,spam,role\nc,0,,tune\na,0,1,report\nb,1,0,tune\n"
TRUTH_CASES = {
    "two": (TRUTH.replace("b,1,0", "b,2,0"), "E206", "'2' at", ".csv:4, column 'scam'"),
    "words": (TRUTH.replace("b,1,0", "b,yes,0"), "E206", "'yes' at", ".csv:4"),
    "report": (ROLES, "E212", "'report' at", ".csv:3"),
    "fit": (ROLES.replace("report", "fit"), "E209", "'fit' at", ".csv:3"),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_scores_are_refused_with_their_place(read, case):
    scores, code, *places = CASES[case]
    with pytest.raises(EvenhandError, match=rf"^\[{code}\]") as caught:
        read(scores=scores)
    assert [place for place in places if place not in str(caught.value)] == []


@pytest.mark.parametrize("case", TRUTH_CASES)
def test_bad_truth_is_refused_with_its_place(read, case):
    truth, code, *places = TRUTH_CASES[case]
    with pytest.raises(DataError, match=rf"^\[{code}\]") as caught:
        read(truth=truth)
    assert [place for place in places if place not in str(caught.value)] == []


@pytest.mark.parametrize("row", ["b,1,1", "b,0,0", "b,1,"])
def test_multiclass_truth_has_one_label(read, row):
    truth = "id,scam,spam\nc,,\na,0,1\n" + row + "\n"
    with pytest.raises(DataError, match=r"\[E206\] multi-class(.|\n)*csv:4"):
        read(truth=truth, task=Task.MULTICLASS)


def test_multiclass_truth_may_be_unknown(read):
    predictions = read(truth="id,scam,spam\nc,,\na,0,1\nb,1,0\n", task=Task.MULTICLASS)
    assert np.isnan(predictions.truth_NC[2]).all()


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(MissingFileError, match=r"\[E202\](.|\n)*none.csv"):
        read_scores(tmp_path / "none.csv", "probs", truth=tmp_path / "truth.csv")


def test_a_file_that_is_no_parquet_is_refused(tmp_path):
    (tmp_path / "s.parquet").write_text("id,spam\n")
    with pytest.raises(EvenhandError, match=r"\[E204\] a file is no Parquet file"):
        read_scores(tmp_path / "s.parquet", "probs", truth=tmp_path / "s.parquet")
