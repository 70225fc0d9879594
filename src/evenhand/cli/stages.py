"""``evenhand stages check``: what each stage of a pipeline brings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Rules and a verifier around a model.")


@app.callback()
def stages() -> None:
    """Rules and a verifier around a model: what each of them brings."""


@app.command()
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="File of stages (*.toml).")],
    data: Annotated[str, typer.Option(help="Labelled rows that no model in it has seen.")],
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write every figure there as JSON.")
    ] = None,
    resamples: Annotated[int, typer.Option(min=100, help="Of the bootstrap.")] = 1000,
    level: Annotated[float, typer.Option(min=0.5, max=0.999, help="Of the intervals.")] = 0.95,
    seed: Annotated[int, typer.Option(min=0, help="Of the resamples.")] = 0,
) -> None:
    """Measure the whole, and what is left without rules, verifier or model, on the same rows."""
    from evenhand.cli.outputs import refuse_outputs
    from evenhand.cli.terminal import console
    from evenhand.durable import write_json
    from evenhand.evaluate.compare import Settings
    from evenhand.evaluate.stage_effects_summary import summary
    from evenhand.run.stages import check_stages

    refuse_outputs({"--json": json_file}, inputs={"FILE": file, "--data": data})
    settings = Settings(resamples=resamples, level=level, seed=seed)
    measured = check_stages(file, data, settings=settings)
    summary(measured, console=console())
    if json_file is not None:
        write_json(json_file, measured)
        typer.echo(f"written {json_file}")
