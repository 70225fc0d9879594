"""What an export costs and gains: size, speed beside torch, parity with the run, gates.

Each RUN is exported in float32 and int8. Then torch and both graphs answer the same texts in turn,
several rounds in one process; the table has the medians. A last line gives what a fresh process
without torch needs: seconds from its start to the first answer, and its largest memory.

    python benchmarks/export.py runs/goemotions runs/tweets runs/triage
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import evenhand
from evenhand.errors import BundleError
from evenhand.evaluate.terminal import figure, number
from evenhand.run import Run
from evenhand.run.export import export
from evenhand.run.reread import reread

FIRST = """
import sys, evenhand
evenhand.load(sys.argv[1]).predict([sys.argv[2]])
with open("/proc/self/status") as file:
    print(next(line.split()[1] for line in file if line.startswith("VmHWM")))
"""


def rounds(models: dict[str, Any], rows: Any, *, times: int) -> dict[str, float]:
    """Return the median rows a second of each model, asked in turn."""
    found: dict[str, list[float]] = {name: [] for name in models}
    for _ in range(times):
        for name, model in models.items():
            start = time.perf_counter()
            model.predict(rows)
            found[name].append(len(rows) / (time.perf_counter() - start))
    return {name: statistics.median(rates) for name, rates in found.items()}


def first_answer(bundle: Path) -> tuple[float, float]:
    """Return seconds to the first answer of a fresh process, and its largest memory in MB."""
    command = [sys.executable, "-c", FIRST, str(bundle), "a text"]
    start = time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return time.perf_counter() - start, int(done.stdout) / 1024


def size(folder: Path) -> float:
    """Return the size of a bundle in 10^6 bytes."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


def main() -> None:
    """Print the table of each run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--rows", type=int, default=2000, help="tune rows that are timed")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    for folder in asked.runs:
        dataset = reread(Run(folder))
        rows = dataset.contents(dataset.rows(evenhand.Role.TUNE)[: asked.rows])
        models: dict[str, Any] = {"torch": evenhand.load(folder)}
        with tempfile.TemporaryDirectory() as scratch:
            print(f"\n{folder}: {len(rows)} rows timed, {asked.rounds} rounds")
            print(f"torch    {size(folder / 'bundle'):.1f} MB")
            for name in ("float32", "int8"):
                out = Path(scratch) / name
                try:
                    made = export(folder, int8=name == "int8")
                except BundleError as error:
                    if error.code != "E404":
                        raise
                    print(f"{name:8} refused: {error.what}")
                    continue
                made.save(out)
                models[name] = evenhand.load(out)
                parity = made.parity
                print(
                    f"{name:8} {size(out):.1f} MB, logits {parity.largest:.2g} at most, "
                    f"{parity.flips} flips of {parity.rows * len(dataset.labels):,}, macro-F1 "
                    f"{number(parity.macro_f1['a'])} -> {number(parity.macro_f1['b'])} "
                    f"{figure(parity.macro_f1, 'difference', signed=True)}, gates "
                    f"{'passed' if parity.passed else 'FAILED'}"
                )
                for gate in parity.gates:
                    said = "passed" if gate.passed else "FAILED"
                    print(f"         {said} {gate.name}: {gate.found}")
            for name, rate in rounds(models, rows, times=asked.rounds).items():
                print(f"{name:8} {rate:,.0f} rows/s")
            if dataset.windows is None:
                for name in list(models)[1:]:
                    seconds, memory = first_answer(Path(scratch) / name)
                    print(f"{name:8} first answer after {seconds:.2f} s, at most {memory:.0f} MB")


if __name__ == "__main__":
    main()
