"""What tuned cuts gain where they were chosen, and what is left of it on other rows.

Run: ``python benchmarks/optimism.py RUN/predictions/tune.parquet ...``. Ten times the rows are
halved at random, evenly by label. Every kind of cut is chosen on one half and measured on both,
then the halves change places: 20 pairs of figures. Gains are over fixed 0.5 (argmax where a row
has one label) on the same rows, in macro-F1.

The ten splits share rows, so the spread of the 20 figures is too small to be taken at its word:
the standard error is corrected by Nadeau and Bengio 2003 (variance times 1/20 + 1). The last
column is the default less this kind on the other half, in such errors of the paired difference.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table

from evenhand.decide.choice import Choice, Settings
from evenhand.decide.f1 import macro_f1
from evenhand.decide.folds import stratified_folds
from evenhand.decide.rule import fit_rule
from evenhand.predictions import load_predictions
from evenhand.types import Predictions, Task

SPLITS = 10
DEFAULT = "default: shrunk, if it earns it"
PLAIN: Settings = {"cuts": "per-label", "shrink": "none"}
FIXED = {Task.MULTILABEL: "fixed 0.5", Task.MULTICLASS: "argmax"}
KINDS: Mapping[Task, Mapping[str, Settings]] = {
    task: {
        FIXED[task]: {"cuts": "fixed"},
        shared: {"cuts": "global"},
        f"a {value} a label, plain": {**PLAIN, "min_support": 1},
        f"a {value} a label, support of 5": PLAIN,
        DEFAULT: {},
    }
    for task, shared, value in (
        (Task.MULTILABEL, "one global cut", "cut"),
        (Task.MULTICLASS, "one tilt", "bias"),
    )
}
Pairs = npt.NDArray[np.float64]


def gains(chosen: Predictions, other: Predictions, settings: Settings) -> tuple[float, float]:
    """Return macro-F1 on the half that chose the cuts and on the other one."""
    rule = fit_rule(chosen, Choice(**settings))
    on_chosen, on_other = (macro_f1(h.truth_NC, rule.decide(h.scores)[0]) for h in (chosen, other))
    return on_chosen, on_other


def measure(predictions: Predictions) -> dict[str, Pairs]:
    """Return the gains of each kind on both halves, both ways of each split, ``(20, 2)``."""
    kinds = KINDS[predictions.labels.task]
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in kinds}
    for seed in range(SPLITS):
        groups_N = predictions.groups_N
        fold_N = stratified_folds(predictions.truth_NC, 2, seed, groups_N=groups_N)
        first, second = (predictions.take(np.flatnonzero(fold_N == part)) for part in (0, 1))
        for pair in ((first, second), (second, first)):
            for name, settings in kinds.items():
                found[name].append(gains(*pair, settings))
    fixed = np.array(found[FIXED[predictions.labels.task]])
    return {name: np.array(pairs) - fixed for name, pairs in found.items()}


def error(values: Pairs) -> float:
    """Return the standard error of the mean over repeated halves, corrected for shared rows."""
    return float(values.std(ddof=1) * np.sqrt(1 / len(values) + 1))


def ahead(default: Pairs, gain: Pairs) -> str:
    """Return how far the default is ahead, in standard errors of the paired difference."""
    difference = default[:, 1] - gain[:, 1]
    if not difference.any():
        return "="
    return f"{difference.mean() / error(difference):+.1f}"


def main() -> None:
    """Print one table a file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, help="stored predictions of tune rows")
    for path in parser.parse_args().files:
        predictions = load_predictions(path)
        predictions.refuse_report("choosing thresholds")
        found = measure(predictions)
        title = f"{path}: {len(predictions)} rows, {len(predictions.labels)} labels"
        fixed = FIXED[predictions.labels.task]
        table = Table(f"gain over {fixed}", "tuned half", "other half", "lost", title=title)
        table.add_column("default ahead, errors")
        for name, gain in found.items():
            tuned, other = gain.mean(axis=0)
            table.add_row(
                name,
                f"{tuned:+.4f}",
                f"{other:+.4f} ± {error(gain[:, 1]):.4f}",
                f"{tuned - other:+.4f}",
                "" if name == DEFAULT else ahead(found[DEFAULT], gain),
            )
        Console(width=110).print(table)


if __name__ == "__main__":
    main()
