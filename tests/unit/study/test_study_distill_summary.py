"""The result of a distillation on one screen."""

import io

import pytest
from rich.console import Console

from evenhand.study.distill.summary import summary, verdict
from evenhand.study.distill.table import Distilled

NOTHING = {"value": None, "low": None, "high": None}


def figure(value, low, high):
    return {"value": value, "low": low, "high": high}


def difference(name, value, low, high):
    gap = {"a": 0.0, "b": 0.0, "difference": value, "low": low, "high": high}
    return {"name": name, "macro_f1": gap, "macro_ap": gap, "flips": {"count": 1234}}


def contents(value=0.02, low=0.01, high=0.03, **more):
    systems = [
        {"name": "teacher", "macro_f1": figure(0.61, 0.55, 0.66), "macro_ap": NOTHING,
         "minutes": None, "megabytes": 471.3},
        {"name": "student", "macro_f1": figure(0.6, 0.54, 0.65),
         "macro_ap": figure(0.7, 0.6, 0.8), "minutes": 12.34, "megabytes": 90.9},
    ]  # fmt: skip
    known = {
        "role": "report", "estimate": "held out", "rows": 1000, "fit_rows": 5000,
        "unlabelled_rows": 0, "weight": 0.5, "notes": ["so it is"], "systems": systems,
        "differences": [
            difference("student less student alone", value, low, high),
            difference("teacher less student", 0.01, -0.02, 0.04),
        ],
    }  # fmt: skip
    return {**known, **more}


@pytest.mark.parametrize(
    ("gap", "said"),
    [
        ((0.02, 0.01, 0.03), "the teacher helped: macro-F1 +0.020 (+0.010 to +0.030) over"),
        ((-0.02, -0.03, -0.01), "the teacher did harm: macro-F1 -0.020"),
        ((0.02, -0.01, 0.05), "no gain from the teacher is proven: macro-F1 +0.020"),
        ((None, None, None), "nothing is known: macro-F1 is undefined"),
    ],
)
def test_only_an_interval_off_0_is_a_verdict(gap, said):
    assert verdict(contents(*gap))[0].startswith(said)


def test_one_screen_holds_it_all():
    console = Console(width=100, record=True, file=io.StringIO())
    summary(contents(unlabelled_rows=700, role="tune", estimate="cross-fitted"), console=console)
    lines = console.export_text().splitlines()
    assert len(lines) < 15
    assert max(map(len, lines)) <= 100
    assert lines[1:3] == [
        "learnt from 5,000 fit rows and 700 unlabelled rows, 50% teacher",
        "cross-fitted on 1,000 tune rows (the epochs were chosen on them too)",
    ]
    cells = ["teacher", "0.610", "0.550", "to", "0.660", "n/a", "n/a", "n/a", "471.3"]
    assert any(line.split() == cells for line in lines)
    assert any("student less student alone" in line and "1,234" in line for line in lines)
    assert lines[-1] == "note: so it is"


def test_the_result_is_a_table_and_a_copy():
    found = Distilled(contents())
    table = found.frame()
    assert table["name"].to_pylist() == ["teacher", "student"]
    assert table["macro_ap_low"].to_pylist() == [None, 0.6]
    assert table["megabytes"].to_pylist() == [471.3, 90.9]
    found.to_dict()["systems"].clear()
    assert len(found.contents["systems"]) == 2
