"""Spaces: what a search may choose is read, checked and bounded before anything is trained."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from evenhand import recipes
from evenhand.config import override, parse_config
from evenhand.errors import EvenhandError
from evenhand.run.unchanged import leaves
from evenhand.study.search.reading import SPACES, Recipe, space_of
from evenhand.study.search.space import Choice, Range, Space


def recipe(name: str = "balanced", *settings: str) -> Recipe:
    asked = override(recipes.load(name), settings)
    config = parse_config(asked, source="test")
    effective = dict(leaves(config.model_dump(mode="json")))
    effective |= {"optim.head_lr": 1e-3, "train.epochs": 5}
    return Recipe(asked, config, effective)


def space(said: dict[str, Any], name: str = "balanced", *settings: str) -> Space:
    return space_of(said, recipe(name, *settings), name="own.toml")


def test_a_range_is_what_the_file_says() -> None:
    found = space({"optim.lr": {"low": 1e-5, "high": 5e-4, "log": True}})
    assert found.dimensions == {"optim.lr": Range(1e-5, 5e-4, log=True)}


def test_a_list_is_a_choice_of_anything_a_run_file_may_hold() -> None:
    said = {"model.head.name": ["mlp"], "model.head.hidden": [[384, 192], [384]]}
    found = space(said)
    assert found.dimensions["model.head.hidden"] == Choice(([384, 192], [384]))
    assert found.settings({"model.head.hidden": "[384, 192]"}) == ["model.head.hidden=[384, 192]"]


def test_tables_of_keys_are_sections() -> None:
    nested = {"optim": {"lr": {"low": 1e-5, "high": 1e-4}}, "loss": {"name": ["auto", "focal"]}}
    flat = {"optim.lr": {"low": 1e-5, "high": 1e-4}, "loss.name": ["auto", "focal"]}
    assert space(nested) == space(flat)


def test_the_declaration_of_a_part_is_the_range_where_none_is_named() -> None:
    found = space({"loss.gamma": {}, "loss.name": ["focal"]})
    assert found.dimensions["loss.gamma"] == Range(0.0, 5.0)
    assert found.owners == {"loss.gamma": ("focal",)}


def test_the_declaration_of_a_key_lists_its_choices() -> None:
    found = space({"model.vocabulary": {}, "model.prior_bias": {}})
    assert found.dimensions["model.vocabulary"] == Choice(("full", "data"))
    assert found.dimensions["model.prior_bias"] == Choice((False, True))


def test_a_name_without_choices_may_be_any_part() -> None:
    assert space({"model.pooling": {}}).dimensions["model.pooling"] == Choice(
        ("cls", "mean", "max", "mean-max", "attention")
    )


def test_times_is_a_range_around_what_the_recipe_uses() -> None:
    found = space({"optim.lr": {"times": 5}, "train.epochs": {"times": 2}})
    lr = found.dimensions["optim.lr"]
    assert isinstance(lr, Range)
    assert (lr.low, lr.high, lr.log) == (pytest.approx(2e-5), pytest.approx(5e-4), True)
    assert found.dimensions["train.epochs"] == Range(2, 10, whole=True)


def test_whole_numbers_stay_whole_and_steps_end_on_the_grid() -> None:
    found = space({"train.batch_size": {"low": 8, "high": 31, "step": 8}})
    assert found.dimensions["train.batch_size"] == Range(8, 24, step=8, whole=True)
    assert found.size() == 3


def test_a_setting_is_there_only_with_a_part_that_has_it() -> None:
    found = space({"loss.name": ["auto", "focal"], "loss.gamma": {"low": 1, "high": 3}})
    assert found.applies("loss.gamma", {"loss.name": "focal"})
    assert not found.applies("loss.gamma", {"loss.name": "auto"})
    assert list(found.dimensions) == ["loss.name", "loss.gamma"]


def test_a_setting_of_the_recipes_own_part_needs_no_choice_of_parts() -> None:
    found = space({"loss.gamma": {"low": 1, "high": 3}}, "focal")
    assert found.applies("loss.gamma", {})


def test_a_space_survives_json() -> None:
    for name in SPACES.names():
        found = space_of(SPACES.load(name), recipe(), name=name)
        assert Space.from_dict(found.to_dict()) == found


def test_of_the_recipe_the_space_keeps_what_it_holds() -> None:
    found = space({"optim.lr": {"low": 1e-5, "high": 5e-5}, "train.batch_size": [16, 32]})
    assert found.inside({"optim.lr": 1e-4, "train.batch_size": 32}) == {"train.batch_size": 32}


@pytest.mark.parametrize("name", SPACES.names())
def test_built_in_spaces_fit_their_recipes_and_the_default(name: str) -> None:
    own = name if name in recipes.names() else "balanced"
    for one in (own, "balanced"):
        found = space_of(SPACES.load(name), recipe(one), name=name)
        assert found.size() == math.inf
    assert SPACES.describe(name).endswith(".")


def test_the_space_of_seed0_has_the_ranges_of_its_document() -> None:
    found = space_of(SPACES.load("seed0"), recipe("seed0"), name="seed0").dimensions
    assert found["optim.lr"] == Range(1e-5, 5e-5, log=True)
    assert found["train.batch_size"] == Choice((8, 16, 32))
    assert found["train.epochs"] == Range(10, 20, whole=True)
    assert found["model.head.dropout"] == Range(0.1, 0.5)


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"optim.lrr": [1, 2]}, r"\[E102\] the space has an unknown key", "did you mean 'optim.lr'"),
    ({"optim.lr": {"low": 1e-5, "high": 2.0}}, r"\[E102\]", "optim.lr should be less than 1"),
    ({"optim.lr": {"low": 1e-3, "high": 1e-3}}, "empty range", "low must be below high"),
    ({"optim.lr": {"low": 0, "high": 1e-3, "log": True}}, "cannot be", "starts above 0"),
    ({"optim.lr": {"low": 1e-5, "hihg": 1e-3}}, "unknown word", "did you mean 'high'"),
    ({"optim.lr": {"low": "1e-5", "high": 1e-3}}, "cannot be read", "low is a number"),
    ({"optim.lr": {"low": 1e-5, "high": 1e-3, "log": 1}}, "cannot be read", "true or false"),
    ({"optim.lr": {}}, "needs both ends", "low = ..."),
    ({"optim.lr": {"times": 1}}, "no width", "times above 1"),
    ({"model.backbone": {"times": 2}}, "what is no number", "low = ..."),
    ({"optim.lr": 1e-4}, "one value", "--set optim.lr=0.0001"),
    ({"train.batch_size": []}, "no choices", "one, another"),
    ({"train.batch_size": [8, 8]}, "a choice twice", "one, another"),
    ({"train.batch_size": [8, 0]}, r"\[E102\]", "greater than or equal to 1"),
    ({"loss.name": ["focla", "auto"]}, r"\[E101\]", "did you mean 'focal'"),
    ({"model.pooling": ["men", "cls"]}, r"\[E101\]", "did you mean 'mean'"),
    ({"loss.name": ["focal"], "loss.gama": [1, 2]}, r"\[E102\]", "did you mean 'loss.gamma'"),
    ({"loss.name": ["focal"], "loss.gamma": {"low": 1, "high": 9}}, r"\[E102\]", "loss.gamma"),
    ({"loss.gamma": {"low": 1, "high": 3}}, "does not have", "loss.smoothing"),
    ({"train.batch_size": {"low": 8, "high": 16, "step": 9}}, "cannot be", "no wider"),
    ({}, "the space is empty", "name a key"),
    ({"seed": [1, 2]}, r"\[E105\]", "leave it out"),
    ({"train.metric": ["macro_ap", "micro_f1"]}, r"\[E105\]", "leave it out"),
    ({"decision.beta": {"low": 1, "high": 2}}, r"\[E105\]", "--set decision.beta"),
    ({"data.tune_share": {"low": 0.1, "high": 0.2}}, r"\[E105\]", "the same|leave it out"),
    ({"series.window": {"low": 1, "high": 2}}, r"\[E105\]", "leave it out"),
]


@pytest.mark.parametrize(("said", "what", "fix"), BAD, ids=[str(said)[:40] for said, _, _ in BAD])
def test_what_cannot_be_searched_has_three_lines(said: dict[str, Any], what: str, fix: str) -> None:
    with pytest.raises(EvenhandError, match=what) as refused:
        space(said)
    lines = str(refused.value).splitlines()
    assert len(lines) == 3
    assert any(part in lines[2] for part in fix.split("|")), lines[2]


def test_a_space_that_nobody_knows_is_named_with_a_hint(tmp_path: Path) -> None:
    with pytest.raises(EvenhandError, match=r"\[E101\].*(?s:.)*did you mean 'small'"):
        SPACES.load("smal")
    with pytest.raises(EvenhandError, match=r"\[E202\]"):
        SPACES.load(str(tmp_path / "nowhere.toml"))
    torn = tmp_path / "torn.toml"
    torn.write_text('"optim.lr" = {', "utf-8")
    with pytest.raises(EvenhandError, match=r"\[E103\]"):
        SPACES.load(str(torn))
