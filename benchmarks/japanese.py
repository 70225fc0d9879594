"""What can be learnt from 309 Japanese texts, 29 of them toxic, and does the script matter?

    evenhand votes subset.csv --label "other=Not Toxic" --label "toxic=Toxic,Very Toxic" \
        --unsure "Hard to Say" --no-votes drop --keep id,text --out strict.csv
    evenhand romanize strict.csv --out paired.csv
    python benchmarks/japanese.py paired.csv --repeats 10 --out runs/japanese

Each repeat deals the rows anew: half to fit, a sixth to choose pass and cut, a third to measure
on; equal texts stay together. Every system gets the same rows and the same rule for its cut: the
best macro-F1 on the tune rows. ROC-AUC needs no cut. Repeats share rows, so the variance of a mean
is corrected by Nadeau and Bengio 2003 (doi:10.1023/A:1024068626366): times 1/repeats +
measured/others, Student's t with one degree less than repeats. Finished parts are kept, so that
the same command goes on where it was stopped; ``--table`` prints what there is. A figure without a
value (precision where nothing was called toxic) is left out of its mean, and the number of repeats
with one stands beside.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy.stats import t

import evenhand
from evenhand.config import override, parse_config
from evenhand.data import Dataset
from evenhand.data.csv_text import csv_text
from evenhand.data.split import folds, units_of
from evenhand.data.table import read_table
from evenhand.decide import fit_decision
from evenhand.durable import write_json, write_text
from evenhand.evaluate.baselines import Pieces, fit_tfidf, majority
from evenhand.evaluate.metrics import (
    Decided,
    confusion_counts,
    f1,
    macro,
    matthews,
    precision,
    recall,
    roc_auc,
)
from evenhand.run import Sources
from evenhand.types import FitStatistics, Predictions, Role, Truth

TOXIC = "toxic"
NATIVE, ROMAJI = "text", "text_romaji"
FIGURES = ("recall", "precision", "f1", "mcc", "macro_f1", "auc")
CUTS: dict[str, Any] = {"calibrate": "none", "cuts": "per-label", "shrink": "none"}
CUTS |= {"min_support": 1, "resamples": 0}
COUNTED: dict[str, tuple[str, Pieces]] = {
    "words, native": (NATIVE, "words"),
    "characters, native": (NATIVE, "characters"),
    "bytes counted, native": (NATIVE, "bytes"),
    "words, romaji": (ROMAJI, "words"),
    "characters, romaji": (ROMAJI, "characters"),
}
FINE_TUNED = {"train.epochs": 10, "train.batch_size": 16, "train.patience": 4}
NETWORKS: dict[str, tuple[str, dict[str, Any]]] = {
    "bytes, native": (NATIVE, {"model.backbone": "bytes"}),
    "bytes, romaji": (ROMAJI, {"model.backbone": "bytes"}),
    "minilm, romaji": (ROMAJI, {"model.backbone": "minilm", **FINE_TUNED}),
    "e5, native": (NATIVE, {"model.backbone": "e5", "model.vocabulary": "data", **FINE_TUNED}),
    "e5, romaji": (ROMAJI, {"model.backbone": "e5", "model.vocabulary": "data", **FINE_TUNED}),
}
MAJORITY, BASE = "majority", "characters, native"
SYSTEMS = (MAJORITY, *COUNTED, *NETWORKS)


@dataclass(frozen=True)
class Judged:
    """The report rows: their truth, what they were decided to be, and their scores if any."""

    truth_NC: Truth
    decided_NC: Decided
    toxic: int
    scored: Predictions | None = None

    @classmethod
    def by_cut(cls, tune: Predictions, report: Predictions) -> Judged:
        """Decide the report rows by the cut that the tune rows choose."""
        decided_NC = fit_decision(tune, **CUTS).decide(report.scores)
        return cls(report.truth_NC, decided_NC, report.labels.names.index(TOXIC), report)

    def figures(self) -> dict[str, float]:
        """Return every figure; NaN where it has no value."""
        counts, c = confusion_counts(self.truth_NC, self.decided_NC), self.toxic
        each = {"recall": recall, "precision": precision, "f1": f1, "mcc": matthews}
        values = {name: float(compute(counts)[c]) for name, compute in each.items()}
        values |= {"macro_f1": float(macro(f1(counts))), "auc": float("nan")}
        if self.scored is not None:
            values["auc"] = roc_auc(self.truth_NC[:, c], self.scored.probs()[:, c])
        return values


def deal(source: Path, repeat: int, folder: Path) -> Path:
    """Write the rows of ``source`` with the roles of a repeat in the column ``split``."""
    path = folder / "rows.csv"
    if path.is_file():
        return path
    columns = read_table(str(source)).columns
    truth_NC = np.array([[label == TOXIC, label != TOXIC] for label in columns["label"]], float)
    units_N = units_of([str(text) for text in columns[NATIVE]])
    third_N = folds(truth_NC, 3, units=units_N, seed=repeat)
    others_K = np.flatnonzero(third_N > 0)
    quarter_K = folds(truth_NC[others_K], 4, units=units_N[others_K], seed=repeat)
    roles = np.full(len(truth_NC), Role.REPORT.value, dtype=object)
    roles[others_K] = np.where(quarter_K == 0, Role.TUNE.value, Role.FIT.value)
    folder.mkdir(parents=True, exist_ok=True)
    write_text(path, csv_text(columns | {"split": roles.tolist()}))
    return path


def settings_of(column: str, repeat: int) -> dict[str, Any]:
    """Return how the rows are read, by key of a run file."""
    read = {"text": column, "labels": "label", "id": "id", "split": "split"}
    return {f"data.{key}": value for key, value in read.items()} | {"seed": repeat}


def measure(name: str, rows: Path, repeat: int) -> dict[str, float | None]:
    """Train a system on a repeat's rows, and return its figures on the report rows."""
    begun = time.perf_counter()
    if name in NETWORKS:
        judged = by_network(*NETWORKS[name], rows=rows, repeat=repeat)
    else:
        column, pieces = COUNTED.get(name, (NATIVE, None))
        judged = by_counts(column, pieces, rows=rows, repeat=repeat)
    values = judged.figures() | {"minutes": (time.perf_counter() - begun) / 60}
    return {figure: None if np.isnan(value) else value for figure, value in values.items()}


def by_network(column: str, settings: Mapping[str, Any], *, rows: Path, repeat: int) -> Judged:
    """Judge the report rows by a network; the run itself is not kept."""
    asked = settings_of(column, repeat) | {"train.metric": "macro_ap", "report.baselines": False}
    asked |= {"report.resamples": 100, **settings}
    with tempfile.TemporaryDirectory(dir=rows.parent) as folder:
        run = evenhand.train(rows, Path(folder) / "run", settings=asked)
        return Judged.by_cut(run.predictions(Role.TUNE), run.predictions(Role.REPORT))


def by_counts(column: str, pieces: Pieces | None, *, rows: Path, repeat: int) -> Judged:
    """Judge them by counted pieces; without any, by the most frequent class."""
    given = [f"{key}={value}" for key, value in settings_of(column, repeat).items()]
    dataset = Sources(str(rows)).read(parse_config(override({}, given), source="benchmark"))
    truth_NC, labels = dataset.truth(Role.FIT), dataset.labels
    if pieces is None:
        measured_NC = dataset.truth(Role.REPORT)
        decided_NC = majority(FitStatistics.of(truth_NC, labels.task), len(measured_NC))
        return Judged(measured_NC, decided_NC, labels.names.index(TOXIC))
    fitted = fit_tfidf(texts_of(dataset, Role.FIT), truth_NC, labels=labels, pieces=pieces)
    tune, report = (
        fitted.predictions(
            texts_of(dataset, role),
            dataset.truth(role),
            ids=[dataset.ids[i] for i in dataset.rows(role)],
            role=role,
        )
        for role in (Role.TUNE, Role.REPORT)
    )
    return Judged.by_cut(tune, report)


def texts_of(dataset: Dataset, role: Role) -> list[str]:
    """Return the texts of the rows with ``role``."""
    return [dataset.texts[i] for i in dataset.rows(role)]


def mean_of(values: Sequence[float], *, measured: float) -> tuple[float, float]:
    """Return the mean over repeats and the half width of its 95 % interval; NaN for one repeat.

    Args:
        values: one a repeat.
        measured: measured rows over all others.
    """
    if len(values) < 2:
        return float(np.mean(values)), float("nan")
    spread = np.var(values, ddof=1) * (1 / len(values) + measured)
    return float(np.mean(values)), float(t.ppf(0.975, len(values) - 1) * np.sqrt(spread))


def cell(values: Sequence[float | None], *, signed: bool = False) -> str:
    """Return a mean with its interval, and of how many repeats where some have no value."""
    known = [value for value in values if value is not None]
    if not known:
        return "n/a"
    mean, half = mean_of(known, measured=1 / 2)
    sign = "+" if signed else ""
    shown = f"{mean:{sign}.3f}" if np.isnan(half) else f"{mean:{sign}.3f} ± {half:.3f}"
    return shown if len(known) == len(values) else f"{shown} ({len(known)} of {len(values)})"


def table(found: Mapping[str, Mapping[int, Mapping[str, float | None]]], console: Console) -> None:
    """Print every system's figures, and its macro-F1 less that of counted characters."""
    shown = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    heads = ("toxic recall", "precision", "F1", "MCC", "macro-F1", "AUC", "minutes", f"over {BASE}")
    for head in ("system", "repeats", *heads):
        shown.add_column(head, justify="left" if head == "system" else "right", no_wrap=True)
    for name, repeats in found.items():
        figures = [cell([r[key] for r in repeats.values()]) for key in FIGURES]
        minutes = f"{np.mean([r['minutes'] for r in repeats.values()]):.2f}"
        shared = [k for k in repeats if k in found.get(BASE, {})]
        gains = [repeats[k]["macro_f1"] - found[BASE][k]["macro_f1"] for k in shared]
        gain = cell(gains, signed=True) if gains and name != BASE else ""
        shown.add_row(name, str(len(repeats)), *figures, minutes, gain)
    console.print(shown)


def main() -> None:
    """Train what is not there yet, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("paired", type=Path, help="CSV with id, text, text_romaji and label")
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--only", nargs="*", default=list(SYSTEMS), choices=SYSTEMS)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--table", action="store_true", help="train nothing")
    given = parser.parse_args()
    found: dict[str, dict[int, dict[str, float | None]]] = {}
    for repeat in range(given.repeats):
        folder = given.out / f"repeat-{repeat:02d}"
        for name in given.only:
            path = folder / f"{name.replace(', ', '-').replace(' ', '-')}.json"
            if not path.is_file() and not given.table:
                write_json(path, measure(name, deal(given.paired, repeat, folder), repeat))
                print(f"repeat {repeat}: {name}", flush=True)
            if path.is_file():
                found.setdefault(name, {})[repeat] = json.loads(path.read_text("utf-8"))
    table({name: found[name] for name in SYSTEMS if name in found}, Console(width=180))


if __name__ == "__main__":
    main()
