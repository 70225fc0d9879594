"""Gates: strict bounds, undefined figures, and what stands beside a verdict."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from evenhand.errors import DataError
from evenhand.evaluate.gates import (
    KEYS,
    Facts,
    GateResult,
    all_passed,
    judge,
    refuse_unknown_labels,
)
from evenhand.types import LabelSpace, Task


def figure(value: float | None, reach: float = 0.1) -> dict[str, float | None]:
    if value is None:
        return dict.fromkeys(("value", "low", "high"))
    return {"value": value, "low": value - reach, "high": value + reach}


def metrics(rare_f1: float | None = 0.3) -> dict[str, Any]:
    def row(name: str, f1: float | None, support: int) -> dict[str, Any]:
        return {
            "name": name,
            "support": support,
            "f1": figure(f1),
            "recall": figure(0.8),
            "precision": figure(0.6),
            "unstable": support < 20,
        }

    return {
        "task": "multilabel",
        "labels": ["common", "rare"],
        "undefined": int(rare_f1 is None),
        "overall": {"macro_f1": figure(0.5)},
        "per_class": [row("common", 0.7, 200), row("rare", rare_f1, 9)],
    }


def only(gates: dict[str, Any], facts: Facts | None = None) -> GateResult:
    (result,) = judge(gates, facts or Facts(metrics()))
    return result


def test_no_gates_fail_nothing() -> None:
    assert judge({}, Facts(metrics())) == []
    assert judge(dict.fromkeys(KEYS), Facts(metrics())) == []
    assert all_passed([])


def test_a_bound_must_be_exceeded() -> None:
    assert not only({"macro_f1": 0.5}).passed
    passed = only({"macro_f1": 0.49})
    assert passed.passed
    assert passed.certain is False
    assert only({"macro_f1": 0.3}).certain is True


def test_every_class_is_as_good_as_the_weakest() -> None:
    result = only({"every_class_f1": 0.3})
    assert (result.value, result.passed) == (0.3, False)
    assert result.note == "weakest: rare, only 9 positives"


def test_a_class_that_shows_nothing_passes_no_gate() -> None:
    result = only({"every_class_f1": 0.0}, Facts(metrics(rare_f1=None)))
    assert result.value is None
    assert not result.passed
    assert result.certain is None
    assert "n/a > 0" in result.line()
    assert only({"macro_f1": 0.1}, Facts(metrics(None))).note == "1 classes undefined and left out"


def test_gates_of_labels_are_judged_one_by_one() -> None:
    results = judge({"recall": {"rare": 0.75, "common": 0.9}}, Facts(metrics()))
    assert [(r.gate, r.passed) for r in results] == [
        ("recall of rare", True),
        ("recall of common", False),
    ]
    assert not all_passed(results)


def test_size_and_time_must_stay_below() -> None:
    facts = Facts(metrics(), size_mb=90.8, hours=2.0)
    size, hours = judge({"size_mb": 100, "hours": 2}, facts)
    assert (size.passed, hours.passed) == (True, False)
    assert size.certain is None
    assert not only({"size_mb": 100}).passed
    assert only({"size_mb": 100}).note == "not measured"


def test_a_gate_of_no_label_is_refused_with_a_hint() -> None:
    with pytest.raises(DataError, match=r"E201(.|\n)*did you mean 'rare'"):
        judge({"recall": {"rarer": 0.5}}, Facts(metrics()))
    with pytest.raises(DataError, match=r"E201"):
        refuse_unknown_labels({"f1": {"x": 0.1}}, LabelSpace(("a", "b"), Task.MULTICLASS))


def test_the_line_of_a_gate() -> None:
    assert only({"macro_f1": 0.49}).line() == (
        "pass  macro_f1 0.500 (0.400 to 0.600) > 0.49; the interval reaches past the bound"
    )
    assert only({"f1": {"rare": 0.5}}).line() == (
        "FAIL  f1 of rare 0.300 (0.200 to 0.400) > 0.5; only 9 positives"
    )


def test_results_are_plain_json() -> None:
    stored = json.loads(json.dumps(only({"macro_f1": 0.3}).to_dict(), allow_nan=False))
    assert stored["passed"] is True
    assert stored["certain"] is True
    assert stored["gate"] == "macro_f1"


def test_nan_passes_no_gate() -> None:
    assert not GateResult("macro_f1", 0.0, above=True, value=math.nan).passed
