"""How many steps, and how long."""

import pytest

from evenhand.errors import ConfigError
from evenhand.training.plan import Plan, seconds_of


def plan(**changes):
    return Plan(**{
        "epochs": 4, "batch_size": 8, "accumulate": 2, "patience": 0, "checkpoint_every": 9,
        "keep": 1, "lr": 0.1, "seed": 0, "metric": "f",
    } | changes)  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "steps"),
    [({}, 12), ({"max_steps": 5}, 5), ({"max_steps": 99}, 12), ({"steps_per_epoch": 2}, 8)],
)
def test_steps_of_a_run_of_41_rows(changes, steps):
    assert plan(**changes).steps(41) == steps


def test_a_capped_pass_uses_as_many_batches_as_its_steps_need():
    assert plan().batches(6) == 6
    assert plan(steps_per_epoch=2).batches(6) == 4
    assert plan(steps_per_epoch=9).batches(6) == 6


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("30m", 1800), ("2h", 7200), ("1h30m", 5400), (" 45 ", 45)]
)
def test_time_budgets(text, seconds):
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "-3m", "0m", "1.5h", "30 minutes"])
def test_what_is_no_time_budget_is_refused(text):
    with pytest.raises(ConfigError, match=r"\[E102\] that is no time budget"):
        seconds_of(text)


def test_how_far_the_run_is_goes_from_0_in_the_first_pass_to_1_in_the_last():
    assert [plan().share(epoch, 41) for epoch in range(4)] == [0, 1 / 3, 2 / 3, 1]
    assert plan(epochs=1).share(0, 41) == 0
    assert [plan(max_steps=5).share(epoch, 41) for epoch in range(2)] == [0, 1]
