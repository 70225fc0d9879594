"""``evenhand predict``: labels and probabilities for new texts, or windows of series."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

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
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="File to write: .csv .tsv .jsonl .parquet.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with an output that was interrupted.")
    ] = False,
) -> None:
    """Answer with the run's own calibrator and cuts; the input's columns come first."""
    import sys

    from evenhand.bundle import load
    from evenhand.cli.outputs import refuse_overwriting
    from evenhand.data.series import is_series
    from evenhand.run.predict import answer_folder, answer_texts, read_lines
    from evenhand.run.predict_formats import refuse_name

    if bool(text) == (source is not None):
        raise typer.BadParameter("give a FILE, or - for stdin, or --text TEXT")
    table = source is not None and source != "-" and not is_series(source)
    if resume and (out is None or not table):
        raise typer.BadParameter("--resume goes on with the --out of a FILE")
    if out is not None:
        refuse_name(out)
        refuse_overwriting({"--out": out}, inputs={"FILE": None if source == "-" else source})
    if table:
        _answer_table(run, str(source), out, resume=resume)
    elif text:
        _put(answer_texts(load(run), text), out)
    elif source == "-":
        _put(answer_texts(load(run), read_lines(sys.stdin)), out)
    else:
        columns, notes = answer_folder(load(run), str(source))
        for note in notes:
            typer.echo(f"note: {note}", err=True)
        _put(columns, out)


def _put(columns: dict[str, list[Any]], out: Path | None) -> None:
    """Write columns that are held in memory."""
    from evenhand.data.portions.kinds import Kinds
    from evenhand.durable import make_folder, write_bytes
    from evenhand.run.predict_formats import format_of, to_csv

    if out is None:
        typer.echo(to_csv(columns), nl=False)
        return
    kinds = Kinds(columns)
    kinds.look(columns)
    make_folder(out.resolve().parent)
    write_bytes(out, format_of(out, kinds.types).content(columns))
    typer.echo(f"{len(columns['labels'])} rows written to {out}", err=True)


def _answer_table(run: Path, source: str, out: Path | None, *, resume: bool) -> None:
    """Answer a table portion by portion, and say where every row went."""
    from evenhand.bundle import find, load
    from evenhand.cli.terminal import screen
    from evenhand.data.portions import Limit, open_rows
    from evenhand.durable import MANIFEST, file_sha256
    from evenhand.errors import WriteError
    from evenhand.run.predict_stream import Question, answer_stream, is_finished, print_stream

    if out is not None and resume and is_finished(out):
        typer.echo(f"{out} is there, and nothing beside it is unfinished: it stays", err=True)
        return
    bundle = find(run)
    rows = open_rows(source)
    classifier = load(bundle)
    limit = Limit.of(len(classifier.labels))
    question = Question(classifier, rows, file_sha256(bundle / MANIFEST), limit)
    shown = screen(stderr=True)
    if out is None:
        tally = print_stream(question, lambda text: typer.echo(text, nl=False), shown)
    else:
        try:
            tally = answer_stream(question, out, resume=resume, screen=shown)
        except (KeyboardInterrupt, WriteError):
            _tell_kept(out)
            raise
    for line in tally.lines(source):
        typer.echo(line, err=True)
    if out is not None:
        typer.echo(f"{tally.answered} rows written to {out}", err=True)


def _tell_kept(out: Path) -> None:
    """Say what an interruption has left."""
    from evenhand.run.predict_stream import rows_kept

    kept = rows_kept(out)
    if kept:
        typer.echo(f"{kept:,} rows are kept beside {out}: go on with --resume", err=True)
