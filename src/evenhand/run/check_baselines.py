"""What costs next to nothing, measured on rows that models which never saw them have scored."""

from __future__ import annotations

from evenhand.audit import Baseline
from evenhand.decide import crossfit
from evenhand.evaluate.baselines import trivial_baselines
from evenhand.evaluate.metrics import Decided, accuracy, confusion_counts, f1, macro
from evenhand.evaluate.selection import decided_at_half
from evenhand.types import FitStatistics, Predictions, Task

KINDS = {
    Task.MULTILABEL: ("fixed 0.5", "a cut a label"),
    Task.MULTICLASS: ("argmax", "biases"),
}


def baselines_of(
    measured: Predictions, *, seed: int, model: str, positive: int | None = None
) -> tuple[Baseline, ...]:
    """Return what the trivial baselines are worth on some rows, and a model under its cuts, last.

    Args:
        measured: rows scored by models that never saw them.
        seed: of the folds and of ``prior``.
        model: what that model is called.
        positive: label that ``always-positive`` gives; None leaves that baseline out.
    """
    fit = FitStatistics.of(measured.truth_NC, measured.labels.task)
    plain, chosen = (f"{model}, {kind}" for kind in KINDS[measured.labels.task])
    cuts = crossfit(measured, seed=seed, calibrate="none", cuts="per-label", shrink="none")
    decided = trivial_baselines(fit, len(measured), seed=seed, positive=positive)
    decided |= {plain: decided_at_half(measured), chosen: cuts.decided_NC}
    return tuple(_measured(name, measured, given) for name, given in decided.items())


def _measured(name: str, measured: Predictions, decided_NC: Decided) -> Baseline:
    macro_f1 = float(macro(f1(confusion_counts(measured.truth_NC, decided_NC))))
    return Baseline(name, macro_f1, accuracy(measured.truth_NC, decided_NC))
