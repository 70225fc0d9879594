"""What mattered is told from enough trials, and by the setting that made the difference."""

from __future__ import annotations

import optuna
import pytest

from evenhand.study.search.importance import FEWEST, importances
from evenhand.study.search.space import Choice, Range, Space

SPACE = Space(
    "own",
    {
        "optim.lr": Range(0.0, 1.0),
        "optim.clip": Range(0.0, 1.0),
        "train.batch_size": Choice((8, 16)),
        "loss.gamma": Range(1.0, 3.0),
    },
    owners={"loss.gamma": ("focal",)},
)


def trials(count: int, *, flat: bool = False) -> list[optuna.trial.FrozenTrial]:
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=0))
    for number in range(count):
        trial = study.ask()
        lr = trial.suggest_float("optim.lr", 0, 1)
        trial.suggest_float("optim.clip", 0, 1)
        trial.suggest_categorical("train.batch_size", (8, 16))
        if number % 2:
            trial.suggest_float("loss.gamma", 1, 3)
        study.tell(trial, 0.5 if flat else lr)
    return study.trials


def test_the_setting_that_made_the_difference_comes_first() -> None:
    shares = importances(trials(30), SPACE, seed=0)
    assert next(iter(shares)) == "optim.lr"
    assert shares["optim.lr"] > 0.8
    assert sum(shares.values()) == pytest.approx(1)
    assert "loss.gamma" not in shares


def test_the_same_trials_give_the_same_shares() -> None:
    assert importances(trials(12), SPACE, seed=3) == importances(trials(12), SPACE, seed=3)


def test_of_too_few_trials_or_equal_values_nothing_is_said() -> None:
    assert importances(trials(FEWEST - 1), SPACE, seed=0) == {}
    assert importances(trials(FEWEST, flat=True), SPACE, seed=0) == {}
