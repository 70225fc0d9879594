"""Networks that read windows of series: several streams, some of them missing.

What needs torch is imported when it is first used, so that listing parts costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from evenhand.models.series.augmenters import SERIES_AUGMENTERS, augmented_table
from evenhand.models.series.networks import NETWORKS
from evenhand.models.series.table import WindowTable

if TYPE_CHECKING:
    from evenhand.models.series.classifier import SeriesClassifier, blank, build

__all__ = [
    "NETWORKS",
    "SERIES_AUGMENTERS",
    "SeriesClassifier",
    "WindowTable",
    "augmented_table",
    "blank",
    "build",
]


def __getattr__(name: str) -> Any:
    """Import the classifier, and torch with it, on first use."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module("evenhand.models.series.classifier"), name)
