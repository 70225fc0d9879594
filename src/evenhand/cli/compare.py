"""``evenhand compare``: is B better than A on the same rows?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def compare(
    a: Annotated[Path, typer.Argument(metavar="A", help="Run folder, or file of answers.")],
    b: Annotated[
        Path | None, typer.Argument(metavar="B", help="The same rows, answered by another.")
    ] = None,
    truth: Annotated[
        Path | None, typer.Option(help="True labels by id, where a file of answers has none.")
    ] = None,
    slices: Annotated[
        list[str] | None,
        typer.Option(
            "--slice", help="A column, or length; of series also moment, time, recording."
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(help="Further columns by id: texts, slices. With --pair: labelled rows."),
    ] = None,
    id_column: Annotated[str | None, typer.Option("--id", help="Column with a unique id.")] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write every figure there as JSON.")
    ] = None,
    resamples: Annotated[int, typer.Option(min=100, help="Of the bootstrap.")] = 1000,
    level: Annotated[float, typer.Option(min=0.5, max=0.999, help="Of the intervals.")] = 0.95,
    seed: Annotated[int, typer.Option(min=0, help="Of the resamples and perturbations.")] = 0,
    pair: Annotated[
        str | None,
        typer.Option(help="In place of B: two text columns, A:B, such as native:romaji."),
    ] = None,
    perturbations: Annotated[
        list[str] | None, typer.Option("--perturb", help="With --pair: NAME[:RATE],... of texts.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="With --pair: folder for the scores.")
    ] = None,
) -> None:
    """Compare two systems row by row, or one run on the same rows in two writings."""
    from evenhand.cli.outputs import refuse_outputs
    from evenhand.cli.pair import refuse_beside_pair, show_pair
    from evenhand.cli.terminal import console
    from evenhand.durable import write_json
    from evenhand.evaluate.compare import Settings
    from evenhand.evaluate.compare_summary import summary
    from evenhand.run.compare import Sides, compare_sides
    from evenhand.run.diagnose import own_files
    from evenhand.run.pair import PairQuestion
    from evenhand.run.pair_columns import asked_perturbations

    settings = Settings(resamples=resamples, level=level, seed=seed)
    if pair is not None:
        refuse_beside_pair({"B": b, "--truth": truth, "--id": id_column})
        question = PairQuestion(
            pair=pair,
            data=data,
            perturbations=asked_perturbations(perturbations or ()),
            slices=slices or (),
            out=out,
        )
        show_pair(a, question, settings=settings, json_file=json_file)
        return
    if b is None or perturbations or out is not None:
        raise typer.BadParameter(
            "name two systems A and B, or one run and --pair, which --perturb and --out go with"
        )
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
        settings=settings,
    ).to_dict()
    summary(compared, console=console())
    if json_file is not None:
        write_json(json_file, compared)
        typer.echo(f"written {json_file}")
