"""How a finished run is shown: one screen, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evenhand.cli.terminal import console
from evenhand.config import parse_config
from evenhand.errors import ConfigError
from evenhand.evaluate.gates import GateResult, all_passed
from evenhand.evaluate.summary import summary
from evenhand.run import Run
from evenhand.run.conclude import judged
from evenhand.toml import read_toml


def finish(run: Run) -> int:
    """Print the summary of ``run``, where its report lies, and the next commands.

    Returns:
        0, or 1 where a gate of the run file failed.
    """
    shown = console()
    summary(run.metrics, console=shown)
    folder = run.folder
    of_texts = (
        f'  evenhand predict {folder} --text "a sentence of your own"',
        f"  evenhand predict {folder} FILE.csv -o answers.csv",
        f"  evenhand evaluate {folder} --data LABELLED.csv",
    )
    of_series = (
        f"  evenhand predict {folder} FOLDER -o answers.csv",
        f"  evenhand mistakes {folder}",
        f"  evenhand evaluate {folder} --data LABELLED-FOLDER",
    )
    lines = (
        f"report  {run.layout.report}",
        f"bundle  {run.layout.bundle}  ({run.layout.bundle_mb:.1f} MB)",
        "next",
        *(of_series if "series" in run.metrics else of_texts),
    )
    for line in lines:
        shown.print(line, markup=False, soft_wrap=True)
    return tell_gates(judge_again(run, run.metrics))


def judge_again(run: Run, metrics: Mapping[str, Any]) -> list[GateResult]:
    """Hold figures of a run against the gates of its run file."""
    config = parse_config(read_toml(run.layout.asked), source=str(run.layout.asked))
    return judged(config, metrics, size_mb=run.layout.bundle_mb, seconds=run.manifest["seconds"])


def refuse_no_gates(run: Run) -> None:
    """Raise where the run file asks for nothing, so that a lost table does not pass as met.

    Raises:
        ConfigError: E110.
    """
    config = parse_config(read_toml(run.layout.asked), source=str(run.layout.asked))
    if config.gates == type(config.gates)():
        raise ConfigError(
            "E110",
            "--gates has nothing to judge",
            got=f"{run.layout.asked} has no [gates]",
            fix="add what the run must reach, such as [gates] macro_f1 = 0.5, or leave --gates out",
        )


def tell_gates(results: Sequence[GateResult]) -> int:
    """Print a line a gate; return 1 where one failed, else 0."""
    shown = console()
    for result in results:
        shown.print(result.line(), markup=False, soft_wrap=True)
    return 0 if all_passed(results) else 1
