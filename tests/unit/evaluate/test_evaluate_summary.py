"""Summary: one plain screen with the verdict, the systems and the weakest classes."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from rich.console import Console

from evenhand.evaluate.summary import estimate_line, summary

Results = dict[str, Any]


def part(value: float | None, width: float = 0.02) -> dict[str, float | None]:
    if value is None:
        return dict.fromkeys(("value", "low", "high"))
    return {"value": value, "low": value - width, "high": value + width}


def system(name: str, kind: str, value: float) -> Results:
    averages = dict.fromkeys(("macro_f1", "micro_f1", "weighted_f1", "accuracy"), part(value))
    return {
        "name": name,
        "kind": kind,
        "macro_ap": part(0.4) if kind == "ours" else None,
    } | averages


@pytest.fixture
def results() -> Results:
    """Class k of 28 has F1 k/28 and 10 + k positives, so ten are under 20."""
    return {
        "estimate": "held out",
        "role": "report",
        "rows": 1085,
        "task": "multilabel",
        "labels": [f"class-{k}" for k in range(28)],
        "level": 0.95,
        "resamples": 1000,
        "note": None,
        "undefined": 0,
        "systems": [
            system("evenhand, a cut a label", "ours", 0.5),
            system("evenhand, one cut", "ours", 0.48),
            system("evenhand, fixed 0.5", "ours", 0.3),
            system("TF-IDF + logistic regression", "baseline", 0.44),
            system("majority", "baseline", 0.02),
            system("prior", "baseline", 0.05),
            system("all-positive", "baseline", 0.08),
        ],
        "differences": [{"name": "over TF-IDF + logistic regression", "macro_f1": part(0.06)}],
        "per_class": [
            {
                "name": f"class-{k}",
                "support": 10 + k,
                "f1": part(k / 28),
                "threshold": 0.25,
                "unstable": k < 10,
            }
            for k in reversed(range(28))
        ],
        "never_predicted": [],
        "equals_baseline": [],
    }


def printed(results: Results, **console: Any) -> str:
    stream = io.StringIO()
    summary(results, console=Console(file=stream, width=80, **console))
    return stream.getvalue()


def words(text: str) -> str:
    return " ".join(text.split())


def test_the_verdict_names_interval_best_baseline_and_paired_difference(results: Results) -> None:
    text = words(printed(results))
    assert text.startswith("Better than the best baseline")
    assert "0.500 (95 % interval 0.480 to 0.520)" in text
    assert "TF-IDF + logistic regression, reaches 0.440" in text
    assert "+0.060 (+0.040 to +0.080), excludes zero" in text
    assert "held out: 1,085 report rows" in text


@pytest.mark.parametrize(
    ("value", "judgement", "zero"),
    [
        (0.01, "Not shown to be better than the best baseline", "includes zero"),
        (-0.06, "Worse than the best baseline", "excludes zero"),
    ],
)
def test_the_verdict_is_no_kinder_than_the_difference(
    results: Results, value: float, judgement: str, zero: str
) -> None:
    results["differences"][0]["macro_f1"] = part(value)
    text = words(printed(results))
    assert text.startswith(judgement)
    assert zero in text
    assert text.isascii()


def test_weakest_eight_and_strongest_three_are_listed_in_order(results: Results) -> None:
    lines = [line.split() for line in printed(results).splitlines()]
    listed = [line[0] for line in lines if line and line[0].startswith("class-")]
    assert listed == [f"class-{k}" for k in (*range(8), 25, 26, 27)]
    assert "... 17 more" in printed(results)
    assert ["class-1", "11*", "0.036", "0.016", "to", "0.056", "0.250"] in lines
    assert ["class-27", "37", "0.964", "0.944", "to", "0.984", "0.250"] in lines
    assert "* fewer than 20 positives: unstable" in printed(results)


def test_few_classes_are_all_listed_once(results: Results) -> None:
    results["per_class"] = results["per_class"][:11]
    text = printed(results)
    assert "more" not in text
    assert all(text.count(f"class-{k} ") == 1 for k in range(17, 28))


def test_every_system_stands_in_the_table(results: Results) -> None:
    lines = printed(results).splitlines()
    for one in results["systems"]:
        assert any(line.startswith(one["name"]) for line in lines)
    row = next(line for line in lines if line.startswith("evenhand, one cut"))
    assert row.split()[3:] == ["0.480", "0.460", "to", "0.500", "0.480", "0.400"]


def test_undefined_reads_not_available_and_comes_first(results: Results) -> None:
    results["per_class"][0] |= {"f1": part(None)}
    results["undefined"] = 1
    lines = printed(results).splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("class, weakest first"))
    assert lines[at + 1].split() == ["class-27", "37", "n/a", "n/a", "0.250"]
    assert "n/a and left out of macro-F1: 1" in lines[-1]


def long_note(results: Results) -> None:
    results["note"] = "word " * 100


def long_names(results: Results) -> None:
    for row in results["per_class"]:
        row["name"] += "-名前" * 60


def silent_classes(results: Results) -> None:
    results["never_predicted"] = results["labels"]
    results["equals_baseline"] = ["majority", "prior", "all-positive"]


@pytest.mark.parametrize("strain", [lambda results: None, long_note, long_names, silent_classes])
def test_it_fits_one_screen(results: Results, strain: Callable[[Results], None]) -> None:
    strain(results)
    lines = printed(results).splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 80


def test_colour_is_for_terminals_only(results: Results) -> None:
    assert "\x1b[" not in printed(results)
    assert "\x1b[" in printed(results, force_terminal=True, color_system="standard", _environ={})


def test_brackets_in_a_class_name_are_no_markup(results: Results) -> None:
    results["per_class"][-1]["name"] = "[bold]weak[/]"
    assert "[bold]weak[/]" in printed(results)


def test_a_bias_is_not_called_a_cut(results: Results) -> None:
    results["task"] = "multiclass"
    header = next(x for x in printed(results).splitlines() if x.startswith("class, weakest"))
    assert header.split()[-1] == "bias"


def test_a_cross_fitted_estimate_says_what_else_saw_the_rows(results: Results) -> None:
    results |= {"estimate": "cross-fitted", "role": "tune", "rows": 5426}
    expected = "cross-fitted on 5,426 tune rows (the epoch was chosen on them too)"
    assert estimate_line(results) == expected
    assert expected in printed(results)


@pytest.mark.parametrize(("source", "said"), [("fixed", True), ("own", False)])
def test_where_no_cut_moved_a_line_says_so(results: Results, source: str, said: bool) -> None:
    for row in results["per_class"]:
        row["threshold_source"] = source
    lines = printed(results).splitlines()
    sentence = "no cut proved better than 0.5 beyond chance: cuts stay there"
    assert (sentence in lines) == said
    assert len(lines) <= 40


def test_of_cuts_that_were_fixed_beforehand_nothing_is_said_to_stay(results: Results) -> None:
    results["systems"][0], results["systems"][2] = results["systems"][2], results["systems"][0]
    for row in results["per_class"]:
        row["threshold_source"] = "fixed"
    assert "stay" not in printed(results)
