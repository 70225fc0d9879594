"""An ensemble in a report: what each member brings, and how differently they err."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evenhand.evaluate.report_story import Block, Cell, Column, Paragraph, Section, Table
from evenhand.evaluate.report_words import figure, plain_figure

Metrics = Mapping[str, Any]


def ensemble_section(metrics: Metrics) -> Section | None:
    """Tell what only an ensemble has figures for; None for a run of one model.

    Args:
        metrics: what ``metrics.json`` holds.
    """
    found = metrics.get("ensemble")
    if found is None:
        return None
    members = len(found["members"])
    told = (
        f"{members} runs, combined by {found['by']}. Each is calibrated by its own decision first."
    )
    blocks: list[Block] = [Paragraph(told), _members(found), _pairs(found)]
    return Section("ensemble", "Members of the ensemble", blocks, short="Members")


def _members(found: Metrics) -> Table:
    weights = found["weights"] or [None] * len(found["members"])
    rows = zip(found["members"], found["differences"], found["contributions"], weights, strict=True)
    return Table(
        "Members",
        "Each member alone, what the ensemble has over it, and what the ensemble loses without "
        "it, everything fitted anew. Differences are paired, on the rows that are measured here.",
        [
            Column("Member"),
            *(Column(title, number=True) for title in ("Weight", "Macro-F1", "Macro-AP")),
            *(Column(title, number=True) for title in ("Ensemble less it", "Lost without it")),
        ],
        [
            [
                Cell(single["name"], sort=single["name"]),
                Cell("") if weight is None else plain_figure(weight),
                figure(single["macro_f1"]),
                figure(single["macro_ap"]),
                figure(gap["macro_f1"], signed=True),
                figure(gain["macro_f1"], signed=True),
            ]
            for single, gap, gain, weight in rows
        ],
        look="full sortable",
    )


def _pairs(found: Metrics) -> Table:
    pairs = found["diversity"]["pairs"]
    return Table(
        "Diversity",
        "How the errors of two members go together. Disagreement is the share of answers that "
        "differ; Q and the correlation of errors are 1 where both err on the same rows, and 0 "
        "where one error says nothing of the other.",
        [
            Column("Members"),
            *(Column(title, number=True) for title in ("Disagreement", "Q", "Correlation")),
        ],
        [
            [
                Cell(" and ".join(pair["members"])),
                *(plain_figure(pair[name]) for name in ("disagreement", "q", "correlation")),
            ]
            for pair in pairs
        ],
        look="sortable",
    )
