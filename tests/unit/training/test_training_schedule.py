"""Schedules: values worked by hand, and those of torch and transformers."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.optim import lr_scheduler
from transformers import (
    get_cosine_schedule_with_warmup,
    get_linear_schedule_with_warmup,
    get_polynomial_decay_schedule_with_warmup,
)

from evenhand.errors import ConfigError
from evenhand.training.schedule import SCHEDULES

PLANNED = ["linear", "cosine", "polynomial"]


def rates(name, total, /, *, steps_per_pass=5, values=(), **settings):
    schedule = SCHEDULES.build(name, total, steps_per_pass, settings=settings)
    return [schedule(step, values) for step in range(total)]


def optimizer():
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)


def theirs(scheduler, steps):
    """Return the rates of a scheduler of torch's that is stepped after every optimizer step."""
    found = []
    for _ in range(steps):
        found.append(scheduler.optimizer.param_groups[0]["lr"])
        scheduler.optimizer.step()
        scheduler.step()
    return found


def test_linear_rises_then_falls_evenly():
    assert rates("linear", 10, warmup=0.2) == pytest.approx(
        [1 / 2, 1, 1, 7 / 8, 6 / 8, 5 / 8, 4 / 8, 3 / 8, 2 / 8, 1 / 8]
    )


def test_cosine_rises_then_falls_along_half_a_wave():
    half = math.sqrt(0.5) / 2
    assert rates("cosine", 6, warmup=2) == pytest.approx([1 / 2, 1, 1, 0.5 + half, 0.5, 0.5 - half])


def test_constant_rises_and_stays():
    assert rates("constant", 5, warmup=3) == pytest.approx([1 / 3, 2 / 3, 1, 1, 1])


def test_warm_restarts_jump_back_to_the_peak_and_fall_for_longer():
    found = rates("warm-restarts", 14, steps_per_pass=2, T_0=1, T_mult=2, warmup=0)
    half = math.sqrt(0.5) / 2
    four = [1, 0.5 + half, 0.5, 0.5 - half]
    eight = [0.5 + math.cos(math.pi * k / 8) / 2 for k in range(8)]
    assert found == pytest.approx([1, 0.5, *four, *eight])


def test_exponential_loses_gamma_in_every_pass():
    assert rates("exponential", 5, steps_per_pass=2, gamma=0.25, warmup=0) == pytest.approx(
        [1, 0.5, 0.25, 0.125, 0.0625]
    )


def test_polynomial_falls_as_a_power_down_to_its_end():
    assert rates("polynomial", 4, power=2, end=0.2, warmup=0) == pytest.approx(
        [1, 0.2 + 0.8 * 0.5625, 0.2 + 0.8 * 0.25, 0.2 + 0.8 * 0.0625]
    )


def test_plateau_drops_after_passes_without_gain_and_stops_at_its_floor():
    schedule = SCHEDULES.build(
        "plateau", 100, 10, settings={"factor": 0.1, "patience": 1, "floor": 0.05, "warmup": 0}
    )
    values = [0.5, 0.6, 0.6, 0.59, 0.7, 0.1, 0.1, 0.1]
    assert [schedule(10 * n, values[:n]) for n in range(9)] == pytest.approx(
        [1, 1, 1, 1, 0.1, 0.1, 0.1, 0.05, 0.05]
    )


def test_a_gain_below_the_threshold_is_none():
    values = [0.5, 0.5009, 0.5018]
    drops = {"patience": 0, "factor": 0.5, "warmup": 0}
    assert rates("plateau", 1, values=values, threshold=0.001, **drops) == [0.5]
    assert rates("plateau", 1, values=values, threshold=0.0001, **drops) == [1]


def test_warmup_agrees_with_torch():
    reference = lr_scheduler.LinearLR(optimizer(), start_factor=1 / 8, total_iters=7)
    assert rates("constant", 20, warmup=8) == pytest.approx(theirs(reference, 20))


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("linear", get_linear_schedule_with_warmup),
        ("cosine", get_cosine_schedule_with_warmup),
        ("polynomial", lambda o, w, n: get_polynomial_decay_schedule_with_warmup(o, w, n, 0.1, 3)),
    ],
)
def test_after_the_warmup_transformers_agrees(name, reference):
    settings = {"power": 3.0, "end": 0.1} if name == "polynomial" else {}
    ours = rates(name, 50, warmup=7, **settings)
    assert ours[7:] == pytest.approx(theirs(reference(optimizer(), 7, 50), 50)[7:])


@pytest.mark.parametrize(("first", "times"), [(1, 1), (1, 2), (3, 2), (2, 3), (10, 2)])
def test_warm_restarts_agree_with_torch(first, times):
    reference = lr_scheduler.CosineAnnealingWarmRestarts(
        optimizer(), T_0=first * 5, T_mult=times, eta_min=0.001
    )
    ours = rates("warm-restarts", 120, T_0=first, T_mult=times, eta_min=0.001, warmup=0)
    assert ours == pytest.approx(theirs(reference, 120))


def test_exponential_agrees_with_torch():
    reference = lr_scheduler.ExponentialLR(optimizer(), gamma=0.7)
    ours = rates("exponential", 40, gamma=0.7, warmup=0)
    assert ours[::5] == pytest.approx(theirs(reference, 8))


@given(
    values=st.lists(st.integers(0, 6), max_size=25),
    patience=st.integers(0, 4),
    factor=st.sampled_from([0.1, 0.5, 0.9]),
    threshold=st.sampled_from([0.0, 0.5]),
)
def test_plateau_agrees_with_torch(values, patience, factor, threshold):
    settings = {"factor": factor, "patience": patience, "floor": 0.01}
    if threshold:
        settings["threshold"] = threshold
    reference = lr_scheduler.ReduceLROnPlateau(
        optimizer(), mode="max", factor=factor, patience=patience, threshold_mode="abs",
        threshold=settings.get("threshold", 1e-4), min_lr=0.01, eps=0,
    )  # fmt: skip
    schedule = SCHEDULES.build("plateau", 100, 5, settings=settings | {"warmup": 0})
    for finished in range(len(values) + 1):
        ours = schedule(5 * finished, [float(v) for v in values[:finished]])
        assert ours == pytest.approx(reference.optimizer.param_groups[0]["lr"])
        if finished < len(values):
            reference.step(float(values[finished]))


@pytest.mark.parametrize("name", SCHEDULES.names())
def test_no_warmup_starts_at_the_peak(name):
    assert rates(name, 4, warmup=0)[0] == 1


@pytest.mark.parametrize("name", PLANNED)
def test_rate_is_nothing_after_the_last_step(name):
    schedule = SCHEDULES.build(name, 20, 5, settings={})
    assert schedule(19, ()) > 0
    assert schedule(20, ()) == pytest.approx(0, abs=1e-12)
    assert schedule(25, ()) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("name", PLANNED)
def test_a_plan_for_fewer_steps_leaves_the_rest_of_the_run_without_a_rate(name):
    assert rates(name, 20, steps=8)[:8] == rates(name, 8)
    assert rates(name, 20, steps=8)[8:] == pytest.approx([0] * 12, abs=1e-12)


@pytest.mark.parametrize("name", PLANNED)
def test_a_plan_for_more_steps_cuts_the_schedule_short(name):
    assert rates(name, 8, steps=80, warmup=0.1) == rates(name, 80, warmup=0.1)[:8]


@pytest.mark.parametrize("name", SCHEDULES.names())
@given(steps=st.integers(1, 300), warmup=st.floats(0, 1, exclude_max=True, allow_subnormal=False))
def test_every_step_learns_and_none_exceeds_the_peak(name, steps, warmup):
    found = rates(name, steps, warmup=warmup)
    peak = found.index(max(found))
    assert all(0 < rate <= 1 for rate in found)
    assert found[peak] == 1
    assert found[: peak + 1] == sorted(found[: peak + 1])
    if name != "warm-restarts":
        assert found[peak:] == sorted(found[peak:], reverse=True)


@pytest.mark.parametrize("name", SCHEDULES.names())
def test_share_and_number_of_steps_agree(name):
    assert rates(name, 40, warmup=0.25) == rates(name, 40, warmup=10)


@pytest.mark.parametrize("name", SCHEDULES.names())
@given(
    values=st.lists(st.floats(0, 1), max_size=8),
    order=st.permutations(range(40)),
    warm=st.booleans(),
)
def test_a_rate_depends_on_nothing_that_was_asked_before(name, values, order, warm):
    settings = {"warmup": 0.2 if warm else 0}
    first, second = (SCHEDULES.build(name, 40, 5, settings=settings) for _ in range(2))
    expected = [first(step, values) for step in range(40)]
    assert [second(step, values) for step in order] == [expected[step] for step in order]


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("plateau", {"values": [0.1, 0.2, 0.3]}),
        ("exponential", {"gamma": 1.0}),
    ],
)
def test_what_never_falls_is_constant(name, settings):
    assert rates(name, 30, **settings) == rates("constant", 30)


def test_power_one_is_linear_and_a_long_first_fall_is_cosine():
    assert rates("polynomial", 30, power=1) == pytest.approx(rates("linear", 30))
    assert rates("warm-restarts", 30, T_0=6, warmup=0) == rates("cosine", 30, warmup=0)


def test_schedules_differ():
    found = {tuple(rates(name, 60, values=[0.5] * 9)) for name in SCHEDULES.names()}
    assert len(found) == len(SCHEDULES.names()) == 7


def test_unknown_name_does_not_fall_back_to_linear():
    with pytest.raises(ConfigError, match="did you mean 'cosine'") as caught:
        SCHEDULES.build("cosin", 10, 5, settings={})
    assert caught.value.code == "E101"


@pytest.mark.parametrize(
    ("name", "setting", "value"),
    [
        ("linear", "warmup", -0.1),
        ("linear", "warmup", 1.5),
        ("linear", "steps", 0),
        ("warm-restarts", "T_0", 0),
        ("warm-restarts", "T_mult", 0),
        ("warm-restarts", "eta_min", 1.0),
        ("plateau", "factor", 1.0),
        ("plateau", "patience", -1),
        ("exponential", "gamma", 0.0),
        ("exponential", "gamma", 1.01),
        ("polynomial", "power", 0.0),
        ("polynomial", "end", -0.1),
    ],
)
def test_a_setting_out_of_range_is_refused_before_a_step_is_made(name, setting, value):
    with pytest.raises(ConfigError, match=rf"schedule.{setting} = {value}") as caught:
        SCHEDULES.validate(name, {setting: value})
    assert caught.value.code == "E102"


@pytest.mark.parametrize("name", ["constant", "warm-restarts", "plateau", "exponential"])
def test_what_plans_no_end_takes_no_number_of_steps(name):
    with pytest.raises(ConfigError, match=r"no such setting(.|\n)*schedule.steps") as caught:
        SCHEDULES.validate(name, {"steps": 10})
    assert caught.value.code == "E102"


@pytest.mark.parametrize("name", SCHEDULES.names())
def test_warmup_as_long_as_the_run_is_refused(name):
    with pytest.raises(ConfigError, match="10 steps of 10") as caught:
        SCHEDULES.build(name, 10, 5, settings={"warmup": 10})
    assert caught.value.code == "E105"
