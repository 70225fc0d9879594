"""Figures of several seeds side by side."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from evenhand.evaluate.repeats import Repeats


def metrics(macro: float, *classes: float | None) -> dict[str, Any]:
    return {
        "overall": {"macro_f1": {"value": macro, "low": 0.0, "high": 1.0}, "hamming": 0.1},
        "per_class": [
            {"name": f"c{place}", "f1": {"value": value}} for place, value in enumerate(classes)
        ],
    }


@pytest.fixture
def repeats() -> Repeats:
    return Repeats.of(
        {3: metrics(0.5, 0.2, 0.8), 4: metrics(0.6, 0.6, 0.8), 5: metrics(0.7, None, 0.8)}
    )


def test_mean_and_deviation_are_those_of_a_sample(repeats: Repeats) -> None:
    assert repeats.seeds == (3, 4, 5)
    (macro,) = repeats.overall
    assert macro.name == "macro_f1"
    assert macro.mean == pytest.approx(0.6)
    assert macro.deviation == pytest.approx(0.1)
    assert repeats.per_class[1].deviation == 0.0


def test_a_class_that_one_seed_leaves_undefined_has_no_mean(repeats: Repeats) -> None:
    first = repeats.per_class[0]
    assert first.values == (0.2, 0.6, None)
    assert first.mean is None
    assert first.deviation is None


def test_the_table_has_the_most_restless_class_first(repeats: Repeats) -> None:
    printed = io.StringIO()
    repeats.show(console=Console(file=printed, width=100))
    lines = [line.split() for line in printed.getvalue().splitlines()]
    assert lines[0] == ["over", "seeds", "seed", "3", "seed", "4", "seed", "5", "mean", "deviation"]
    assert lines[1] == ["macro", "f1", "0.500", "0.600", "0.700", "0.600", "0.100"]
    assert lines[2] == ["c0", "0.200", "0.600", "n/a", "n/a", "n/a"]
    assert lines[3] == ["c1", "0.800", "0.800", "0.800", "0.800", "0.000"]


def test_classes_beyond_a_screen_are_counted() -> None:
    many = [0.1 * place for place in range(10)]
    repeats = Repeats.of({0: metrics(0.5, *many), 1: metrics(0.5, *many)})
    printed = io.StringIO()
    repeats.show(console=Console(file=printed, width=100))
    assert "2 more classes differ less" in printed.getvalue()
