"""``evenhand diagnose``: what is wrong with a run, and what to change."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def diagnose(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run, finished or not.")],
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the findings there as JSON.")
    ] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Print the next run file, remedies put in.")
    ] = False,
    fail_on: Annotated[
        str | None, typer.Option(help="Exit with 1 on error, warning or tip (or worse).")
    ] = None,
) -> int:
    """Say in words what is wrong with a run, with the number that shows it and the remedy."""
    from evenhand.cli.outputs import refuse_outputs
    from evenhand.cli.terminal import console
    from evenhand.diagnose import apply as put_in
    from evenhand.diagnose.summary import summary
    from evenhand.durable import write_json
    from evenhand.finding import URGENCY, any_as_grave
    from evenhand.run.diagnose import findings_of, own_files
    from evenhand.run.folder import Layout
    from evenhand.toml import read_toml, to_toml

    if fail_on is not None and fail_on not in URGENCY:
        raise typer.BadParameter(f"--fail-on must be one of: {', '.join(URGENCY)}")
    refuse_outputs({"--json": json_file}, inputs=own_files(run))
    findings = findings_of(run)
    if json_file is not None:
        write_json(json_file, [finding.to_dict() for finding in findings])
    if apply:
        typer.echo(to_toml(put_in(read_toml(Layout(run).asked), findings)), nl=False)
    else:
        summary(findings, console=console())
    return 1 if fail_on is not None and any_as_grave(findings, fail_on) else 0
