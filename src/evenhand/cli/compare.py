"""``evenhand compare``: is B better than A on the same rows?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def compare(
    a: Annotated[Path, typer.Argument(metavar="A", help="Run folder, or file of answers.")],
    b: Annotated[Path, typer.Argument(metavar="B", help="The same rows, answered by another.")],
    truth: Annotated[
        Path | None, typer.Option(help="True labels by id, where a file of answers has none.")
    ] = None,
    slices: Annotated[
        list[str] | None, typer.Option("--slice", help="A column, or length; may be repeated.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Further columns by id: texts, what to slice by.")
    ] = None,
    id_column: Annotated[str | None, typer.Option("--id", help="Column with a unique id.")] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write every figure there as JSON.")
    ] = None,
    resamples: Annotated[int, typer.Option(min=100, help="Of the bootstrap.")] = 1000,
    level: Annotated[float, typer.Option(min=0.5, max=0.999, help="Of the intervals.")] = 0.95,
    seed: Annotated[int, typer.Option(min=0, help="Of the resamples.")] = 0,
) -> None:
    """Compare two systems row by row: intervals, exact tests, flips, slices."""
    from evenhand.cli.outputs import refuse_outputs
    from evenhand.cli.terminal import console
    from evenhand.durable import write_json
    from evenhand.evaluate.compare import Settings
    from evenhand.evaluate.compare_summary import summary
    from evenhand.run.compare import Sides, compare_sides
    from evenhand.run.diagnose import own_files

    sides = {"A": a, "B": b, "--truth": truth, "--data": data}
    inputs: dict[str, Path | None] = {}
    for name, side in sides.items():
        if side is not None and side.is_dir():
            inputs |= {f"{name}: {own}": path for own, path in own_files(side).items()}
        else:
            inputs[name] = side
    refuse_outputs({"--json": json_file}, inputs=inputs)
    compared = compare_sides(
        Sides(a, b, truth, data, id_column),
        slices=slices or (),
        settings=Settings(resamples=resamples, level=level, seed=seed),
    ).to_dict()
    summary(compared, console=console())
    if json_file is not None:
        write_json(json_file, compared)
        typer.echo(f"written {json_file}")
