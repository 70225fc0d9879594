"""Summary of a pair: what it says, and that it fits a hundred columns."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from evenhand.evaluate.compare import OVERALL, Settings, compare
from evenhand.evaluate.compare_rows import Answered
from evenhand.evaluate.pair_summary import moved, pair_lines, pair_summary, token_lines
from evenhand.types import LabelSpace, Task

Contents = dict[str, Any]

LATENCY = {"rows": 256, "repeats": 5, "device": "cpu", "processor": "Some CPU", "cores": 2}
FRAGMENTED = {"value": 1.84, "low": 1.79, "high": 1.9, "rows": 4, "left_out": 0}
GONE = dict.fromkeys(("macro_f1", "mcnemar", "four_way", "flips"))


def times(ms: float) -> dict[str, float]:
    return {"ms": ms, "low": ms * 0.9, "high": ms * 1.2}


def perturbation(found: Contents, column: str, name: str) -> Contents:
    test = found["mcnemar"][OVERALL] | {"p_holm": 0.00001}
    return {
        "name": name,
        "rate": 0.05,
        "column": column,
        "rows": 4,
        "changed": 3,
        "macro_f1": found["macro_f1"],
        "mcnemar": {OVERALL: test},
        "flips": found["flips"],
    }


@pytest.fixture
def contents() -> Contents:
    """Return a comparison of four rows, A right on the first two, B on none."""
    truth_NC = np.array([[1, 0], [0, 1], [0, 0], [1, 1]], np.float32)
    labels = LabelSpace(("toxic", "other"), Task.MULTILABEL)
    a_NC = np.array([[1, 0], [0, 1], [1, 0], [0, 0]], bool)
    ids = ("r1", "r2", "r3", "r4")
    a, b = (
        Answered(name, ids, truth_NC, given_NC, labels)
        for name, given_NC in (("text", a_NC), ("text_romaji", ~a_NC))
    )
    found = compare(a, b, settings=Settings(resamples=100)).to_dict()
    row = {"mean": 8.7, "median": 8.5, "p95": 13.0, "per_character": 0.213, "per_byte": 0.071}
    row |= {"unknown_rate": 0.3942, "unknown_texts": 0.5, "truncated": 0.25}
    return found | {
        "pair": {
            "run": "runs/x",
            "trained_on": "text",
            "a": {"column": "text", "stored": "p/pair-text.parquet"},
            "b": {"column": "text_romaji", "stored": "p/pair-text_romaji.parquet"},
            "data": None,
            "rows": 4,
            "role": "report",
            "decided": "decided by the run's cuts",
            "set_aside": {"'text_romaji' is empty": 1200},
            "notes": ["a note"],
        },
        "tokens": {
            "counted": "tokens of the text itself",
            "max_length": 128,
            "a": row,
            "b": row | {"unknown_rate": None},
            "fragmentation": FRAGMENTED,
            "latency": LATENCY | {"a": times(0.281), "b": times(1234.5)},
        },
        "perturbations": [
            perturbation(found, "text", "typos"),
            {"name": "romanisation", "rate": 1.0, "column": "text", "changed": 0} | GONE,
        ],
    }


def printed(contents: Contents) -> list[str]:
    sink = io.StringIO()
    pair_summary(contents, console=Console(file=sink, width=100, highlight=False))
    return [line.rstrip() for line in sink.getvalue().splitlines()]


def test_rows_and_files(contents: Contents) -> None:
    assert pair_lines(contents["pair"]) == [
        "one run, two writings: runs/x, trained on 'text'",
        "4 report rows, decided by the run's cuts",
        "  1,200 set aside: 'text_romaji' is empty",
        "  a note",
        "scores stored in p/pair-text.parquet",
        "              and p/pair-text_romaji.parquet",
    ]
    of_file = pair_lines(contents["pair"] | {"data": "new.csv"})[1]
    assert of_file == "4 report rows of new.csv, decided by the run's cuts"


def test_labels_that_moved_most_come_first() -> None:
    def of(gained: int, lost: int) -> dict[str, int]:
        return {"gained": gained, "lost": lost}

    said = moved({"x": of(1, 0), "y": of(2, 3), "z": of(0, 0)})
    assert said == "labels given (+) and taken away (-) by B: y +2 -3, x +1 -0"
    assert moved({"z": of(0, 0)}) == "labels: B gives and takes none"
    many = moved({f"c{i}": of(1, 0) for i in range(11)})
    assert many.endswith("c7 +1 -0, ... 3 more")


def test_fragmentation_says_what_it_is(contents: Contents) -> None:
    assert token_lines(contents["tokens"])[0] == (
        "fragmentation: 1.840 (1.790 to 1.900) tokens of B for one of A, mean over 4 rows"
    )
    nothing = FRAGMENTED | {"value": None, "low": None, "high": None, "left_out": 4}
    lines = token_lines(contents["tokens"] | {"fragmentation": nothing})
    assert lines[0] == "fragmentation: n/a, no text has a token in A"
    assert lines[1] == "  4 rows left out: no token in A"


def test_the_tables(contents: Contents) -> None:
    lines = printed(contents)
    cells = {" ".join(line.split()[:2]): line.split() for line in lines}
    assert cells["A text"][2:] == [
        "8.7", "8.5", "13", "0.213", "0.071", "39.42%", "25.0%", "0.281", "(0.253", "to", "0.337)"
    ]  # fmt: skip
    assert cells["B text_romaji"][7:] == ["n/a", "25.0%", "1234", "(1111", "to", "1481)"]
    flips = contents["flips"]
    assert cells["A typos"][2:8] == [
        "0.05", "3", "4", "(100.0%)", str(flips["to_wrong"]), str(flips["to_right"])
    ]  # fmt: skip
    assert cells["A typos"][-3:] == ["p", "<", "0.0001"]
    assert cells["A romanisation"][2:] == ["1", "0", *["n/a"] * 6]
    assert lines[-1] == "n/a, no text changes: romanisation of 'text'"


def test_without_perturbations_there_is_no_table_of_them(contents: Contents) -> None:
    assert not any("perturbed" in line for line in printed(contents | {"perturbations": []}))


def test_long_names_and_many_rows_fit_a_hundred_columns(contents: Contents) -> None:
    column = "a_very_long_name_of_a_column_of_texts"
    contents["pair"] |= {"a": {"column": column, "stored": "p"}, "rows": 98_765}
    contents["tokens"]["a"] |= {"mean": 1234.5, "median": 1234.5, "p95": 2345}
    contents["tokens"]["latency"]["a"] = times(123.0)
    wide = perturbation(contents, column, "romanisation")
    wide |= {"changed": 98_765}
    wide["flips"] = wide["flips"] | {"count": 98_765, "to_wrong": 45_678, "to_right": 45_678}
    lines = printed(contents | {"perturbations": [wide]})
    assert max(map(len, lines)) <= 100
    cut = [line for line in lines if "…" in line]
    assert [line.split()[0] for line in cut] == ["A"]
    row = next(line for line in lines if line.startswith("A romanisation"))
    assert "98,765 (100.0%)" in row
    assert row.endswith("p < 0.0001")
