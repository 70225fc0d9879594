"""Class weights: the rare side is raised, never lowered, and never without bound."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from evenhand.errors import ConfigError
from evenhand.losses import LOSSES
from evenhand.losses.weights import class_weights, effective_number, placed, positive_weights
from evenhand.types import FitStatistics, Task

LOGITS_BC = 3 * torch.randn(5, 3, generator=torch.Generator().manual_seed(1))
MANY_BC = torch.tensor([[0, 0, 0], [1, 0, 0], [0, 1, 1], [1, 1, 1], [0, 0, 1]]).float()
ONE_BC = torch.eye(3)[[0, 1, 2, 0, 1]]


def statistics(positives, rows=100, known=None, task=Task.MULTILABEL):
    known_C = np.full(len(positives), float(rows)) if known is None else np.array(known, float)
    return FitStatistics(task, rows, np.array(positives, float), known_C)


def positives(counts, rule="balanced", beta=0.9, cap=100.0, **kwargs):
    return positive_weights(statistics(counts, **kwargs), rule, beta=beta, cap=cap)


def classes(counts, rule="balanced", beta=0.9, cap=100.0):
    return class_weights(statistics(counts), rule, beta=beta, cap=cap)


def test_positive_weight_is_negatives_over_positives():
    assert positives([50, 20, 10]) == pytest.approx((1, 4, 9))


def test_positive_weight_counts_only_known_rows():
    assert positives([5, 5], known=[10, 20]) == pytest.approx((1, 3))


@given(st.integers(1, 49))
def test_rare_positives_are_never_weighted_down(count):
    for rule in ("balanced", "sqrt", "effective"):
        assert positives([count, 50], rule)[0] > 1


@pytest.mark.parametrize("rule", ["balanced", "sqrt", "effective"])
def test_label_without_positives_is_capped(rule):
    weights = positives([0, 100, 50], rule, cap=30.0)
    assert weights == pytest.approx((30, 1 / 30, 1))


def test_label_known_nowhere_is_left_alone():
    assert positives([0, 50], known=[0, 100]) == (1, 1)


def test_square_root_is_between_none_and_balanced():
    assert positives([50, 20, 10], "sqrt") == pytest.approx((1, 2, 3))
    assert classes([70, 20, 10], "sqrt") == pytest.approx(
        np.sqrt([100 / 210, 100 / 60, 100 / 30]).tolist()
    )


def test_effective_number_by_hand_and_at_its_limits():
    counts_C = np.array([0.0, 1.0, 2.0, 3.0])
    assert effective_number(counts_C, 0.5) == pytest.approx([0, 1, 1.5, 1.75])
    assert effective_number(counts_C, 0.0) == pytest.approx([0, 1, 1, 1])
    assert effective_number(counts_C, 1 - 1e-9) == pytest.approx([0, 1, 2, 3], rel=1e-6)


def test_effective_weights_run_from_equal_to_balanced():
    assert positives([20, 10], "effective", beta=0.0) == (1, 1)
    assert positives([20, 10], "effective", beta=1 - 1e-9) == pytest.approx((4, 9), rel=1e-4)
    assert classes([70, 30], "effective", beta=0.0) == (1, 1)
    ratio = np.divide(*classes([70, 30], "effective", beta=1 - 1e-9))
    assert ratio == pytest.approx(30 / 70, rel=1e-4)


def test_effective_class_weights_by_hand():
    inverse = np.array([1 / 1.75, 1 / 1.5, 1.0])
    expected = inverse / inverse.mean()
    assert classes([3, 2, 1], "effective", beta=0.5) == pytest.approx(expected.tolist())


def test_class_weight_is_rows_over_classes_times_count():
    assert classes([70, 20, 10]) == pytest.approx((100 / 210, 100 / 60, 100 / 30))


@given(st.lists(st.integers(1, 1000), min_size=2, max_size=6))
def test_balanced_classes_weigh_the_same_in_all(counts):
    weights = class_weights(statistics(counts), "balanced", beta=0, cap=1e4)
    shares = np.array(counts) * weights
    assert shares == pytest.approx(np.full(len(counts), sum(counts) / len(counts)))


@pytest.mark.parametrize("rule", ["balanced", "sqrt", "effective"])
def test_class_without_rows_is_capped(rule):
    assert classes([50, 50, 0], rule, cap=7.0)[2] == 7


def test_own_weights_are_taken_as_they_are():
    assert positives([50, 20], (0.5, 700.0)) == (0.5, 700.0)
    assert classes([50, 20], (0.5, 700.0)) == (0.5, 700.0)


@pytest.mark.parametrize("name", ["weighted-bce", "weighted-ce"])
def test_own_weights_must_be_one_a_class(name):
    task = Task.MULTILABEL if name == "weighted-bce" else Task.MULTICLASS
    with pytest.raises(ConfigError, match="2 numbers for 3 classes") as caught:
        LOSSES.build(name, statistics([1, 2, 3], task=task), settings={"weights": (1, 2)})
    assert caught.value.code == "E102"


@pytest.mark.parametrize("settings", [{"weights": "sqare"}, {"weights": (1, 0, 1)}, {"cap": 0.5}])
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(ConfigError, match="out of range") as caught:
        LOSSES.build("weighted-bce", statistics([1, 2, 3]), settings=settings)
    assert caught.value.code == "E102"


def test_weighted_bce_raises_positives_and_leaves_negatives():
    loss = LOSSES.build("weighted-bce", statistics([50, 20, 10]), settings={})
    expected_BC = functional.binary_cross_entropy_with_logits(
        LOGITS_BC, MANY_BC, pos_weight=torch.tensor([1.0, 4.0, 9.0]), reduction="none"
    )
    torch.testing.assert_close(loss(LOGITS_BC, MANY_BC), expected_BC.sum(dim=1))


def test_weighted_ce_is_that_of_torch():
    fit = statistics([70, 20, 10], task=Task.MULTICLASS)
    expected_B = functional.cross_entropy(
        LOGITS_BC, ONE_BC, weight=torch.tensor(classes([70, 20, 10])), reduction="none"
    )
    loss = LOSSES.build("weighted-ce", fit, settings={})
    torch.testing.assert_close(loss(LOGITS_BC, ONE_BC), expected_B)


@pytest.mark.parametrize("smoothing", [0.1, 0.5])
def test_smoothing_and_heavy_weights_still_push_absent_labels_down(smoothing):
    settings = {"weights": (99.0, 99.0), "smoothing": smoothing}
    loss = LOSSES.build("weighted-bce", statistics([1, 1]), settings=settings)
    logits_BC = torch.zeros(1, 2, requires_grad=True)
    loss(logits_BC, torch.tensor([[0.0, 1.0]])).backward()
    absent, present = logits_BC.grad[0].tolist()
    assert absent == pytest.approx(0.5 - smoothing / 2)
    assert present == pytest.approx(-99 * (0.5 - smoothing / 2))


def test_smoothing_and_heavy_weights_leave_the_true_class_on_top():
    fit = statistics([99, 1], task=Task.MULTICLASS)
    settings = {"weights": (1.0, 99.0), "smoothing": 0.1}
    logits_BC = torch.zeros(1, 2, requires_grad=True)
    LOSSES.build("weighted-ce", fit, settings=settings)(logits_BC, torch.eye(2)[:1]).backward()
    assert logits_BC.grad[0].tolist() == pytest.approx([-0.45, 0.45])


@pytest.mark.parametrize(
    ("name", "task"), [("weighted-bce", "multilabel"), ("weighted-ce", "multiclass")]
)
def test_weights_follow_the_scores_to_their_device(name, task):
    loss = LOSSES.build(name, statistics([50, 20, 10], task=Task(task)), settings={})
    values_B = loss(LOGITS_BC.to("meta"), MANY_BC.to("meta"))
    assert values_B.device.type == "meta"


def test_weights_made_in_inference_serve_training():
    with torch.inference_mode():
        placed((0.123, 4.567), LOGITS_BC)
    leaf_C = torch.ones(2, requires_grad=True)
    (leaf_C * placed((0.123, 4.567), LOGITS_BC)).sum().backward()
    assert leaf_C.grad.tolist() == pytest.approx([0.123, 4.567])


def test_inverse_weights_are_rows_over_classes_times_positives():
    assert positives([50, 20, 10], "inverse") == pytest.approx((2 / 3, 5 / 3, 10 / 3))
    assert positives([5, 5], "inverse", known=[10, 20]) == pytest.approx((1, 2))
    assert classes([50, 20, 10], "inverse") == classes([50, 20, 10], "balanced")


def test_inverse_weights_lower_positives_of_labels_commoner_than_one_in_c():
    assert positives([40, 10, 10], "inverse")[0] < 1 < positives([40, 10, 10])[0]
