"""Demands that must hold: the cut or bias of a label under a wish, and whether it is met."""
# Shapes: N rows, C classes.

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray

from evenhand.decide.biases import GAP, MARGIN, margins
from evenhand.decide.f1 import count
from evenhand.decide.ladder import Grid, Tally
from evenhand.decide.wish import Wish, find_cut
from evenhand.errors import DataError
from evenhand.types import Floats, LabelSpace, Task, Truth

ROUNDS = 20
RULED = "drop exclusive or at_least_one, which change this label after its cut; or the demand"
SIGN = {"recall": ">=", "precision": ">=", "fpr": "<=", "alerts": "<="}


def demand_words(kind: str, value: float, rows: int) -> str:
    """Return ``recall >= 0.9``; of a budget the number of alerts and the share, both.

    Args:
        kind: a name of ``SIGN``.
        value: a share; of ``rows`` where ``kind`` is ``alerts``.
        rows: number of rows that chose the cut.
    """
    if kind != "alerts":
        return f"{kind} {SIGN[kind]} {value:g}"
    return f"alerts <= {floor(value * rows + 1e-9)} ({100 * value:.4g}% of {rows} rows)"


def demanded_cuts(
    probs_NC: Floats,
    truth_NC: Truth,
    values_C: Floats,
    wishes: Mapping[int, Wish],
    *,
    grid: Grid | None,
) -> Floats:
    """Return ``values_C`` with the best cut for each wish; where none meets it, the nearest."""
    cuts_C = values_C.copy()
    for c, wish in wishes.items():
        cuts_C[c] = find_cut(probs_NC[:, c], truth_NC[:, c], wish, grid=grid).cut
    return cuts_C


def demanded_biases(
    probs_NC: Floats, truth_NC: Truth, values_C: Floats, wishes: Mapping[int, Wish]
) -> Floats:
    """Return ``values_C`` with the best bias for each wish, the others held.

    A class wins the rows whose margin over its biased rivals is above its negative bias, so
    its bias is a cut on margins, found among all of them. With several wishes the classes take
    turns until nothing moves, at most 20 rounds.
    """
    biases_C = values_C.copy()
    known_N = ~np.isnan(truth_NC).any(axis=1)
    if not known_N.any():
        return biases_C
    probs_KC, truth_KC = probs_NC[known_N], truth_NC[known_N]
    for _ in range(ROUNDS if len(wishes) > 1 else 1):
        before_C = biases_C.copy()
        for c, wish in wishes.items():
            biases_C[c] = _bias(margins(probs_KC, biases_C, c), truth_KC[:, c], wish)
        if np.array_equal(biases_C, before_C):
            break
    return biases_C


def _bias(margin_K: Floats, truth_K: Truth, wish: Wish) -> float:
    """Return the best bias of one class; rows whose margins are nearly equal move together."""
    sorted_K = np.sort(margin_K)
    opens_K = np.append(True, np.diff(sorted_K) > GAP)
    first_G = sorted_K[opens_K]
    last_G = sorted_K[np.append(opens_K[1:], True)]
    group_K = np.searchsorted(first_G, margin_K, side="right").astype(np.float64)
    lowest = ceil(find_cut(group_K, truth_K, wish).cut) - 1
    if lowest <= 0:
        return float(MARGIN - first_G[0])
    if lowest >= len(first_G):
        return float(-MARGIN - last_G[-1])
    return -float(last_G[lowest - 1] + (first_G[lowest] - last_G[lowest - 1]) / 2)


def unmet(
    truth_NC: Truth,
    decided_NC: NDArray[np.bool_],
    labels: LabelSpace,
    wishes: Mapping[int, Wish],
    *,
    ruled: bool = False,
) -> dict[int, DataError]:
    """Return E214 for each label whose demand does not hold, with how near it comes.

    Args:
        truth_NC: 0, 1 or NaN.
        decided_NC: the labels given.
        labels: their names.
        wishes: position -> what is demanded.
        ruled: whether rules for the whole row have changed the labels since the cuts.

    Returns:
        Position -> error, in the order of the labels.
    """
    hits_C, given_C, positive_C = count(truth_NC, decided_NC)
    known_C = (~np.isnan(truth_NC)).sum(axis=0)
    found = {}
    for c, wish in wishes.items():
        there = Tally(
            hits_C[c : c + 1],
            (given_C - hits_C)[c : c + 1],
            positive_C[c : c + 1],
            (known_C - positive_C)[c : c + 1],
        )
        if wish.shortfall(there)[0] > 0:
            asked = _asked(wish, len(truth_NC))
            found[c] = _unmet(labels, c, wish, there, asked=asked, ruled=ruled)
    return found


def refuse_impossible(truth_NC: Truth, labels: LabelSpace, wishes: Mapping[int, Wish]) -> None:
    """Raise for a demand that no scores of these rows could meet, before there are any.

    Each label is held against scores that rank its rows without a fault, all different.

    Raises:
        DataError: E214.
    """
    order_N = np.linspace(0, 0.5, len(truth_NC))
    perfect_NC = np.nan_to_num(truth_NC) * 0.5 + order_N[:, None]
    for c, wish in wishes.items():
        found = find_cut(perfect_NC[:, c], truth_NC[:, c], wish)
        if not found.met:
            asked = _asked(wish, len(truth_NC))
            raise _unmet(labels, c, wish, found.tally, asked=asked, ruled=False)


def _asked(wish: Wish, rows: int) -> str:
    return " and ".join(demand_words(kind, value, rows) for kind, value in wish.demands.items())


def _unmet(
    labels: LabelSpace, c: int, wish: Wish, there: Tally, *, asked: str, ruled: bool
) -> DataError:
    positives, alerts = int(there.positives[0]), int(there.hits[0] + there.alarms[0])
    figures = {name: float(getattr(there, name)[0]) for name in ("precision", "recall", "fpr")}
    shown = ", ".join(f"{name} {value:.3f}" for name, value in figures.items())
    return DataError(
        "E214",
        f"a demand on {labels.names[c]!r} cannot be met on these rows",
        got=f"{asked}; the nearest {_value(labels.task)} has {shown}, {alerts} alerts, "
        f"{positives} positives",
        fix=RULED if ruled else _fix(wish, there),
    )


def _fix(wish: Wish, there: Tally) -> str:
    if not there.positives[0]:
        return "pass rows that carry this label; without them nothing can be demanded of it"
    if not there.hits[0]:
        return "allow more; no alert of this label would be right under so small a limit"
    if len(wish.demands) > 1:
        return "demand less of one of the two; what the nearest has can be had"
    ((name, _),) = wish.demands.items()
    near = float(getattr(there, name)[0])
    safe = floor(near * 1000) / 1000 if SIGN[name] == ">=" else ceil(near * 1000) / 1000
    shown = f"{100 * safe:g}%" if name == "alerts" else f"{safe:g}"
    return f"demand less ({name} {shown} can be had), or train a model that ranks it better"


def _value(task: Task) -> str:
    return "cut" if task is Task.MULTILABEL else "bias"
