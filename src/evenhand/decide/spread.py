"""How far a cut would move on other rows of the same kind: bootstrap intervals."""
# Shapes: N rows, C classes, K rungs, B resamples.

from __future__ import annotations

import numpy as np

from evenhand.decide.choice import GRIDS, Choice
from evenhand.decide.demands import demanded_biases, demanded_cuts
from evenhand.decide.ladder import Ladder, Tally
from evenhand.decide.rule import Rule, Source
from evenhand.decide.shrink import Line, shared_values
from evenhand.decide.wish import Wish
from evenhand.seeds import generator
from evenhand.types import Floats, LabelSpace, Task, Truth

LEVEL = 0.95
RUNGS = 1000
"""A label with more rungs is thinned to so many; only quantiles are asked for."""
REFITS = 50
"""Resamples where all labels hang together and every one costs a whole fit."""


def value_intervals(
    probs_NC: Floats, truth_NC: Truth, labels: LabelSpace, *, rule: Rule, choice: Choice
) -> Floats:
    """Return the 95 % percentile interval of each value, ``(2, C)``; NaN for fixed ones.

    Calibrator and strength of shrinkage are held. Cuts that are chosen label by label are
    resampled by their rungs, which is the bootstrap of the rows at a fraction of its price.
    Biases, blends with micro-F and shared cuts are fitted anew to at most 50 resamples.
    """
    interval_2C = np.full((2, len(labels)), np.nan)
    if not choice.resamples or not len(truth_NC):
        return interval_2C
    apart = labels.task is Task.MULTILABEL and not choice.micro
    together = [c for c, source in enumerate(rule.sources) if _refitted(source, apart=apart)]
    if together:
        drawn_BC = _refit(probs_NC, truth_NC, labels, rule=rule, choice=choice)
        interval_2C[:, together] = _ends(drawn_BC[:, together])
    line = _frozen_line(probs_NC, truth_NC, labels, rule=rule, choice=choice) if apart else None
    wishes, plan = choice.wishes(labels), choice.plan(labels)
    for c, source in enumerate(rule.sources):
        if line is None or source not in ("own", "demand"):
            continue
        wish = wishes.get(c) or Wish(beta=choice.beta, costs=_sides(plan.aim.costs_2C, c))
        ladder = Ladder.of(probs_NC[:, c], truth_NC[:, c], grid=GRIDS[choice.grid])
        cuts_B = _resampled_cuts(ladder, wish, choice.resamples, choice.seed)
        if source == "own":
            own_BC = np.repeat(line.own_C[None], len(cuts_B), axis=0)
            own_BC[:, c] = cuts_B
            cuts_B = line.mixed(own_BC, rule.strength_C)[:, c]
        interval_2C[:, c] = _ends(cuts_B)
    return interval_2C


def _refitted(source: Source, *, apart: bool) -> bool:
    """Say whether a value is resampled by fitting all labels anew."""
    return source in (("global",) if apart else ("own", "global", "demand"))


def _frozen_line(
    probs_NC: Floats, truth_NC: Truth, labels: LabelSpace, *, rule: Rule, choice: Choice
) -> Line | None:
    if "own" in rule.sources:
        return Line.fit(probs_NC, truth_NC, labels.task, choice.plan(labels))
    if "demand" in rule.sources:
        return Line(rule.values_C, rule.values_C, rule.support_C, labels.task)
    return None


def _sides(costs_2C: Floats | None, c: int) -> tuple[float, float] | None:
    if costs_2C is None or np.isnan(costs_2C[:, c]).any():
        return None
    return float(costs_2C[0, c]), float(costs_2C[1, c])


def _resampled_cuts(ladder: Ladder, wish: Wish, resamples: int, seed: int) -> Floats:
    """Return the best cut of each resample, ``(B,)``.

    Between two rungs only the number of positives and of negatives matters, so resampling the
    rows is one draw of a multinomial of these numbers.
    """
    rungs = len(ladder.cuts_K)
    if rungs > RUNGS:
        at = np.unique(np.linspace(0, rungs - 1, RUNGS).astype(np.int64))
        tally = ladder.tally
        tally = Tally(tally.hits[at], tally.alarms[at], tally.positives, tally.negatives)
        ladder = Ladder(ladder.cuts_K[at], tally)
    tally = ladder.tally
    steps = [
        np.concatenate([whole, counts_K]) - np.append(counts_K, 0.0)
        for whole, counts_K in (
            (tally.positives, tally.hits),
            (tally.negatives, tally.alarms),
        )
    ]
    cells = np.concatenate(steps)
    rows = int(cells.sum())
    drawn = generator(seed, "cuts").multinomial(rows, cells / max(rows, 1), size=resamples)
    above = [
        np.cumsum(part[:, ::-1], axis=1)[:, ::-1].astype(np.float64)
        for part in np.split(drawn, 2, axis=1)
    ]
    (positives_B1, hits_BK), (negatives_B1, alarms_BK) = ((x[:, :1], x[:, 1:]) for x in above)
    drawn_tally = Tally(hits_BK, alarms_BK, positives_B1, negatives_B1)
    return np.asarray(ladder.cuts_K[wish.choose(drawn_tally)])


def _refit(
    probs_NC: Floats, truth_NC: Truth, labels: LabelSpace, *, rule: Rule, choice: Choice
) -> Floats:
    """Return the values fitted to resampled rows, ``(B, C)``."""
    task, plan, wishes = labels.task, choice.plan(labels), choice.wishes(labels)
    random, drawn = generator(choice.seed, "refits"), []
    for _ in range(min(choice.resamples, REFITS)):
        rows_N = random.integers(0, len(truth_NC), size=len(truth_NC))
        p_NC, y_NC = probs_NC[rows_N], truth_NC[rows_N]
        if "own" in rule.sources:
            values_C = Line.fit(p_NC, y_NC, task, plan).at(rule.strength_C)
        elif "global" in rule.sources:
            values_C = shared_values(p_NC, y_NC, task, plan)
        else:
            values_C = rule.values_C
        if task is Task.MULTICLASS:
            drawn.append(demanded_biases(p_NC, y_NC, values_C, wishes))
        else:
            drawn.append(demanded_cuts(p_NC, y_NC, values_C, wishes, grid=plan.grid))
    return np.stack(drawn)


def _ends(drawn_B: Floats) -> Floats:
    """Return the lower and upper quantile over the resamples, of what was really drawn."""
    ends = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
    return np.quantile(drawn_B, ends, axis=0, method="nearest")
