"""The model card: what a bundle is, is worth and is not for, for whoever gets it without its run.

Every figure is one that the run has stored. A card quotes no text, names no row and no path: what
may be published is the model, not the data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from evenhand.evaluate.card_head import head
from evenhand.evaluate.report_markdown import escaped, markdown
from evenhand.evaluate.report_results import gates_line, lede_of
from evenhand.evaluate.report_sources import FEW_ROWS, data_section, findings_section
from evenhand.evaluate.report_story import Block, Cell, Column, Facts, Lines, Paragraph, Table
from evenhand.evaluate.report_verdict import cautions, verdict
from evenhand.evaluate.report_words import (
    count,
    figure,
    headline,
    interval,
    intervals_line,
    level_of,
    number,
    plain,
    plain_figure,
)
from evenhand.types import Task

UNKNOWN = "Not said by those who made it."
NEVER = (
    "To diagnose anybody.",
    "To decide anything about a person without a human who looks at the case.",
    "To watch people, or in place of human triage or a crisis service.",
    "On rows of another kind or another source than those described here, unless measured there.",
)
"""Uses that every card forbids."""
SOURCES = {"own": "its own", "global": "shared", "cost": "from costs", "demand": "from a demand"}
FIGURES = ("precision", "recall", "f1", "ap")


@dataclass(frozen=True)
class CardFacts:
    """What a card is made of.

    Args:
        metrics: the content of ``metrics.json``.
        decision: the content of ``decision.json``.
        findings: the content of ``findings.json``; None: not examined.
        rows: role -> number of rows.
        positives: role -> label -> rows that carry it.
        about: the run file's ``[card]``.
        provenance: what made it: versions, hashes, seed; no times, so that a run has one card.
        of_texts: whether it reads texts; else series.
    """

    metrics: Mapping[str, Any]
    decision: Mapping[str, Any]
    findings: Sequence[Mapping[str, Any]] | None
    rows: Mapping[str, int]
    positives: Mapping[str, Mapping[str, int]]
    about: Mapping[str, Any] = field(default_factory=dict)
    provenance: Mapping[str, str] = field(default_factory=dict)
    of_texts: bool = True


def card(facts: CardFacts) -> str:
    """Return the card in the form of model hubs; the same facts give the same bytes."""
    metrics = facts.metrics
    many = metrics["task"] == Task.MULTILABEL
    read, kind = "texts" if facts.of_texts else "series", "labels" if many else "classes"
    title = f"Classifier of {read}, {len(metrics['labels'])} {kind}"
    judged = verdict(metrics)
    parts = [
        head(metrics, facts.about, title=title, of_texts=facts.of_texts),
        f"# {title}",
        escaped(lede_of(metrics)),
        f"**{escaped(judged.judgement)}.** {escaped(judged.sentence)}",
        *(f"> **Caution.** {escaped(caution)}" for caution in _cautions(metrics)),
    ]
    for heading, blocks in (
        ("What it is for", _intended(facts.about)),
        ("What it must not be used for", _forbidden(facts.about)),
        ("Data", list(_data(facts))),
        ("Results", list(_results(metrics))),
        ("Thresholds", list(_thresholds(facts))),
        ("Limits", [Lines(list(_limits(facts)))]),
        ("Known findings", list(_findings(facts))),
    ):
        parts += [f"## {heading}", *map(markdown, blocks)]
    parts += ["## How to use it", _usage(of_texts=facts.of_texts), "## Where it comes from"]
    pairs = [(headline(name), text) for name, text in facts.provenance.items()]
    license_name = facts.about.get("license") or UNKNOWN
    parts.append(markdown(Facts([("Licence", license_name), *pairs])))
    return "\n\n".join(parts) + "\n"


def _cautions(metrics: Mapping[str, Any]) -> list[str]:
    """Return the report's cautions but for those on data, whose evidence may name rows."""
    return cautions({**metrics, "data_findings": ()})


def _intended(about: Mapping[str, Any]) -> list[Block]:
    return [Paragraph(about.get("intended_use") or UNKNOWN)]


def _forbidden(about: Mapping[str, Any]) -> list[Block]:
    own = [about["forbidden_use"]] if about.get("forbidden_use") else []
    return [Lines([*own, *NEVER])]


def _data(facts: CardFacts) -> Iterator[Block]:
    yield Paragraph(facts.about.get("data") or f"What the rows are: {UNKNOWN[:1].lower()}"
                    f"{UNKNOWN[1:]}")  # fmt: skip
    yield Paragraph(
        "Gradients saw fit rows alone. Tune rows chose the epoch, the calibrator and the "
        "thresholds. Report rows, where there are any, were only measured."
    )
    section = data_section(facts.rows, facts.positives, ())
    yield from () if section is None else section.blocks


def _results(metrics: Mapping[str, Any]) -> Iterator[Block]:
    names = ("macro_f1", "micro_f1", "weighted_f1", "macro_ap", "accuracy")
    match_name = "Exact match" if metrics["task"] == Task.MULTILABEL else "Accuracy"
    titles = ("Macro-F1", "Micro-F1", "Weighted F1", "Macro AP", match_name)
    yield Table(
        "Systems",
        "The model under each kind of threshold, then what it must beat, on the same rows. "
        f"Intervals: {intervals_line(metrics)}.",
        [Column("System"), *(Column(title, number=True) for title in titles)],
        [
            [Cell(_named(system)), *(figure(system[name]) for name in names)]
            for system in metrics["systems"]
        ],
    )
    yield Table(
        "Classes",
        f"Every class, with the rows that carry it; n/a is undefined on these rows. "
        f"{level_of(metrics)} intervals.",
        [
            Column("Class"),
            Column("Rows", number=True),
            *(Column(name, number=True) for name in ("Precision", "Recall", "F1", "AP")),
        ],
        [
            [Cell(row["name"]), count(row["support"]), *(figure(row.get(f)) for f in FIGURES)]
            for row in sorted(metrics["per_class"], key=lambda row: -row["support"])
        ],
    )
    if calibration := metrics.get("calibration"):
        raw, after = (calibration[kind] for kind in ("raw", "calibrated"))
        yield Paragraph(
            f"Calibration error (ECE) {number(raw['ece'])} before and {number(after['ece'])} "
            "after calibration, without an interval."
        )
    if gates := gates_line(metrics.get("gates") or ()):
        yield Paragraph(f"Demands that were made on it beforehand: {gates}")


def _named(system: Mapping[str, Any]) -> str:
    """Return a system's name; a member of an ensemble goes by its folder, without the way there."""
    return str(system["name"]) if system["kind"] == "ours" else PurePath(system["name"]).name


def _thresholds(facts: CardFacts) -> Iterator[Block]:
    decision = facts.decision
    many = facts.metrics["task"] == Task.MULTILABEL
    cuts = decision["thresholds"] if many else decision["biases"]
    rule = (
        "A label is given where its calibrated probability reaches its threshold."
        if many
        else "The class is given whose logarithm of calibrated probability plus bias is highest."
    )
    yield Paragraph(
        f"{rule} Calibrator ({plain(decision['calibrator']['name'])}) and values were tuned on "
        f"the {facts.rows.get('tune', 0):,} tune rows. {_optimism(decision)}".rstrip()
    )
    yield Table(
        "Thresholds",
        "Each value with its 95 % interval, and the tune rows with the label that it rests on.",
        [
            Column("Class"),
            Column("Threshold" if many else "Bias", number=True),
            Column("Interval"),
            Column("Tune rows", number=True),
            Column("Chosen"),
        ],
        [
            [
                Cell(name),
                plain_figure(cut["value"]),
                Cell(interval(cut)),
                count(cut["support"]),
                Cell(SOURCES.get(cut["source"], cut["source"])),
            ]
            for name, cut in cuts.items()
        ],
    )
    if decision.get("unmet"):
        yield Lines([f"A demand that the tune rows do not allow: {u}" for u in decision["unmet"]])


def _optimism(decision: Mapping[str, Any]) -> str:
    found = decision.get("estimate")
    if found is None or found["cross_fitted"] is None:
        return ""
    return (
        f"On these rows they reach a macro-F1 of {number(found['in_sample'])}; chosen on other "
        f"rows than they are measured on, {number(found['cross_fitted'])}."
    )


def _limits(facts: CardFacts) -> Iterator[str]:
    metrics = facts.metrics
    rows = metrics["per_class"]
    few = [f"{row['name']} ({row['support']})" for row in rows if row["unstable"]]
    if few:
        yield (
            f"Too small to judge, fewer than {FEW_ROWS} of the measured rows: {', '.join(few)}. "
            "Their figures can change with a single row."
        )
    else:
        yield f"No class has fewer than {FEW_ROWS} of the measured rows."
    undefined = [row["name"] for row in rows if row["f1"]["value"] is None]
    if undefined:
        yield f"Nothing is known of these classes, whose F1 is undefined: {', '.join(undefined)}."
    tuned = facts.positives.get("tune", {})
    weak = [f"{name} ({number})" for name, number in tuned.items() if number < FEW_ROWS]
    if weak:
        yield f"Thresholds that rest on fewer than {FEW_ROWS} tune rows: {', '.join(weak)}."
    if metrics["estimate"] != "held out":
        yield (
            "There were no report rows. Each tune row was judged by thresholds that other tune "
            "rows chose; the epoch was chosen on them too, so the figures are slightly hopeful."
        )
    yield (
        "Intervals say how much figures move with other rows of the same kind, not with another "
        "seed, another time or another source."
    )
    yield "A label that is not given does not mean that nothing is there."


def _findings(facts: CardFacts) -> Iterator[Block]:
    data = facts.metrics.get("data_findings")
    bare = None if data is None else [{**found, "evidence": "", "advice": ""} for found in data]
    own = facts.findings
    told = None if own is None else [{**found, "advice": "", "settings": ()} for found in own]
    section = findings_section(told, bare)
    yield from [Paragraph("Nobody has looked.")] if section is None else section.blocks
    if own is None and section is not None:
        yield Paragraph("The run itself was not examined.")


def _usage(*, of_texts: bool) -> str:
    if of_texts:
        lines = (
            "import evenhand",
            "",
            'classifier = evenhand.load("FOLDER")  # where this file lies',
            'answers = classifier.predict(["a text"])',
            "print(answers.names(), answers.probs_NC)",
        )
        return "\n".join(["```python", *lines, "```"])
    return "```\nevenhand predict FOLDER RECORDINGS -o answers.csv\n```"
