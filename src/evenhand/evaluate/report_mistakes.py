"""Mistakes in a report: the hardest rows, what they share, and what is taken for what."""

# C classes.
from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from evenhand.evaluate.compare_summary import p_value
from evenhand.evaluate.mistakes import KINDS, Kind
from evenhand.evaluate.report_story import (
    Block,
    Cell,
    Column,
    Heading,
    Paragraph,
    Section,
    Table,
)
from evenhand.evaluate.report_words import count, number, percent, shortened
from evenhand.types import Task

SHOWN = 10
"""Hardest rows of each kind."""
OF_A_LABEL = 2
"""Of them at most so many of one label, so that the worst label does not fill the list."""
MATRIX_CLASSES = 20
MOST_PAIRS = 40
LONGEST_TEXT = 280

Contents = Mapping[str, Any]


def digest(contents: Contents) -> dict[str, Any]:
    """Return the few mistakes that a report shows, without their texts.

    The most confident ones of all labels come first, at most two of a label. Where a row has one
    label, a miss of the one is a false alarm of another, and only the latter are kept.

    Args:
        contents: what ``Mistakes.to_dict`` gives.
    """
    kinds = KINDS if contents["task"] == Task.MULTILABEL else KINDS[1:]
    return {
        "rows": contents["rows"],
        "wrong": contents["wrong"],
        "words": [word for word in contents["words"] if word["proven"]],
        "effects": list(contents["effects"]),
        "hardest": {kind: _hardest(contents["labels"], kind) for kind in kinds},
    } | ({"recordings": contents["recordings"]} if "recordings" in contents else {})


def _hardest(labels: Sequence[Contents], kind: str) -> list[dict[str, Any]]:
    keys = ("id", "probability", "truth", "decided")
    rows = [
        {"label": label["name"]} | {key: row[key] for key in keys}
        for label in labels
        for row in label[kind]["hardest"][:OF_A_LABEL]
    ]
    sign = 1 if kind == KINDS[0] else -1
    return sorted(rows, key=lambda row: sign * row["probability"])[:SHOWN]


def mistakes_section(
    metrics: Contents, *, texts: Mapping[str, str], why_no_texts: str = ""
) -> Section | None:
    """Tell the hardest mistakes and what they share; None where nothing is known of them.

    Args:
        metrics: with ``mistakes`` as ``digest`` gives them, and ``confusion``.
        texts: of rows by id; a row without one is shown by its id.
        why_no_texts: a sentence in place of the texts.
    """
    blocks: list[Block] = []
    if found := metrics.get("mistakes"):
        blocks += _shared(found, many=metrics["task"] == Task.MULTILABEL)
        blocks += [
            _quoted(kind, rows, texts) for kind in KINDS if (rows := found["hardest"].get(kind))
        ]
        if why_no_texts and found["wrong"]:
            blocks.append(Paragraph(why_no_texts))
    if confusion := metrics["confusion"]:
        blocks += [Heading("What is taken for what"), _confusion(confusion)]
    return Section("mistakes", "Mistakes", blocks) if blocks else None


def _shared(found: Contents, *, many: bool) -> list[Block]:
    rows, wrong = found["rows"], found["wrong"]
    share = f" ({percent(wrong / rows)})" if rows else ""
    where = " in at least one label" if many else ""
    told = [f"{wrong:,} of {rows:,} rows are wrong{where}{share}."]
    if found["words"]:
        listed = ", ".join(
            f"“{w['term']}” ({percent(w['wrong'] / w['wrong_rows'])} of the wrong rows, "
            f"{percent(w['right'] / w['right_rows'])} of the right ones)"
            for w in found["words"]
        )
        told.append(f"Words that stand in them more often than chance allows: {listed}.")
    if found.get("recordings"):
        listed = ", ".join(
            f"{r['name']} ({r['wrong']:,} of {r['rows']:,})" for r in found["recordings"]
        )
        told.append(f"Recordings with the largest share of wrong windows: {listed}.")
    blocks: list[Block] = [Paragraph(text) for text in told]
    return blocks + [_effect(effect) for effect in found["effects"]]


def _effect(effect: Contents) -> Table:
    return Table(
        f"Errors by {effect['column']}",
        f"Share of wrong rows by {effect['column']}, with {_spread(effect)}.",
        [
            Column(effect["column"].capitalize()),
            Column("Rows", number=True),
            Column("Wrong", number=True),
            Column("Share", number=True),
        ],
        [
            [
                Cell(part["value"]),
                count(part["rows"]),
                count(part["wrong"]),
                Cell(number(part["rate"]), f"{number(part['low'])} to {number(part['high'])}"),
            ]
            for part in effect["parts"]
        ],
    )


def _spread(effect: Contents) -> str:
    """Say what the intervals of an effect are, and what a test of its parts gave."""
    if effect.get("groups"):
        return f"95 % intervals of {effect['groups']:,} groups of rows, each drawn as a whole"
    test = "not testable" if effect["p"] is None else p_value(effect["p"])
    return f"Wilson’s 95 % intervals; that all parts are alike: {test}"


def _quoted(kind: Kind, rows: Sequence[Contents], texts: Mapping[str, str]) -> Table:
    caption = {
        KINDS[0]: "Missed: rows that carry the label and were not given it, least probable first.",
        KINDS[1]: "False alarms: rows that were given a label that they do not carry, most "
        "probable first.",
    }[kind]
    quoted = any(row["id"] in texts for row in rows)
    tail = (
        " Many of the hardest are errors of the labels. This page quotes rows: handle it as you "
        "handle the data."
        if quoted
        else " Many of the hardest are errors of the labels."
    )
    one_label = all(row["decided"] == [row["label"]] for row in rows)
    columns = ["Text" if quoted else "Row", "Truth", "Given", "Probability"]
    return Table(
        "Missed" if kind == KINDS[0] else "False alarms",
        caption + tail,
        [Column(title, number=title == "Probability") for title in columns],
        [
            [
                _who(row["id"], texts),
                *(Cell(", ".join(row[key]) or "none") for key in ("truth", "decided")),
                Cell(number(row["probability"]), "" if one_label else f"of {row['label']}"),
            ]
            for row in rows
        ],
        look="quotes",
    )


def _who(name: str, texts: Mapping[str, str]) -> Cell:
    if name not in texts:
        return Cell(name)
    return Cell(shortened(texts[name], LONGEST_TEXT), detail=name)


def _confusion(confusion: Contents) -> Table:
    labels = confusion["labels"]
    if "one_vs_rest" in confusion:
        return _outcomes(labels, confusion["one_vs_rest"])
    if len(labels) <= MATRIX_CLASSES:
        return _matrix(labels, confusion["matrix"])
    return _pairs(labels, confusion["matrix"])


def _outcomes(labels: Sequence[str], outcomes: Sequence[Sequence[int]]) -> Table:
    titles = ("Found", "Missed", "False alarms", "Rightly left out")
    return Table(
        "Confusion",
        "Each label against all rows, counts.",
        [Column("Label"), *(Column(title, number=True) for title in titles)],
        [
            [Cell(name, sort=name), count(tp), count(fn), count(fp), count(tn)]
            for name, (tn, fp, fn, tp) in zip(labels, outcomes, strict=True)
        ],
        look="sortable",
    )


def _matrix(labels: Sequence[str], matrix: Sequence[Sequence[int]]) -> Table:
    matrix_CC = np.asarray(matrix, dtype=np.int64)
    shade_CC = np.ceil(45 * matrix_CC / np.maximum(matrix_CC.sum(axis=1), 1)[:, None])
    return Table(
        "Confusion",
        "True class (rows) against given class (columns), counts; the shade is the share of the "
        "row, and the diagonal is right.",
        [Column("True"), *(Column(name, number=True) for name in labels)],
        [
            [
                Cell(name),
                *(
                    Cell(f"{n:,}", shade=int(shade_CC[i, j]) or None, tone="hit" * (i == j))
                    for j, n in enumerate(matrix_CC[i].tolist())
                ),
            ]
            for i, name in enumerate(labels)
        ],
        look="heat",
    )


def _pairs(labels: Sequence[str], matrix: Sequence[Sequence[int]]) -> Table:
    """List the most frequent confusions: a matrix of many classes is a grey square."""
    totals = [sum(row) for row in matrix]
    wrong = Counter(
        {(i, j): n for i, row in enumerate(matrix) for j, n in enumerate(row) if i != j and n}
    )
    return Table(
        "Confusion",
        "The most frequent confusions.",
        [Column("True"), Column("Given"), Column("Rows", number=True), Column("Of", number=True)],
        [
            [Cell(labels[i]), Cell(labels[j]), count(n), count(totals[i])]
            for (i, j), n in wrong.most_common(MOST_PAIRS)
        ],
    )
