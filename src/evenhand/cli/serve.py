"""``evenhand serve``: a bundle over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def serve(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="Bundle, run, or stages file.")],
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8000,
    host: Annotated[str, typer.Option(help="Any but this machine's own needs keys.")] = "127.0.0.1",
    key_file: Annotated[Path | None, typer.Option(help="Keys that may ask, one a line.")] = None,
    queue: Annotated[int, typer.Option(min=128, help="Texts that may wait.")] = 1024,
    timeout: Annotated[
        float, typer.Option(min=0.1, max=3600, help="Seconds to wait for an answer.")
    ] = 30.0,
) -> int:
    """Answer texts over HTTP until stopped; a new bundle in the same place is taken by itself."""
    from evenhand.extras import need

    for library in ("fastapi", "uvicorn", "prometheus_client"):
        need("serve", library)
    from evenhand.serve import Options
    from evenhand.serve import serve as run

    options = Options(host, port, key_file=key_file, queue=queue, timeout=timeout)
    return run(bundle, options)
