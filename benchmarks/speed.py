"""Samples a second, in training and prediction, beside two scripts of the usual kind.

All contestants run in turn in one process, several rounds; medians and ratios are printed. The
two rivals use transformers' ``Trainer`` on the same weights, texts, batch size and optimizer:
``padded`` pads every text to 128 as the ecosystem's example script does, ``dynamic`` pads each
batch to its longest text, in random order. Both compute in float32.

    python benchmarks/speed.py [--texts FILE.tsv] [--rounds 3] [--steps 100]

A machine without the package of ``minilm`` takes a folder with its files: ``--backbone FOLDER``.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from evenhand.data.table import read_table
from evenhand.durable import make_folder
from evenhand.losses import LOSSES
from evenhand.models import text
from evenhand.models.backbones import Source, locate
from evenhand.models.fast import quicken
from evenhand.models.precision import cpu_has_bfloat16, pick_device
from evenhand.models.tokens import TextTokenizer, TokenTable
from evenhand.samples import find_sample, write_sample
from evenhand.sampling import SAMPLERS
from evenhand.sampling.buckets import epoch_batches, padding_waste
from evenhand.training import infer
from evenhand.training.checkpoint import Progress
from evenhand.training.loop import Loop
from evenhand.training.objective import Objective
from evenhand.training.optim import adamw
from evenhand.training.passes import Passes
from evenhand.training.plan import Plan
from evenhand.training.step import Stepper
from evenhand.types import FitStatistics, Task

BATCH, CLASSES, WARM = 32, 28, 5
DEVICE = pick_device()


@dataclass
class Clock:
    """A hook that notes when each step ended and how many rows it had."""

    ends: list[float]
    rows: list[int]

    def on_start(self, *, steps: int, done: int) -> None:
        """Nothing to note."""

    def on_step(self, record: dict[str, Any], rows: int) -> None:
        """Note the time."""
        if DEVICE.type == "cuda":
            torch.cuda.synchronize()
        self.ends.append(time.perf_counter())
        self.rows.append(rows)

    def on_epoch(self, record: dict[str, Any]) -> None:
        """Nothing to note."""

    def on_end(self, reason: str) -> None:
        """Nothing to note."""

    def rate(self) -> float:
        """Return rows a second after the warm-up."""
        return sum(self.rows[WARM:]) / (self.ends[-1] - self.ends[WARM - 1])


def texts_of(path: str | None) -> list[str]:
    """Return texts of ``path`` (first column), or of the sample ``tweets``."""
    if path is None:
        folder = Path(tempfile.mkdtemp())
        write_sample(find_sample("tweets"), folder)
        return list(read_table(folder / "train.csv").columns["text"])
    return list(map(str, next(iter(read_table(path).columns.values()))))


def build(tokenizer: TextTokenizer, source: Source) -> text.TextClassifier:
    """Return a fresh classifier on the backbone."""
    fit = FitStatistics(Task.MULTILABEL, 1000, np.full(CLASSES, 40.0), np.full(CLASSES, 1000.0))
    return text.pretrained(
        source,
        tokenizer,
        (),
        pooling="mean",
        head=("linear", {}),
        fit=fit,
        prior_bias=True,
    ).to(DEVICE)


def targets(rows: int) -> np.ndarray:
    """Return a random multi-label truth, 4 % positive."""
    return (np.random.default_rng(0).random((rows, CLASSES)) < 0.04).astype(np.float32)


def train_ours(table: TokenTable, model: text.TextClassifier, dtype: torch.dtype) -> float:
    """Return rows a second of evenhand's own loop."""
    if DEVICE.type == "cpu":
        quicken(model.encoder)
    truth_NC = targets(len(table.starts) - 1)
    fit = FitStatistics.of(truth_NC, Task.MULTILABEL)
    clock = Clock([], [])
    folder = Path(tempfile.mkdtemp())
    make_folder(folder)
    Loop(
        stepper=Stepper(
            model=model,
            optimizer=adamw(model, lr=1e-5, weight_decay=0.01),
            targets_NC=truth_NC,
            dtype=dtype,
            clip=1.0,
            seed=0,
        ),
        objective=Objective(LOSSES.build("bce", fit, settings={}), Task.MULTILABEL, CLASSES),
        schedule=lambda step, values: 1.0,
        plan=Plan(1, BATCH, 1, 0, 10**9, 1, 1e-5, 0, "none"),
        passes=Passes(table, SAMPLERS.build("natural", truth_NC, fit.task, settings={}), 0),
        score=lambda model, listen: {"value": 0.0, "tune_loss": 0.0},
        folder=folder,
        hooks=(clock,),
    ).run(Progress())
    return clock.rate()


def train_rival(texts: list[str], folder: Path, steps: int, *, pad_to: int | None) -> float:
    """Return rows a second of transformers' ``Trainer``."""
    from transformers import (
        AutoModelForSequenceClassification,
        AutoTokenizer,
        DataCollatorWithPadding,
        Trainer,
        TrainerCallback,
        TrainingArguments,
    )

    tokenizer = AutoTokenizer.from_pretrained(folder)
    encoded = tokenizer(
        texts, truncation=True, max_length=128, padding="max_length" if pad_to else False
    )
    truth_NC = targets(len(texts))
    rows = [
        {name: values[i] for name, values in encoded.items()} | {"labels": truth_NC[i]}
        for i in range(len(texts))
    ]
    ends: list[float] = []

    class Note(TrainerCallback):  # type: ignore[misc]
        def on_step_end(self, *_: Any, **__: Any) -> None:
            if DEVICE.type == "cuda":
                torch.cuda.synchronize()
            ends.append(time.perf_counter())

    model = AutoModelForSequenceClassification.from_pretrained(
        folder, num_labels=CLASSES, problem_type="multi_label_classification", dtype=torch.float32
    )
    Trainer(
        model=model,
        args=TrainingArguments(
            tempfile.mkdtemp(),
            per_device_train_batch_size=BATCH,
            max_steps=steps,
            learning_rate=1e-5,
            save_strategy="no",
            logging_strategy="no",
            report_to=[],
            disable_tqdm=True,
        ),
        train_dataset=rows,
        data_collator=DataCollatorWithPadding(tokenizer),
        callbacks=[Note()],
    ).train()
    return BATCH * (len(ends) - WARM) / (ends[-1] - ends[WARM - 1])


def predict_ours(table: TokenTable, model: text.TextClassifier, dtype: torch.dtype) -> float:
    """Return rows a second of sorted inference."""
    if DEVICE.type == "cpu":
        quicken(model.encoder)
    infer.logits(model, table, dtype=dtype)
    begun = time.perf_counter()
    infer.logits(model, table, dtype=dtype)
    return (len(table.starts) - 1) / (time.perf_counter() - begun)


def peak(dtype: torch.dtype, size: int = 2048) -> float:
    """Return the measured floating-point operations a second of a large matrix product."""
    a, b = (torch.randn(size, size, device=DEVICE).to(dtype) for _ in range(2))
    best = 0.0
    for _ in range(5):
        if DEVICE.type == "cuda":
            torch.cuda.synchronize()
        begun = time.perf_counter()
        a @ b
        if DEVICE.type == "cuda":
            torch.cuda.synchronize()
        best = max(best, 2 * size**3 / (time.perf_counter() - begun))
    return best


def input_share(table: TokenTable, batches: list[np.ndarray], rate: float) -> float:
    """Return the share of a training step that goes into making its batch."""
    begun = time.perf_counter()
    for rows in batches:
        infer.to_device(table, rows, torch.device("cpu"))
    rows_each = sum(map(len, batches)) / len(batches)
    return (time.perf_counter() - begun) / len(batches) / (rows_each / rate)


def main() -> None:
    """Run every contestant in turn and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--texts", help="table whose first column is the text")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--backbone", default="minilm")
    given = parser.parse_args()
    source = locate(given.backbone)
    steps = given.steps + WARM
    texts = texts_of(given.texts)[: steps * BATCH]
    tokenizer = TextTokenizer.from_folder(source.folder)
    table = tokenizer.encode(texts, max_length=128)
    small = texts[: max(12, given.steps // 3) * BATCH]
    bfloat16 = DEVICE.type == "cuda" or cpu_has_bfloat16()
    fresh = partial(build, tokenizer, source)
    rival = partial(train_rival, folder=source.folder)
    contestants: dict[str, Callable[[], float]] = {
        "train  padded to 128, float32": lambda: rival(small, steps=12 + WARM, pad_to=128),
        "train  dynamic padding, float32": lambda: rival(texts, steps=steps, pad_to=None),
        "train  evenhand, float32": lambda: train_ours(table, fresh(), torch.float32),
        "predict evenhand, float32": lambda: predict_ours(table, fresh(), torch.float32),
    }
    if bfloat16:
        contestants |= {
            "train  evenhand, bfloat16": lambda: train_ours(table, fresh(), torch.bfloat16),
            "predict evenhand, bfloat16": lambda: predict_ours(table, fresh(), torch.bfloat16),
        }
    rates: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(given.rounds):
        for name, run in contestants.items():
            rates[name].append(run())
    _print(table, rates)


def _print(table: TokenTable, rates: dict[str, list[float]]) -> None:
    tokens = float(table.lengths().mean())
    batches = epoch_batches(table.lengths(), BATCH, seed=0, epoch=0)
    waste = padding_waste(table.lengths(), batches)
    weights = 6 * (4 * 384**2 + 2 * 384 * 1536)
    print(f"{len(table.starts) - 1} texts, {tokens:.1f} tokens each, batch {BATCH}, {DEVICE.type}")
    print(f"padding waste {waste:.3f}")
    print(
        f"{'':34}{'rows/s':>8}{'min':>7}{'max':>7}{'x padded':>10}{'x dynamic':>10}{'of peak':>9}"
    )
    padded = statistics.median(rates["train  padded to 128, float32"])
    dynamic = statistics.median(rates["train  dynamic padding, float32"])
    peaks = {name: peak(kind) for name, kind in _kinds(rates).items()}
    for name, values in rates.items():
        middle = statistics.median(values)
        passes = 6 if name.startswith("train") else 2
        share = middle * passes * weights * tokens / peaks[name.rpartition(" ")[2]]
        ratios = f"{middle / padded:>9.1f}x{middle / dynamic:>9.1f}x" if passes == 6 else " " * 20
        print(f"{name:34}{middle:8.0f}{min(values):7.0f}{max(values):7.0f}{ratios}{share:9.0%}")
    best = max(statistics.median(v) for n, v in rates.items() if n.startswith("train  evenhand"))
    print(f"input pipeline {input_share(table, batches, best):.1%} of a training step")
    print("peak " + ", ".join(f"{name} {value / 1e9:.0f} GFLOP/s" for name, value in peaks.items()))


def _kinds(rates: dict[str, list[float]]) -> dict[str, torch.dtype]:
    kinds = {"float32": torch.float32}
    if any(name.endswith("bfloat16") for name in rates):
        kinds["bfloat16"] = torch.bfloat16
    return kinds


if __name__ == "__main__":
    main()
