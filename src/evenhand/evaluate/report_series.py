"""Windows in a report: the label that is looked for, missing streams, recordings, lead times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evenhand.evaluate.report_story import (
    Block,
    Cell,
    Column,
    Facts,
    Heading,
    Paragraph,
    Section,
    Table,
)
from evenhand.evaluate.report_words import count, figure, number, percent

TARGETS = {
    "horizon": "an event in the {horizon} s after the window, none of whose own frames count",
    "any": "an event in the window or in the {horizon} s after it",
    "majority": "the label of most of its frames",
    "future": "the stored future label of its last frame",
}

Metrics = Mapping[str, Any]


def series_section(metrics: Metrics) -> Section | None:
    """Tell what only windows have figures for; None for a run on texts.

    Args:
        metrics: what ``metrics.json`` holds.
    """
    series = metrics.get("series")
    if series is None:
        return None
    blocks: list[Block] = [_windows(metrics, series)]
    if series["positive"]:
        blocks.append(_positive(series["positive"]))
    if series["without"]:
        blocks += [Heading("With a stream missing"), _without(metrics, series["without"])]
    if series["sequences"]:
        blocks += [Heading("Whole recordings"), *_sequences(series["sequences"])]
    if series["foretelling"]:
        blocks += [Heading("Before the event"), *_foretelling(series["foretelling"])]
    return Section("series", "Windows and recordings", blocks, short="Windows")


def _windows(metrics: Metrics, series: Metrics) -> Facts:
    length = "the whole recording"
    if series["window"]:
        length = f"{series['window']:g} s, every {series['stride']:g} s"
    pairs = [
        ("Windows", f"{length}, at {series['rate']:g} Hz"),
        ("Streams", ", ".join(series["streams"])),
        ("A window’s label", TARGETS[series["target"]].format(horizon=f"{series['horizon']:g}")),
    ]
    if groups := metrics.get("groups"):
        said = f"{groups:,} groups of recordings, each drawn as a whole: windows that overlap, or "
        said += "come from one recording, are no independent evidence"
        pairs.append(("Intervals", said))
    return Facts(pairs, look="terms")


def _positive(positive: Metrics) -> Paragraph:
    lead = figure(positive["difference"], signed=True)
    return Paragraph(
        f"{percent(positive['share'])} of the windows are “{positive['label']}”. Always answering "
        f"it has an F1 of {number(positive['always_f1']['value'])}; the run has "
        f"{_said(positive['f1'])}, which is {lead.text} ({lead.detail}) from that."
    )


def _said(part: Metrics) -> str:
    cell = figure(part)
    return f"{cell.text} ({cell.detail})" if cell.detail else cell.text


def _without(metrics: Metrics, found: Sequence[Metrics]) -> Table:
    whole = metrics["systems"][0]["macro_f1"]
    classes = list(found[0]["per_class"])
    own = {row["name"]: row["f1"] for row in metrics["per_class"]}
    rows: list[list[Cell]] = [
        [Cell("all streams"), figure(whole), Cell("–"), *(figure(own[c]) for c in classes)]
    ]
    rows += [
        [
            Cell(f"without {without['stream']}"),
            figure(without["macro_f1"]),
            figure(without["difference"], signed=True),
            *(figure(without["per_class"][c]) for c in classes),
        ]
        for without in found
    ]
    titles = ("Macro-F1", "Difference", *(f"F1 of {name}" for name in classes))
    return Table(
        "Streams",
        "The same weights and cuts on the same windows, one stream treated as not recorded. A "
        "difference near zero says that the network does without the stream; a large one, that it "
        "leans on it.",
        [Column("Streams"), *(Column(title, number=True) for title in titles)],
        rows,
        look="full",
        first=True,
    )


def _sequences(sequences: Metrics) -> list[Block]:
    rows = []
    for how, said in (
        ("any", "some window"),
        ("majority", "most windows"),
    ):
        level = sequences[how]
        baseline = level["baseline"]
        for place, row in enumerate(level["per_class"]):
            first = place == 0
            rows.append(
                [
                    Cell(said if first else ""),
                    figure(level["macro_f1"]) if first else Cell(""),
                    _against(baseline) if first else Cell(""),
                    Cell(row["name"]),
                    count(row["support"]),
                    *(figure(row[key]) for key in ("precision", "recall", "f1")),
                ]
            )
    titles = ("Macro-F1", "Against a constant", "Label", "Recordings", "Precision", "Recall", "F1")
    return [
        Paragraph(
            f"{sequences['recordings']:,} recordings, judged by the windows measured in them: a "
            "recording has a label if some window has it, or as most of its windows have it; the "
            "same is asked of the answers."
        ),
        Table(
            "Recordings",
            "Truth and answers of whole recordings. The constant answers every recording alike: "
            "always an event, or the commonest label.",
            [Column("By"), *(Column(title, number=title != "Label") for title in titles)],
            rows,
            look="full",
        ),
    ]


def _against(baseline: Metrics) -> Cell:
    lead = figure(baseline["difference"], signed=True)
    detail = f"{lead.text}, {lead.detail}" if lead.detail else lead.text
    return Cell(number(baseline["macro_f1"]["value"]), detail)


def _foretelling(found: Metrics) -> list[Block]:
    parts = (("ahead", "not begun at the window’s end"), ("begun", "under way at its end"))
    titles = ("Windows", "With an event", "Precision", "Recall", "F1", "F1 of always")
    told = Table(
        "Before and in events",
        "A window in the middle of an event is easily told; only the first line is foretelling. "
        "Always telling an event has the F1 of the last column.",
        [Column("Event"), *(Column(title, number=True) for title in titles)],
        [
            [
                Cell(said),
                count(found[key]["rows"]),
                count(found[key]["positives"]),
                *(figure(found[key][name]) for name in ("precision", "recall", "f1", "always_f1")),
            ]
            for key, said in parts
        ],
        look="full",
    )
    early = Table(
        "Lead times",
        "Of the events that a window so long before could tell, the share that one told.",
        [Column("Told"), Column("Events", number=True), Column("Share", number=True)],
        [
            [
                Cell(f"at least {row['at_least']:.3g} s before" if row["at_least"] else "at all"),
                count(row["events"]),
                figure(row),
            ]
            for row in found["foretold"]
        ],
    )
    return [told, Paragraph(_lead(found)), early]


def _lead(found: Metrics) -> str:
    lead = found["lead"]
    if lead["value"] is None:
        return f"None of {found['events']:,} events was told before it began."
    spread = f" ({lead['low']:.2f} to {lead['high']:.2f} s)" if lead["low"] is not None else ""
    return (
        f"{found['events']:,} events. The median of {lead['hits']:,} windows that told one rightly "
        f"ends {lead['value']:.2f} s{spread} before it begins."
    )
