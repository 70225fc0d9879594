"""``evenhand publish``: a folder that is ready for a model hub."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def publish(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a finished run.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="New folder for what is published.")],
    repo: Annotated[
        str | None, typer.Option(metavar="OWNER/NAME", help="Send it to this hub repository too.")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="A key of [card], as card.license=mit."),
    ] = None,
    export: Annotated[
        Path | None, typer.Option(metavar="BUNDLE", help="Publish this export of the run instead.")
    ] = None,
    despite_gates: Annotated[
        bool, typer.Option("--despite-gates", help="Also where a gate of the run file fails.")
    ] = False,
) -> None:
    """Write bundle, model card and licence into a folder, after a look for what is private."""
    from evenhand.run import Run
    from evenhand.run.publish import publish as write
    from evenhand.run.publish import push

    done = write(Run(run), out, export=export, settings=settings or (), despite_gates=despite_gates)
    typer.echo(f"folder  {done.folder}")
    typer.echo(f"card    {done.folder / 'README.md'}")
    if done.unsaid:
        typer.echo(f"the card says that nobody has said: {', '.join(done.unsaid)}", err=True)
    if done.texts is None:
        typer.echo("note: the data is not at hand, so no text of it was looked for", err=True)
    else:
        texts = f", none of the {done.texts:,} texts of the data" if done.texts else ""
        typer.echo(f"private no code, no path{texts}")
    if repo is not None:
        typer.echo(f"hub     {push(done.folder, repo)}")
