"""What an exported graph says against what the trained network said of the same rows."""
# Shapes: N rows, C classes.

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from evenhand.calibrate.measures import calibration_figures
from evenhand.evaluate.compare import Settings, compare
from evenhand.evaluate.compare_rows import Answered
from evenhand.evaluate.metrics import Decided
from evenhand.evaluate.terminal import figure
from evenhand.types import Floats, Predictions, Probs

PRECISIONS = ("float32", "int8")
LOST_BY_A_CLASS = 0.01
"""F1 that no class may lose, unless the interval of its loss says that it may be chance."""
DOUBT = 0.05
"""Chance that any of the classes' intervals misses, all together (after Bonferroni): with 28 of
them at 95 % each, every second export would lose a class by chance."""
RESAMPLES = 5000
KEPT = 0.995
"""Share of macro-F1 that must be left."""
MOVED_BY_NEIGHBOURS = 1e-6
"""How far a probability may move with the other rows of a batch: rounding, and no more."""


@dataclass(frozen=True)
class Measured:
    """What a system says of the measured rows.

    Args:
        rows: with its scores; logits.
        decided_NC: labels given, bool.
        probs_NC: calibrated probabilities.
    """

    rows: Predictions
    decided_NC: Decided
    probs_NC: Floats


@dataclass(frozen=True)
class Gate:
    """A condition of an export.

    Args:
        name: what must hold.
        passed: whether it does.
        found: the figure that decided.
    """

    name: str
    passed: bool
    found: str


@dataclass(frozen=True)
class Parity:
    """How an export compares with the network that it was made from.

    Args:
        precision: ``float32`` or ``int8``.
        megabytes: of the graph, in 10^6 bytes.
        rows: measured.
        role: of these rows; tune rows are each decided by cuts that others chose.
        largest: difference of a logit.
        typical: difference of a logit, the mean.
        flips: labels that are given by one of the two alone.
        macro_f1: ``a`` before, ``b`` after, ``difference``, ``low``, ``high``.
        ece: expected calibration error before and after; None where it is not defined.
        per_class: of each class ``name``, ``support``, F1 ``before`` and ``after``, and an interval
            of the difference; these hold for all classes together.
        gates: all must pass.
    """

    precision: str
    megabytes: float
    rows: int
    role: str
    largest: float
    typical: float
    flips: int
    macro_f1: dict[str, Any]
    ece: tuple[float | None, float | None]
    per_class: tuple[dict[str, Any], ...]
    gates: tuple[Gate, ...]

    @property
    def passed(self) -> bool:
        """Whether every gate is."""
        return all(gate.passed for gate in self.gates)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self) | {"passed": self.passed}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Parity:
        """Return what ``to_dict`` gave.

        Raises:
            LookupError, TypeError, ValueError, AttributeError: for anything else.
        """
        if stored["precision"] not in PRECISIONS:
            raise ValueError(f"precision {stored['precision']!r}")
        plain = {field.name: stored[field.name] for field in fields(cls)}
        gates = tuple(Gate(**gate) for gate in stored["gates"])
        before, after = stored["ece"]
        own = {"per_class": tuple(stored["per_class"]), "ece": (before, after), "gates": gates}
        return cls(**{**plain, **own})


def measure_parity(
    before: Measured, after: Measured, *, precision: str, megabytes: float, neighbours: float
) -> Parity:
    """Compare an export with the network that it was made from, on the same rows.

    Args:
        before: what the network says.
        after: what the export says, with a decision of its own.
        precision: of the export.
        megabytes: of its graph.
        neighbours: by how much a probability was seen to move with its batch.

    Raises:
        DataError: E211 when the rows are not the same.
    """
    both = _answered("before", before), _answered("after", after)
    figures = compare(*both).to_dict()
    together = Settings(level=1 - DOUBT / len(before.rows.labels), resamples=RESAMPLES)
    classes = compare(*both, settings=together).to_dict()["per_class"]
    per_class = tuple(map(_of_class, classes))
    gap_NC = np.abs(after.rows.scores.values_NC - before.rows.scores.values_NC)
    return Parity(
        precision=precision,
        megabytes=megabytes,
        rows=len(before.rows),
        role=str(before.rows.role),
        largest=float(gap_NC.max()),
        typical=float(gap_NC.mean()),
        flips=int((before.decided_NC != after.decided_NC).sum()),
        macro_f1=figures["macro_f1"],
        ece=(_ece(before), _ece(after)),
        per_class=per_class,
        gates=_gates(figures["macro_f1"], per_class, neighbours),
    )


def _answered(name: str, system: Measured) -> Answered:
    rows = system.rows
    return Answered(
        name,
        rows.ids,
        rows.truth_NC,
        system.decided_NC,
        rows.labels,
        scores_NC=system.probs_NC,
        groups_N=rows.groups_N,
    )


def _ece(system: Measured) -> float | None:
    rows = system.rows
    figures = calibration_figures(Probs(system.probs_NC), rows.truth_NC, rows.labels.task)
    return figures["ece"]


def _of_class(row: dict[str, Any]) -> dict[str, Any]:
    """Return what parity says of a class."""
    gap = row["f1_difference"]
    return {
        "name": row["name"],
        "support": row["support"],
        "before": row["f1_a"]["value"],
        "after": row["f1_b"]["value"],
        "difference": gap["value"],
        "low": gap["low"],
        "high": gap["high"],
    }


def _gates(
    macro: dict[str, Any], per_class: Sequence[dict[str, Any]], neighbours: float
) -> tuple[Gate, ...]:
    lost = [row for row in per_class if _is_lost(row)]
    known = [row for row in per_class if row["difference"] is not None]
    worst = min(known, key=lambda row: row["difference"], default=None)
    share = macro["b"] / macro["a"] if macro["a"] else None
    return (
        Gate(
            f"no class loses more than {LOST_BY_A_CLASS} F1, chance aside",
            not lost,
            ", ".join(_said(row) for row in lost or ([worst] if worst else [])) or "no class known",
        ),
        Gate(
            f"macro-F1 keeps {KEPT:.1%}",
            share is None or share >= KEPT,
            "not defined" if share is None else f"{share:.2%}",
        ),
        Gate(
            "no answer depends on the rows beside it",
            neighbours <= MOVED_BY_NEIGHBOURS,
            f"a probability moved by {neighbours:.1e}",
        ),
    )


def _is_lost(row: dict[str, Any]) -> bool:
    """Whether a class loses more than it may, and by more than chance explains."""
    gap, high = row["difference"], row["high"]
    return gap is not None and gap < -LOST_BY_A_CLASS and (high is None or high < 0)


def _said(row: dict[str, Any]) -> str:
    return f"{row['name']} {figure(row, 'difference', signed=True)}"
