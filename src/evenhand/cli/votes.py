"""``evenhand votes``: one label a row from the votes of several annotators."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class EmptyKind(StrEnum):
    """What becomes of rows without a vote."""

    REFUSE = "refuse"
    DROP = "drop"


def votes(
    source: Annotated[str, typer.Argument(metavar="FILE", help="Table with columns of votes.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="CSV file to write.")],
    label: Annotated[
        list[str],
        typer.Option(
            metavar="NAME=COLUMN,...", help="A label and the columns whose votes it gets; repeat."
        ),
    ],
    unsure: Annotated[
        str | None, typer.Option(metavar="COLUMN,...", help="Columns of votes for no label.")
    ] = None,
    ties: Annotated[
        str, typer.Option(help="drop, first (in the order of --label), or the label that wins.")
    ] = "drop",
    no_votes: Annotated[
        EmptyKind, typer.Option(help="Refuse rows without a vote, or drop them.")
    ] = EmptyKind.REFUSE,
    keep: Annotated[
        str | None, typer.Option(metavar="COLUMN,...", help="Columns that stay; all if not given.")
    ] = None,
) -> None:
    """Give every row the label with the most votes, and say which rows were dropped and why."""
    from evenhand.cli.outputs import refuse_other_than_csv, refuse_overwriting
    from evenhand.data.csv_text import table_csv
    from evenhand.data.table import read_table
    from evenhand.data.votes import Ballot, count_votes
    from evenhand.durable import make_folder, write_text

    refuse_other_than_csv("--out", out)
    refuse_overwriting({"--out": out}, inputs={"FILE": source})
    ballot = Ballot(
        _labels(label), _columns(unsure or ""), ties=ties, drop_empty=no_votes is EmptyKind.DROP
    )
    kept = None if keep is None else _columns(keep)
    counted = count_votes(read_table(source, expect=ballot.columns()), ballot, keep=kept)
    content = table_csv(counted.table)
    make_folder(out.resolve().parent)
    write_text(out, content)
    for line in (*counted.lines(), f"wrote {out}"):
        typer.echo(line)


def _labels(given: list[str]) -> dict[str, tuple[str, ...]]:
    labels: dict[str, tuple[str, ...]] = {}
    for pair in given:
        name, _, columns = pair.partition("=")
        if not name.strip() or not _columns(columns):
            raise typer.BadParameter(f'--label {pair}: it takes NAME="COLUMN,COLUMN"')
        if name.strip() in labels:
            raise typer.BadParameter(f"--label {name.strip()} is given twice")
        labels[name.strip()] = _columns(columns)
    return labels


def _columns(given: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in given.split(",") if name.strip())
