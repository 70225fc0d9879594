"""What finished runs are worth, side by side, and whether one beats another.

Each row is decided by cuts that other rows chose (cross-fitted tune rows, or report rows held
out). A paired bootstrap over the same resamples says whether the first run of each pair beats
the second.

    python benchmarks/quality.py runs/balanced-0 runs/balanced-1 --against runs/plain-0
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evenhand.decide import crossfit, fit_decision
from evenhand.errors import EvenhandError
from evenhand.evaluate.intervals import paired_difference
from evenhand.evaluate.metrics import confusion_counts, f1, macro
from evenhand.run import Run
from evenhand.types import Predictions

KINDS = ("fixed", "global", "per-label")


def settings_of(run: Run) -> dict[str, object]:
    """Return the settings of the run's own decision."""
    used: dict[str, object] = json.loads(run.layout.resolved.read_text("utf-8"))["decision"]
    return used


def decide(run: Run, settings: dict[str, object]) -> tuple[Predictions, NDArray[np.bool_]]:
    """Return the measured rows of a run and the labels that they are honestly given."""
    tune = run.predictions("tune")
    try:
        report = run.predictions("report")
    except EvenhandError:
        return tune, crossfit(tune, **settings).decided_NC
    return report, fit_decision(tune, **settings).decide(report.scores)  # type: ignore[arg-type]


def describe(run: Run) -> str:
    """Return one line: macro-F1 under each kind of cut, minutes, memory, size."""
    settings = settings_of(run)
    values = []
    for kind in KINDS:
        rows, decided_NC = decide(run, settings | {"cuts": kind})
        values.append(macro(f1(confusion_counts(rows.truth_NC, decided_NC))))
    minutes = sum(run.manifest["seconds"].values()) / 60
    memory = run.manifest["peak_memory_bytes"] / 1e9
    size = sum(f.stat().st_size for f in run.layout.bundle.iterdir()) / 1e6
    tfidf = next(
        (s["macro_f1"]["value"] for s in run.metrics["systems"] if s["name"].startswith("TF-IDF")),
        float("nan"),
    )
    cells = "".join(f"{value:11.4f}" for value in (*values, tfidf))
    return f"{run.folder.name:24}{cells}{minutes:9.1f}{memory:8.2f}{size:8.1f}"


def main() -> None:
    """Print the table of runs and the paired differences."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--against", nargs="*", type=Path, default=[])
    given = parser.parse_args()
    runs, others = ([Run(path) for path in paths] for paths in (given.runs, given.against))
    print(f"{'macro-F1':24}{'fixed':>11}{'global':>11}{'per-label':>11}{'TF-IDF':>11}", end="")
    print(f"{'minutes':>9}{'GB':>8}{'MB':>8}")
    for run in (*runs, *others):
        print(describe(run))
    for run in runs:
        for other in others:
            rows, ours_NC = decide(run, settings_of(run))
            theirs, theirs_NC = decide(other, settings_of(other))
            if rows.ids != theirs.ids:
                raise SystemExit(f"{run.folder} and {other.folder} measured other rows")
            gain = paired_difference(rows.truth_NC, ours_NC, decided_b_NC=theirs_NC)
            name = f"{run.folder.name} - {other.folder.name}"
            print(f"{name:44} {gain.value:+.4f}  ({gain.low:+.4f} to {gain.high:+.4f})")


if __name__ == "__main__":
    main()
