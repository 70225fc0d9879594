"""Compare: is B better than A on the very same rows, by how much, and where?

Differences are B less A: positive means that B is better. Both systems are resampled together
(paired percentile bootstrap, rows of one group as a whole), right and wrong rows are tested by
McNemar's exact test, and p-values over classes, or over slices, are corrected after Holm. That
test takes every row for a witness of its own; where rows come in groups, go by the intervals.
Shapes: N rows, C classes.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evenhand.evaluate import metrics
from evenhand.evaluate.compare_rows import Answered, align
from evenhand.evaluate.compare_slices import Slicing
from evenhand.evaluate.flips import Rows, find_flips
from evenhand.evaluate.intervals import (
    METHOD,
    Replicates,
    bootstrap,
    decided_statistic,
    groups_drawn,
    percentile_interval,
    ranking_statistic,
)
from evenhand.evaluate.mcnemar import FourWay, holm
from evenhand.types import Task

OVERALL = "overall"
"""Key of the test over whole rows; a label of that name is found as ``label overall``."""
FIGURES = ("macro_f1", "micro_f1", "weighted_f1", "accuracy")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How two systems are compared.

    Args:
        resamples: of the bootstrap.
        level: confidence of the intervals, in (0, 1).
        seed: of the resamples.
        shown: examples of flips at most.
    """

    resamples: int = 1000
    level: float = 0.95
    seed: int = 0
    shown: int = 10


@dataclass(frozen=True)
class Comparison:
    """Every figure of a comparison.

    Args:
        contents: what ``to_dict`` gives.
    """

    contents: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; undefined figures are None."""
        return copy.deepcopy(dict(self.contents))

    def frame(self) -> Any:
        """Return one row a class as a ``pyarrow.Table``: F1 of both, difference, McNemar."""
        import pyarrow as pa

        return pa.Table.from_pylist([_flat(row) for row in self.contents["per_class"]])

    def plot(self) -> str:
        """Draw F1 by class from A to B with intervals; return the SVG."""
        from evenhand.evaluate.plots import Words, draw_dumbbells

        rows = [
            {**row, "f1_half": row["f1_a"], "f1": row["f1_b"]} for row in self.contents["per_class"]
        ]
        words = Words("compared", "F1 by class", "F1 with intervals of A (open) and B (filled).")
        return draw_dumbbells(rows, words)


def compare(
    a: Answered,
    b: Answered,
    *,
    slices: Sequence[Slicing] = (),
    texts: Mapping[str, str] | None = None,
    settings: Settings | None = None,
) -> Comparison:
    """Compare the labels that two systems gave to the same rows.

    A system against itself differs by 0 from 0 to 0, has p = 1 everywhere and no flip.

    Args:
        a: the one before, or the one to beat.
        b: the other; its rows and labels may stand in another order.
        slices: ways to cut the rows, each part compared by itself.
        texts: id -> text, to be shown with flips.
        settings: resamples, level, seed, examples.

    Raises:
        DataError: E211 when the rows are not the same or have another truth, E213 when the
            labels are not the same, E209 without rows or when a slice leaves some out.
    """
    settings = settings or Settings()
    b = align(a, b)
    contents = {
        "a": a.name,
        "b": b.name,
        "task": a.labels.task.value,
        "labels": list(a.labels.names),
        "difference": "b - a",
        "level": settings.level,
        "resamples": settings.resamples,
        "interval": f"paired {METHOD}",
        **_part(a, b, texts or {}, settings),
        "slices": [
            _sliced(a, b, slicing, texts=texts or {}, settings=settings) for slicing in slices
        ],
    }
    return Comparison(contents)


def _part(a: Answered, b: Answered, texts: Mapping[str, str], settings: Settings) -> dict[str, Any]:
    """Compare aligned rows."""
    truth_NC, given_a_NC, given_b_NC = a.truth_NC, a.decided_NC, b.decided_NC
    right_a_N, known_N = metrics.matched_rows(truth_NC, given_a_NC)
    right_b_N, _ = metrics.matched_rows(truth_NC, given_b_NC)
    rows = FourWay.of(right_a_N, right_b_N, judged_N=known_N)
    cells = [
        FourWay.of(given_a_NC[:, c] == (t_N == 1), given_b_NC[:, c] == (t_N == 1), judged_N=k_N)
        for c, (t_N, k_N) in enumerate(zip(truth_NC.T, ~np.isnan(truth_NC.T), strict=True))
    ]
    resampled = _Resampled.of(a, b, settings)
    moved = Rows(a.ids, truth_NC, a.labels, texts)
    per_class = _per_class(a, b, cells, resampled)
    groups = groups_drawn(_groups(a, b))
    return {
        "rows": len(a.ids),
        **({} if groups is None else {"groups": groups}),
        **{name: resampled.difference(name) for name in FIGURES},
        "macro_ap": resampled.ranked_difference("macro_ap"),
        "mcnemar": {
            **{_key(c["name"]): c["mcnemar"] for c in per_class},
            OVERALL: rows.test(),
        },
        "four_way": vars(rows) | {"unjudged": int((~known_N).sum())},
        "kappa": _kappa(a, b),
        "flips": find_flips(moved, given_a_NC, given_b_NC, shown=settings.shown).to_dict(),
        "per_class": per_class,
    }


@dataclass(frozen=True)
class _Resampled:
    """Figures of both systems on the same resamples."""

    a: Replicates
    b: Replicates
    ranked: tuple[Replicates, Replicates] | None
    level: float

    @classmethod
    def of(cls, a: Answered, b: Answered, settings: Settings) -> _Resampled:
        statistics = [decided_statistic(s.truth_NC, s.decided_NC) for s in (a, b)]
        scored = [s.scores_NC for s in (a, b) if s.scores_NC is not None]
        if len(scored) == 2:
            statistics += [ranking_statistic(a.truth_NC, scores_NC) for scores_NC in scored]
        found = bootstrap(
            statistics,
            len(a.ids),
            resamples=settings.resamples,
            seed=settings.seed,
            groups_N=_groups(a, b),
        )
        ranked = (found[2], found[3]) if len(found) == 4 else None
        return cls(found[0], found[1], ranked, settings.level)

    def difference(self, name: str) -> dict[str, float | None]:
        return _difference(self.a, self.b, name, self.level)

    def ranked_difference(self, name: str) -> dict[str, float | None] | None:
        return self.ranked and _difference(*self.ranked, name, self.level)


def _groups(a: Answered, b: Answered) -> NDArray[np.int64] | None:
    """Return the groups of aligned rows, as either side knows them."""
    return b.groups_N if a.groups_N is None else a.groups_N


def _difference(a: Replicates, b: Replicates, name: str, level: float) -> dict[str, float | None]:
    interval = b.minus(a, name, level=level).to_dict()
    return {
        "a": _number(float(a.values[name][0])),
        "b": _number(float(b.values[name][0])),
        "difference": interval["value"],
        "low": interval["low"],
        "high": interval["high"],
    }


def _per_class(
    a: Answered, b: Answered, cells: Sequence[FourWay], resampled: _Resampled
) -> list[dict[str, Any]]:
    adjusted_C = holm(np.array([cell.p for cell in cells]))
    level, one, two = resampled.level, resampled.a, resampled.b
    f1_a, f1_b = one.intervals("f1", level=level), two.intervals("f1", level=level)
    gap_C = (two.values["f1"] - one.values["f1"])[:, 0]
    gap_CR = two.draws["f1"] - one.draws["f1"]
    return [
        {
            "name": name,
            "support": int((a.truth_NC[:, c] == 1).sum()),
            "f1_a": f1_a[c].to_dict(),
            "f1_b": f1_b[c].to_dict(),
            "f1_difference": percentile_interval(float(gap_C[c]), gap_CR[c], level=level).to_dict(),
            "mcnemar": cells[c].test() | {"p_holm": float(adjusted_C[c])},
            "four_way": vars(cells[c]),
        }
        for c, name in enumerate(a.labels.names)
    ]


def _kappa(a: Answered, b: Answered) -> dict[str, float | None]:
    """Return how far A and B agree beyond chance, truth aside: overall and by label.

    Overall is over the confusion of the two if multi-class, else the mean over the labels.
    """
    given_a_NC = a.decided_NC.astype(np.float32)
    kappa_C = metrics.class_kappa(metrics.confusion_counts(given_a_NC, b.decided_NC))
    if a.labels.task is Task.MULTICLASS:
        overall = metrics.kappa(metrics.confusion_matrix(given_a_NC, b.decided_NC))
    else:
        overall = float(metrics.macro(kappa_C))
    named = {_key(n): _number(v) for n, v in zip(a.labels.names, kappa_C.tolist(), strict=True)}
    return named | {OVERALL: _number(overall)}


def _sliced(
    a: Answered, b: Answered, slicing: Slicing, *, texts: Mapping[str, str], settings: Settings
) -> dict[str, Any]:
    """Compare each part of a slicing; p-values over its parts are corrected after Holm."""
    parts = slicing.parts(a.ids)
    found = [
        {"value": value, **_part(a.take(rows), b.take(rows), texts, settings)}
        for value, rows in parts
    ]
    adjusted = holm(np.array([part["mcnemar"][OVERALL]["p"] for part in found]))
    for part, p_holm in zip(found, adjusted.tolist(), strict=True):
        part["mcnemar"][OVERALL]["p_holm"] = p_holm
    return {"column": slicing.column, "parts": found}


def _key(name: str) -> str:
    return f"label {name}" if name == OVERALL else name


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    flat = {"label": row["name"], "support": row["support"]}
    for key in ("f1_a", "f1_b", "f1_difference"):
        interval = row[key]
        flat |= {key: interval["value"], f"{key}_low": interval["low"]}
        flat |= {f"{key}_high": interval["high"]}
    return flat | dict(row["mcnemar"])
