"""What every loss must do, as checks that a plug-in author can run.

``check_loss("my-loss")`` runs them all on a registered loss. To see each by its own name::

    @pytest.mark.parametrize("case", loss_cases("my-loss"), ids=str)
    @pytest.mark.parametrize("check", LOSS_CHECKS, ids=lambda check: check.__name__)
    def test_contract(check, case):
        check(case)

``loss_table()`` says of every registered loss which properties hold.
"""
# Shapes: B examples, C classes.

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from evenhand.errors import ConfigError
from evenhand.losses import BATCHWISE, HARD_TARGETS, LOSSES, Loss, loss_at
from evenhand.types import FitStatistics, Task

__all__ = [
    "LOSS_CHECKS",
    "PLAIN_AT",
    "PLAIN_COUNTS",
    "LossCase",
    "check_equals_plain",
    "check_loss",
    "checks_of",
    "loss_cases",
    "loss_table",
]

DTYPES = (torch.float32, torch.bfloat16, torch.float16)
EXTREME = 1e4
COUNTS = (60.0, 25.0, 14.0, 1.0)
LATE = 0.99

PLAIN_AT: Mapping[str, Mapping[str, Any]] = {
    "auto": {"smoothing": 0},
    "bce": {"smoothing": 0},
    "ce": {"smoothing": 0},
    "weighted-bce": {"weights": (1, 1, 1, 1)},
    "weighted-ce": {"weights": (1, 1, 1, 1)},
    "focal": {"gamma": 0, "alpha": "none"},
    "asymmetric": {"gamma_positive": 0, "gamma_negative": 0, "clip": 0},
    "class-balanced": {"beta": 0, "gamma": 0},
    "distribution-balanced": {"alpha": 0.5, "beta": 0, "kappa": 0, "scale": 1},
    "logit-adjusted": {"tau": 0},
    "balanced-softmax": {},
    "ldam": {"margin": 0, "defer": 1},
    "zlpr": {"smoothing": 0},
    "soft-f1": {"share": 0},
}
"""Loss -> settings at which it is plain cross-entropy."""

PLAIN_COUNTS: Mapping[str, tuple[float, ...]] = {
    "balanced-softmax": (25.0, 25.0, 25.0, 25.0),
    "zlpr": (25.0,),
}
"""Loss -> positives a class with which it is, where it is not with any: equal ones, one label."""


@dataclass(frozen=True)
class LossCase:
    """A registered loss with settings, on one kind of data.

    Args:
        name: under which it is registered.
        task: multiclass or multilabel.
        settings: keyword settings of its factory.
        device: where the tensors lie.
        share: of the run that is done, in [0, 1).
        counts: positives a class in 100 fit rows; their number, at most four, is C.
    """

    name: str
    task: Task
    settings: Mapping[str, Any] = field(default_factory=dict)
    device: str = "cpu"
    share: float = 0.0
    counts: tuple[float, ...] = COUNTS

    def __str__(self) -> str:
        return f"{self.name}-{self.task}" + ("-late" if self.share else "")

    def loss(self) -> Loss:
        """Build it for 100 fit rows, in the form in force at ``share``."""
        known_C = np.full(len(self.counts), 100.0)
        fit = FitStatistics(self.task, 100, np.array(self.counts), known_C)
        return loss_at(LOSSES.build(self.name, fit, settings=self.settings), self.share)

    def logits(self, dtype: torch.dtype = torch.float32) -> Tensor:
        """Return eight rows of ordinary scores, ``(8, C)``."""
        draws = np.random.default_rng(5).normal(scale=2.0, size=(8, 4))
        return torch.tensor(draws[:, : len(self.counts)], dtype=dtype, device=self.device)

    def targets(self) -> Tensor:
        """Return hard targets of those rows, ``(8, C)``; multilabel ones have 0 to C labels."""
        if self.task is Task.MULTICLASS:
            rows = np.eye(4)[[0, 1, 2, 3, 0, 0, 1, 2]]
        else:
            rows = np.array(
                [[i >> bit & 1 for bit in range(4)] for i in (0, 1, 2, 3, 5, 8, 14, 15)]
            )
        rows = rows[:, : len(self.counts)]
        return torch.tensor(rows, dtype=torch.float32, device=self.device)


def loss_cases(
    name: str, settings: Mapping[str, Any] | None = None, *, device: str = "cpu"
) -> list[LossCase]:
    """Return a case for each task that the loss accepts (it refuses one by E105).

    A loss that changes over the run has a second one, near the end of the run.

    Raises:
        AssertionError: when it accepts neither.
    """
    cases = [LossCase(name, task, settings or {}, device) for task in Task]
    accepted = [case for case in cases if _accepts(case)]
    assert accepted, f"{name} accepts neither multiclass nor multilabel data"
    late = [replace(case, share=LATE) for case in accepted]
    return accepted + [
        case for case, early in zip(late, accepted, strict=True) if _differ(case, early)
    ]


def _differ(one: LossCase, other: LossCase) -> bool:
    values_B, others_B = (case.loss()(case.logits(), case.targets()) for case in (one, other))
    return not torch.equal(values_B, others_B)


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
        for check in checks_of(name):
            check(case)


def checks_of(name: str) -> tuple[Callable[[LossCase], None], ...]:
    """Return the checks that the loss called ``name`` must pass.

    All of them, but that rows stand alone in a loss of ``BATCHWISE`` and that soft targets are
    read by one of ``HARD_TARGETS``.
    """
    waived = [rows_stand_alone] * (name in BATCHWISE)
    waived += [soft_targets_are_read] * (name in HARD_TARGETS)
    return tuple(check for check in LOSS_CHECKS if check not in waived)


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
    slope_BC = torch.zeros_like(gradient_BC)
    for place in np.ndindex(*logits_BC.shape):
        shift_BC = torch.zeros_like(logits_BC)
        shift_BC[place] = step
        ahead, behind = (loss(logits_BC + s, targets_BC) for s in (shift_BC, -shift_BC))
        slope_BC[place] = (ahead - behind).sum() / (2 * step)
    gap = (slope_BC - gradient_BC).abs().max() / slope_BC.abs().max().clamp_min(1)
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


def check_equals_plain(
    name: str,
    degenerate: Mapping[str, Any],
    *,
    counts: tuple[float, ...] = COUNTS,
    device: str = "cpu",
) -> None:
    """With its ``degenerate`` settings and ``counts`` the loss is torch's plain cross-entropy.

    Raises:
        AssertionError: when a value differs by more than 1e-6 of itself.
    """
    for case in loss_cases(name, degenerate, device=device):
        equals_plain(replace(case, counts=counts))


def equals_plain(case: LossCase) -> None:
    """The loss is torch's plain cross-entropy, to 1e-6 of each value."""
    logits_BC, targets_BC = case.logits(), case.targets()
    plain_B = _plain(case.task, logits_BC, targets_BC)
    values_B = case.loss()(logits_BC, targets_BC)
    assert torch.allclose(values_B, plain_B, rtol=1e-6, atol=1e-6), f"{case}: not the plain loss"


def loss_table() -> list[dict[str, Any]]:
    """Run every check on every registered loss and say which hold.

    Returns:
        A row a loss and task: ``loss``, ``task``, and under the name of each check whether it
        holds, at the default settings and over the whole run. ``equals_plain`` is checked at the
        settings of ``PLAIN_AT``; it is none for a loss that has no entry there.
    """
    return [
        {"loss": name, "task": task.value, **_properties(name, cases)}
        for name in LOSSES.names()
        for task in Task
        if (cases := [case for case in loss_cases(name) if case.task is task])
    ]


def _properties(name: str, cases: Sequence[LossCase]) -> dict[str, bool | None]:
    held: dict[str, bool | None] = {
        check.__name__: all(_holds(check, case) for case in cases) for check in LOSS_CHECKS
    }
    plain = replace(
        cases[0], settings=PLAIN_AT.get(name, {}), counts=PLAIN_COUNTS.get(name, COUNTS)
    )
    return held | {"equals_plain": _holds(equals_plain, plain) if name in PLAIN_AT else None}


def _holds(check: Callable[[LossCase], None], case: LossCase) -> bool:
    try:
        check(case)
    except AssertionError:
        return False
    return True


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
