"""``evenhand romanize``: Japanese texts and, beside them, the same in Latin letters."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class SystemKind(StrEnum):
    """How syllables are spelt."""

    HEPBURN = "hepburn"
    KUNREI = "kunrei"


class SpacingKind(StrEnum):
    """Where blanks stand."""

    WORDS = "words"
    NONE = "none"


class LeftKind(StrEnum):
    """What becomes of rows in which kana or kanji are left."""

    REFUSE = "refuse"
    KEEP = "keep"


def romanize(
    source: Annotated[str, typer.Argument(metavar="FILE", help="Table with Japanese texts.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="CSV file to write.")],
    column: Annotated[str, typer.Option(metavar="NAME", help="Column of the texts.")] = "text",
    system: Annotated[
        SystemKind, typer.Option(help="shi chi tsu fu, or si ti tu hu.")
    ] = SystemKind.HEPBURN,
    spacing: Annotated[
        SpacingKind, typer.Option(help="Blanks between words, or only those of the text.")
    ] = SpacingKind.WORDS,
    left: Annotated[
        LeftKind, typer.Option(help="Refuse rows in which kana or kanji are left, or keep them.")
    ] = LeftKind.REFUSE,
) -> None:
    """Add the column NAME_romaji, and check that no kana or kanji is left in it."""
    from evenhand.cli.outputs import refuse_other_than_csv, refuse_overwriting
    from evenhand.data.csv_text import table_csv
    from evenhand.data.kana import System
    from evenhand.data.romaji import Spacing
    from evenhand.data.romanize import add_romaji
    from evenhand.data.table import read_table
    from evenhand.durable import make_folder, write_text

    refuse_other_than_csv("--out", out)
    refuse_overwriting({"--out": out}, inputs={"FILE": source})
    done = add_romaji(
        read_table(source, expect=(column,)),
        column,
        system=System(system.value),
        spacing=Spacing(spacing.value),
        keep_left=left is LeftKind.KEEP,
    )
    content = table_csv(done.table)
    make_folder(out.resolve().parent)
    write_text(out, content)
    for line in (*done.lines(), f"wrote {out}"):
        typer.echo(line)
