"""``evenhand predict``: labels and probabilities for new texts, or windows of series."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def predict(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Run or bundle folder.")],
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="FILE", help="Table with the text column, folder of series; - is stdin."
        ),
    ] = None,
    text: Annotated[list[str] | None, typer.Option(help="A text; may be repeated.")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="CSV file to write.")] = None,
) -> None:
    """Answer with the run's own calibrator and cuts; the input's columns come first."""
    import sys

    from evenhand.bundle import load
    from evenhand.cli.outputs import refuse_overwriting
    from evenhand.run.predict import answer_texts, answers, read_lines, to_csv

    if bool(text) == (source is not None):
        raise typer.BadParameter("give a FILE, or - for stdin, or --text TEXT")
    if out is not None:
        refuse_overwriting({"--out": out}, inputs={"FILE": None if source == "-" else source})
    classifier = load(run)
    if text:
        columns = answer_texts(classifier, text)
    elif source == "-":
        columns = answer_texts(classifier, read_lines(sys.stdin))
    else:
        columns, notes = answers(classifier, str(source))
        for note in notes:
            typer.echo(f"note: {note}", err=True)
    content = to_csv(columns)
    if out is None:
        typer.echo(content, nl=False)
        return
    from evenhand.durable import make_folder, write_text

    make_folder(out.resolve().parent)
    write_text(out, content)
    typer.echo(f"{len(columns['labels'])} rows written to {out}", err=True)
