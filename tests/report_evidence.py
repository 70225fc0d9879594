"""Evidence of made-up systems for tests of the report; the same arguments give the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from evenhand.calibrate.measures import calibration_measures
from evenhand.evaluate.report import Evidence
from evenhand.types import LabelSpace, Logits, Predictions, Probs, Role, Task

CUT = {
    "value": 0.3,
    "support": 8,
    "source": "own",
    "low": 0.25,
    "high": 0.41,
    "optimism": None,
}
FINDING = {
    "code": "A201",
    "severity": "warning",
    "title": "labels are uneven",
    "evidence": "yes has 90 rows, no 9",
    "advice": "",
    "settings": ["loss=asymmetric"],
}
EMOTIONS = tuple(f"emotion {n:02}" for n in range(28))


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
        "interval": "percentile bootstrap",
        "seed": 7,
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


def gate(bound: float, *, passed: bool) -> dict[str, Any]:
    return {
        "gate": "macro_f1",
        "bound": bound,
        "above": True,
        "value": 0.5,
        "low": 0.3,
        "high": 0.7,
        "note": "",
        "passed": passed,
        "certain": False,
    }


def mistakes(names: Sequence[str]) -> dict[str, Any]:
    row = {"label": names[0], "probability": 0.97, "truth": [], "decided": [names[0]]}
    return {
        "rows": 300,
        "wrong": 30,
        "words": [],
        "effects": [],
        "hardest": {"false_alarm": [row | {"id": "3"}, row | {"id": "4"}]},
    }


def training_history(steps: int) -> list[dict[str, Any]]:
    step = {"kind": "step", "epoch": 1, "lr": 5e-5, "grad_norm": 0.3}
    epoch = {"kind": "epoch", "fit_loss": 0.1, "tune_loss": 0.12, "metric": "tuned_macro_f1"}
    noise = np.random.default_rng(3).random(steps)
    lines = [{**step, "step": n + 1, "loss": float(0.1 + noise[n])} for n in range(steps)]
    ends = [{**epoch, "step": steps * n // 4, "epoch": n, "best": n == 3} for n in range(1, 5)]
    values = [{"tuned_macro_f1": 0.1 * e["epoch"], "macro_f1_half": 0.2} for e in ends]
    return lines + [e | v for e, v in zip(ends, values, strict=True)]


def evidence_of(
    names: Sequence[str], task: Task, *, rows: int = 300, steps: int = 40, rarest: float = 1 / 40
) -> Evidence:
    """Make scores of some skill for classes whose shares fall geometrically."""
    rng = np.random.default_rng(11)
    share_C = np.geomspace(1, rarest, len(names)) / 3
    label_N = rng.choice(len(names), size=rows, p=share_C / share_C.sum())
    truth_NC = np.eye(len(names), dtype=np.float32)[label_N]
    if task is Task.MULTILABEL:
        truth_NC = (rng.random((rows, len(names))) < share_C).astype(np.float32)
        truth_NC[0] = 1.0
    noise_NC = 1.3 * rng.normal(size=truth_NC.shape)
    probs_NC = Logits(np.log(share_C) + 3.5 * truth_NC + noise_NC).probs(task).values_NC
    given_NC = probs_NC >= (0.3 if task is Task.MULTILABEL else probs_NC.max(axis=1)[:, None])
    per_class = [
        class_row(name, truth_NC[:, c], given_NC[:, c], 0.3) for c, name in enumerate(names)
    ]
    space = LabelSpace(tuple(names), task)
    ids = tuple(str(n) for n in range(rows))
    predictions = Predictions(ids, Probs(probs_NC), truth_NC, space, Role.REPORT)
    wrong_C = (truth_NC != given_NC).sum(axis=0)
    counts: dict[str, Any] = {"one_vs_rest": [[rows - int(w), int(w), 2, 3] for w in wrong_C]}
    if task is Task.MULTICLASS:
        counts = {"matrix": (truth_NC.T @ given_NC).astype(int).tolist()}
    cuts = {row["name"]: dict(CUT) for row in per_class}
    measured = calibration_measures(Probs(probs_NC), truth_NC, task)
    return Evidence(
        metrics={
            **shared(predictions, per_class),
            "confusion": {"labels": [*names], **counts},
            "calibration": {"raw": measured, "calibrated": measured},
            "averages": {"f1": {"macro": 0.5, "micro": None, "weighted": 0.6, "undefined": 1}},
            "gates": [gate(0.4, passed=True), gate(0.9, passed=False)],
            "mistakes": mistakes(names),
            "data_findings": [FINDING],
        },
        predictions=predictions,
        probs_NC=probs_NC,
        history=training_history(steps),
        texts={"3": "a text <b>in bold</b>"},
        findings=[FINDING | {"code": "D104"}],
        rows={"fit": 1000, "report": rows},
        positives={
            "fit": {name: 10 * (c + 1) for c, name in enumerate(names)},
            "report": {name: int(n) for name, n in zip(names, truth_NC.sum(axis=0), strict=True)},
        },
        settings={"loss": {"name": "auto"}, "seed": 7},
        provenance={"version": "0.1.0", "seed": "7", "data_sha256": "53aa51172d142c89" * 4},
        ledger=["read 43,410 rows of train.tsv", "set aside 17 rows: no label"],
        decision={
            "labels": [*names],
            "kind": "per-label",
            "calibrator": {"name": "temperature", "temperature": 1.138},
            "thresholds" if task is Task.MULTILABEL else "biases": cuts,
        },
    )
