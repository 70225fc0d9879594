"""How a finished run is shown: one screen, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evenhand import recipes
from evenhand.cli.terminal import console, screen
from evenhand.config import override, parse_config, read_toml
from evenhand.errors import ConfigError
from evenhand.evaluate import compare_summary
from evenhand.evaluate.gates import GateResult, all_passed
from evenhand.evaluate.summary import summary
from evenhand.run import Run, Sources, start
from evenhand.run.compare import Sides, compare_sides
from evenhand.run.conclude import judged
from evenhand.run.folder import Layout


def finish(run: Run) -> int:
    """Print the summary of ``run``, where its report lies, and the next commands.

    Returns:
        0, or 1 where a gate of the run file failed.
    """
    shown = console()
    summary(run.metrics, console=shown)
    folder = run.folder
    size = sum(f.stat().st_size for f in run.layout.bundle.iterdir()) / 1e6
    lines = (
        f"report  {run.layout.report}",
        f"bundle  {run.layout.bundle}  ({size:.1f} MB)",
        "next",
        f'  evenhand predict {folder} --text "a sentence of your own"',
        f"  evenhand predict {folder} FILE.csv -o answers.csv",
        f"  evenhand evaluate {folder} --data LABELLED.csv",
    )
    for line in lines:
        shown.print(line, markup=False, soft_wrap=True)
    return tell_gates(judge_again(run, run.metrics))


def judge_again(run: Run, metrics: Mapping[str, Any]) -> list[GateResult]:
    """Hold figures of a run against the gates of its run file."""
    config = parse_config(read_toml(run.layout.asked), source=str(run.layout.asked))
    return judged(config, metrics, run.layout, seconds=run.manifest["seconds"])


def tell_gates(results: Sequence[GateResult]) -> int:
    """Print a line a gate; return 1 where one failed, else 0."""
    shown = console()
    for result in results:
        shown.print(result.line(), markup=False, soft_wrap=True)
    return 0 if all_passed(results) else 1


def both_finish(
    sources: Sources, pair: tuple[str, str], settings: Sequence[str], *, out: Path
) -> int:
    """Train two recipes on the same rows into ``out/NAME`` each, and compare them.

    Args:
        sources: what both read.
        pair: the old recipe, or run file, and the new one.
        settings: of both, over what the recipes say.
        out: a folder that is empty or not there.

    Returns:
        0, or 1 where a gate failed for the new one.

    Raises:
        ConfigError: E110 when both are the same; E109 when ``out`` is in use.
    """
    names = [Path(name).stem for name in pair]
    if names[0] == names[1]:
        raise ConfigError(
            "E110",
            "a recipe is not compared with itself",
            got=f"--recipe {pair[1]} --against {pair[0]}",
            fix="name another recipe: evenhand list recipes",
        )
    Layout(out).refuse_used()
    asked = [override(recipes.load(recipe), settings) for recipe in pair]
    shown = console()
    for name, values in zip(names, asked, strict=True):
        shown.rule(name, align="left")
        summary(start(sources, values, out / name, screen=screen()).metrics, console=shown)
    shown.rule(f"{names[1]} against {names[0]}", align="left")
    old, new = (out / name for name in names)
    compare_summary.summary(compare_sides(Sides(old, new)).to_dict(), console=shown)
    for name in names:
        shown.print(f"report  {Layout(out / name).report}", markup=False, soft_wrap=True)
    return tell_gates(judge_again(Run(new), Run(new).metrics))
