"""What pruning saves a search, and whether a search survives the death of its workers.

Part one searches the same space from the same seed without a pruner, by the median and by halving:
best value found on the tune rows, the recipe's own value, passes made, seconds. Part two runs two
workers and kills one of them (SIGKILL) every few seconds until every trial has ended; then each
number must be there once, no trial without an end, and the recipe's value the one of part one.

    evenhand sample triage -o data/triage
    python benchmarks/search.py data/triage/train.json
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

PRUNERS = ("none", "median", "halving")
SPACE = """
"optim.lr" = { times = 10 }
"optim.head_lr" = { times = 10 }
"train.batch_size" = [8, 16, 32]
"loss.name" = ["auto", "focal", "logit-adjusted"]
"""
SMALL = ("model.backbone=static", "train.epochs=8", "train.patience=0", "report.resamples=100")
GIVEN_UP = 1800.0


def launch(arguments: list[str]) -> subprocess.Popen[bytes]:
    """Start ``evenhand tune`` in a child process."""
    return subprocess.Popen(
        [sys.executable, "-m", "evenhand", "tune", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def finish(process: subprocess.Popen[bytes]) -> None:
    """Wait for a child and stop with what it said if it failed."""
    _, said = process.communicate()
    if process.returncode:
        raise SystemExit(said.decode())


def figures(out: Path) -> dict[str, Any]:
    """Return what a search has found."""
    found: dict[str, Any] = json.loads((out / "search.json").read_text("utf-8"))
    return found


def compare_pruners(asked: list[str], root: Path) -> float:
    """Search with each pruner and print a line each; return the recipe's value."""
    recipe = 0.0
    print("pruner   best    recipe  complete  pruned  passes  of at most  seconds")
    for pruner in PRUNERS:
        begun, out = time.monotonic(), root / pruner
        finish(launch([*asked, "--pruner", pruner, "--out", str(out)]))
        found = figures(out)
        counts, passes, recipe = found["counts"], found["passes"], found["recipe_value"]
        print(
            f"{pruner:<8} {found['value']:.4f}  {recipe:.4f}  {counts['complete']:8}  "
            f"{counts['pruned']:6}  {passes['made']:6}  {passes['without_pruning_at_most']:10}  "
            f"{time.monotonic() - begun:7.0f}",
            flush=True,
        )
    return recipe


def children(process: int) -> list[int]:
    """Return the processes that a process has started."""
    tasks = Path(f"/proc/{process}/task")
    if not tasks.is_dir():
        return []
    found = " ".join((task / "children").read_text("utf-8") for task in tasks.iterdir())
    return [int(child) for child in found.split()]


def kill_until_done(asked: list[str], out: Path, *, every: float, seed: int) -> int:
    """Run two workers and kill one of them every so often; return how many were killed."""
    moments, killed, begun = random.Random(seed), 0, time.monotonic()
    process = launch([*asked, "--pruner", "none", "--jobs", "2", "--out", str(out)])
    while process.poll() is None and time.monotonic() - begun < GIVEN_UP:
        time.sleep(moments.uniform(0.5, 1.5) * every)
        workers = children(process.pid)
        if workers:
            os.kill(moments.choice(workers), signal.SIGKILL)
            killed += 1
    finish(process)
    return killed


def main() -> None:
    """Run both parts; exit 1 where a trial is lost, counted twice, or differs."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data")
    parser.add_argument("--trials", type=int, default=24)
    parser.add_argument("--killed-trials", type=int, default=8)
    parser.add_argument("--every", type=float, default=15.0, help="seconds between kills")
    parser.add_argument("--set", action="append", default=[], dest="settings")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    root = Path(tempfile.mkdtemp())
    (root / "space.toml").write_text(SPACE, "utf-8")
    settings = (*SMALL, *given.settings, f"seed={given.seed}")
    asked = [given.data, "--space", str(root / "space.toml")]
    asked += [part for setting in settings for part in ("--set", setting)]
    recipe = compare_pruners([*asked, "--trials", str(given.trials)], root)
    out = root / "killed"
    many = [*asked, "--trials", str(given.killed_trials)]
    killed = kill_until_done(many, out, every=given.every, seed=given.seed)
    found = figures(out)
    numbers = [trial["number"] for trial in found["trials"]]
    whole = numbers == list(range(given.killed_trials)) and not found["counts"]["failed"]
    same = abs(found["recipe_value"] - recipe) < 1e-3
    print(
        f"{killed} workers killed; {len(numbers)} of {given.killed_trials} trials have ended, each "
        f"once: {whole}; the recipe's value is the same: {same}"
    )
    if not (whole and same and killed):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
