"""The results in a report: beside the baselines, at the gates, class by class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evenhand.evaluate import plots
from evenhand.evaluate.report_story import (
    Bar,
    Block,
    Cell,
    Column,
    Facts,
    Figure,
    Pair,
    Panel,
    Paragraph,
    Section,
    Table,
)
from evenhand.evaluate.report_verdict import leads, short_name
from evenhand.evaluate.report_words import (
    UNSTABLE,
    count,
    figure,
    headline,
    intervals_line,
    level_of,
    number,
    plain,
    plain_figure,
    words,
)
from evenhand.evaluate.terminal import NOT_AVAILABLE
from evenhand.types import Task

DRAWN_CLASSES = 60
AVERAGED = ("precision", "recall", "f1", "ap", "auc", "mcc")

Metrics = Mapping[str, Any]


def systems_section(metrics: Metrics) -> Section:
    """Tell what the run and its baselines are worth on the same rows."""
    blocks: list[Block] = [_systems(metrics)]
    beaten = {short_name(system["name"]) for system in metrics["systems"]}
    blocks += [
        Paragraph(f"Lead over {name}: {_said(lead)}.")
        for name, lead in leads(metrics).items()
        if name not in beaten
    ]
    first = metrics["systems"][0]
    overall = [
        (headline(words(name)), _overall(value))
        for name, value in metrics["overall"].items()
        if name not in first and value is not None
    ]
    averages = _averages(metrics.get("averages"))
    facts = [Facts(overall, title="Overall")] if overall else []
    if averages and facts:
        blocks.append(Pair([averages], facts))
    else:
        blocks += [*([averages] if averages else []), *facts]
    return Section("systems", "Against baselines", blocks)


def _overall(value: Any) -> str:
    return number(value) if isinstance(value, float) else plain(value)


def _said(lead: Metrics) -> str:
    cell = figure(lead, signed=True)
    return f"{cell.text} ({cell.detail})" if cell.detail else cell.text


def _systems(metrics: Metrics) -> Table:
    lead_over = leads(metrics)
    match_name = "Exact match" if metrics["task"] == Task.MULTILABEL else "Accuracy"
    names = ["macro_f1", "micro_f1", "weighted_f1", "macro_ap", "accuracy"]
    titles = ["Macro-F1", "Lead", "Micro-F1", "Weighted F1", "Macro AP", match_name]
    if positive := metrics.get("series", {}).get("positive"):
        names.insert(1, "positive_f1")
        titles.insert(2, f"F1 of {positive['label']}")
    rows = []
    for system in metrics["systems"]:
        macro = system["macro_f1"]
        lead = lead_over.get(short_name(system["name"]))
        cells = [figure(system[name]) for name in names]
        bar = Bar(macro["value"], macro["low"], macro["high"], system["kind"])
        over = figure(lead, signed=True) if lead else Cell("–")
        rows.append([Cell(system["name"]), Cell("", bar=bar), cells[0], over, *cells[1:]])
    return Table(
        "Systems",
        "The run and what it must beat, on the same rows. “Lead” is the run’s macro-F1 minus that "
        "of the best baseline, of other models and of the plain decision, resampled in pairs; it "
        f"means something where its interval excludes zero. Intervals: {intervals_line(metrics)}.",
        [Column("System"), Column("0 to 1"), *(Column(title, number=True) for title in titles)],
        rows,
        look="full",
        first=True,
    )


def _averages(averages: Metrics | None) -> Table | None:
    if not averages:
        return None
    kinds = ("macro", "micro", "weighted")
    rows = [
        [Cell(headline(words(name)))]
        + [plain_figure(averages[name][kind]) for kind in kinds]
        + [count(averages[name]["undefined"])]
        for name in AVERAGED
        if name in averages
    ]
    return Table(
        "Averages",
        "The run’s averages: over classes, over all decisions, over classes by their rows. "
        "Undefined classes are counted and left out.",
        [
            Column("Figure"),
            *(Column(kind.capitalize(), number=True) for kind in kinds),
            Column("Undefined", number=True),
        ],
        rows,
    )


def gates_section(gates: Sequence[Metrics]) -> Section:
    """Tell which gates of the run file hold."""
    rows = []
    for gate in gates:
        sign = ">" if gate["above"] else "<"
        notes = [gate["note"]] if gate["note"] else []
        if gate["passed"] and gate["certain"] is False:
            notes.append("the interval reaches past the bound")
        rows.append(
            [
                Cell(_gate(gate)),
                Cell("holds", tone="good") if gate["passed"] else Cell("fails", tone="bad"),
                Cell(f"{sign} {gate['bound']:g}"),
                figure(gate),
                Cell("; ".join(notes)),
            ]
        )
    caption = (
        "What the run file asked for. A gate holds where its figure alone is on the right side of "
        "the bound; an undefined figure passes no gate."
    )
    titles = (Column("Gate"), Column("Result"), Column("Bound", number=True))
    columns = [*titles, Column("Found", number=True), Column("Note")]
    return Section("gates", "Gates", [Table("Gates", caption, columns, rows)])


def _gate(gate: Metrics) -> str:
    """Return a gate's name; that of a label stays as it is."""
    name = str(gate["gate"])
    return name if " of " in name else words(name)


def gates_line(gates: Sequence[Metrics]) -> str:
    """Say how many gates hold; empty without gates."""
    failed = [_gate(gate) for gate in gates if not gate["passed"]]
    if not gates:
        return ""
    if not failed:
        return f"All {len(gates)} gates hold." if len(gates) > 1 else "The gate holds."
    return f"{len(failed)} of {len(gates)} gates fail: {', '.join(failed)}."


def classes_section(metrics: Metrics) -> Section:
    """Tell every class's figures, the most frequent class first."""
    ordered = sorted(metrics["per_class"], key=lambda row: -row["support"])
    prose = (
        "An average hides the classes that it was made from. A class with fewer than 20 rows is "
        "marked: its numbers can change with a single row."
    )
    blocks: list[Block] = [
        Paragraph(prose),
        _drawn_classes(metrics, ordered),
        _every_class(metrics, ordered),
    ]
    return Section("classes", "Class by class", blocks, short="Classes")


def _drawn_classes(metrics: Metrics, ordered: Sequence[Metrics]) -> Figure:
    rows = ordered[-DRAWN_CLASSES:]
    before = "at 0.5" if metrics["task"] == Task.MULTILABEL else "highest probability"
    part = f" (the {DRAWN_CLASSES} rarest)" if len(ordered) > DRAWN_CLASSES else ""
    text = (
        f"F1 of {len(rows)} classes with intervals, before and after thresholds, from the most "
        "frequent class to the rarest; the table of classes holds the numbers."
    )
    title = "F1 of each class before and after thresholds"
    panels = [
        Panel(
            plots.draw_dumbbells(
                rows, plots.Words(f"f1-{size}", title, text), compact=size == "narrow"
            )
        )
        for size in ("wide", "narrow")
    ]
    return Figure(
        f"F1 of each class, from the most frequent to the rarest{part}; lines are "
        f"{level_of(metrics)} intervals.",
        panels,
        look="twofold",
        keys=(("hollow", f"before: {before}"), ("accent", "after: the decision of this run")),
    )


def _every_class(metrics: Metrics, ordered: Sequence[Metrics]) -> Table:
    cut = "Cut" if metrics["task"] == Task.MULTILABEL else "Bias"
    titles = ("Rows", "Precision", "Recall", "F1", "F1 before", "AP", "AUC", "MCC", cut)
    return Table(
        "Classes",
        f"Every class. “F1 before” is without thresholds. {NOT_AVAILABLE} is a value that these "
        "rows cannot give; it is never counted as 0.",
        [Column("Class"), *(Column(title, number=True) for title in titles)],
        [
            [
                Cell(row["name"], sort=row["name"], mark=UNSTABLE if row["unstable"] else ""),
                count(row["support"]),
                *(figure(row.get(key)) for key in ("precision", "recall", "f1", "f1_half", "ap")),
                *(plain_figure(row[key]) for key in ("auc", "mcc", "threshold")),
            ]
            for row in ordered
        ],
        look="full sortable",
    )


def lede_of(metrics: Metrics) -> str:
    """Say in one line what was measured."""
    supports = [row["support"] for row in metrics["per_class"]]
    many = metrics["task"] == Task.MULTILABEL
    kind = "labels, any number a row" if many else "classes, one a row"
    return (
        f"{len(metrics['labels'])} {kind}; {metrics['rows']:,} rows of the role "
        f"“{metrics['role']}”, {metrics['estimate']}; from {min(supports):,} to "
        f"{max(supports):,} rows a class."
    )
