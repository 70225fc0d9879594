"""``evenhand export``: a finished run as one ONNX graph that answers without torch."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Target(StrEnum):
    """What a run can be written as."""

    ONNX = "onnx"


def export(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a finished run.")],
    out: Annotated[
        Path,
        typer.Option("--out", "-o", help="New bundle folder, or FILE.onnx for the graph alone."),
    ],
    to: Annotated[Target, typer.Option(help="What to write.")] = Target.ONNX,
    int8: Annotated[
        bool, typer.Option("--int8", help="A quarter of the size: matrices in 8 bits.")
    ] = False,
) -> int:
    """Write a run as ONNX, choose its cuts anew, and refuse it if classes suffer (exit 1)."""
    from evenhand.bundle.folder import refuse_used
    from evenhand.cli.outputs import refuse_overwriting
    from evenhand.cli.terminal import console, screen
    from evenhand.durable import make_folder
    from evenhand.export.summary import summary
    from evenhand.run.export import ONE_FILE
    from evenhand.run.export import export as write

    del to  # one target so far
    refuse_overwriting({"--out": out}, inputs={"RUN": run})
    refuse_used(out)
    if out.suffix == ONE_FILE and out.is_dir():
        raise typer.BadParameter(f"--out {out} is a folder, and its name that of a graph alone")
    make_folder(out.resolve().parent)
    exported = write(run, int8=int8, say=screen().say)
    summary(exported.parity, console=console())
    if not exported.parity.passed:
        typer.echo("refused: a gate failed, and nothing was written", err=True)
        return 1
    exported.save(out)
    typer.echo(f"written  {out}")
    return 0
