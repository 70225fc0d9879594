"""What stands behind the figures of a report: findings, data, provenance, how to read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evenhand.evaluate.report_story import (
    Block,
    Cell,
    Column,
    Facts,
    Heading,
    Lines,
    Note,
    Paragraph,
    Section,
    Table,
)
from evenhand.evaluate.report_words import (
    headline,
    intervals_line,
    percent,
    plain,
    words,
)

FEW_ROWS = 20

Found = Sequence[Mapping[str, Any]]


def findings_section(run: Found | None, data: Found | None) -> Section | None:
    """Tell what the doctor says of the run and the quick checks of its rows; None: not asked.

    Args:
        run: findings as ``Finding.to_dict`` gives them, with ``settings`` to try, as a line each.
        data: likewise.
    """
    blocks: list[Block] = []
    for title, found, healthy in (
        ("The run", run, "Nothing that the checks know is wrong with this run."),
        (
            "The data",
            data,
            "Nothing that the quick checks know is wrong with these rows.",
        ),
    ):
        if found is not None:
            blocks.append(Heading(title))
            blocks += [_note(finding) for finding in found] or [Paragraph(healthy)]
    if data is not None:
        told = "These are the quick checks; evenhand check DATA makes all of them."
        blocks.append(Paragraph(told))
    return Section("findings", "Findings", blocks) if blocks else None


def _note(finding: Mapping[str, Any]) -> Note:
    said = (finding["evidence"], finding["advice"])
    return Note(
        finding["code"],
        finding["severity"],
        headline(finding["title"]),
        [f"{headline(text).rstrip('.')}." for text in said if text],
        finding.get("settings", ()),
    )


def data_section(
    rows: Mapping[str, int], positives: Mapping[str, Mapping[str, int]], ledger: Sequence[str]
) -> Section | None:
    """Tell how many rows have which role and label, how uneven, and what became of every row.

    Args:
        rows: role -> rows.
        positives: role -> label -> rows that carry it.
        ledger: lines that say what became of every row that was read.
    """
    blocks: list[Block] = []
    if rows:
        roles = [(headline(role), f"{number:,} rows") for role, number in rows.items()]
        blocks.append(Facts([*roles, *_imbalance(rows, positives)]))
    if positives:
        blocks.append(_shares(rows, positives))
    if ledger:
        blocks += [
            Heading("Ledger"),
            Paragraph("What became of every row that was read. No row is dropped in silence."),
            Lines(list(ledger)),
        ]
    return Section("data", "Data", blocks) if blocks else None


def _imbalance(
    rows: Mapping[str, int], positives: Mapping[str, Mapping[str, int]]
) -> Iterator[tuple[str, str]]:
    """Yield the imbalance among the rows that were learnt from, else among those measured."""
    role = next((role for role in rows if positives.get(role)), None)
    if role is None:
        return
    counts = positives[role]
    most, least = max(counts, key=counts.__getitem__), min(counts, key=counts.__getitem__)
    if counts[least]:
        ratio = f"{counts[most] / counts[least]:,.3g} to 1"
        told = f"{ratio}: {most} has {counts[most]:,} {role} rows, {least} {counts[least]:,}"
        yield "Imbalance", told
    rare = sum(number < FEW_ROWS for number in counts.values())
    if rare:
        yield "Rare classes", f"{rare} of {len(counts)} have fewer than {FEW_ROWS} {role} rows"


def _shares(rows: Mapping[str, int], positives: Mapping[str, Mapping[str, int]]) -> Table:
    roles = [role for role in rows if positives.get(role)]
    names = sorted(positives[roles[0]], key=lambda name: -positives[roles[0]][name])
    return Table(
        "Label shares",
        "Rows of each class by role, and as a share of the role’s rows.",
        [Column("Class"), *(Column(headline(role), number=True) for role in roles)],
        [
            [
                Cell(name, sort=name),
                *(
                    Cell(
                        f"{positives[role][name]:,}",
                        percent(positives[role][name] / rows[role]) if rows[role] else "",
                        sort=positives[role][name],
                    )
                    for role in roles
                ),
            ]
            for name in names
        ],
        look="sortable",
    )


def provenance_section(
    provenance: Mapping[str, str], settings: Mapping[str, Any]
) -> Section | None:
    """Tell versions, hashes, seed, timings, and every setting."""
    blocks: list[Block] = []
    if provenance:
        pairs = [(headline(words(name)), text) for name, text in provenance.items()]
        blocks.append(Facts(pairs, look="many"))
    if settings:
        pairs = [(key, plain(value)) for key, value in _flat(settings)]
        blocks += [Heading("Settings"), Facts(pairs, look="many")]
    return Section("provenance", "Provenance", blocks) if blocks else None


def _flat(settings: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in settings.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{prefix}{key}.")
        elif value not in (None, {}, []):
            yield f"{prefix}{key}", value


def reading_section(metrics: Mapping[str, Any]) -> Section:
    """Tell what the words of the page mean."""
    held_out = (
        "The rows measured here chose nothing, so their numbers are what new rows of the same kind "
        "can expect."
    )
    crossed = (
        "The rows measured here also choose calibration and cuts. They were dealt into folds, and "
        "each fold was judged by a decision fitted on the others. The epoch was chosen on these "
        "rows too, so the estimate remains slightly hopeful; a report file of its own gives a "
        "clean one."
    )
    undefined, classes = metrics["undefined"], len(metrics["labels"])
    missing = (
        f" F1 is undefined for {undefined:,} of {classes} classes: no row carries them and none "
        "was given them."
        if undefined
        else ""
    )
    terms = [
        (
            "Roles",
            "Gradients see fit rows. Tune rows choose something: an epoch, a temperature, a cut. "
            "Report rows are only ever measured. A row has one role.",
        ),
        (
            f"Estimate: {metrics['estimate']}",
            held_out if metrics["estimate"] == "held out" else crossed,
        ),
        (
            "Intervals",
            f"{headline(intervals_line(metrics))}. They say how much the numbers would move with "
            "other rows of the same kind, not with another seed or another source of data. Two "
            "systems are compared by the interval of their paired difference, not by whether "
            "their own intervals overlap.",
        ),
        (
            "Averages",
            "Macro-F1 counts every class alike, so rare classes weigh as much as frequent ones. "
            "Micro-F1 and weighted F1 follow the frequent classes. AP, average precision, needs no "
            "cut and summarises the curve of precision against recall. MCC is the correlation "
            "between decision and truth.",
        ),
        (
            "Undefined values",
            f"Shown as n/a, never as 0, and left out of averages.{missing}",
        ),
    ]
    return Section("reading", "How to read this page", [Facts(terms, look="terms")])
