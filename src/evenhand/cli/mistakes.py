"""``evenhand mistakes``: what a run gets most wrong, and what the mistakes share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def mistakes(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a finished run.")],
    label: Annotated[str | None, typer.Option(help="One label only.")] = None,
    slices: Annotated[
        list[str] | None,
        typer.Option(
            "--slice", help="A column of the data, or a key of recordings; may be repeated."
        ),
    ] = None,
    show: Annotated[int, typer.Option(min=1, help="Mistakes of each kind a label.")] = 5,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write everything there as JSON.")
    ] = None,
) -> None:
    """Show the hardest mistakes and what they share: words, length, recordings, moments, slices."""
    from evenhand.cli.outputs import refuse_outputs
    from evenhand.cli.terminal import console
    from evenhand.durable import write_json
    from evenhand.evaluate.mistakes_summary import summary
    from evenhand.run import Run
    from evenhand.run.diagnose import own_files
    from evenhand.run.mistakes import mistakes_of

    refuse_outputs({"--json": json_file}, inputs=own_files(run))
    found = mistakes_of(Run(run), label=label, slices=slices or (), shown=show).to_dict()
    summary(found, console=console())
    if json_file is not None:
        write_json(json_file, found)
        typer.echo(f"written {json_file}")
