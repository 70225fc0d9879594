"""``evenhand sample``: a data set to try things on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def sample(
    name: Annotated[str | None, typer.Argument(help="Which one; none lists them.")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder to write into.")] = None,
    seed: Annotated[int, typer.Option(help="Of a synthetic sample.")] = 0,
) -> None:
    """Write a sample data set with a README, or list what there is."""
    from evenhand.samples import SAMPLES, find_sample, write_sample

    if name is None:
        for known in SAMPLES.values():
            typer.echo(known.line())
        return
    chosen = find_sample(name)
    folder = out or Path("data") / name
    if chosen.archive:
        typer.echo(f"reading {chosen.archive}, fetched unless it is kept here already")
    command = write_sample(chosen, folder, seed=seed)
    typer.echo(f"wrote {folder}: {chosen.facts}")
    typer.echo(f"next: {command}")
