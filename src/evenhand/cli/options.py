"""Options that mean the same to several commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[str | None, typer.Argument(help="File, folder or hub id with the rows.")]
Tune = Annotated[str | None, typer.Option(help="Rows that choose epoch and cuts.")]
Report = Annotated[str | None, typer.Option(help="Rows that are only measured.")]
LabelsFile = Annotated[Path | None, typer.Option(help="One label name a line.")]
Recipe = Annotated[
    str | None,
    typer.Option(help="Name or run file; balanced if not given, series for recordings."),
]
Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Any key of a run file.")
]
