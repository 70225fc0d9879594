"""Kill a run at random moments, resume it, and compare it with one that was left alone.

Each trial starts the same run in a child process and kills it without warning (SIGKILL) when its
history has a random number of lines, a random moment later; resumes it, and compares SHA-256 of
the weights, the optimizer, the history and the decision with the uninterrupted run's.

    python benchmarks/kill.py DATA [--kills 20] [--set KEY=VALUE ...]
"""

from __future__ import annotations

import argparse
import hashlib
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TRACES = ("bundle/model.safetensors", "history.jsonl", "decision.json", "metrics.json")


def traces(run: Path) -> dict[str, str]:
    """Return the hashes by which two runs are the same."""
    newest = max((run / "checkpoints").glob("step-*"))
    files = [run / name for name in TRACES] + [newest / "optimizer.safetensors"]
    return {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


def launch(arguments: list[str]) -> subprocess.Popen[bytes]:
    """Start ``evenhand train`` in a child process."""
    return subprocess.Popen(
        [sys.executable, "-m", "evenhand", "train", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def finish(process: subprocess.Popen[bytes]) -> None:
    """Wait for a child and stop with what it said if it failed."""
    _, said = process.communicate()
    if process.returncode:
        raise SystemExit(said.decode())


def lines(run: Path) -> int:
    """Return how many records a run's history has so far."""
    history = run / "history.jsonl"
    return history.read_bytes().count(b"\n") if history.is_file() else 0


def one_kill(arguments: list[str], out: Path, after: int, seconds: float) -> str:
    """Run, kill ``seconds`` after record ``after``, resume; return where the kill fell."""
    child = launch([*arguments, "--out", str(out)])
    while child.poll() is None and lines(out) < after:
        time.sleep(0.001)
    time.sleep(seconds)
    if child.poll() is not None:
        return "after the end"
    child.send_signal(signal.SIGKILL)
    child.communicate()
    if not (out / "manifest.json").is_file():
        finish(launch([*arguments, "--out", str(out)]))
        return "before the run folder"
    steps = sorted(p.name for p in (out / "checkpoints").glob("step-*"))
    finished = (out / "findings.json").is_file()
    if not finished:
        finish(launch(["--resume", str(out)]))
    return "after the end" if finished else (steps[-1] if steps else "before a checkpoint")


def main() -> None:
    """Run the trials and print one line each."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--set", action="append", default=[], dest="settings")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    arguments = [given.data, *(part for s in given.settings for part in ("--set", s))]
    root = Path(tempfile.mkdtemp())
    finish(launch([*arguments, "--out", str(root / "whole")]))
    most = lines(root / "whole")
    expected = traces(root / "whole")
    moments = random.Random(given.seed)
    equal = 0
    for trial in range(given.kills):
        out = root / f"killed-{trial}"
        after, seconds = moments.randint(0, most), moments.uniform(0, 0.1)
        where = one_kill(arguments, out, after, seconds)
        same = traces(out) == expected
        equal += same
        at = f"record {after:3} of {most}"
        print(f"kill {trial + 1:2} after {at} ({where}): {'equal' if same else 'NOT'}", flush=True)
    print(f"{equal} of {given.kills} resumed runs equal the uninterrupted one, bit for bit")
    if equal < given.kills:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
