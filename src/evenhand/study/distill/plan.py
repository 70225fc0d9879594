"""What a distillation is going to do, before it does anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from evenhand.config import RunConfig
from evenhand.run.engine import plan_of
from evenhand.study.work import duration


@dataclass(frozen=True)
class Planned:
    """One training that is going to be made.

    Args:
        name: of the run's folder.
        config: its settings.
        rows: labelled and unlabelled rows that are drawn in a pass.
        tokens: tokens, or frames, of a fit row on average.
    """

    name: str
    config: RunConfig
    rows: int
    tokens: float

    @property
    def passes(self) -> int:
        """Passes at most."""
        return plan_of(self.config, self.rows).epochs

    @property
    def steps(self) -> int:
        """Optimizer steps at most."""
        return plan_of(self.config, self.rows).steps(self.rows)


@dataclass(frozen=True)
class Plan:
    """The whole of it.

    Args:
        teacher: its path, and what it is.
        rows: role -> number of labelled rows.
        unlabelled: number of unlabelled rows.
        trainings: in order.
        notes: what the user should know.
    """

    teacher: str
    rows: Mapping[str, int]
    unlabelled: int
    trainings: tuple[Planned, ...]
    notes: tuple[str, ...]

    def lines(self, step_seconds: float | None = None) -> Iterator[str]:
        """Yield the plan, a line each.

        Args:
            step_seconds: of an optimizer step, as it was tried; None tells no time.
        """
        fit, beside = self.rows["fit"], ""
        if self.unlabelled:
            beside = f" and {self.unlabelled:,} unlabelled rows"
        yield f"teacher {self.teacher}: scores {fit:,} fit rows{beside}"
        for planned in self.trainings:
            yield f"{planned.name:<8}{self._learns(planned)}"
        measured = "report" if self.rows["report"] else "tune"
        how = "held out" if self.rows["report"] else "cross-fitted"
        yield f"compare {self.rows[measured]:,} {measured} rows, {how}"
        if step_seconds is not None:
            steps = sum(planned.steps for planned in self.trainings)
            yield f"time    at most about {duration(steps * step_seconds)} of training"
        for note in self.notes:
            yield f"note: {note}"

    def _learns(self, planned: Planned) -> str:
        asked, fit = planned.config, self.rows["fit"]
        taught = ""
        if asked.distill.teacher is not None:
            weight = asked.distill.weight
            taught = f", {weight:.0%} teacher and {1 - weight:.0%} truth"
            if self.unlabelled:
                taught += f"; {self.unlabelled:,} unlabelled rows, the teacher alone"
        batch = asked.train.batch_size * asked.train.accumulate
        return (
            f"{fit:,} fit rows{taught}: at most {planned.passes} passes, "
            f"{planned.steps:,} steps of {batch} rows"
        )
