"""The command line: one file a command, nothing heavy imported before it is needed."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from typer.exceptions import TyperException

import evenhand
from evenhand.cli.ablate import ablate
from evenhand.cli.check import check
from evenhand.cli.compare import compare
from evenhand.cli.crossval import crossval
from evenhand.cli.decide import decide
from evenhand.cli.diagnose import diagnose
from evenhand.cli.distill import distill
from evenhand.cli.ensemble import ensemble
from evenhand.cli.evaluate import evaluate
from evenhand.cli.export import export
from evenhand.cli.listing import list_parts
from evenhand.cli.mistakes import mistakes
from evenhand.cli.predict import predict
from evenhand.cli.pretrain import pretrain
from evenhand.cli.process import settle
from evenhand.cli.publish import publish
from evenhand.cli.romanize import romanize
from evenhand.cli.sample import sample
from evenhand.cli.serve import serve
from evenhand.cli.stages import app as stages
from evenhand.cli.train import train
from evenhand.cli.tune import tune
from evenhand.cli.votes import votes
from evenhand.config import known_keys
from evenhand.errors import ConfigError, EvenhandError

app = typer.Typer(
    help="Classifiers that treat rare classes even-handedly, and show the evidence.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"evenhand {evenhand.__version__}")
        raise typer.Exit


@app.callback()
def program(
    _: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", callback=_version, is_eager=True),
    ] = False,
) -> None:
    """Classifiers that treat rare classes even-handedly, and show the evidence."""


app.command()(sample)
app.command()(votes)
app.command()(romanize)
app.command()(check)
app.command()(train)
app.command()(tune)
app.command()(pretrain)
app.command()(crossval)
app.command()(ablate)
app.command()(distill)
app.command()(evaluate)
app.command()(compare)
app.command()(mistakes)
app.command()(ensemble)
app.command()(diagnose)
app.command()(predict)
app.command()(serve)
app.command()(export)
app.command()(publish)
app.command()(decide)
app.add_typer(stages, name="stages")
app.command("list")(list_parts)

COMMANDS = (
    *(str(c.name or getattr(c.callback, "__name__", "")) for c in app.registered_commands),
    *(str(group.name) for group in app.registered_groups),
)
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: what stands after ``evenhand``. None is the program itself: ``sys.argv``, and
            the process is its own (``process.settle``).

    Returns:
        0 done, 1 a finding as grave as ``--fail-on`` says, 2 the user can fix it (three lines on
        stderr), 130 or 143 stopped by a signal. A traceback is always a fault of evenhand's own.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    if arguments is None:
        settle(os.environ)
    try:
        code = app(given or ["--help"], standalone_mode=False)
    except EvenhandError as error:
        typer.echo(str(error), err=True)
        return error.exit_code
    except TyperException as error:
        typer.echo(str(_usage_error(error, given)), err=True)
        return 2
    except (KeyboardInterrupt, typer.Abort):
        typer.echo("interrupted", err=True)
        return INTERRUPTED
    return code if isinstance(code, int) else 0


def _usage_error(error: TyperException, given: Sequence[str]) -> ConfigError:
    message = str(getattr(error, "format_message", error.__str__)()).strip().rstrip(".")
    named = [given[0]] if given and given[0] in COMMANDS else []
    return ConfigError(
        "E110",
        "the command line does not fit",
        got=message,
        fix=_setting_hint(message) or " ".join(["evenhand", *named, "--help"]),
    )


def _setting_hint(message: str) -> str | None:
    """Return how to say ``--epochs 3`` when the option that is missing is a run file's key."""
    option = re.match(r"No such option: --([\w-]+)", message)
    name = option[1].replace("-", "_") if option else None
    key = next((k for k in known_keys() if k.rpartition(".")[2] == name), None)
    return f"--set {key}=VALUE" if key else None
