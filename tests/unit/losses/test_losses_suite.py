"""The contract suite catches losses that break the contract."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from evenhand.losses.bce import bce_loss
from evenhand.testing import losses as suite
from evenhand.types import Task


def averaged(logits_BC, targets_BC):
    return bce_loss(logits_BC, targets_BC).mean()


def unmasked(logits_BC, targets_BC):
    costs_BC = functional.binary_cross_entropy_with_logits(
        logits_BC.float(), targets_BC, reduction="none"
    )
    return costs_BC.nan_to_num(0).sum(dim=1)


def in_half_precision(logits_BC, targets_BC):
    return bce_loss(logits_BC, targets_BC).to(logits_BC.dtype)


def logarithm_of_sigmoid(logits_BC, targets_BC):
    p_BC = logits_BC.float().sigmoid()
    return -(targets_BC * p_BC.log() + (1 - targets_BC) * (1 - p_BC).log()).nansum(dim=1)


def batch_normalised(logits_BC, targets_BC):
    return bce_loss(logits_BC - logits_BC.nanmean(dim=0), targets_BC)


def detached(logits_BC, targets_BC):
    return bce_loss(logits_BC, targets_BC) * bce_loss(logits_BC, targets_BC).detach()


def rounded(logits_BC, targets_BC):
    return bce_loss(logits_BC, targets_BC.round())


def inverted(logits_BC, targets_BC):
    return bce_loss(-logits_BC, targets_BC)


def overwriting(logits_BC, targets_BC):
    values_B = bce_loss(logits_BC, targets_BC)
    targets_BC.nan_to_num_(0)
    return values_B


def under_autocast(logits_BC, targets_BC):
    scores_BC = logits_BC @ torch.eye(4, dtype=logits_BC.dtype)
    return bce_loss(scores_BC, targets_BC)


class Broken(suite.LossCase):
    def loss(self):
        return FAULTS[self.name][0]


FAULTS = {
    "averaged": (averaged, "one_value_a_row", "instead of"),
    "unmasked": (unmasked, "unknown_labels_cost_nothing", "spoils|gradient"),
    "in_half_precision": (in_half_precision, "one_value_a_row", "computed in torch.bfloat16"),
    "logarithm_of_sigmoid": (logarithm_of_sigmoid, "finite_at_extremes", "not finite"),
    "batch_normalised": (batch_normalised, "rows_stand_alone", "other rows count"),
    "detached": (detached, "gradient_is_the_slope", "gradient is off"),
    "rounded": (rounded, "soft_targets_are_read", "soft targets are rounded"),
    "inverted": (inverted, "better_scores_cost_less", "cost no more"),
    "overwriting": (overwriting, "inputs_are_left_alone", "targets are written to"),
    "under_autocast": (under_autocast, "autocast_changes_nothing", "autocast changes"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_suite_finds_the_fault(fault):
    _, check, message = FAULTS[fault]
    with pytest.raises(AssertionError, match=message):
        getattr(suite, check)(Broken(fault, Task.MULTILABEL))


def test_every_check_finds_some_fault():
    assert {check for _, check, _ in FAULTS.values()} == {c.__name__ for c in suite.LOSS_CHECKS}


def test_cases_cover_the_tasks_that_a_loss_accepts():
    assert [case.task for case in suite.loss_cases("ce")] == [Task.MULTICLASS]
    assert [case.task for case in suite.loss_cases("focal")] == list(Task)


def test_loss_that_changes_over_the_run_is_checked_in_both_forms():
    cases = [str(case) for case in suite.loss_cases("ldam")]
    late = [f"{case}-late" for case in cases[:2]]
    assert cases == ["ldam-multiclass", "ldam-multilabel", *late]


def test_only_a_batchwise_loss_is_excused_from_standing_alone():
    assert suite.checks_of("bce") == suite.LOSS_CHECKS
    excused = set(suite.LOSS_CHECKS) - set(suite.checks_of("soft-f1"))
    assert excused == {suite.rows_stand_alone}


def test_plain_form_is_checked():
    with pytest.raises(AssertionError, match="not the plain loss"):
        suite.check_equals_plain("bce", {"smoothing": 0.1})


def test_multilabel_example_has_rows_with_no_label_and_with_all():
    sizes = suite.LossCase("bce", Task.MULTILABEL).targets().sum(dim=1).tolist()
    assert {0, 1, 4} <= set(np.array(sizes).astype(int).tolist())
