"""Verdict: is the run better than what costs nothing, and what to know before believing it?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evenhand.evaluate.report_story import Tone, Verdict
from evenhand.evaluate.report_words import headline, interval, level_of, number, plain
from evenhand.evaluate.series_summary import FEW_GROUPS


def verdict(metrics: Mapping[str, Any]) -> Verdict:
    """Judge the run's own macro-F1 against the best baseline's.

    It is better or worse only where the interval of the paired difference excludes zero.
    """
    own = metrics["systems"][0]["macro_f1"]
    rows = f"{metrics['rows']:,}"
    where = (
        f"On {rows} held-out rows, which chose nothing,"
        if metrics["estimate"] == "held out"
        else f"On {rows} rows, each judged by thresholds that were chosen without it,"
    )
    reached = f"{where} the run reaches a macro-F1 of {number(own['value'])} "
    reached += f"({level_of(metrics)} interval {interval(own)})"
    rivals = [s for s in metrics["systems"] if s["kind"] == "baseline"]
    rivals = [s for s in rivals if s["macro_f1"]["value"] is not None]
    if not rivals:
        return Verdict("No baseline to compare with", f"{reached}.", "same")
    best = max(rivals, key=lambda s: s["macro_f1"]["value"])
    reached += f"; the best baseline, {best['name']}, reaches {number(best['macro_f1']['value'])}"
    lead = leads(metrics).get(short_name(best["name"]))
    if lead is None or lead["low"] is None or lead["high"] is None:
        judgement = "Not compared with the best baseline row by row"
        return Verdict(judgement, f"{reached}, without a paired interval.", "same")
    return _judged(reached, lead)


def _judged(reached: str, lead: Mapping[str, Any]) -> Verdict:
    tone: Tone = "better" if lead["low"] > 0 else "worse" if lead["high"] < 0 else "same"
    judgement = {
        "better": "Better than the best baseline",
        "worse": "Worse than the best baseline",
        "same": "Not shown to be better than the best baseline",
    }[tone]
    zero = "includes" if tone == "same" else "excludes"
    gap = f"{number(lead['value'], signed=True)} ({interval(lead, signed=True)})"
    return Verdict(judgement, f"{reached}. The paired difference, {gap}, {zero} zero.", tone)


def cautions(metrics: Mapping[str, Any]) -> list[str]:
    """Return what a reader must know before believing any number, most general first."""
    found = [str(metrics["note"])] if metrics["note"] else []
    if never := metrics["never_predicted"]:
        listed = ", ".join(map(str, never))
        found.append(f"Never predicted, {len(never)} of {len(metrics['labels'])}: {listed}.")
    found += [
        f"The run's macro-F1 equals that of a trivial baseline: {plain(b)}."
        for b in metrics["equals_baseline"]
    ]
    found += _of_series(metrics)
    found += [
        f"{headline(finding['title'])}: {finding['evidence']}."
        for finding in metrics.get("data_findings") or ()
        if finding["severity"] == "error"
    ]
    return found


def _of_series(metrics: Mapping[str, Any]) -> list[str]:
    """Return what makes figures of windows look better than they are."""
    series, found = metrics.get("series"), []
    if series is None:
        return []
    positive = series["positive"]
    if positive and not (positive["difference"]["low"] or 0.0) > 0:
        found.append(
            f"F1 of {positive['label']}, {number(positive['f1']['value'])}, is not shown to be "
            f"above that of always answering it, {number(positive['always_f1']['value'])}."
        )
    groups = metrics.get("groups")
    if groups is not None and groups < FEW_GROUPS:
        found.append(
            f"All windows measured come from {groups:,} groups of recordings; from fewer than "
            f"{FEW_GROUPS}, intervals are drawn too narrow."
        )
    return found


def leads(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Return the paired differences of macro-F1 by the name of what was beaten, or not."""
    found = metrics["differences"]
    return {short_name(d["name"].removeprefix("over ")): d["macro_f1"] for d in found}


def short_name(system: str) -> str:
    """Return a system's name without that of the house."""
    return system.removeprefix("evenhand, ")
