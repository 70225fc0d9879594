"""Pruning acts on the values of finished passes, told by a hook of the real loop."""

from __future__ import annotations

from collections.abc import Sequence

import optuna
import pytest

from evenhand.study.search.hook import Pruned, Reporter
from evenhand.study.search.storage import ENOUGH, STARTUP, pruner_of


def passes(
    trial: optuna.Trial, values: Sequence[float], known: frozenset[int] = frozenset()
) -> int:
    """Tell the hook of passes with these values, as the loop does; return how many were made."""
    hook = Reporter(trial, known=known)
    hook.on_start(steps=9, done=0)
    for number, value in enumerate(values, start=1):
        hook.on_step({"kind": "step"}, 16)
        try:
            hook.on_epoch({"kind": "epoch", "epoch": number, "value": value})
        except Pruned:
            return number
    hook.on_end("all passes done")
    return len(values)


def study_of(name: str, ended: Sequence[Sequence[float]]) -> optuna.Study:
    study = optuna.create_study(direction="maximize", pruner=pruner_of(name))
    for values in ended:
        trial = study.ask()
        assert passes(trial, values) == len(values)
        study.tell(trial, max(values))
    return study


GOOD = [[0.3, 0.5, 0.6]] * max(STARTUP, ENOUGH)


def test_the_median_ends_a_trial_below_it_after_its_first_pass() -> None:
    assert passes(study_of("median", GOOD).ask(), [0.2, 0.9, 0.9]) == 1


def test_the_median_ends_a_trial_that_falls_behind_later() -> None:
    assert passes(study_of("median", GOOD).ask(), [0.4, 0.4, 0.9]) == 2


def test_the_median_lets_a_trial_go_on_that_keeps_up() -> None:
    assert passes(study_of("median", GOOD).ask(), [0.3, 0.5, 0.1]) == 3


def test_the_median_says_nothing_before_enough_trials_have_ended() -> None:
    assert passes(study_of("median", GOOD[1:]).ask(), [0.0, 0.0, 0.0]) == 3


def test_halving_ends_what_is_not_in_the_best_third_of_its_pass() -> None:
    study = study_of("halving", [[0.5, 0.6, 0.7]])
    assert passes(study.ask(), [0.2, 0.9, 0.9]) == 1
    assert passes(study.ask(), [0.1, 0.9, 0.9]) == 1
    assert passes(study.ask(), [0.9, 0.1, 0.9]) == 3


def test_without_a_pruner_every_trial_comes_to_its_end() -> None:
    assert passes(study_of("none", GOOD).ask(), [0.0, 0.0, 0.0]) == 3


def test_the_values_that_are_told_are_those_of_the_passes() -> None:
    study = study_of("median", [])
    trial = study.ask()
    passes(trial, [0.25, 0.5])
    assert study.trials[0].intermediate_values == {1: 0.25, 2: 0.5}


def test_a_pass_that_is_made_again_is_not_told_twice_but_judged_again() -> None:
    study = study_of("median", GOOD)
    trial = study.ask()
    trial.report(0.2, 1)
    again = optuna.Trial(study, trial._trial_id)
    assert passes(again, [0.2, 0.9], frozenset({1})) == 1
    assert study.trials[-1].intermediate_values == {1: 0.2}


def test_what_ends_a_trial_says_after_which_pass() -> None:
    trial = study_of("median", GOOD).ask()
    with pytest.raises(Pruned, match="after pass 1"):
        Reporter(trial).on_epoch({"epoch": 1, "value": 0.0})
