"""What each remedy for imbalance is worth: one change at a time, all else equal.

Every remedy is trained on the same fit rows, from the same seed, with the same tune rows, and
measured beside plain cross-entropy: macro-F1 of cross-fitted cuts (the same rule for all) with a
paired bootstrap interval of the difference, and macro average precision, which no cut can move.

    python benchmarks/remedies.py TRAIN --tune DEV --labels-file L --rows 8000 --out runs/remedies

Finished runs are kept, and a run that another process has begun is left to it, so the same
command may be given twice at once and again after an interruption; the table is printed at the
end, or at once with ``--table``.
"""

from __future__ import annotations

import argparse
import re
import statistics
from pathlib import Path
from typing import Any

import numpy as np

import evenhand
from evenhand.errors import ConfigError
from evenhand.evaluate.intervals import paired_difference
from evenhand.evaluate.metrics import average_precision, confusion_counts, f1, macro
from evenhand.run import Run
from quality import decide, settings_of

BASE = "plain"
REMEDIES: dict[str, dict[str, Any]] = {
    BASE: {},
    "smoothing 0.05": {"loss.name": "auto", "loss.smoothing": 0.05},
    "weighted-bce": {"loss.name": "weighted-bce"},
    "weighted-bce sqrt": {"loss.name": "weighted-bce", "loss.weights": "sqrt"},
    "weighted-ce": {"loss.name": "weighted-ce"},
    "focal": {"loss.name": "focal"},
    "asymmetric": {"loss.name": "asymmetric"},
    "class-balanced": {"loss.name": "class-balanced"},
    "distribution-balanced": {"loss.name": "distribution-balanced"},
    "logit-adjusted": {"loss.name": "logit-adjusted"},
    "balanced-softmax": {"loss.name": "balanced-softmax"},
    "ldam": {"loss.name": "ldam"},
    "zlpr": {"loss.name": "zlpr"},
    "soft-f1 0.5": {"loss.name": "soft-f1", "loss.share": 0.5},
    "sampler weighted": {"sampler.name": "weighted"},
    "sampler square-root": {"sampler.name": "square-root"},
    "sampler class-aware": {"sampler.name": "class-aware"},
    "sampler progressive": {"sampler.name": "progressive"},
    "mixup": {"mix.name": "mixup"},
    "smote": {"mix.name": "smote"},
    "r-drop 1": {"train.r_drop": 1.0},
    "ema 0.99": {"optim.ema": 0.99},
    "word-dropout": {"augment": "word-dropout"},
    "eda": {"augment": "eda"},
    "layer-decay 0.9": {"optim.layer_decay": 0.9},
    "attention pooling": {"model.pooling": "attention"},
}


def subset(train: Path, rows: int, out: Path) -> Path:
    """Return a file of ``rows`` lines of ``train`` at random, seed 0; all with ``rows=0``."""
    lines = train.read_text("utf-8").splitlines(keepends=True)
    if not 0 < rows < len(lines):
        return train
    head = lines[:1] if train.suffix == ".csv" else []
    drawn = np.random.default_rng(0).permutation(np.arange(len(head), len(lines)))[:rows]
    path = out / f"fit-{rows}{train.suffix}"
    if not path.is_file():
        path.write_text("".join(head + [lines[i] for i in sorted(drawn)]), "utf-8")
    return path


def train(name: str, seed: int, given: argparse.Namespace) -> None:
    """Train one remedy, unless it was trained or is being trained."""
    folder = place(name, seed, given.out)
    settings = {"seed": seed, "report.baselines": False, "report.resamples": 200}
    settings |= {key: value for key, _, value in (pair.partition("=") for pair in given.set)}
    if folder.exists():
        return
    try:
        run = evenhand.train(
            subset(given.train, given.rows, given.out),
            folder,
            tune=given.tune,
            report=given.report,
            labels_file=given.labels_file,
            settings=settings | REMEDIES[name],
        )
    except ConfigError as error:
        if error.code != "E105":
            raise
        print(f"{name}: not for this data", flush=True)
    else:
        seconds = run.manifest["seconds"]["training"]
        print(f"{name}, seed {seed}: {seconds:.0f} s", flush=True)


def place(name: str, seed: int, out: Path) -> Path:
    """Return the folder of a remedy's run."""
    return out / f"{re.sub(r'[^a-z0-9]+', '-', name)}-{seed}"


def macro_ap(rows: evenhand.Predictions) -> float:
    """Return macro average precision over the labels that occur."""
    columns = zip(rows.truth_NC.T, rows.probs().T, strict=True)
    return float(np.nanmean([average_precision(truth_N, p_N) for truth_N, p_N in columns]))


def table(names: list[str], seeds: list[int], out: Path) -> None:
    """Print every finished remedy beside the base, means over seeds."""
    print(f"{'':24}{'macro-F1':>9}{'macro-AP':>9}{'against plain, paired (95 %)':>32}{'s':>7}")
    for name in names:
        folders = [place(name, seed, out) for seed in seeds]
        if not all((folder / "metrics.json").is_file() for folder in folders):
            continue
        f1s, aps, gains, seconds = [], [], [], []
        for folder, seed in zip(folders, seeds, strict=True):
            run, base = Run(folder), Run(place(BASE, seed, out))
            rows, ours_NC = decide(run, settings_of(base))
            _, plain_NC = decide(base, settings_of(base))
            f1s.append(float(macro(f1(confusion_counts(rows.truth_NC, ours_NC)))))
            aps.append(macro_ap(rows))
            gains.append(paired_difference(rows.truth_NC, ours_NC, decided_b_NC=plain_NC))
            seconds.append(run.manifest["seconds"]["training"])
        shown = "; ".join(f"{g.value:+.4f} ({g.low:+.4f} to {g.high:+.4f})" for g in gains)
        means = f"{statistics.mean(f1s):9.4f}{statistics.mean(aps):9.4f}"
        print(f"{name:24}{means}{shown:>32}{statistics.mean(seconds):7.0f}")


def main() -> None:
    """Train what is asked for and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("train", type=Path)
    parser.add_argument("--tune", type=Path)
    parser.add_argument("--report", type=Path)
    parser.add_argument("--labels-file", type=Path)
    parser.add_argument("--rows", type=int, default=0, help="fit rows; 0 is all")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", nargs="*", default=list(REMEDIES), help="names of remedies")
    parser.add_argument("--seeds", nargs="*", type=int, default=[0])
    parser.add_argument("--set", nargs="*", default=[], metavar="KEY=VALUE")
    parser.add_argument("--table", action="store_true", help="train nothing")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    if not given.table:
        for seed in given.seeds:
            for name in given.only:
                train(name, seed, given)
    table(given.only, given.seeds, given.out)


if __name__ == "__main__":
    main()
