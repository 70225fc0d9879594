"""What tuned cuts gain where they were chosen, and what is left of it on other rows.

Run: ``python benchmarks/optimism.py RUN/predictions/tune.parquet``. Ten times the rows are
halved at random, evenly by label. Every kind of cut is chosen on one half and measured on both,
then the halves change places: 20 pairs of figures. Gains are over fixed 0.5 (argmax if
multi-class) on the same rows, in macro-F1; the interval is twice the standard error over the ten
splits, whose halves share rows, so it is somewhat too narrow.

The last column counts the splits in which the default is better there on the other half.
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
DEFAULT = "per-label, shrunk (default)"
KINDS: Mapping[str, Settings] = {
    "one global cut": {"cuts": "global"},
    "per-label, plain": {"cuts": "per-label", "shrink": "none", "min_support": 1},
    "per-label, support of 5": {"cuts": "per-label", "shrink": "none"},
    DEFAULT: {},
}


def gains(chosen: Predictions, other: Predictions, settings: Settings) -> tuple[float, float]:
    """Return macro-F1 on the half that chose the cuts and on the other one."""
    rule = fit_rule(chosen.scores, chosen.truth_NC, chosen.labels, Choice(**settings))
    on_chosen, on_other = (macro_f1(h.truth_NC, rule.decide(h.scores)[0]) for h in (chosen, other))
    return on_chosen, on_other


def measure(predictions: Predictions) -> dict[str, npt.NDArray[np.float64]]:
    """Return the gains of each kind on both halves, averaged over both ways, ``(splits, 2)``."""
    found: dict[str, list[npt.NDArray[np.float64]]] = {name: [] for name in KINDS}
    for seed in range(SPLITS):
        fold_N = stratified_folds(predictions.truth_NC, 2, seed)
        halves = [predictions.take(np.flatnonzero(fold_N == part)) for part in (0, 1)]
        pairs = [halves, halves[::-1]]
        fixed = np.mean([gains(*pair, {"cuts": "fixed"}) for pair in pairs], axis=0)
        for name, settings in KINDS.items():
            tuned = np.mean([gains(*pair, settings) for pair in pairs], axis=0)
            found[name].append(tuned - fixed)
    return {name: np.stack(rows) for name, rows in found.items()}


def main() -> None:
    """Print one table a file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, help="stored predictions of tune rows")
    for path in parser.parse_args().files:
        predictions = load_predictions(path)
        predictions.refuse_report("choosing thresholds")
        found = measure(predictions)
        title = f"{path}: {len(predictions)} rows, {len(predictions.labels)} labels"
        plain = "0.5" if predictions.labels.task is Task.MULTILABEL else "argmax"
        table = Table(f"gain over {plain}", "tuned half", "other half", "lost", title=title)
        table.add_column(f"default better, of {SPLITS}")
        for name, gain in found.items():
            (tuned, other), error = gain.mean(axis=0), 2 * gain.std(axis=0, ddof=1) / SPLITS**0.5
            wins = int((found[DEFAULT][:, 1] > gain[:, 1]).sum())
            table.add_row(
                name,
                f"{tuned:+.4f} ± {error[0]:.4f}",
                f"{other:+.4f} ± {error[1]:.4f}",
                f"{tuned - other:+.4f}",
                "" if name == DEFAULT else str(wins),
            )
        Console(width=110).print(table)


if __name__ == "__main__":
    main()
