"""Gates: what a run must reach before it counts as a success.

A gate passes on its figure alone; beside it stands whether the whole interval passes too,
which is what to look at when few rows were measured. What is undefined or was not measured
passes no gate.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from evenhand.types import LabelSpace, Task

KEYS: Mapping[str, str] = {
    "macro_f1": "macro-F1 must be above this, 0 to 1",
    "every_class_f1": "F1 of every class must be above this, 0 to 1",
    "recall": "label -> its recall must be above this, 0 to 1",
    "precision": "label -> its precision must be above this, 0 to 1",
    "f1": "label -> its F1 must be above this, 0 to 1",
    "size_mb": "the bundle must be smaller than this, in megabytes (10^6 bytes)",
    "hours": "training and evaluation must take less than this, in hours",
}
"""Keys of a run file's ``[gates]``, each optional, with one line about them."""
OF_A_LABEL = ("recall", "precision", "f1")


@dataclass(frozen=True)
class Facts:
    """What gates are held against.

    Args:
        metrics: what ``metrics.json`` holds.
        size_mb: of the bundle, in 10^6 bytes; None if there is none.
        hours: that the run took; None if unknown.
    """

    metrics: Mapping[str, Any]
    size_mb: float | None = None
    hours: float | None = None


@dataclass(frozen=True)
class GateResult:
    """One gate and what was found at it.

    Args:
        gate: what was asked for, such as ``recall of fraud``.
        bound: that the figure must exceed, or stay below.
        above: whether it must exceed it.
        value: the figure; None where it is undefined or was not measured.
        low: lower end of its interval, if it has one.
        high: upper end.
        note: what else must be known to judge the result.
    """

    gate: str
    bound: float
    above: bool
    value: float | None
    low: float | None = None
    high: float | None = None
    note: str = ""

    @property
    def passed(self) -> bool:
        """Whether the figure is strictly on the right side."""
        return self._beyond(self.value)

    @property
    def certain(self) -> bool | None:
        """Whether the whole interval is on the right side; None without an interval."""
        if self.low is None or self.high is None:
            return None
        return self.passed and self._beyond(self.low if self.above else self.high)

    def _beyond(self, value: float | None) -> bool:
        if value is None or math.isnan(value):
            return False
        return value > self.bound if self.above else value < self.bound

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self) | {"passed": self.passed, "certain": self.certain}

    def line(self) -> str:
        """Return the gate in one line: ``pass  macro_f1 0.513 (0.497 to 0.528) > 0.5``."""
        outcome, sign = "pass" if self.passed else "FAIL", ">" if self.above else "<"
        shown = "n/a" if self.value is None else f"{self.value:.3f}"
        if self.low is not None and self.high is not None:
            shown += f" ({self.low:.3f} to {self.high:.3f})"
        notes = [self.note] if self.note else []
        if self.passed and self.certain is False:
            notes.append("the interval reaches past the bound")
        told = f"; {'; '.join(notes)}" if notes else ""
        return f"{outcome}  {self.gate} {shown} {sign} {self.bound:g}{told}"


def judge(gates: Mapping[str, Any], facts: Facts) -> list[GateResult]:
    """Hold a run against its gates; no gates give an empty list.

    Args:
        gates: keys as in ``KEYS``; one that is None or left out asks for nothing.
        facts: metrics, size, time.

    Raises:
        DataError: E201 for a gate of a label that the run does not have.
    """
    refuse_unknown_labels(gates, _labels(facts))
    rows = {row["name"]: row for row in facts.metrics["per_class"]}
    asked = [key for key in KEYS if gates.get(key) is not None]
    return [result for key in asked for result in _held(key, gates[key], facts, rows=rows)]


def refuse_unknown_labels(gates: Mapping[str, Any], labels: LabelSpace) -> None:
    """Raise for a gate of a label that the data does not have; to be called before training.

    Raises:
        DataError: E201 with a spelling hint.
    """
    for key in OF_A_LABEL:
        for name in gates.get(key) or {}:
            labels.index(name)


def all_passed(results: Sequence[GateResult]) -> bool:
    """Say whether no gate fails; True where there is none."""
    return all(result.passed for result in results)


def _held(
    key: str, wanted: Any, facts: Facts, *, rows: Mapping[str, Mapping[str, Any]]
) -> Iterator[GateResult]:
    if key == "macro_f1":
        undefined = facts.metrics["undefined"]
        note = f"{undefined} classes undefined and left out" if undefined else ""
        yield _above(key, wanted, facts.metrics["overall"]["macro_f1"], note)
    elif key == "every_class_f1":
        weakest = min(rows.values(), key=_worth)
        yield _above(key, wanted, weakest["f1"], f"weakest: {_about(weakest)}")
    elif key in OF_A_LABEL:
        for name, bound in wanted.items():
            yield _above(f"{key} of {name}", bound, rows[name][key], _unstable(rows[name]))
    else:
        value = facts.size_mb if key == "size_mb" else facts.hours
        note = "" if value is not None else "not measured"
        yield GateResult(key, float(wanted), above=False, value=value, note=note)


def _labels(facts: Facts) -> LabelSpace:
    return LabelSpace(tuple(facts.metrics["labels"]), Task(facts.metrics["task"]))


def _above(gate: str, bound: float, found: Mapping[str, Any], note: str) -> GateResult:
    return GateResult(
        gate,
        float(bound),
        above=True,
        value=found["value"],
        low=found["low"],
        high=found["high"],
        note=note,
    )


def _worth(row: Mapping[str, Any]) -> float:
    """Rank a class by F1, one whose F1 is undefined before all others: it has shown nothing."""
    value = row["f1"]["value"]
    return -1.0 if value is None else float(value)


def _about(row: Mapping[str, Any]) -> str:
    unstable = _unstable(row)
    return f"{row['name']}, {unstable}" if unstable else str(row["name"])


def _unstable(row: Mapping[str, Any]) -> str:
    return f"only {row['support']} positives" if row["unstable"] else ""
