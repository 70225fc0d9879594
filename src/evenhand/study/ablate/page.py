"""What every technique is worth, on a page and on a screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from evenhand.evaluate import terminal
from evenhand.evaluate.report import to_html
from evenhand.evaluate.report_story import (
    Cell,
    Column,
    Figure,
    Panel,
    Section,
    Story,
    Table,
    Verdict,
)
from evenhand.evaluate.report_words import figure, number, shortened
from evenhand.study.ablate.effects import DIVERGED, HELPS, HURTS, UNFIT, drawn, measured_rows
from evenhand.study.work import duration

Row = Mapping[str, Any]
LONGEST = 22
"""Signs of a technique's name on a screen of 100 columns."""
STYLES = {HELPS: "green", HURTS: "red", DIVERGED: "red", UNFIT: "dim"}
TONES = {HELPS: "good", HURTS: "bad", DIVERGED: "bad"}


def summary(contents: Row, *, console: Console) -> None:
    """Print the techniques, best first, and what their intervals hold.

    Args:
        contents: what ``result.json`` holds.
        console: where to print.
    """
    console.print(Text(_rows_line(contents), style="dim"))
    claims = any(row["claim"] for row in contents["techniques"])
    columns = ["technique", "macro-F1", "effect", "interval", "AP", "time", "verdict"]
    table = terminal.grid(*columns, *(["claimed"] if claims else []), words=(0, 6, 7))
    for row in contents["techniques"]:
        table.add_row(*_cells(row, claims=claims), style=STYLES.get(row["verdict"], ""))
    console.print(table)
    for row in contents["techniques"]:
        if row["reason"]:
            console.print(Text(f"{row['technique']}: {row['reason']}", style="dim"))
    console.print(Text(caution(contents), style="yellow"))


def _cells(row: Row, *, claims: bool) -> list[str]:
    first = row["verdict"] == ""
    name = shortened(row["technique"], LONGEST)
    said = [row["claim"]] if claims else []
    if row["effect"] is None:
        return [name, *[""] * 5, row["verdict"], *said]
    return [
        name,
        terminal.number(row["macro_f1"]),
        "" if first else terminal.number(row["effect"]["value"], signed=True),
        "" if first else terminal.interval(row["effect"], signed=True),
        "" if first else terminal.number(row["ap"]["value"], signed=True),
        duration(row["seconds"]) if row["seconds"] else "none",
        row["verdict"],
        *said,
    ]


def caution(contents: Row) -> str:
    """Say how many verdicts luck alone would give, and what one seed leaves out."""
    tried = len(measured_rows(contents))
    expected = tried * (1 - contents["level"])
    luck = f"Of {tried} techniques without any effect, {expected:.1f} would seem to have one."
    if contents["seeds"] == 1:
        return f"{luck} One seed: the luck of training is in no interval; --seeds 3 puts it there."
    return luck


def _rows_line(contents: Row) -> str:
    seeds = contents["seeds"]
    chosen = "held out" if contents["role"] == "report" else "cross-fitted"
    return (
        f"{contents['rows']:,} {contents['role']} rows, {chosen}; "
        f"{seeds} {'seed' if seeds == 1 else 'seeds'}; each against the base, same rows and seeds"
    )


def page_of(contents: Row) -> str:
    """Return the page, which loads nothing; the same contents give the same bytes."""
    tried = measured_rows(contents)
    helpful = [row["technique"] for row in tried if row["verdict"] == HELPS]
    base = contents["techniques"][0]
    judged = f"{len(helpful)} of {len(tried)} techniques help" if tried else "Nothing was tried"
    return to_html(
        Story(
            title="What each technique is worth",
            lede=f"{_rows_line(contents)}.",
            verdict=Verdict(
                judged,
                f"The base has macro-F1 {number(base['macro_f1'])}. "
                + (f"Shown to help: {', '.join(helpful)}." if helpful else "None is shown to."),
                "better" if helpful else "same",
            ),
            cautions=[caution(contents)],
            sections=[_drawn(tried), _told(contents), _rare(contents, tried)],
        )
    )


def _drawn(tried: Sequence[Row]) -> Section:
    keys = (("accent", "helps"), ("second", "hurts"), ("hollow", "not shown"))
    figure = Figure("Change of macro-F1.", [Panel(drawn(tried))], keys=keys)
    return Section("effects", "Effects", [figure])


def _told(contents: Row) -> Section:
    claims = any(row["claim"] for row in contents["techniques"])
    columns = [
        Column("technique"),
        Column("macro-F1", number=True),
        Column("effect", number=True),
        Column("on average precision", number=True),
        Column("on the rarest third", number=True),
        Column("training", number=True),
        Column("verdict"),
        *([Column("claimed")] if claims else []),
    ]
    rows = [
        [
            Cell(row["technique"], row["reason"] or row["what"]),
            Cell(number(row["macro_f1"]), sort=row["macro_f1"]),
            *(_change(row, key) for key in ("effect", "ap", "rare")),
            Cell(duration(row["seconds"]) if row["seconds"] else "none", sort=row["seconds"]),
            Cell(row["verdict"], tone=TONES.get(row["verdict"], "")),
            *([Cell(row["claim"])] if claims else []),
        ]
        for row in contents["techniques"]
    ]
    caption = "Each technique beside the base; intervals in small type."
    table = Table("Techniques", caption, columns, rows, look="full sortable", first=True)
    return Section("techniques", "Techniques", [table])


def _change(row: Row, key: str) -> Cell:
    """Return a change beside the base; the base itself has none."""
    return figure(row[key], signed=True) if row["verdict"] else Cell("")


def _rare(contents: Row, tried: Sequence[Row]) -> Section:
    columns = [Column("technique"), *(Column(name, number=True) for name in contents["rare"])]
    rows = [
        [Cell(row["technique"]), *(figure(f1, signed=True) for f1 in row["rare_classes"].values())]
        for row in tried
    ]
    caption = "Change of F1 of each of the rarest third of the classes."
    return Section("rare", "Rare classes", [Table("Rare classes", caption, columns, rows)])
