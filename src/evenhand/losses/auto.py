"""The plain loss that suits the data."""

from __future__ import annotations

from evenhand.losses import LOSSES, Loss
from evenhand.losses.bce import bce
from evenhand.losses.ce import ce
from evenhand.losses.terms import Smoothing
from evenhand.types import FitStatistics, Task


@LOSSES.register("auto")
def auto(fit: FitStatistics, /, *, smoothing: Smoothing = 0.0) -> Loss:
    """The plain loss that suits the data: bce for any number of labels a row, ce for one."""
    plain = bce if fit.task is Task.MULTILABEL else ce
    return plain(fit, smoothing=smoothing)
