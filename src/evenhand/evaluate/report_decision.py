"""Thresholds and calibration in a report: what is decided, on what ground, how honestly."""

# N rows, C classes, K points of a curve.
from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from evenhand.calibrate.measures import BINS
from evenhand.decide.summary import stays
from evenhand.evaluate import plots
from evenhand.evaluate.demanded import demand_lines
from evenhand.evaluate.report_curves import Bin, bins_of, precision_recall
from evenhand.evaluate.report_story import (
    Block,
    Cell,
    Column,
    Facts,
    Figure,
    Heading,
    Lines,
    Pair,
    Panel,
    Paragraph,
    Section,
    Table,
)
from evenhand.evaluate.report_words import (
    count,
    headline,
    interval,
    number,
    plain,
    plain_figure,
    words,
)
from evenhand.types import Floats, Predictions, Task

SMALL_MULTIPLES = 28
LONGEST_FACT = 300
LONGEST_CALIBRATOR = 60
FEW_LABELS = 12
"""Labels up to which each has a reliability plot of its own."""
HONEST = (
    "A probability is honest when, of the cases given 0.3, three in ten come true. Points above "
    "the dotted line came true more often than was said, points below less often."
)
MEASURES = (
    (
        "ECE",
        f"Expected calibration error. Forecasts are sorted into {BINS} bins of equal width; it is "
        "the mean distance between what was said and what came true, each bin by its count. 0 is "
        "honest, and says nothing of telling classes apart. With bins of equal count, no bin rests "
        "on a few forecasts. The mean over classes takes each class against the rest, so that a "
        "rare one counts as much as a frequent one.",
    ),
    (
        "Brier score",
        "Mean squared distance between a forecast and what happened, 0 or 1; lower is better. It "
        "is reliability (what honesty would remove) less resolution (what telling rows apart takes "
        "off) plus uncertainty (the score of always saying the overall share), and a small rest "
        "for what happens inside the bins.",
    ),
    ("Log loss", "Mean of minus the logarithm of the probability given to what happened."),
)
KINDS = {
    Task.MULTILABEL: {
        "per-label": "one a class",
        "global": "one for all labels",
        "fixed": "fixed beforehand",
    },
    Task.MULTICLASS: {
        "per-label": "one a class",
        "global": "one tilt toward rare classes",
        "fixed": "fixed beforehand",
    },
}


def decision_section(
    metrics: Mapping[str, Any],
    predictions: Predictions,
    probs_NC: Floats,
    *,
    decision: Mapping[str, Any],
) -> Section:
    """Tell the cuts with what they rest on, how honest probabilities are, and other cuts' worth."""
    measured = metrics.get("calibration")
    blocks: list[Block] = []
    if facts := _facts(decision):
        blocks.append(Facts(facts))
    if cuts := _cuts(decision, measured):
        blocks.append(cuts)
    if demands := demand_lines(metrics):
        blocks += [Heading("What was demanded"), Lines(demands)]
    if measured:
        blocks += [Heading("Are the probabilities honest?"), Paragraph(HONEST)]
        blocks += _reliability(metrics, measured)
    if curves := _precision_recall(metrics, predictions, probs_NC):
        blocks += [Heading("What another cut would give"), *curves]
    return Section("decision", "Thresholds and calibration", blocks)


def _facts(decision: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what is said of the decision as a whole; what was not asked for is left out."""
    said: dict[str, Callable[[Any], tuple[str, str]]] = {
        "kind": lambda _: _kind(decision),
        "calibrator": lambda found: ("Calibrator", _calibrator(found)),
        "shrinkage": lambda _: ("Shrinkage", _shrinkage(decision)),
        "estimate": lambda found: ("Macro-F1 on tune rows", _estimate(found)),
        "at_least_one": lambda _: ("At least one", "a row without labels gets the nearest one"),
        "exclusive": lambda name: ("Exclusive", f"{name} yields to any other label"),
        "asked": lambda asked: ("Asked for", plain(asked)),
    }
    pairs = [
        say(decision[key])
        for key, say in said.items()
        if decision.get(key) not in (None, {}, [], False)
    ]
    return [(name, text) for name, text in pairs if text and len(text) < LONGEST_FACT]


def _calibrator(found: Mapping[str, Any]) -> str:
    """Return its name and fitted values, the name alone where they are many."""
    said = plain(found)
    return said if len(said) < LONGEST_CALIBRATOR else str(found["name"])


def _kind(decision: Mapping[str, Any]) -> tuple[str, str]:
    task, kind = _task(decision), decision["kind"]
    title = "Cuts" if task is Task.MULTILABEL else "Biases"
    return title, stays(kind, _sources(decision), task) or KINDS[task][kind]


def _shrinkage(decision: Mapping[str, Any]) -> str:
    """Return how far values go towards what they share; nothing where they never moved."""
    if stays(decision["kind"], _sources(decision), _task(decision)):
        return ""
    positives = decision["shrinkage"]
    if positives == "inf":
        return f"all the way to {_shared(decision)}"
    return f"half way to {_shared(decision)} at {positives:g} positives"


def _shared(decision: Mapping[str, Any]) -> str:
    """Return what a value without support of its own becomes, in words."""
    task = _task(decision)
    one = "one shared cut" if task is Task.MULTILABEL else "one tilt toward rare classes"
    costs = decision.get("asked", {}).get("costs")
    if not costs:
        return one
    every = task is Task.MULTICLASS or set(decision["labels"]) <= set(costs)
    return "what the costs make" if every else f"what the costs make, {one} where they say nothing"


def _task(decision: Mapping[str, Any]) -> Task:
    return Task.MULTILABEL if "thresholds" in decision else Task.MULTICLASS


def _sources(decision: Mapping[str, Any]) -> Iterable[str]:
    cuts = decision.get("thresholds") or decision.get("biases") or {}
    return (cut.get("source", "") for cut in cuts.values() if isinstance(cut, Mapping))


def _estimate(found: Mapping[str, Any]) -> str:
    crossed, inside = (number(found[key]) for key in ("cross_fitted", "in_sample"))
    return f"{crossed} cross-fitted, {inside} on the very rows that chose the cuts"


def _cuts(decision: Mapping[str, Any], measured: Mapping[str, Any] | None) -> Table | None:
    """Return a row a class: its cut with interval, what it rests on, how honest its forecasts."""
    cuts = decision.get("thresholds") or decision.get("biases")
    if not cuts:
        return None
    rows = {name: c if isinstance(c, Mapping) else {"value": c} for name, c in cuts.items()}
    per_label = measured["calibrated"]["per_label"] if measured else []
    errors = dict(zip(decision.get("labels", rows), per_label, strict=False))
    optional = [key for key in ("support", "source", "optimism") if _any(rows.values(), key)]
    said = {"support": "Positives", "source": "From", "optimism": "Optimism"}
    ordered = sorted(rows.items(), key=lambda item: -(item[1].get("support") or 0))
    kind = "Cut" if _task(decision) is Task.MULTILABEL else "Bias"
    return Table(
        "Decision",
        _rule(rows.values(), kind),
        [
            Column("Class"),
            Column(kind, number=True),
            *(Column(said[key], number=key != "source") for key in optional),
            *([Column("ECE", number=True)] if errors else []),
        ],
        [
            [
                Cell(name, sort=name),
                _cut(cut),
                *(_about(cut.get(key)) for key in optional),
                *([plain_figure(errors[name]["ece"])] if errors else []),
            ]
            for name, cut in ordered
        ],
        look="sortable",
    )


def _any(rows: Collection[Mapping[str, Any]], key: str) -> bool:
    return any(row.get(key) is not None for row in rows)


def _cut(cut: Mapping[str, Any]) -> Cell:
    known = cut.get("low") is not None and cut.get("high") is not None
    return Cell(number(cut["value"]), interval(cut) if known else "", sort=cut["value"])


def _about(value: Any) -> Cell:
    if isinstance(value, int):
        return count(value)
    if isinstance(value, float) or value is None:
        return Cell(number(value, signed=True), sort=value)
    return Cell(str(value), sort=str(value))


def _rule(cuts: Collection[Mapping[str, Any]], kind: str) -> str:
    rule = (
        "a label is given where its calibrated probability is at least the cut"
        if kind == "Cut"
        else "the class whose log-probability plus bias is largest"
    )
    told = [f"What is decided: {rule}."]
    if _any(cuts, "low"):
        told.append("Intervals: where the cut would lie had other tune rows been drawn.")
    told.append("“Positives” are the tune rows that it rests on.")
    if _any(cuts, "optimism"):
        told.append("“Optimism” is F1 on the rows that chose the cut less F1 on others.")
    return " ".join(told)


def _reliability(metrics: Mapping[str, Any], measured: Mapping[str, Any]) -> list[Block]:
    raw, calibrated = (_bins(measured[kind], metrics) for kind in ("raw", "calibrated"))
    many = metrics["task"] == Task.MULTILABEL
    what = (
        "all decisions, one for each row and label" if many else "the likeliest class of each row"
    )
    text = "Share that came true against predicted probability; a table beside it holds the bins."
    svg = plots.draw_reliability(
        calibrated, plots.Words("reliability", "Reliability", text), before=raw
    )
    keys = (("accent", "calibrated"), ("hollow", "raw"), ("dots", "honest"))
    drawn = Figure(
        f"Reliability: {what}. Below, how many forecasts lie in each bin after calibration.",
        [Panel(svg)],
        keys=(*keys, ("bars", "count")),
    )
    pair = Pair(
        [drawn, _bins_table(calibrated)], [_measures(measured), Facts(MEASURES, look="terms")]
    )
    return [pair, *_by_label(metrics, measured)]


def _bins(measures: Mapping[str, Any], metrics: Mapping[str, Any]) -> list[Bin]:
    return bins_of(measures["curve"], level=metrics["level"])


def _measures(measured: Mapping[str, Any]) -> Table:
    raw, calibrated = measured["raw"], measured["calibrated"]
    rows = [
        [Cell(headline(words(name))), *(_small(part[name]) for part in (raw, calibrated))]
        for name in ("ece", "adaptive_ece", "classwise_ece", "nll")
    ]
    rows += [
        [
            Cell("Brier score" if name == "score" else f"of which {name}"),
            *(_small(part["brier"][name]) for part in (raw, calibrated)),
        ]
        for name in ("score", "reliability", "resolution", "uncertainty")
    ]
    caption = "Probabilities before and after calibration, on the measured rows."
    columns = [Column("Measure"), Column("Raw", number=True), Column("Calibrated", number=True)]
    return Table("Calibration", caption, columns, rows, look="full")


def _small(value: float | None) -> Cell:
    return Cell("n/a" if value is None else f"{value:.4f}", sort=value)


def _bins_table(bins: Sequence[Bin]) -> Table:
    titles = ("Count", "Mean said", "Came true")
    return Table(
        "Reliability bins",
        "The calibrated points in numbers, with Wilson’s intervals.",
        [Column("Probability"), *(Column(title, number=True) for title in titles)],
        [
            [
                Cell(f"{b.low:.2f} to {b.high:.2f}"),
                count(b.count),
                plain_figure(b.predicted),
                Cell(number(b.observed), f"{number(b.observed_low)} to {number(b.observed_high)}"),
            ]
            for b in bins
        ],
        look="full",
    )


def _by_label(metrics: Mapping[str, Any], measured: Mapping[str, Any]) -> list[Block]:
    """Return a small plot a label where there are few; many would say nothing."""
    labels = metrics["labels"]
    if len(labels) > FEW_LABELS or "curve" not in measured["calibrated"]["per_label"][0]:
        return []
    panels = []
    for place, name in enumerate(labels):
        raw, calibrated = (measured[kind]["per_label"][place] for kind in ("raw", "calibrated"))
        text = f"ECE {number(raw['ece'])} raw, {number(calibrated['ece'])} calibrated"
        title = plots.Words(f"honest{place}", f"Reliability of {name}", f"{text}.")
        before, after = (_bins(part, metrics) for part in (raw, calibrated))
        svg = plots.draw_small_reliability(after, title, before=before)
        caption = f"ECE {number(raw['ece'])} → {number(calibrated['ece'])}"
        panels.append(Panel(svg, name, caption))
    caption = "Reliability of each class against the rest, and its ECE raw → calibrated."
    return [Figure(caption, panels, look="multiples")]


def _precision_recall(
    metrics: Mapping[str, Any], predictions: Predictions, probs_NC: Floats
) -> list[Block]:
    rarest = sorted(metrics["per_class"], key=lambda row: row["support"])
    shown = [row for row in rarest if row["support"] > 0][:SMALL_MULTIPLES]
    if not shown:
        return []
    panels = [
        _precision_recall_of(place, row, predictions, probs_NC) for place, row in enumerate(shown)
    ]
    total = len(metrics["labels"])
    part = f"; {len(shown)} of {total} classes" if len(shown) < total else ""
    prose = (
        "What any cut could reach, and what the chosen one does reach. The dotted line is the "
        "precision of guessing: the share of rows that carry the class."
    )
    if metrics["estimate"] != "held out":
        prose += " The dot may lie off its curve: each row was judged by cuts fitted on others."
    return [
        Paragraph(prose),
        Figure(
            f"Precision (upwards) against recall (to the right), rarest class first{part}.",
            panels,
            look="multiples",
            keys=(("accent", "every cut"), ("second", "this decision"), ("dots", "guessing")),
        ),
    ]


def _precision_recall_of(
    place: int, row: Mapping[str, Any], predictions: Predictions, probs_NC: Floats
) -> Panel:
    c = predictions.labels.index(row["name"])
    truth_N = predictions.truth_NC[:, c]
    recall_K, precision_K = precision_recall(truth_N, probs_NC[:, c])
    point = row["recall"]["value"], row["precision"]["value"]
    ap = number(row["ap"]["value"] if row.get("ap") else None)
    at = f"; the decision has recall {number(point[0])} and precision {number(point[1])}"
    text = f"Average precision {ap}, {row['support']:,} rows{at}."
    svg = plots.draw_precision_recall(
        recall_K,
        precision_K,
        plots.Words(f"pr{place}", f"Precision and recall of {row['name']}", text),
        prevalence=float(np.nanmean(truth_N)),
        cut=None if None in point else point,
    )
    return Panel(svg, str(row["name"]), f"AP {ap} · {row['support']:,} rows")
