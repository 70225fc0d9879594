"""The page and the words of a search, from figures made by hand."""

from __future__ import annotations

import re
from typing import Any

import pytest

from evenhand.study.search.page import page_of
from evenhand.study.search.space import Choice, Range, Space
from evenhand.study.search.summary import gain, honest, lines_of

SPACE = Space(
    "own",
    {
        "loss.name": Choice(("auto", "<focal>")),
        "optim.lr": Range(1e-5, 1e-3, log=True),
        "loss.gamma": Range(1.0, 3.0),
    },
    owners={"loss.gamma": ("<focal>",)},
)


def trial(number: int, value: float | None, *, passes: int = 3, **settings: Any) -> dict[str, Any]:
    reached = [0.1 * place for place in range(1, passes + 1)]
    return {
        "number": number,
        "state": "complete" if value is not None else "pruned",
        "value": value,
        "passes": reached,
        "planned": 3,
        "params": {"loss.name": "auto", "optim.lr": 1e-4, **settings},
        "settings": {"loss.name": "auto", "optim.lr": 1e-4, **settings},
        "fault": "" if value is not None else "pruned after pass 1",
    }


@pytest.fixture
def figures() -> dict[str, Any]:
    return {
        "objective": "tuned_macro_f1",
        "counts": {"complete": 3, "pruned": 1, "failed": 0},
        "best": 2,
        "value": 0.61234,
        "recipe_value": 0.5,
        "passes": {"made": 10, "without_pruning_at_most": 12},
        "trials": [
            trial(0, 0.5),
            trial(1, None, passes=1),
            trial(2, 0.61234, **{"loss.name": "<focal>", "loss.gamma": 2.0}),
            trial(3, 0.4, **{"optim.lr": 1e-3}),
        ],
        "space": SPACE.to_dict(),
        "pruner": "median",
        "seed": 7,
        "importance": {"optim.lr": 0.75, "loss.name": 0.25},
        "final": {
            "estimate": "held out",
            "rows": 1200,
            "level": 0.95,
            "macro_f1": {"value": 0.55, "low": 0.5, "high": 0.6},
        },
        "against_recipe": {
            "rows": "report",
            "level": 0.95,
            "macro_f1": {"a": 0.5, "b": 0.55, "difference": 0.05, "low": 0.01, "high": 0.09},
        },
    }


def test_the_words_name_value_recipe_cost_warning_and_what_can_be_believed(
    figures: dict[str, Any],
) -> None:
    said = "\n".join(lines_of(figures))
    assert "best    0.6123 in 4 trials (trial 3)" in said
    assert "recipe  0.5000" in said
    assert "3 came to their end, 1 pruned, 0 failed" in said
    assert "10 made; without pruning at most 12" in said
    assert "WARNING the best of 4 values on the same tune rows is optimistic" in said
    assert "macro-F1 0.550 (95% interval 0.500 to 0.600) on 1,200 report rows" in said
    assert "+0.050 over the recipe on the report rows" in said
    assert "better than the recipe" in said


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.01, 0.09, ": better than the recipe"),
        (-0.09, -0.01, ": worse than the recipe"),
        (-0.01, 0.11, ": no difference is proven"),
        (None, None, "not known"),
    ],
)
def test_a_gain_is_one_only_where_its_interval_excludes_zero(
    figures: dict[str, Any], low: float | None, high: float | None, said: str
) -> None:
    figures["against_recipe"]["macro_f1"] |= {"low": low, "high": high}
    assert said in gain(figures)


def test_where_the_recipe_is_best_there_is_no_gain(figures: dict[str, Any]) -> None:
    assert "no trial was better" in gain(figures | {"best": 0, "against_recipe": None})


def test_where_the_recipe_has_no_scores_the_gain_is_not_known(figures: dict[str, Any]) -> None:
    assert "not known" in gain(figures | {"against_recipe": None})


def test_without_report_rows_the_honest_figure_says_that_it_is_none(
    figures: dict[str, Any],
) -> None:
    figures["final"]["estimate"] = "cross-fitted"
    assert honest(figures).startswith("there are no report rows")


def test_the_page_holds_everything_and_loads_nothing(figures: dict[str, Any]) -> None:
    page = page_of(figures)
    assert page.count('<svg class="plot"') == 3
    assert re.findall(r"(?:src|href)=\"(?!#)[^\"]*", page) == []
    assert "0.550 on report rows, 0.612 on the rows that chose it" in page
    assert page == page_of(figures)


def test_names_are_escaped(figures: dict[str, Any]) -> None:
    page = page_of(figures)
    assert "<focal>" not in page
    assert "&lt;focal&gt;" in page


def test_ids_on_the_page_are_unique(figures: dict[str, Any]) -> None:
    ids = re.findall(r' id="([^"]+)"', page_of(figures))
    assert len(ids) == len(set(ids))


def test_where_little_was_tried_the_page_says_so(figures: dict[str, Any]) -> None:
    alone = figures | {"trials": figures["trials"][:1], "best": 0, "value": 0.5, "importance": {}}
    page = page_of(alone | {"counts": {"complete": 1, "pruned": 0, "failed": 0}})
    assert "nothing can be said" in page
    assert page.count('<svg class="plot"') == 2


def test_a_trial_without_any_value_stands_in_the_table(figures: dict[str, Any]) -> None:
    failed = trial(4, None, passes=0) | {"state": "failed", "fault": "[E105] both at once"}
    page = page_of(figures | {"trials": [*figures["trials"], failed]})
    assert "[E105] both at once" in page
