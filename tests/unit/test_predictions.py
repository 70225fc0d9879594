"""Predictions on disk: what was written comes back to the last bit."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evenhand.errors import DataError, MissingFileError
from evenhand.predictions import load_predictions, save_predictions
from evenhand.types import LabelSpace, Logits, Predictions, Probs, Role, Task


def some(scores: Logits | Probs, task: Task) -> Predictions:
    truth_NC = np.array([[1, 0], [0, 1], [np.nan, 1]], np.float32)
    labels = LabelSpace(("a|b, c", "p:ö"), task)
    return Predictions(("x", "ö\n2", ""), scores, truth_NC, labels, Role.REPORT)


@pytest.mark.parametrize("task", Task)
@pytest.mark.parametrize("kind", [Logits, Probs])
def test_round_trip(tmp_path, kind, task):
    values_NC = np.random.default_rng(0).random((3, 2))
    before = some(kind(values_NC), task)
    save_predictions(tmp_path / "p.parquet", before)
    after = load_predictions(tmp_path / "p.parquet")
    assert type(after.scores) is kind
    np.testing.assert_array_equal(after.scores.values_NC, values_NC)
    np.testing.assert_array_equal(after.truth_NC, before.truth_NC)
    assert after.truth_NC.dtype == np.float32
    assert (after.ids, after.labels, after.role) == (before.ids, before.labels, before.role)


def test_groups_come_back_where_there_are_any(tmp_path):
    alone = some(Logits(np.eye(3, 2)), Task.MULTILABEL)
    grouped = replace(alone, groups_N=np.array([7, 2, 7]))
    for name, before in (("alone", alone), ("grouped", grouped)):
        save_predictions(tmp_path / name, before)
    assert load_predictions(tmp_path / "alone").groups_N is None
    groups_N = load_predictions(tmp_path / "grouped").groups_N
    np.testing.assert_array_equal(groups_N, [7, 2, 7])
    assert groups_N.dtype == np.int64


def test_equal_predictions_give_equal_bytes(tmp_path):
    for name in ("a", "b"):
        save_predictions(tmp_path / name, some(Logits(np.eye(3, 2)), Task.MULTILABEL))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_missing_file(tmp_path):
    with pytest.raises(MissingFileError, match=r"\[E202\] there is no such prediction file"):
        load_predictions(tmp_path / "no.parquet")


def test_a_parquet_file_of_somebody_else(tmp_path):
    pq.write_table(pa.table({"id": ["a"]}), tmp_path / "p.parquet")
    with pytest.raises(DataError, match=r"\[E204\] that is no prediction file"):
        load_predictions(tmp_path / "p.parquet")


def test_a_file_that_is_no_parquet(tmp_path):
    (tmp_path / "p.parquet").write_text("id,score\n")
    with pytest.raises(DataError, match=r"\[E204\] that is no prediction file"):
        load_predictions(tmp_path / "p.parquet")
