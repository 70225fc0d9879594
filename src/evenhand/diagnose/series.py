"""Series: a score that seeing the present explains, and streams that are of no use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evenhand.diagnose.checks import check
from evenhand.diagnose.patient import Patient
from evenhand.evaluate.terminal import figure, number
from evenhand.finding import Finding

FEWEST_AHEAD = 5
"""Positive windows before an event below which nothing is said of foretelling."""
LITTLE = 0.01
"""Macro-F1 that a stream must bring to be worth its sensor, where its interval holds 0."""

Part = Mapping[str, Any]


@check("D112")
def always_answered(patient: Patient) -> Finding | None:
    """F1 of the label that is looked for is no better than that of always answering it."""
    positive = patient.series.get("positive")
    if positive is None or positive["difference"]["low"] is None:
        return None
    if positive["difference"]["low"] > 0:
        return None
    return Finding(
        "D112",
        "warning",
        f"F1 of {positive['label']} is that of always answering it",
        f"it is {figure(positive['f1'])}, and always answering {positive['label']}, which "
        f"{positive['share']:.1%} of the windows are, gives {positive['always_f1']['value']:.3f}",
        {},
        "an F1 of a rare class means nothing without this number beside it",
    )


@check("D113")
def not_foretold(patient: Patient) -> Finding | None:
    """Events are seen once they have begun, and not before."""
    found = patient.series.get("foretelling")
    if not found or found["ahead"]["positives"] < FEWEST_AHEAD:
        return None
    ahead, always = found["ahead"]["f1"], found["ahead"]["always_f1"]["value"]
    low = ahead["low"] if ahead["low"] is not None else ahead["value"]
    if ahead["value"] is None or always is None or low > always:
        return None
    return Finding(
        "D113",
        "warning",
        "events are not foretold",
        f"on the {found['ahead']['rows']:,} windows before an event F1 is {figure(ahead)}, and "
        f"always telling one gives {always:.3f}; in an event recall is "
        f"{number(found['begun']['recall']['value'])}",
        {},
        "the score comes from windows in which the event goes on; a longer window, or a shorter "
        "horizon, may show what comes before",
    )


@check("D306")
def idle_stream(patient: Patient) -> Finding | None:
    """A stream brings nothing."""
    idle = [w for w in patient.series.get("without", ()) if _brings_nothing(w["difference"])]
    if not idle:
        return None
    said = "; ".join(
        f"without {w['stream']} it is {figure(w['difference'], signed=True)}" for w in idle
    )
    return Finding(
        "D306",
        "tip",
        "a stream that brings nothing",
        f"macro-F1 is the same where it is missing: {said}",
        {},
        "leave it out (series.streams) and compare, or find out whether it is scaled, aligned and "
        "known where it matters",
    )


@check("D307")
def harmful_stream(patient: Patient) -> Finding | None:
    """The score is higher where a stream is missing."""
    found = patient.series.get("without", ())
    bad = [w for w in found if (w["difference"]["low"] or 0.0) > 0]
    if not bad:
        return None
    worst = max(bad, key=lambda w: float(w["difference"]["value"]))
    rest = [name for name in patient.series["streams"] if name != worst["stream"]]
    return Finding(
        "D307",
        "warning",
        "a stream that does harm",
        f"without {worst['stream']} macro-F1 is {figure(worst['difference'], signed=True)}",
        {"series": {"streams": rest}},
        "it says something about the fit recordings that does not hold for others; the measured "
        "rows told so, and who goes by that has chosen on them: measure the next run on others",
    )


def _brings_nothing(difference: Part) -> bool:
    """Say whether the score without a stream may be the same, and is not much lower."""
    low, value, high = (difference[key] for key in ("low", "value", "high"))
    return low is not None and value > -LITTLE and low <= 0 <= high
