"""What a label's decisions are worth, each figure with the interval that its rows allow."""
# Shapes: N rows, C classes, B resamples.

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evenhand.decide.ladder import Tally
from evenhand.seeds import generator
from evenhand.types import Floats, Truth

LEVEL = 0.95
NAMES = ("recall", "precision", "f1", "fpr", "alerts")


@dataclass(frozen=True)
class Figure:
    """A figure and its percentile interval; None where it is not defined.

    Args:
        value: as measured.
        low: lower end, at 95 %.
        high: upper end.
    """

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class LabelFigures:
    """One label's figures on some rows.

    Args:
        rows: known rows.
        positives: of the label.
        hits: positives among the alerts.
        given: alerts.
        figures: recall, precision, f1, fpr and alerts (share of the rows).
    """

    rows: int
    positives: int
    hits: int
    given: int
    figures: Mapping[str, Figure]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)


def label_figures(
    truth_N: Truth, decided_N: NDArray[np.bool_], *, resamples: int = 1000, seed: int = 0
) -> LabelFigures:
    """Measure one label's decisions, with bootstrap intervals over the rows.

    Rows fall into four cells (hit, alarm, missed, rest), so a resample of rows is one draw of
    a multinomial of these; nothing else about the rows matters. The cut is held.

    Args:
        truth_N: 0, 1 or NaN (unknown, left out).
        decided_N: whether the label was given.
        resamples: of the rows.
        seed: of the resamples.
    """
    cells_4 = _cells(truth_N, decided_N)
    rows = int(cells_4.sum())
    drawn_B4 = _draw(cells_4, resamples, seed)
    once, many = _values(cells_4[None].astype(np.float64)), _values(drawn_B4)
    figures = {name: _figure(float(once[name][0]), many[name]) for name in NAMES}
    hits, alarms, missed, _ = (int(cell) for cell in cells_4)
    return LabelFigures(rows, hits + missed, hits, hits + alarms, figures)


def label_differences(
    truth_N: Truth,
    decided_N: NDArray[np.bool_],
    other_N: NDArray[np.bool_],
    *,
    resamples: int = 1000,
    seed: int = 0,
) -> dict[str, Figure]:
    """Return each figure of ``decided_N`` less that of ``other_N``, on the same resamples."""
    known_N = ~np.isnan(truth_N)
    code_N = 4 * (truth_N == 1) + 2 * decided_N + 1 * other_N
    cells_8 = np.bincount(code_N[known_N].astype(np.int64), minlength=8)
    drawn_B8 = _draw(cells_8, resamples, seed)
    once, many = _both(cells_8[None].astype(np.float64)), _both(drawn_B8)
    return {name: _figure(float(once[name][0]), many[name]) for name in NAMES}


def _both(cells_B8: Floats) -> dict[str, Floats]:
    """Return the differences; cells are coded by truth (4), decided (2) and other (1)."""
    grid_B222 = cells_B8.reshape(-1, 2, 2, 2)
    ours_B22, other_B22 = grid_B222.sum(axis=3), grid_B222.sum(axis=2)
    ours, other = (
        _values(np.stack([x[:, 1, 1], x[:, 0, 1], x[:, 1, 0], x[:, 0, 0]], axis=1))
        for x in (ours_B22, other_B22)
    )
    return {name: ours[name] - other[name] for name in NAMES}


def _cells(truth_N: Truth, decided_N: NDArray[np.bool_]) -> NDArray[np.int64]:
    positive_N, negative_N = truth_N == 1, truth_N == 0
    pairs = [(p & d).sum() for d in (decided_N, ~decided_N) for p in (positive_N, negative_N)]
    return np.array(pairs, dtype=np.int64)


def _draw(cells: NDArray[np.int64], resamples: int, seed: int) -> Floats:
    rows = int(cells.sum())
    shares = cells / rows if rows else np.full(len(cells), 1 / len(cells))
    return generator(seed, "figures").multinomial(rows, shares, size=resamples).astype(np.float64)


def _values(cells_B4: Floats) -> dict[str, Floats]:
    """Return the figures of hits, alarms, missed and rest, ``(B,)``; NaN where undefined."""
    hits_B, alarms_B, missed_B, rest_B = cells_B4.T
    tally = Tally(hits_B, alarms_B, hits_B + missed_B, alarms_B + rest_B)
    given_B = hits_B + alarms_B
    whole = {
        "recall": tally.positives,
        "precision": given_B,
        "f1": tally.positives + given_B,
        "fpr": tally.negatives,
        "alerts": tally.positives + tally.negatives,
    }
    raw = {name: getattr(tally, name) for name in NAMES if name != "f1"} | {"f1": tally.f_beta(1)}
    return {name: np.where(whole[name] > 0, raw[name], np.nan) for name in NAMES}


def _figure(value: float, drawn_B: Floats) -> Figure:
    drawn_B = drawn_B[~np.isnan(drawn_B)]
    if np.isnan(value) or not len(drawn_B):
        return Figure(None if np.isnan(value) else value, None, None)
    low, high = np.quantile(drawn_B, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Figure(value, float(low), float(high))
