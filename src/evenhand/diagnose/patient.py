"""Patient: everything that a check may read of a run, finished or under way."""
# Shapes: N rows, C classes, S steps.

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evenhand.decide import Costs, Decision
from evenhand.decide.choice import DEMANDS
from evenhand.diagnose.measures import Figures
from evenhand.evaluate.metrics import Decided
from evenhand.evaluate.selection import decided_at_half
from evenhand.types import FitStatistics, Floats, Predictions, Task

Record = Mapping[str, Any]

WINDOW_SHARE, WINDOW_STEPS = 0.1, 50
"""A loss "at the start" or "at the end" is the mean of a tenth of the steps, 50 at most: enough
to even out the batches, too few to hide what happened between."""
PLAIN_LOSSES = ("auto", "bce", "ce")
"""Losses that are a likelihood, so that fit loss and tune loss are the same quantity."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Patient:
    """A run as the doctor sees it. What is absent is unknown, and no check fires on it.

    Args:
        config: ``resolved.json``.
        fit: counts of the fit rows.
        steps: step records of ``history.jsonl``.
        epochs: epoch records of it.
        tune: predictions of the tune rows; None while the run is under way.
        report: predictions of the report rows, where there are any.
        decision: ``decision.json``.
        systems: ours and the baselines, as in ``metrics.json``.
        facts: what the trainer noted in ``manifest.json``.
        rows: number of rows of each role.
        label_names: of the labels, for a run without predictions yet.
        series: what ``metrics.json`` holds of windows; empty for texts, and before the end.
    """

    config: Mapping[str, Any]
    fit: FitStatistics
    steps: Sequence[Record] = ()
    epochs: Sequence[Record] = ()
    tune: Predictions | None = None
    report: Predictions | None = None
    decision: Mapping[str, Any] | None = None
    systems: Sequence[Record] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)
    label_names: tuple[str, ...] = ()
    series: Mapping[str, Any] = field(default_factory=dict)

    def setting(self, key: str, default: Any = None) -> Any:
        """Return the setting under a dotted key, or ``default`` where it is absent or null."""
        value: Any = self.config
        for word in key.split("."):
            value = value.get(word) if isinstance(value, Mapping) else None
        return default if value is None else value

    @property
    def network(self) -> str:
        """The backbone; ``series`` for networks of series, whose rates are those of new weights."""
        return "series" if self.facts.get("streams") else str(self.setting("model.backbone"))

    @property
    def measured(self) -> Predictions | None:
        """The rows that scores are judged on: report rows where there are any, else tune rows."""
        return self.tune if self.report is None else self.report

    @property
    def running(self) -> bool:
        """Whether only the history so far is known."""
        return self.measured is None and "stopped" not in self.facts

    @cached_property
    def decided_NC(self) -> Decided | None:
        """Labels of the measured rows by the run's own decision, or by 0.5 / argmax."""
        if self.measured is None:
            return None
        if self.decision is None:
            return decided_at_half(self.measured)
        return Decision.from_dict(self.decision).decide(self.measured.scores)

    @cached_property
    def figures(self) -> Figures | None:
        """What is known of each label on the measured rows."""
        if self.measured is None or self.decided_NC is None:
            return None
        return Figures.of(self.measured, self.decided_NC)

    @cached_property
    def demanded(self) -> frozenset[str]:
        """Labels whose cuts serve a demand or costs: their precision and recall are as asked."""
        asked = (self.decision or {}).get("asked", {})
        demands = [label for kind in DEMANDS for label in asked.get(kind, {})]
        costly = Costs.from_dict(asked["costs"]).labels if "costs" in asked else frozenset()
        return costly.union(demands)

    @property
    def judged_C(self) -> NDArray[np.bool_]:
        """Whether each label of the measured rows is cut for F, so that F can blame the cut."""
        names = () if self.measured is None else self.measured.labels.names
        return np.array([name not in self.demanded for name in names], dtype=np.bool_)

    @property
    def unlearnt(self) -> bool:
        """Whether the scores are known to rank no better than chance."""
        return self.figures is not None and not self.figures.learnt

    @property
    def done(self) -> int:
        """Optimizer steps that were made; 0 where nothing was recorded."""
        last = max((int(r["step"]) for r in (*self.steps, *self.epochs)), default=0)
        return int(self.facts.get("steps_done", last))

    @property
    def planned(self) -> int:
        """Optimizer steps that were meant; those that were made where nobody noted it."""
        return int(self.facts.get("planned_steps", 0)) or self.done

    @cached_property
    def losses_S(self) -> Floats:
        """Loss of each step, ``(S,)``."""
        return np.array([r["loss"] for r in self.steps], dtype=np.float64)

    @property
    def first_loss(self) -> float:
        """Mean loss of the first steps; NaN without steps."""
        return float(self.losses_S[: self._window].mean()) if len(self.losses_S) else float("nan")

    @property
    def last_loss(self) -> float:
        """Mean loss of the last steps; NaN without steps."""
        return float(self.losses_S[-self._window :].mean()) if len(self.losses_S) else float("nan")

    @property
    def prior_loss(self) -> float:
        """Plain loss of a network that knows the labels' shares and nothing else, in nats.

        The entropy of the shares: a row (multi-class), or the mean over the labels.
        """
        share_C = self.fit.positives_C / np.maximum(self.fit.known_C, 1.0)
        if self.fit.task is Task.MULTICLASS:
            return float(_surprise(share_C).sum())
        return float((_surprise(share_C) + _surprise(1.0 - share_C)).mean())

    @property
    def fall(self) -> float:
        """Share by which the loss fell through what was learnt of rows; NaN where unknown.

        Counted from the first steps, or where the loss is plain from ``prior_loss`` if that is
        lower: to learn the labels' shares alone is no progress.
        """
        start = min(self.first_loss, self.prior_loss) if self.plain_loss else self.first_loss
        return 1.0 - self.last_loss / start if start > 0 else float("nan")

    @property
    def fall_in_words(self) -> str:
        """Say what became of the fit loss, by ``fall``."""
        if np.isnan(self.fall):
            return "the fit loss is not known"
        return (
            f"the fit loss {f'fell by {self.fall:.0%}' if self.fall >= 0.005 else 'did not fall'}"
        )

    @property
    def plain_loss(self) -> bool:
        """Whether the fit loss is the plain likelihood that the tune loss is."""
        return (
            self.uncorrected
            and not self.setting("loss.smoothing", 0)
            and self.setting("mix.name", "none") == "none"
            and not self.facts.get("auxiliary_share")
            and not self.setting("train.r_drop", 0)
        )

    @property
    def uncorrected(self) -> bool:
        """Whether rare labels neither come more often nor count more."""
        return (
            self.setting("loss.name", "auto") in PLAIN_LOSSES
            and self.setting("sampler.name", "natural") == "natural"
            and self.setting("mix.name", "none") != "smote"
        )

    @property
    def chosen(self) -> Record | None:
        """The pass whose weights were kept."""
        return next((r for r in reversed(self.epochs) if r.get("best")), None)

    def names(self, classes: Sequence[int] | NDArray[np.int64], *, most: int = 5) -> str:
        """Return the names of some labels for a sentence, the first few and a count of others."""
        known = self.label_names if self.measured is None else self.measured.labels.names
        words = [known[int(c)] if known else f"label {int(c)}" for c in classes]
        more = len(words) - most
        return ", ".join(words[:most]) + (f" and {more} more" if more > 0 else "")

    @property
    def _window(self) -> int:
        return max(1, min(WINDOW_STEPS, int(WINDOW_SHARE * len(self.losses_S))))


def _surprise(share_C: Floats) -> Floats:
    """Return ``-p log p``, 0 at 0."""
    logs_C: Floats = np.log(np.where(share_C > 0, share_C, 1.0))
    return -share_C * logs_C
