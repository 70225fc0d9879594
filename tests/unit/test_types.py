"""The records that flow between rooms."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evenhand.errors import DataError
from evenhand.types import FitStatistics, LabelSpace, Logits, Predictions, Probs, Role, Task

MULTI = LabelSpace(("a", "b"), Task.MULTILABEL)


def predictions(**changes: object) -> Predictions:
    given = {
        "ids": ("r1", "r2", "r3"),
        "scores": Logits(np.array([[0.0, 1.0], [2.0, -1.0], [5.0, 5.0]])),
        "truth_NC": np.array([[0, 1], [1, 0], [np.nan, 1]], np.float32),
        "labels": MULTI,
        "role": Role.TUNE,
    }
    return Predictions(**(given | changes))


@pytest.mark.parametrize(
    ("names", "task"),
    [
        ((), Task.MULTILABEL),
        (("a",), Task.MULTICLASS),
        (("a", "a"), Task.MULTILABEL),
    ],
)
def test_a_label_space_needs_enough_distinct_names(names, task):
    with pytest.raises(DataError, match=r"\[E213\]"):
        LabelSpace(names, task)


def test_multilabel_may_have_one_label():
    assert len(LabelSpace(("spam",), Task.MULTILABEL)) == 1


def test_index_of_a_label_and_of_none():
    assert MULTI.index("b") == 1
    with pytest.raises(DataError, match=r"\[E201\] that is no label(.|\n)*'c'"):
        MULTI.index("c")


def test_fit_statistics_count_what_is_known():
    truth_NC = np.array([[1, 0], [1, np.nan], [0, 1]], np.float32)
    fit = FitStatistics.of(truth_NC, Task.MULTILABEL)
    assert fit.rows == 3
    assert fit.positives_C.tolist() == [2, 1]
    assert fit.known_C.tolist() == [3, 2]


@pytest.mark.parametrize("kind", [Logits, Probs])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_scores_that_are_no_numbers_are_refused(kind, bad):
    with pytest.raises(DataError, match=r"\[E210\](.|\n)*row 1, column 0 \(1 in all\)"):
        kind(np.array([[0.5, 0.5], [bad, 0.5]]))


@pytest.mark.parametrize("outside", [-1e-9, 1 + 1e-9, 3.0])
def test_logits_declared_as_probabilities_are_refused(outside):
    with pytest.raises(DataError, match=r"\[E210\] a probability(.|\n)*--scores logits"):
        Probs(np.array([[0.0, 1.0], [0.5, outside]]))


def test_scores_need_two_dimensions():
    with pytest.raises(DataError, match=r"\[E210\](.|\n)*shape \(2,\)"):
        Logits(np.zeros(2))


def test_multilabel_probabilities_are_sigmoids():
    p_NC = Logits(np.array([[0.0, np.log(3.0), -np.log(3.0)]])).probs(Task.MULTILABEL).values_NC
    np.testing.assert_allclose(p_NC, [[0.5, 0.75, 0.25]], rtol=1e-15)


def test_multiclass_probabilities_are_softmaxes():
    p_NC = Logits(np.log([[1.0, 2.0, 5.0]])).probs(Task.MULTICLASS).values_NC
    np.testing.assert_allclose(p_NC, [[0.125, 0.25, 0.625]], rtol=1e-15)


@given(
    arrays(np.float64, (4, 3), elements=st.floats(-1e6, 1e6)),
    st.sampled_from([Task.MULTILABEL, Task.MULTICLASS]),
)
def test_any_finite_logits_give_probabilities(values_NC, task):
    p_NC = Logits(values_NC).probs(task).values_NC
    assert ((p_NC >= 0) & (p_NC <= 1)).all()
    if task is Task.MULTICLASS:
        np.testing.assert_allclose(p_NC.sum(axis=1), 1, rtol=1e-12)


@given(st.floats(-700, 700))
def test_sigmoid_of_the_negative_is_the_complement(x):
    p_NC = Logits(np.array([[x, -x]])).probs(Task.MULTILABEL).values_NC
    assert p_NC.sum() == pytest.approx(1, abs=1e-15)


def test_predictions_of_probabilities_are_left_as_they_are():
    probs_NC = np.array([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]])
    assert predictions(scores=Probs(probs_NC)).probs() is probs_NC


def test_take_keeps_rows_together_and_in_the_asked_order():
    taken = predictions().take([2, 0])
    assert taken.ids == ("r3", "r1")
    assert taken.scores.values_NC.tolist() == [[5, 5], [0, 1]]
    np.testing.assert_array_equal(taken.truth_NC, [[np.nan, 1], [0, 1]])
    assert taken.groups_N is None
    grouped = predictions(groups_N=np.array([4, 4, 9]))
    np.testing.assert_array_equal(grouped.take([2, 0]).groups_N, [9, 4])


@pytest.mark.parametrize(
    "groups_N", [np.array([1, 2]), np.array([0.5, 1, 2]), np.eye(3, dtype=int)]
)
def test_groups_are_one_whole_number_a_row(groups_N):
    with pytest.raises(DataError, match=r"\[E211\] groups must be one whole number a row"):
        predictions(groups_N=groups_N)


def test_shapes_must_fit():
    with pytest.raises(DataError, match=r"\[E211\](.|\n)*2 ids, 2 labels"):
        predictions(ids=("r1", "r2"))


def test_an_id_may_occur_once():
    with pytest.raises(DataError, match=r"\[E211\] a row id occurs twice\n  got: 'r1'"):
        predictions(ids=("r1", "r2", "r1"))


def test_report_rows_may_not_choose():
    predictions().refuse_report("cuts")
    with pytest.raises(DataError, match=r"\[E212\] report rows may not be used for cuts"):
        predictions(role=Role.REPORT).refuse_report("cuts")


def test_records_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError, match="role"):
        predictions().role = Role.FIT
