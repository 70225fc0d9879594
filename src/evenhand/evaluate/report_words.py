"""How figures are said: three decimals, intervals, counts, names in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evenhand.evaluate import terminal
from evenhand.evaluate.intervals import METHOD
from evenhand.evaluate.report_story import Cell
from evenhand.evaluate.terminal import NOT_AVAILABLE

MINUS = "\N{MINUS SIGN}"
UNSTABLE = "< 20 rows"
SPOKEN = {
    "hamming": "Hamming loss",
    "kappa": "Cohen’s kappa",
    "macro_auc": "macro AUC",
    "macro_ap": "macro AP",
    "weighted_f1": "weighted F1",
    "f1_spread": "spread of F1 over classes",
    "macro_f1_half": "macro-F1 without thresholds",
    "neg_nll": "log-likelihood",
    "nll": "log loss",
    "ece": "ECE",
    "adaptive_ece": "ECE, bins of equal count",
    "classwise_ece": "ECE, mean over classes",
    "brier": "Brier score",
    "f1": "F1",
    "auc": "AUC",
    "ap": "AP",
    "mcc": "MCC",
    "lr": "learning rate",
    "grad_norm": "gradient norm",
    "every_class_f1": "F1 of every class",
    "size_mb": "bundle in MB",
}


def number(value: float | None, *, signed: bool = False) -> str:
    """Return three decimals with a true minus sign, or ``n/a``."""
    return terminal.number(value, signed=signed).replace("-", MINUS)


def interval(part: Mapping[str, Any], *, signed: bool = False) -> str:
    """Return ``low to high``, or ``n/a`` where either end is undefined."""
    return terminal.interval(part, signed=signed).replace("-", MINUS)


def percent(share: float) -> str:
    """Return a share in percent with two digits that count: ``0.35 %``, ``12 %``."""
    hundred = 100 * share
    return f"{hundred:.0f} %" if hundred >= 10 or not hundred else f"{hundred:.2g} %"


def level_of(metrics: Mapping[str, Any]) -> str:
    """Return the confidence of the intervals, ``95 %``."""
    return f"{100 * metrics['level']:g} %"


def figure(part: Mapping[str, Any] | None, *, signed: bool = False) -> Cell:
    """Return a cell for a value with its interval; an undefined one reads ``n/a``."""
    if part is None or part["value"] is None:
        return Cell(NOT_AVAILABLE)
    known = part["low"] is not None and part["high"] is not None
    detail = interval(part, signed=signed) if known else ""
    return Cell(number(part["value"], signed=signed), detail, sort=part["value"])


def plain_figure(value: float | None) -> Cell:
    """Return a cell for a value without an interval."""
    return Cell(number(value), sort=value)


def count(value: float) -> Cell:
    """Return a cell for a number of rows."""
    return Cell(f"{int(value):,}", sort=value)


def words(name: str) -> str:
    """Return the name of a figure or a key as a reader would say it."""
    if name in SPOKEN:
        return SPOKEN[name]
    return name.replace("_", " ").replace("macro f1", "macro-F1").replace("micro f1", "micro-F1")


def headline(text: str) -> str:
    """Return a text that begins with a capital letter."""
    return text[:1].upper() + text[1:]


def shortened(text: str, longest: int) -> str:
    """Return a text on one line, cut with an ellipsis."""
    line = " ".join(text.split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def plain(value: Any) -> str:
    """Say any JSON value in a few words: floats rounded, intervals as such, nothing lost."""
    match value:
        case {"value": middle, "low": _, "high": _}:
            said = f"{plain(middle)} ({interval(value)})"
        case {"name": str(name), **settings}:
            rest = {k: v for k, v in settings.items() if k != "task"}
            said = f"{name} ({plain(rest)})" if rest else name
        case Mapping():
            said = ", ".join(f"{words(str(k))} {plain(v)}" for k, v in value.items())
        case list() | tuple():
            said = ", ".join(map(plain, value))
        case float():
            said = f"{value:.4g}".replace("-", MINUS)
        case int() if not isinstance(value, bool):
            said = f"{value:,}"
        case _:
            said = {None: NOT_AVAILABLE, True: "yes", False: "no"}.get(value, str(value))
    return said


def intervals_line(metrics: Mapping[str, Any]) -> str:
    """Say what the intervals of these figures are, and how to draw them again."""
    seed = metrics.get("seed")
    seeded = "" if seed is None else f", seed {seed}"
    kind = metrics.get("interval") or METHOD
    groups = metrics.get("groups")
    what = "rows" if groups is None else f"{groups:,} groups of rows, each drawn as a whole"
    return f"{level_of(metrics)} {kind}, {metrics['resamples']:,} resamples of {what}{seeded}"
