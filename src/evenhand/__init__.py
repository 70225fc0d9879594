"""Classifiers that treat rare classes even-handedly, and show the evidence.

The public names are imported when they are first used, so that ``import evenhand`` is cheap and
changes nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evenhand.api import load, train
    from evenhand.decide import fit_decision
    from evenhand.errors import EvenhandError
    from evenhand.estimator import DecisionClassifier
    from evenhand.text_classifier import EvenhandClassifier
    from evenhand.types import LabelSpace, Logits, Predictions, Probs, Role, Task

__version__ = "0.1.0"

_HOME = {
    "DecisionClassifier": "evenhand.estimator",
    "EvenhandClassifier": "evenhand.text_classifier",
    "EvenhandError": "evenhand.errors",
    "LabelSpace": "evenhand.types",
    "Logits": "evenhand.types",
    "Predictions": "evenhand.types",
    "Probs": "evenhand.types",
    "Role": "evenhand.types",
    "Task": "evenhand.types",
    "fit_decision": "evenhand.decide",
    "load": "evenhand.api",
    "train": "evenhand.api",
}

__all__ = [
    "DecisionClassifier",
    "EvenhandClassifier",
    "EvenhandError",
    "LabelSpace",
    "Logits",
    "Predictions",
    "Probs",
    "Role",
    "Task",
    "fit_decision",
    "load",
    "train",
]


def __getattr__(name: str) -> Any:
    """Import a public name on first use."""
    if name not in _HOME:
        raise AttributeError(f"module 'evenhand' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted([*globals(), *__all__])
