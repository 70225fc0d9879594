"""The decision: calibrator and cuts, fitted on tune rows, kept in one JSON file."""
# Shapes: N rows, C classes.

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evenhand.calibrate import Calibrator, from_dict
from evenhand.decide.crossfit import crossfit
from evenhand.decide.f1 import macro_f1
from evenhand.decide.rule import Choice, Cuts, Shrink, Source, fit_rule
from evenhand.decide.shrink import apply_values
from evenhand.durable import write_json
from evenhand.errors import DataError, MissingFileError
from evenhand.types import Floats, LabelSpace, Predictions, Scores, Task


@dataclass(frozen=True)
class Cut:
    """The cut (multi-label) or bias (multi-class) of one label.

    Args:
        value: probability from which the label is given, or bias in nats.
        support: positives that it rests on.
        source: fitted to this label, shared by all labels, or fixed beforehand.
    """

    value: float
    support: int
    source: Source


@dataclass(frozen=True)
class Estimate:
    """Macro-F1 of a decision, in [0, 1]; None where it is not defined.

    Args:
        cross_fitted: each row decided by a rule fitted on other rows.
        in_sample: on the very rows that chose it; too good.
    """

    cross_fitted: float | None
    in_sample: float | None

    @property
    def expected_optimism(self) -> float | None:
        """In-sample less cross-fitted: how much of the first is flattery."""
        if self.in_sample is None or self.cross_fitted is None:
            return None
        return self.in_sample - self.cross_fitted


@dataclass(frozen=True)
class Decision:
    """Turns scores into labels, the same way everywhere.

    Args:
        labels: names and task; the order of every ``C`` axis.
        calibrator: scores to probabilities.
        cuts: one a label, in the order of ``labels``.
        kind: fixed, global or per-label.
        shrinkage: positives at which a cut is half its own; 0 none, infinity all shared.
        estimate: what it is worth.
    """

    labels: LabelSpace
    calibrator: Calibrator
    cuts: tuple[Cut, ...]
    kind: Cuts
    shrinkage: float
    estimate: Estimate

    @property
    def values_C(self) -> Floats:
        """Cuts or biases in the order of the labels, ``(C,)``."""
        return np.array([cut.value for cut in self.cuts], dtype=np.float64)

    def probs(self, scores: Scores) -> Floats:
        """Return calibrated probabilities, ``(N, C)``.

        Raises:
            DataError: E213 when the scores have another number of columns.
        """
        if scores.values_NC.shape[1] != len(self.labels):
            raise DataError(
                "E213",
                "scores and decision have different label spaces",
                got=f"{scores.values_NC.shape[1]} columns of scores, {len(self.labels)} labels",
                fix="pass scores with the columns: " + ", ".join(self.labels.names[:12]),
            )
        return self.calibrator.apply(scores).values_NC

    def decide(self, scores: Scores) -> NDArray[np.bool_]:
        """Return the labels given, bool, ``(N, C)``.

        ``p >= value`` for multi-label; for multi-class exactly one True a row, at
        ``argmax(log p + value)``. Raises as ``probs``.
        """
        return apply_values(self.probs(scores), self.values_C, self.labels.task)

    def frame(self) -> dict[str, list[Any]]:
        """Return columns label, value, support, source: one row a label."""
        return {
            "label": list(self.labels.names),
            "value": [cut.value for cut in self.cuts],
            "support": [cut.support for cut in self.cuts],
            "source": [cut.source for cut in self.cuts],
        }

    def to_dict(self) -> dict[str, Any]:
        """Return what ``decision.json`` holds."""
        return {
            "task": self.labels.task.value,
            "labels": list(self.labels.names),
            "kind": self.kind,
            "calibrator": self.calibrator.to_dict(),
            _values_key(self.labels.task): {
                name: asdict(cut) for name, cut in zip(self.labels.names, self.cuts, strict=True)
            },
            "shrinkage": self.shrinkage if np.isfinite(self.shrinkage) else "inf",
            "estimate": {"metric": "macro_f1", **asdict(self.estimate)},
            "expected_optimism": self.estimate.expected_optimism,
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Decision:
        """Build the decision that ``to_dict`` described.

        Raises:
            KeyError: when a part is missing; ``load`` turns this into E204.
        """
        labels = LabelSpace(tuple(stored["labels"]), Task(stored["task"]))
        values, estimate = stored[_values_key(labels.task)], stored["estimate"]
        return cls(
            labels=labels,
            calibrator=from_dict(stored["calibrator"]),
            cuts=tuple(Cut(**values[name]) for name in labels.names),
            kind=stored["kind"],
            shrinkage=float(stored["shrinkage"]),
            estimate=Estimate(estimate["cross_fitted"], estimate["in_sample"]),
        )

    def save(self, path: Path) -> None:
        """Write ``decision.json``, whole or not at all. Raises E106 as ``write_json``."""
        write_json(path, self.to_dict())

    @classmethod
    def load(cls, path: Path) -> Decision:
        """Read what ``save`` wrote.

        Raises:
            MissingFileError: E202 when there is no such file.
            DataError: E204 when it is no decision.
        """
        try:
            return cls.from_dict(json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError as error:
            raise MissingFileError(
                "E202", "there is no such decision", got=str(path), fix="check the path"
            ) from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DataError(
                "E204",
                "that is no decision written by evenhand",
                got=f"{path}: {type(error).__name__} {error}",
                fix="write it again with evenhand decide",
            ) from error


def fit_decision(
    predictions: Predictions,
    *,
    calibrate: str = "temperature",
    cuts: Cuts = "per-label",
    shrink: Shrink = "auto",
    min_support: int = 5,
    seed: int = 0,
) -> Decision:
    """Fit calibrator and cuts on tune rows, and estimate honestly what they are worth.

    With ``calibrate="none"``, ``shrink="none"`` and ``min_support=1`` every cut attains the
    highest F1 that any cut reaches on these rows.

    Args:
        predictions: tune rows; from any model.
        calibrate: name of a calibrator, ``none`` or ``auto``.
        cuts: ``fixed`` (0.5 or argmax), ``global`` or ``per-label``.
        shrink: ``auto`` pulls weakly supported cuts to the global one, ``none`` does not.
        min_support: a label with fewer positives gets the global cut.
        seed: of the folds.

    Raises:
        DataError: E212 for report rows, E207 for fewer than two rows.
        ConfigError: E101 or E102 for settings that cannot be.
    """
    settings: dict[str, Any] = {
        "calibrate": calibrate,
        "cuts": cuts,
        "shrink": shrink,
        "min_support": min_support,
    }
    crossed = crossfit(predictions, seed=seed, **settings)
    task, choice = predictions.labels.task, Choice(**settings, seed=seed)
    rule = fit_rule(predictions.scores, predictions.truth_NC, task, choice)
    decided_NC, _ = rule.decide(predictions.scores)
    in_sample = macro_f1(predictions.truth_NC, decided_NC)
    values = zip(rule.values_C.tolist(), rule.support_C.tolist(), rule.sources, strict=True)
    return Decision(
        labels=predictions.labels,
        calibrator=rule.calibrator,
        cuts=tuple(Cut(value, int(support), source) for value, support, source in values),
        kind=cuts,
        shrinkage=rule.strength,
        estimate=Estimate(_number(crossed.macro_f1), _number(in_sample)),
    )


def _values_key(task: Task) -> str:
    return "thresholds" if task is Task.MULTILABEL else "biases"


def _number(value: float) -> float | None:
    return None if isnan(value) else value
