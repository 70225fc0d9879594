"""The decision: calibrator and cuts, fitted on tune rows, kept in one JSON file."""
# Shapes: N rows, C classes.

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from math import isnan
from pathlib import Path
from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray

from evenhand.calibrate import Calibrator, from_dict
from evenhand.calibrate.calibrator import as_probs
from evenhand.calibrate.measures import calibration_figures
from evenhand.decide.choice import Choice, Cuts, Settings
from evenhand.decide.crossfit import CrossFit, Refit, crossfit, out_of_fold
from evenhand.decide.demands import unmet
from evenhand.decide.f1 import count, f1_of, macro_f1
from evenhand.decide.manner import Manner, apply_values
from evenhand.decide.rule import Rule, Source, fit_rule
from evenhand.decide.spread import value_intervals
from evenhand.durable import write_json
from evenhand.errors import DataError, MissingFileError
from evenhand.types import Floats, LabelSpace, Predictions, Probs, Scores, Task


@dataclass(frozen=True)
class Cut:
    """The cut (multi-label) or bias (multi-class) of one label.

    Args:
        value: probability from which the label is given, or bias in nats.
        support: positives that it rests on.
        source: fitted to this label, shared by all labels, fixed beforehand, made of costs
            alone, or the answer to a demand.
        low: lower end of the value's 95 % bootstrap interval; None if none was asked for.
        high: upper end.
        optimism: the label's F1 on the rows that chose the value, less its cross-fitted F1;
            None where one of them is not defined.
    """

    value: float
    support: int
    source: Source
    low: float | None = None
    high: float | None = None
    optimism: float | None = None


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
        shrinkage: positives at which a cut is half its own; 0 none, infinity all shared or fixed.
            Of the labels without costs, where there are such: those with costs have their own.
        estimate: what it is worth.
        at_least_one: a row without labels gets the nearest one.
        exclusive: label that yields to any other.
        asked: what was sought beyond macro-F1: beta, demands, costs and the like.
        calibration: how honest the probabilities are, ``raw`` as they came and ``calibrated``
            on rows that did not fit the calibrator: nll, ece and the like.
        unmet: what the rows that chose the cuts do not allow of it, in words, with how near
            the cuts come.
    """

    labels: LabelSpace
    calibrator: Calibrator
    cuts: tuple[Cut, ...]
    kind: Cuts
    shrinkage: float
    estimate: Estimate
    at_least_one: bool = False
    exclusive: str | None = None
    asked: Mapping[str, Any] = field(default_factory=dict)
    calibration: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)
    unmet: tuple[str, ...] = ()

    @property
    def values_C(self) -> Floats:
        """Cuts or biases in the order of the labels, ``(C,)``."""
        return np.array([cut.value for cut in self.cuts], dtype=np.float64)

    @property
    def manner(self) -> Manner:
        """Rules that come after the cuts."""
        exclusive = None if self.exclusive is None else self.labels.index(self.exclusive)
        return Manner(self.at_least_one, exclusive)

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

        ``p >= value`` for multi-label, then ``exclusive`` and ``at_least_one``; for multi-class
        exactly one True a row, at ``argmax(log p + value)``. Raises as ``probs``.
        """
        return apply_values(self.probs(scores), self.values_C, self.labels.task, self.manner)

    def frame(self) -> dict[str, list[Any]]:
        """Return columns label, value, support, source, low, high, optimism: a row a label."""
        names = [f.name for f in fields(Cut)]
        columns = {name: [getattr(cut, name) for cut in self.cuts] for name in names}
        return {"label": list(self.labels.names), **columns}

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
            "at_least_one": self.at_least_one,
            "exclusive": self.exclusive,
            "asked": dict(self.asked),
            "calibration": {name: dict(found) for name, found in self.calibration.items()},
            "unmet": list(self.unmet),
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
            at_least_one=bool(stored.get("at_least_one", False)),
            exclusive=stored.get("exclusive"),
            asked=stored.get("asked", {}),
            calibration=stored.get("calibration", {}),
            unmet=tuple(stored.get("unmet", ())),
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
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise DataError(
                "E204",
                "that is no decision written by evenhand",
                got=f"{path}: {type(error).__name__} {error}",
                fix="write it again with evenhand decide",
            ) from error


def fit_decision(
    predictions: Predictions,
    *,
    seed: int = 0,
    strict: bool = True,
    refit: Refit | None = None,
    **settings: Unpack[Settings],
) -> Decision:
    """Fit calibrator and cuts on tune rows, and estimate honestly what they are worth.

    With ``calibrate="none"``, ``shrink="none"`` and ``min_support=1`` every cut attains the
    highest F1 that any cut reaches on these rows.

    Args:
        predictions: tune rows; from any model. Rows of one group share a fold and count as one
            piece of evidence.
        seed: of folds and resamples.
        strict: refuse a demand that cannot be met; else it is met as nearly as the rows allow,
            and ``unmet`` says so.
        refit: makes the scores anew for each fold of the estimates, where tune rows chose them.
        settings: see ``Choice`` for each. Among them ``calibrate`` (``temperature`` if not
            given), ``cuts`` (``per-label``), ``shrink`` (``auto``), ``min_support`` (5), ``beta``,
            demands such as ``recall={"spam": 0.95}``, ``costs``, and ``resamples``.

    Raises:
        DataError: E212 for report rows, E207 for fewer than two groups, E201 for a name that is
            no label, E214 for a demand that cannot be met.
        ConfigError: E101, E102 or E105 for settings that cannot be.
    """
    return fit_and_crossfit(predictions, seed=seed, strict=strict, refit=refit, **settings)[0]


def fit_and_crossfit(
    predictions: Predictions,
    *,
    seed: int = 0,
    strict: bool = True,
    refit: Refit | None = None,
    **settings: Unpack[Settings],
) -> tuple[Decision, CrossFit]:
    """Return ``fit_decision`` and the cross-fitting that its estimates come from."""
    crossed = crossfit(predictions, seed=seed, refit=refit, **settings)
    truth_NC, labels = predictions.truth_NC, predictions.labels
    choice = Choice(**settings, seed=seed)
    rule = fit_rule(predictions, choice)
    decided_NC, probs_NC = rule.decide(predictions.scores)
    bare_NC = apply_values(probs_NC, rule.values_C, labels.task)
    faults = unmet(truth_NC, decided_NC, labels, choice.wishes(labels), ruled=True)
    faults |= unmet(truth_NC, bare_NC, labels, choice.wishes(labels))
    if strict and faults:
        raise next(iter(faults.values()))
    optimism_C = f1_of(count(truth_NC, decided_NC)) - f1_of(count(truth_NC, crossed.decided_NC))
    interval_2C = value_intervals(probs_NC, truth_NC, labels, rule=rule, choice=choice)
    decision = Decision(
        labels=labels,
        calibrator=rule.calibrator,
        cuts=_cuts(rule, interval_2C, optimism_C),
        kind=choice.cuts,
        shrinkage=_shrinkage(rule, choice, labels),
        estimate=Estimate(_number(crossed.macro_f1), _number(macro_f1(truth_NC, decided_NC))),
        at_least_one=choice.at_least_one,
        exclusive=choice.exclusive,
        asked=choice.asked(),
        calibration=_calibration(
            predictions if refit is None else out_of_fold(predictions, refit, seed=seed), crossed
        ),
        unmet=tuple(f"{labels.names[c]}: {fault.got}" for c, fault in faults.items()),
    )
    return decision, crossed


def _calibration(predictions: Predictions, crossed: CrossFit) -> dict[str, dict[str, float | None]]:
    task, truth_NC = predictions.labels.task, predictions.truth_NC
    raw = as_probs(predictions.scores, task)
    return {
        "raw": calibration_figures(raw, truth_NC, task),
        "calibrated": calibration_figures(Probs(crossed.probs_NC), truth_NC, task),
    }


def _cuts(rule: Rule, interval_2C: Floats, optimism_C: Floats) -> tuple[Cut, ...]:
    low_C, high_C = interval_2C
    columns = (rule.values_C, rule.support_C, low_C, high_C, optimism_C)
    rows = zip(*(column.tolist() for column in columns), rule.sources, strict=True)
    return tuple(
        Cut(value, int(support), source, _number(low), _number(high), _number(optimism))
        for value, support, low, high, optimism, source in rows
    )


def _values_key(task: Task) -> str:
    return "thresholds" if task is Task.MULTILABEL else "biases"


def _shrinkage(rule: Rule, choice: Choice, labels: LabelSpace) -> float:
    """Return the strength of the first label without costs, or of all where all have costs."""
    priced_C = choice.plan(labels).aim.priced(len(labels))
    return float(rule.strength_C[int(priced_C.argmin())])


def _number(value: float) -> float | None:
    return None if isnan(value) else value
