"""Effects: what techniques change beside a base, with intervals over rows and seeds.

Shapes: N rows, C classes, S seeds, R resamples.
"""

from __future__ import annotations

import csv
import io
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from evenhand.errors import DataError
from evenhand.evaluate.intervals import (
    Interval,
    Replicates,
    bootstrap,
    decided_statistic,
    percentile_interval,
    ranking_statistic,
)
from evenhand.evaluate.metrics import Decided
from evenhand.evaluate.selection import ranking_scores
from evenhand.seeds import generator
from evenhand.study.ablate.techniques import Technique
from evenhand.types import Floats, Predictions

HELPS, HURTS, OPEN = "helps", "hurts", "not shown"
UNFIT, DIVERGED = "not tried", "diverged"
COLUMNS = ("technique", "effect", "low", "high", "seconds", "verdict")
FURTHER = ("macro_f1", "ap_effect", "ap_low", "ap_high", "rare_effect", "rare_low", "rare_high")


@dataclass(frozen=True)
class Answer:
    """Labels that one run gives to the measured rows."""

    rows: Predictions
    decided_NC: Decided


@dataclass(frozen=True)
class Trial:
    """A technique and what it answered.

    Args:
        technique: the change.
        answers: one a seed; none where it could not be tried, or diverged.
        seconds: of training, mean over the seeds; 0 where nothing was trained for it.
        reason: why there are none.
        without: verdict where there are none.
    """

    technique: Technique
    answers: Sequence[Answer]
    seconds: float
    reason: str = ""
    without: str = UNFIT


@dataclass(frozen=True)
class Effects:
    """What each technique changed.

    Args:
        contents: what ``result.json`` holds.
    """

    contents: Mapping[str, Any]

    @classmethod
    def of(
        cls,
        trials: Sequence[Trial],
        *,
        level: float = 0.95,
        resamples: int = 1000,
        seed: int = 0,
    ) -> Effects:
        """Measure every trial beside the first.

        A resample draws rows, those of one unit together, and seeds; each seed of a technique
        stands against the same seed of the base. So with several seeds an interval holds the
        luck of training too; with one it holds that of the rows alone.

        Args:
            trials: the base first.
            level: confidence of the intervals.
            resamples: of rows and seeds.
            seed: of the resamples.

        Raises:
            DataError: E211 when trials measured other rows.
        """
        base = trials[0]
        rows = base.answers[0].rows
        for trial in trials:
            for answer in trial.answers:
                _refuse_other_rows(rows, answer.rows, trial.technique.name)
        tried = [trial for trial in trials if trial.answers]
        measured = [_Measured.of(trial, resamples=resamples, seed=seed) for trial in tried]
        rare_C = rarest_third((rows.truth_NC == 1).sum(axis=0))
        drawn = _Drawn(measured[0], rare_C, level=level, seed=seed)
        found = {trial.technique.name: m for trial, m in zip(tried, measured, strict=True)}
        rows_told = [
            _row(trial, drawn, found.get(trial.technique.name), base=base) for trial in trials
        ]
        contents = {
            "rows": len(rows),
            "role": rows.role.value,
            "seeds": len(base.answers),
            "level": level,
            "labels": list(rows.labels.names),
            "rare": [rows.labels.names[c] for c in np.flatnonzero(rare_C)],
            "techniques": [rows_told[0], *sorted(rows_told[1:], key=_worth, reverse=True)],
        }
        return cls(contents)

    def to_dict(self) -> dict[str, Any]:
        """Return what ``result.json`` holds; undefined figures are None."""
        return dict(self.contents)

    def frame(self) -> Any:
        """Return one row a technique as a ``pyarrow.Table``, the columns of ``table.csv``."""
        import pyarrow as pa

        return pa.Table.from_pylist([_flat(row) for row in self.contents["techniques"]])

    def plot(self) -> str:
        """Draw each technique's effect with its interval; return the SVG."""
        return drawn(measured_rows(self.contents))

    def table(self) -> str:
        """Return ``table.csv``: the base first, then techniques by their effect."""
        buffer = io.StringIO()
        writer = csv.DictWriter(buffer, (*COLUMNS, *FURTHER), lineterminator="\n")
        writer.writeheader()
        writer.writerows(_flat(row) for row in self.contents["techniques"])
        return buffer.getvalue()


def measured_rows(contents: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return what is told of the techniques that could be measured, without the base."""
    return [row for row in contents["techniques"][1:] if row["effect"] is not None]


def drawn(rows: Sequence[Mapping[str, Any]]) -> str:
    """Draw the effect of every row with its interval, a line each; return the SVG."""
    from evenhand.evaluate.plots import Words
    from evenhand.evaluate.plots_effects import draw_effects

    words = Words("effects", "Effects", "Change of macro-F1 by technique, with intervals.")
    return draw_effects(rows, words)


def rarest_third(support_C: Floats) -> Decided:
    """Return which classes are the rarest third, at least one, bool ``(C,)``."""
    count = max(1, len(support_C) // 3)
    rare_C = np.zeros(len(support_C), dtype=np.bool_)
    rare_C[np.argsort(support_C, kind="stable")[:count]] = True
    return rare_C


@dataclass(frozen=True)
class _Measured:
    """The resampled figures of a trial, a pair a seed."""

    decided: Sequence[Replicates]
    ranked: Sequence[Replicates]

    @classmethod
    def of(cls, trial: Trial, *, resamples: int, seed: int) -> _Measured:
        first = trial.answers[0].rows
        found = bootstrap(
            [
                *(decided_statistic(a.rows.truth_NC, a.decided_NC) for a in trial.answers),
                *(
                    ranking_statistic(a.rows.truth_NC, ranking_scores(a.rows))
                    for a in trial.answers
                ),
            ],
            len(first),
            resamples=resamples,
            seed=seed,
            groups_N=first.groups_N,
        )
        count = len(trial.answers)
        return cls(found[:count], found[count:])


@dataclass(frozen=True)
class _Drawn:
    """Effects of one trial after the other, over the same draws of rows and seeds."""

    base: _Measured
    rare_C: Decided
    level: float
    seed: int
    figures: tuple[str, ...] = field(default=("macro_f1", "macro_ap", "rare"), init=False)

    def effect(self, other: _Measured, name: str, place: int | None = None) -> Interval:
        """Return the mean over seeds of a figure's change.

        Args:
            other: a technique.
            name: of the figure; ``rare`` is the mean F1 of the rarest classes.
            place: of a class, for figures that have one each.
        """
        pairs = [
            (self._figure(a, name, place), self._figure(b, name, place))
            for a, b in zip(self._side(self.base, name), self._side(other, name), strict=True)
        ]
        value = float(np.mean([b[0] - a[0] for a, b in pairs]))
        gaps_SR = np.stack([b[1] - a[1] for a, b in pairs])
        picked_SR = generator(self.seed, "seeds-drawn").integers(len(pairs), size=gaps_SR.shape)
        draws_R = np.take_along_axis(gaps_SR, picked_SR, axis=0).mean(axis=0)
        return percentile_interval(value, draws_R, level=self.level)

    @staticmethod
    def _side(measured: _Measured, name: str) -> Sequence[Replicates]:
        return measured.ranked if name in ("macro_ap", "ap") else measured.decided

    def _figure(self, found: Replicates, name: str, place: int | None) -> tuple[float, Floats]:
        if name == "rare":
            values, draws = found.values["f1"][self.rare_C], found.draws["f1"][self.rare_C]
            return float(_mean(values)[0]), _mean(draws)
        if place is not None:
            return float(found.values[name][place, 0]), found.draws[name][place]
        return float(found.values[name][0]), found.draws[name]


def _mean(values_CR: Floats) -> Floats:
    """Return the mean over the classes that are defined; NaN where none is."""
    known_CR = ~np.isnan(values_CR)
    count_R = known_CR.sum(axis=0)
    sums_R = np.where(known_CR, values_CR, 0.0).sum(axis=0)
    means_R: Floats = np.full(len(count_R), np.nan)
    np.divide(sums_R, count_R, out=means_R, where=count_R > 0)
    return means_R


def _row(trial: Trial, drawn: _Drawn, measured: _Measured | None, *, base: Trial) -> dict[str, Any]:
    """Return what is told of a trial."""
    about = {
        "technique": trial.technique.name,
        "what": trial.technique.what,
        "claim": trial.technique.claim,
        "settings": dict(trial.technique.settings),
        "seconds": trial.seconds,
    }
    if measured is None:
        nothing = dict.fromkeys(("effect", "ap", "rare", "macro_f1", "rare_classes"))
        return about | nothing | {"verdict": trial.without, "reason": trial.reason}
    effect = drawn.effect(measured, "macro_f1")
    names = base.answers[0].rows.labels.names
    values = [float(found.values["macro_f1"][0]) for found in measured.decided]
    return about | {
        "effect": effect.to_dict(),
        "ap": drawn.effect(measured, "macro_ap").to_dict(),
        "rare": drawn.effect(measured, "rare").to_dict(),
        "rare_classes": {
            names[c]: drawn.effect(measured, "f1", int(c)).to_dict()
            for c in np.flatnonzero(drawn.rare_C)
        },
        "macro_f1": statistics.fmean(values),
        "macro_f1_by_seed": values,
        "verdict": "" if trial is base else verdict(effect),
        "reason": "",
    }


def _worth(row: Mapping[str, Any]) -> float:
    """Return the effect of a row; one without any comes last."""
    return -math.inf if row["effect"] is None else float(row["effect"]["value"])


def verdict(effect: Interval) -> str:
    """Return ``helps`` or ``hurts`` where the interval leaves 0 out, else ``not shown``."""
    if effect.low > 0:
        return HELPS
    return HURTS if effect.high < 0 else OPEN


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row of ``table.csv``; what is undefined is None."""
    flat: dict[str, Any] = {"technique": row["technique"], "seconds": round(row["seconds"], 1)}
    flat |= {"verdict": row["verdict"], "macro_f1": _shown(row["macro_f1"])}
    for key, prefix in (("effect", ""), ("ap", "ap_"), ("rare", "rare_")):
        part = row[key] or dict.fromkeys(("value", "low", "high"))
        flat[f"{prefix}effect"] = _shown(part["value"])
        flat |= {f"{prefix}{end}": _shown(part[end]) for end in ("low", "high")}
    return {name: flat[name] for name in (*COLUMNS, *FURTHER)}


def _shown(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else round(value, 4)


def _refuse_other_rows(rows: Predictions, other: Predictions, name: str) -> None:
    same = rows.ids == other.ids and np.array_equal(rows.truth_NC, other.truth_NC, equal_nan=True)
    if not same:
        raise DataError(
            "E211",
            "a technique measured other rows than the base",
            got=f"{name}: {len(other):,} rows, and the base {len(rows):,}",
            fix="leave settings of data and series out of --try",
        )
