"""What is tried next is a function of the seed, the number of the trial and the values so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import optuna
import pytest

from evenhand.errors import ConfigError
from evenhand.study.search.propose import RANDOM, next_trial, recipe_trial
from evenhand.study.search.space import Choice, Range, Space

SPACE = Space(
    "own",
    {
        "loss.name": Choice(("auto", "focal")),
        "optim.lr": Range(1e-5, 1e-3, log=True),
        "train.batch_size": Range(8, 64, step=8, whole=True),
        "loss.gamma": Range(1.0, 3.0),
        "model.head.hidden": Choice(([8], [8, 4])),
    },
    owners={"loss.gamma": ("focal",), "model.head.hidden": ("mlp",)},
    recipe={"model.head": "mlp"},
)
RECIPE = {"loss.name": "auto", "optim.lr": 1e-4, "train.batch_size": 32, "model.head.hidden": [8]}


def anything(_: Mapping[str, Any]) -> None:
    """Refuse nothing."""


def value(params: Mapping[str, Any]) -> float:
    """Say that a rate near 3e-4 is best."""
    return 1.0 - abs(params.get("optim.lr", 1e-4) - 3e-4) * 1000


def searched(
    trials: int,
    *,
    seed: int = 0,
    refusal: Callable[[Mapping[str, Any]], Any] = anything,
    study: optuna.Study | None = None,
) -> optuna.Study:
    study = study or optuna.create_study(direction="maximize")
    while (number := len(study.trials)) < trials:
        trial = (
            next_trial(study.trials, SPACE, seed=seed, refusal=refusal)
            if number
            else recipe_trial(SPACE, RECIPE)
        )
        assert trial is not None
        study.add_trial(trial)
        study.tell(number, value(trial.params))
    return study


def params(study: optuna.Study) -> list[dict[str, Any]]:
    return [trial.params for trial in study.trials]


def test_the_first_trial_is_the_recipe_as_far_as_the_space_holds_it() -> None:
    assert recipe_trial(SPACE, RECIPE).params == {**RECIPE, "model.head.hidden": "[8]"}
    outside = {**RECIPE, "optim.lr": 0.5, "train.batch_size": 12}
    assert set(recipe_trial(SPACE, outside).params) == {"loss.name", "model.head.hidden"}


def test_same_seed_same_trials_and_another_seed_others() -> None:
    once = params(searched(RANDOM + 6))
    assert once == params(searched(RANDOM + 6))
    assert once != params(searched(RANDOM + 6, seed=1))


def test_a_search_that_goes_on_in_another_process_asks_for_the_same_trials() -> None:
    whole = searched(RANDOM + 6)
    begun = searched(RANDOM + 2)
    kept = optuna.create_study(direction="maximize")
    kept.add_trials(begun.trials)
    assert params(searched(RANDOM + 6, study=kept)) == params(whole)


def test_settings_are_drawn_with_their_part_only_and_inside_their_range() -> None:
    for tried in params(searched(25))[1:]:
        assert ("loss.gamma" in tried) == (tried["loss.name"] == "focal")
        assert 1e-5 <= tried["optim.lr"] <= 1e-3
        assert tried["train.batch_size"] % 8 == 0
        assert tried["model.head.hidden"] in ("[8]", "[8, 4]")


def test_what_a_run_would_refuse_is_drawn_again() -> None:
    def no_focal(params: Mapping[str, Any]) -> ConfigError | None:
        focal = params["loss.name"] == "focal"
        return ConfigError("E105", "no", got="focal", fix="none") if focal else None

    assert {p["loss.name"] for p in params(searched(12, refusal=no_focal))} == {"auto"}


def test_a_space_of_which_a_run_takes_nothing_is_refused_as_the_run_would() -> None:
    def never(_: Mapping[str, Any]) -> ConfigError:
        return ConfigError("E105", "two corrections", got="both", fix="keep one")

    with pytest.raises(ConfigError, match=r"\[E105\] two corrections"):
        searched(2, refusal=never)


def test_nothing_is_tried_twice_and_a_small_space_ends() -> None:
    few = Space("few", {"train.batch_size": Choice((8, 16, 32))})
    study = optuna.create_study(direction="maximize")
    study.add_trial(recipe_trial(few, {"train.batch_size": 16}))
    while (trial := next_trial(study.trials, few, seed=0, refusal=anything)) is not None:
        study.add_trial(trial)
    assert sorted(p["train.batch_size"] for p in params(study)) == [8, 16, 32]


def test_a_trial_is_stored_running_and_in_one_piece() -> None:
    trial = recipe_trial(SPACE, RECIPE)
    assert trial.state is optuna.trial.TrialState.RUNNING
    assert trial.datetime_start is not None
