import re
from dataclasses import replace
from html import escape
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

from evenhand.errors import DataError, WriteError
from evenhand.evaluate.report import Evidence, cautions, interval, number, render, verdict
from evenhand.evaluate.report import write_report
from evenhand.types import LabelSpace, Predictions, Probs, Role, Task

EMOTIONS = (
    "admiration amusement anger annoyance approval caring confusion curiosity desire "
    "disappointment disapproval disgust embarrassment excitement fear gratitude grief joy love "
    "nervousness optimism pride realization relief remorse sadness surprise neutral"
).split()


def part(value: float | None, half: float = 0.02) -> dict[str, float | None]:
    if value is None:
        return {"value": None, "low": None, "high": None}
    return {"value": value, "low": max(0.0, value - half), "high": min(1.0, value + half)}


def system(name: str, macro: float, kind: str = "baseline") -> dict[str, Any]:
    return {
        "name": name,
        "kind": kind,
        "macro_f1": part(macro),
        "micro_f1": part(min(1.0, macro + 0.06)),
        "weighted_f1": part(min(1.0, macro + 0.05)),
        "macro_ap": part(macro + 0.01) if kind == "ours" else None,
        "accuracy": part(macro),
    }


def shared(predictions: Predictions, per_class: list[dict[str, Any]]) -> dict[str, Any]:
    macro = float(np.mean([row["f1"]["value"] or 0.0 for row in per_class]))
    return {
        "estimate": "held out",
        "role": predictions.role.value,
        "rows": len(predictions),
        "task": predictions.labels.task.value,
        "labels": list(predictions.labels.names),
        "level": 0.95,
        "resamples": 1000,
        "note": None,
        "undefined": 0,
        "systems": [
            system("balanced", macro, "ours"),
            system("TF-IDF + logistic regression", 0.8 * macro),
            system("all positive", 0.09),
            system("majority", 0.02),
        ],
        "differences": [
            {"name": "over TF-IDF + logistic regression", "macro_f1": part(0.2 * macro)},
            {"name": "over all positive", "macro_f1": part(macro - 0.09)},
        ],
        "per_class": per_class,
        "overall": {"brier": 0.0312, "expected_calibration_error": part(0.0101, 0.002)},
        "never_predicted": [],
        "equals_baseline": [],
    }


def class_row(name: str, truth_N: Any, predicted_N: Any, cut: float | None) -> dict[str, Any]:
    hits = int((truth_N * predicted_N).sum())
    support, given = int(truth_N.sum()), int(predicted_N.sum())
    f1 = 2 * hits / (support + given) if support + given else None
    half = 0.9 / (support + 1) ** 0.5
    return {
        "name": name,
        "support": support,
        "precision": part(hits / given if given else None, half),
        "recall": part(hits / support if support else None, half),
        "f1": part(f1, half),
        "f1_half": part(None if f1 is None else f1 * (0.6 + 0.4 * min(1.0, support / 300)), half),
        "ap": part(None if f1 is None else f1 * 0.98, half),
        "auc": 0.93 if support else None,
        "mcc": f1,
        "threshold": cut,
        "threshold_source": "own" if support >= 20 else "shrunk",
        "unstable": support < 20,
    }


def training_history(steps: int) -> list[dict[str, Any]]:
    rng = np.random.default_rng(3)
    per_epoch = max(1, steps // 5)
    lines: list[dict[str, Any]] = []
    for step in range(1, steps + 1):
        warm = min(step / (0.1 * steps), (steps - step) / (0.9 * steps))
        loss = 0.08 + 0.25 * np.exp(-6 * step / steps) + 0.01 * rng.normal()
        epoch = (step - 1) // per_epoch + 1
        lines.append(
            {
                "kind": "step",
                "step": step,
                "epoch": epoch,
                "loss": float(loss),
                "lr": 5e-5 * warm,
                "grad_norm": float(0.3 + 0.1 * rng.random()),
            }
        )
        if step % per_epoch == 0:
            lines.append(
                {
                    "kind": "epoch",
                    "epoch": epoch,
                    "step": step,
                    "fit_loss": 0.07 + 0.12 / epoch,
                    "tune_loss": 0.085 + 0.08 / epoch + 0.002 * epoch,
                    "metric": "tuned_macro_f1",
                    "tuned_macro_f1": 0.52 - 0.2 / epoch**2 - 0.004 * max(0, epoch - 4),
                    "macro_f1_half": 0.44 - 0.3 / epoch,
                    "best": epoch == 4,
                }
            )
    return lines


def multilabel_evidence(
    names: list[str] = EMOTIONS, rows: int = 5426, steps: int = 2000
) -> Evidence:
    rng = np.random.default_rng(11)
    share_C = np.geomspace(0.33, 0.0012, len(names))[rng.permutation(len(names))]
    truth_NC = (rng.random((rows, len(names))) < share_C).astype(np.float32)
    truth_NC[0] = 1.0
    skill_C = rng.uniform(1.5, 5.5, len(names))
    logits_NC = (
        np.log(share_C) + skill_C * (truth_NC - 0.15) + 1.4 * rng.normal(size=truth_NC.shape)
    )
    probs_NC = 1 / (1 + np.exp(-logits_NC))
    cuts_C = np.clip(np.quantile(probs_NC, 1 - share_C, axis=0).diagonal(), 0.05, 0.9)
    given_NC = probs_NC >= cuts_C
    per_class = [
        class_row(name, truth_NC[:, c], given_NC[:, c], float(cuts_C[c]))
        for c, name in enumerate(names)
    ]
    predictions = Predictions(
        tuple(str(n) for n in range(rows)),
        Probs(probs_NC),
        truth_NC,
        LabelSpace(tuple(names), Task.MULTILABEL),
        Role.REPORT,
    )
    counts = [
        [
            int(np.sum((truth_NC[:, c] == t) & (given_NC[:, c] == g)))
            for t, g in ((0, 0), (0, 1), (1, 0), (1, 1))
        ]
        for c in range(len(names))
    ]
    confusion = {"labels": names, "one_vs_rest": counts}
    thresholds = {
        row["name"]: {
            "value": row["threshold"],
            "support": row["support"] * 8,
            "low": row["threshold"] * 0.8,
            "high": row["threshold"] * 1.2,
            "source": row["threshold_source"],
        }
        for row in per_class
    }
    return Evidence(
        metrics={**shared(predictions, per_class), "confusion": confusion},
        predictions=predictions,
        probs_NC=probs_NC,
        history=training_history(steps),
        provenance={"version": "0.1.0", "seed": "7", "data_sha256": "53aa51172d142c89" * 4},
        ledger=["read 43,410 rows of train.tsv", "set aside 17 rows: no label"],
        decision={
            "calibrator": {"name": "temperature", "temperature": 1.138},
            "expected_optimism": 0.0212,
            "thresholds": thresholds,
        },
    )


def multiclass_evidence(names: list[str], rows: int = 400, steps: int = 100) -> Evidence:
    rng = np.random.default_rng(5)
    share_C = np.geomspace(1, 1 / 40, len(names))
    label_N = rng.choice(len(names), size=rows, p=share_C / share_C.sum())
    truth_NC = np.eye(len(names), dtype=np.float32)[label_N]
    logits_NC = np.log(share_C) + 3 * truth_NC + 1.2 * rng.normal(size=truth_NC.shape)
    probs_NC = np.exp(logits_NC) / np.exp(logits_NC).sum(axis=1, keepdims=True)
    given_N = logits_NC.argmax(axis=1)
    per_class = [
        class_row(name, truth_NC[:, c], (given_N == c).astype(float), 0.1 * c)
        for c, name in enumerate(names)
    ]
    predictions = Predictions(
        tuple(str(n) for n in range(rows)),
        Probs(probs_NC),
        truth_NC,
        LabelSpace(tuple(names), Task.MULTICLASS),
        Role.TUNE,
    )
    matrix = np.zeros((len(names), len(names)), dtype=int)
    np.add.at(matrix, (label_N, given_N), 1)
    metrics = shared(predictions, per_class)
    metrics |= {"estimate": "cross-fitted", "confusion": {"labels": names}}
    metrics["confusion"]["matrix"] = matrix.tolist()
    return Evidence(
        metrics=metrics,
        predictions=predictions,
        probs_NC=probs_NC,
        history=training_history(steps),
        ledger=["read 400 rows"],
        decision={"calibrator": None, "biases": {n: 0.1 * c for c, n in enumerate(names)}},
    )
