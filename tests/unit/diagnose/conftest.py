"""Patients made by hand: one that is healthy, to be made sick in one place at a time."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from evenhand.diagnose import Patient
from evenhand.types import FitStatistics, LabelSpace, Logits, Predictions, Role, Task

NAMES = ("joy", "anger", "grief")
SHARES = (0.4, 0.2, 0.1)
ROWS = 200


def records(losses: list[float], *, passes: int = 4, peak: float = 1e-4) -> dict[str, Any]:
    """Return steps with these losses under a linear schedule, and an epoch record a pass."""
    n = len(losses)
    steps = [
        {
            "kind": "step",
            "step": i + 1,
            "epoch": 1 + i * passes // n,
            "loss": loss,
            "lr": peak * (1 - i / n),
            "grad_norm": 0.5,
        }
        for i, loss in enumerate(losses)
    ]
    epochs = [
        {
            "kind": "epoch",
            "step": (k + 1) * n // passes,
            "epoch": k + 1,
            "fit_loss": 0.30 / (k + 1),
            "tune_loss": 0.32 / (k + 1),
            "metric": "tuned_macro_f1",
            "value": 0.8 + 0.02 * k,
            "macro_f1_half": 0.7 + 0.02 * k,
            "best": True,
            "predicted_C": [80, 40, 20],
            "spread": 1.0 + k,
        }
        for k in range(passes)
    ]
    return {"steps": steps, "epochs": epochs}


def predictions(scores_NC: Any, truth_NC: Any, task: Task = Task.MULTILABEL) -> Predictions:
    """Return tune predictions with names made up as needed."""
    truth_NC = np.asarray(truth_NC, np.float32)
    n, c = truth_NC.shape
    names = (*NAMES, *(f"label-{i}" for i in range(3, c)))[:c]
    return Predictions(
        tuple(f"r{i}" for i in range(n)),
        Logits(np.asarray(scores_NC, np.float64)),
        truth_NC,
        LabelSpace(names, task),
        Role.TUNE,
    )


def system(name: str, kind: str, value: float, *, ap: bool) -> dict[str, Any]:
    """Return a row of the systems with an interval 0.02 to either side."""
    part = {"value": value, "low": value - 0.02, "high": value + 0.02}
    return {"name": name, "kind": kind, "macro_f1": part, "macro_ap": part if ap else None}


def truth() -> np.ndarray:
    """Return 200 rows that carry the labels at 40, 20 and 10 %, spread evenly."""
    rows = np.arange(ROWS)
    return np.stack([rows % 5 < 2, rows % 5 == 4, rows % 10 == 3], axis=1).astype(np.float32)


def decision(values: tuple[float, ...], *, supports: tuple[int, ...] = (80, 40, 20)) -> Any:
    """Return a stored decision with a cut of its own for each label."""
    return {
        "task": "multilabel",
        "labels": list(NAMES[: len(values)]),
        "kind": "per-label",
        "calibrator": {"name": "none", "task": "multilabel"},
        "thresholds": {
            name: {"value": v, "support": s, "source": "own"}
            for name, v, s in zip(NAMES, values, supports, strict=False)
        },
        "shrinkage": 0.0,
        "estimate": {"metric": "macro_f1", "cross_fitted": 0.8, "in_sample": 0.83},
        "expected_optimism": 0.03,
    }


@pytest.fixture
def patient() -> Callable[..., Patient]:
    """Return a maker of patients: healthy but for what is passed."""

    def make(**sick: Any) -> Patient:
        truth_NC = truth()
        random = np.random.default_rng(0)
        parts: dict[str, Any] = {
            "config": {
                "data": {"sample": None},
                "model": {"max_length": 128, "precision": "auto", "head": {"name": "linear"}},
                "loss": {"name": "auto"},
                "sampler": {"name": "natural"},
                "augment": [],
                "mix": {"name": "none"},
                "optim": {"lr": 1e-4, "head_lr": None, "frozen_layers": 0, "unfreeze_every": 0},
                "schedule": {"name": "linear"},
                "train": {"epochs": 4, "batch_size": 32, "accumulate": 1, "r_drop": 0.0},
                "decision": {"cuts": "per-label", "shrink": "auto"},
            },
            "fit": FitStatistics(
                Task.MULTILABEL, 2000, 2000 * np.array(SHARES), np.full(3, 2000.0)
            ),
            **records(list(np.linspace(0.5, 0.1, 400))),
            "tune": predictions(4 * truth_NC - 2 + random.normal(0, 0.5, truth_NC.shape), truth_NC),
            "decision": decision((0.5, 0.5, 0.5)),
            "systems": [
                system("evenhand, a cut a label", "ours", 0.86, ap=True),
                system("TF-IDF + logistic regression", "baseline", 0.7, ap=True),
                system("majority", "baseline", 0.19, ap=False),
                system("all-positive", "baseline", 0.36, ap=False),
            ],
            "facts": {
                "planned_steps": 400,
                "steps_done": 400,
                "truncated_share": 0.01,
                "corrections": [],
                "never_reached": [],
                "learning_share": 1.0,
                "data_share": 1.0,
                "stopped": "all passes",
            },
            "rows": {"fit": 2000, "tune": ROWS, "report": 0},
        }
        config = {**parts["config"]}
        for section, values in sick.pop("config", {}).items():
            config[section] = (
                {**config.get(section, {}), **values} if isinstance(values, dict) else values
            )
        facts = parts["facts"] | sick.pop("facts", {})
        return Patient(**(parts | {"config": config, "facts": facts} | sick))

    return make


@pytest.fixture
def running(patient: Callable[..., Patient]) -> Callable[..., Patient]:
    """Return a maker of patients under way: history, settings and what is known beforehand."""

    def make(**sick: Any) -> Patient:
        unknown = {"tune": None, "report": None, "decision": None, "systems": ()}
        made = patient(**(unknown | sick))
        for key in ("stopped", "steps_done"):
            made.facts.pop(key, None)  # type: ignore[attr-defined]
        return made

    return make


@pytest.fixture
def by_hand() -> SimpleNamespace:
    """Return what patients are made of: records, predictions, system, truth, decision."""
    return SimpleNamespace(
        records=records, predictions=predictions, system=system, truth=truth, decision=decision
    )
