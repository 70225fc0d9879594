"""``evenhand compare RUN --pair A:B``: one run on the same rows in two writings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from evenhand.evaluate.compare import Settings
    from evenhand.run.pair import PairQuestion


def refuse_beside_pair(given: Mapping[str, object]) -> None:
    """Raise where an option or argument was given that has no meaning beside ``--pair``."""
    named = [name for name, value in given.items() if value is not None]
    if named:
        raise typer.BadParameter(
            f"--pair compares one run with itself, by its own truth and ids: leave out {named[0]}"
        )


def show_pair(
    folder: Path, question: PairQuestion, *, settings: Settings, json_file: Path | None
) -> None:
    """Compare, print the summary, and write the figures where they are asked for."""
    from evenhand.cli.outputs import refuse_outputs, refuse_overwriting
    from evenhand.cli.terminal import console
    from evenhand.durable import write_json
    from evenhand.evaluate.pair_summary import pair_summary
    from evenhand.run import Run
    from evenhand.run.diagnose import own_files
    from evenhand.run.pair import compare_pair

    run = Run(folder)
    inputs: dict[str, Path | None] = {"--data": question.data, **own_files(folder)}
    refuse_outputs({"--json": json_file}, inputs=inputs)
    if question.out is not None:
        refuse_overwriting({"--out": question.out}, inputs=inputs)
    compared = compare_pair(run, question, settings=settings).to_dict()
    pair_summary(compared, console=console())
    if json_file is not None:
        write_json(json_file, compared)
        typer.echo(f"written {json_file}")
