"""What every loss must do, as checks that a plug-in author can run.

``check_loss("my-loss")`` runs them all on a registered loss. To see each by its own name::

    @pytest.mark.parametrize("case", loss_cases("my-loss"), ids=str)
    @pytest.mark.parametrize("check", LOSS_CHECKS, ids=lambda check: check.__name__)
    def test_contract(check, case):
        check(case)
"""
# Shapes: B examples, C classes.

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from evenhand.errors import ConfigError
from evenhand.losses import LOSSES, Loss
from evenhand.types import FitStatistics, Task

__all__ = ["LOSS_CHECKS", "LossCase", "check_equals_plain", "check_loss", "loss_cases"]

DTYPES = (torch.float32, torch.bfloat16, torch.float16)
EXTREME = 1e4


@dataclass(frozen=True)
class LossCase:
    """A registered loss with settings, on one kind of data.

    Args:
        name: under which it is registered.
        task: multiclass or multilabel.
        settings: keyword settings of its factory.
        device: where the tensors lie.
    """

    name: str
    task: Task
    settings: Mapping[str, Any] = field(default_factory=dict)
    device: str = "cpu"

    def __str__(self) -> str:
        return f"{self.name}-{self.task}"

    def loss(self) -> Loss:
        """Build it for four classes with 60, 25, 14 and 1 positives in 100 fit rows."""
        counts_C = np.array([60.0, 25.0, 14.0, 1.0])
        fit = FitStatistics(self.task, 100, counts_C, np.full(4, 100.0))
        return LOSSES.build(self.name, fit, settings=self.settings)

    def logits(self, dtype: torch.dtype = torch.float32) -> Tensor:
        """Return eight rows of ordinary scores, ``(8, 4)``."""
        draws = np.random.default_rng(5).normal(scale=2.0, size=(8, 4))
        return torch.tensor(draws, dtype=dtype, device=self.device)

    def targets(self) -> Tensor:
        """Return hard targets of those rows, ``(8, 4)``; multilabel ones have 0 to 4 labels."""
        if self.task is Task.MULTICLASS:
            rows = np.eye(4)[[0, 1, 2, 3, 0, 0, 1, 2]]
        else:
            rows = np.array(
                [[i >> bit & 1 for bit in range(4)] for i in (0, 1, 2, 3, 5, 8, 14, 15)]
            )
        return torch.tensor(rows, dtype=torch.float32, device=self.device)


def loss_cases(
    name: str, settings: Mapping[str, Any] | None = None, *, device: str = "cpu"
) -> list[LossCase]:
    """Return a case for each task that the loss accepts (it refuses one by E105).

    Raises:
        AssertionError: when it accepts neither.
    """
    cases = [LossCase(name, task, settings or {}, device) for task in Task]
    accepted = [case for case in cases if _accepts(case)]
    assert accepted, f"{name} accepts neither multiclass nor multilabel data"
    return accepted


def _accepts(case: LossCase) -> bool:
    try:
        case.loss()
    except ConfigError as error:
        if error.code != "E105":
            raise
        return False
    return True


def check_loss(
    name: str, settings: Mapping[str, Any] | None = None, *, device: str = "cpu"
) -> None:
    """Run every check on the loss called ``name``, on each task that it accepts.

    Raises:
        AssertionError: naming the first property that does not hold.
    """
    for case in loss_cases(name, settings, device=device):
        for check in LOSS_CHECKS:
            check(case)


def one_value_a_row(case: LossCase) -> None:
    """Scores of any precision give one float32 value a row, neither summed nor averaged."""
    for dtype in DTYPES:
        values_B = case.loss()(case.logits(dtype), case.targets())
        assert values_B.shape == (8,), f"{case}: {tuple(values_B.shape)} instead of (8,)"
        assert values_B.dtype == torch.float32, f"{case}: computed in {values_B.dtype}"


def finite_at_extremes(case: LossCase) -> None:
    """Value and gradient stay finite at scores of plus and minus 10,000, in every precision."""
    targets_BC = case.targets()
    for dtype in DTYPES:
        for sign_BC in (targets_BC * 2 - 1, 1 - targets_BC * 2, targets_BC * 0 + 1):
            logits_BC = (sign_BC * EXTREME).to(dtype)
            values_B, gradient_BC = _differentiate(case, logits_BC, targets_BC)
            assert values_B.isfinite().all(), f"{case}: value not finite in {dtype}"
            assert gradient_BC.isfinite().all(), f"{case}: gradient not finite in {dtype}"


def gradient_is_the_slope(case: LossCase) -> None:
    """The gradient equals central differences.

    To 1e-6 where the loss keeps float64 scores in float64, to 5e-3 where it uses float32.
    """
    logits_BC, targets_BC = case.logits(torch.float64), case.targets()
    loss = case.loss()
    values_B, gradient_BC = _differentiate(case, logits_BC, targets_BC)
    exact = values_B.dtype == torch.float64
    step, tolerance = (1e-5, 1e-6) if exact else (1e-2, 5e-3)
    for column in range(logits_BC.shape[1]):
        shift_BC = torch.zeros_like(logits_BC)
        shift_BC[:, column] = step
        ahead_B = loss(logits_BC + shift_BC, targets_BC)
        behind_B = loss(logits_BC - shift_BC, targets_BC)
        slope_B = (ahead_B - behind_B) / (2 * step)
        gap = (slope_B - gradient_BC[:, column]).abs().max() / slope_B.abs().max().clamp_min(1)
        assert gap <= tolerance, f"{case}: gradient is off by {gap:.2g}"


def unknown_labels_cost_nothing(case: LossCase) -> None:
    """A NaN target costs nothing, has no gradient, and its score plays no part, even NaN."""
    logits_BC, targets_BC = case.logits(), case.targets()
    targets_BC[torch.arange(6), torch.tensor([1, 3, 0, 0, 2, 1])] = torch.nan
    targets_BC[6] = torch.nan
    unknown_BC = targets_BC.isnan()
    values_B, gradient_BC = _differentiate(case, logits_BC, targets_BC)
    assert values_B.isfinite().all(), f"{case}: an unknown label reaches the value"
    assert values_B[6] == 0, f"{case}: a row without known labels costs {values_B[6]}"
    assert (gradient_BC[unknown_BC] == 0).all(), f"{case}: an unknown label has a gradient"
    assert gradient_BC.isfinite().all(), f"{case}: an unknown label spoils its row's gradient"
    for score in (7.0, torch.nan):
        spoiled_BC = torch.where(unknown_BC, score, logits_BC)
        others_B, gradient_BC = _differentiate(case, spoiled_BC, targets_BC)
        assert torch.equal(values_B, others_B), f"{case}: the score of an unknown label counts"
        assert gradient_BC.isfinite().all(), f"{case}: the score of an unknown label spoils others"


def rows_stand_alone(case: LossCase) -> None:
    """A row's value is the same whatever its place and company."""
    logits_BC, targets_BC = case.logits(), case.targets()
    loss = case.loss()
    values_B = loss(logits_BC, targets_BC)
    order_B = torch.tensor([5, 2, 7, 0, 1, 6, 4, 3], device=case.device)
    moved_B = loss(logits_BC[order_B], targets_BC[order_B])
    assert torch.allclose(moved_B, values_B[order_B], rtol=1e-6), f"{case}: the order counts"
    for row in range(len(values_B)):
        alone = loss(logits_BC[row : row + 1], targets_BC[row : row + 1])
        assert torch.allclose(alone, values_B[row], rtol=1e-6), f"{case}: other rows count"


def soft_targets_are_read(case: LossCase) -> None:
    """Targets between 0 and 1 give finite values that differ from those of rounded targets."""
    hard_BC = case.targets()
    soft_BC = 0.7 * hard_BC + 0.3 * hard_BC.roll(1, dims=1)
    values_B, gradient_BC = _differentiate(case, case.logits(), soft_BC)
    assert values_B.isfinite().all(), f"{case}: value not finite for soft targets"
    assert gradient_BC.isfinite().all(), f"{case}: gradient not finite for soft targets"
    rounded_B = case.loss()(case.logits(), soft_BC.round())
    assert not torch.allclose(values_B, rounded_B), f"{case}: soft targets are rounded"


def better_scores_cost_less(case: LossCase) -> None:
    """Scores that agree with the truth cost less than scores that contradict it."""
    targets_BC = case.targets()
    right_BC = 3.0 * (targets_BC * 2 - 1)
    loss = case.loss()
    right_B, wrong_B = loss(right_BC, targets_BC), loss(-right_BC, targets_BC)
    assert (right_B < wrong_B).all(), f"{case}: wrong scores cost no more than right ones"


def inputs_are_left_alone(case: LossCase) -> None:
    """Nothing is written into scores or targets."""
    logits_BC, targets_BC = case.logits(), case.targets()
    targets_BC[0, 0] = torch.nan
    before = logits_BC.clone(), targets_BC.clone()
    case.loss()(logits_BC, targets_BC)
    assert torch.equal(logits_BC, before[0]), f"{case}: scores are written to"
    assert torch.equal(targets_BC.nan_to_num(9), before[1].nan_to_num(9)), (
        f"{case}: targets are written to"
    )


def autocast_changes_nothing(case: LossCase) -> None:
    """Mixed precision around the loss leaves its value as it is, to the last bit."""
    plain_B = case.loss()(case.logits(), case.targets())
    with torch.autocast(torch.device(case.device).type, dtype=torch.bfloat16):
        mixed_B = case.loss()(case.logits(), case.targets())
    assert torch.equal(plain_B, mixed_B), f"{case}: autocast changes the value"


LOSS_CHECKS: tuple[Callable[[LossCase], None], ...] = (
    one_value_a_row,
    finite_at_extremes,
    gradient_is_the_slope,
    unknown_labels_cost_nothing,
    rows_stand_alone,
    soft_targets_are_read,
    better_scores_cost_less,
    inputs_are_left_alone,
    autocast_changes_nothing,
)


def check_equals_plain(name: str, degenerate: Mapping[str, Any], *, device: str = "cpu") -> None:
    """With its ``degenerate`` settings the loss is torch's plain cross-entropy.

    Raises:
        AssertionError: when a value differs by more than 1e-6 of itself.
    """
    for case in loss_cases(name, degenerate, device=device):
        logits_BC, targets_BC = case.logits(), case.targets()
        plain_B = _plain(case.task, logits_BC, targets_BC)
        values_B = case.loss()(logits_BC, targets_BC)
        assert torch.allclose(values_B, plain_B, rtol=1e-6, atol=1e-6), (
            f"{case}: not the plain loss"
        )


def _plain(task: Task, logits_BC: Tensor, targets_BC: Tensor) -> Tensor:
    if task is Task.MULTICLASS:
        return functional.cross_entropy(logits_BC, targets_BC, reduction="none")
    return functional.binary_cross_entropy_with_logits(logits_BC, targets_BC, reduction="none").sum(
        dim=1
    )


def _differentiate(case: LossCase, logits_BC: Tensor, targets_BC: Tensor) -> tuple[Tensor, Tensor]:
    leaf_BC = logits_BC.detach().clone().requires_grad_()
    values_B = case.loss()(leaf_BC, targets_BC)
    (gradient_BC,) = torch.autograd.grad(values_B.sum(), leaf_BC)
    return values_B.detach(), gradient_BC
