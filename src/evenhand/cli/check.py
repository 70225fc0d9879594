"""``evenhand check``: what is wrong with the data, before anything is trained."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evenhand.cli.options import LabelsFile, Report, Tune
from evenhand.toml import toml_text


def check(
    data: Annotated[str, typer.Argument(metavar="DATA", help="File, folder or hub id.")],
    tune: Tune = None,
    report: Report = None,
    labels_file: LabelsFile = None,
    text: Annotated[str | None, typer.Option(help="Column that holds the text.")] = None,
    label: Annotated[
        list[str] | None, typer.Option(help="Label column; repeat for one column a label.")
    ] = None,
    id_column: Annotated[str | None, typer.Option("--id", help="Column with a unique id.")] = None,
    split: Annotated[str | None, typer.Option(help="Column that says fit, tune, report.")] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="Any data.KEY, series.KEY, model.max_length, or seed.",
        ),
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the findings there as JSON.")
    ] = None,
    review: Annotated[
        Path | None, typer.Option(help="Write the rows that findings name there as CSV.")
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write a page there.")] = None,
    fail_on: Annotated[
        str | None, typer.Option(help="Exit with 1 on error, warning or tip (or worse).")
    ] = None,
) -> int:
    """Look for leaks, copies, wrong and rare labels, and whatever else makes scores lie."""
    from evenhand.audit.summary import summary
    from evenhand.cli.outputs import refuse_outputs
    from evenhand.cli.terminal import console
    from evenhand.finding import URGENCY, any_as_grave
    from evenhand.run import Sources
    from evenhand.run.check import look
    from evenhand.run.check import settings as parsed

    if fail_on is not None and fail_on not in URGENCY:
        raise typer.BadParameter(f"--fail-on must be one of: {', '.join(URGENCY)}")
    outputs = {"--json": json_file, "--review": review, "--html": html}
    inputs = {"DATA": data, "--tune": tune, "--report": report, "--labels-file": labels_file}
    refuse_outputs(outputs, inputs=inputs)
    columns = {"text": text, "labels": label, "id": id_column, "split": split}
    named = [f"data.{k}={toml_text(v)}" for k, v in columns.items() if v not in (None, [])]
    config = parsed([*(settings or []), *named])
    checked = look(Sources(data, tune, report, labels_file), config)
    shown = console()
    for line in checked.understood:
        shown.print(line, markup=False, highlight=False, soft_wrap=True)
    summary(checked.corpus, checked.findings, console=shown)
    writers = (checked.write_json, checked.write_review, checked.write_html)
    for path, write in zip(outputs.values(), writers, strict=True):
        if path is not None:
            write(path)
    written = {option: path for option, path in outputs.items() if path is not None}
    single = (("--text", text), ("--id", id_column), ("--split", split))
    many = [("--label", v) for v in label or ()] + [("--set", v) for v in settings or ()]
    options = [part for name, v in (*single, *many) if v is not None for part in (name, v)]
    for line in checked.next_lines(written=written, options=options):
        shown.print(line, markup=False, soft_wrap=True)
    return 1 if fail_on is not None and any_as_grave(checked.findings, fail_on) else 0
