"""Schedules, with values worked by hand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.errors import ConfigError
from evenhand.training.schedule import SCHEDULES


def rates(name, steps, **settings):
    schedule = SCHEDULES.build(name, steps, settings=settings)
    return [schedule(step) for step in range(steps)]


def test_linear_rises_then_falls_evenly():
    assert rates("linear", 10, warmup=0.2) == pytest.approx(
        [1 / 2, 1, 1, 7 / 8, 6 / 8, 5 / 8, 4 / 8, 3 / 8, 2 / 8, 1 / 8]
    )


def test_cosine_rises_then_falls_along_half_a_wave():
    half = math.sqrt(0.5) / 2
    assert rates("cosine", 6, warmup=2) == pytest.approx([1 / 2, 1, 1, 0.5 + half, 0.5, 0.5 - half])


def test_constant_rises_and_stays():
    assert rates("constant", 5, warmup=3) == pytest.approx([1 / 3, 2 / 3, 1, 1, 1])


@pytest.mark.parametrize("name", SCHEDULES.names())
def test_no_warmup_starts_at_the_peak(name):
    assert rates(name, 4, warmup=0)[0] == 1


@pytest.mark.parametrize("name", ["linear", "cosine"])
def test_rate_is_nothing_after_the_last_step(name):
    schedule = SCHEDULES.build(name, 20, settings={})
    assert schedule(19) > 0
    assert schedule(20) == pytest.approx(0, abs=1e-12)
    assert schedule(25) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("name", SCHEDULES.names())
@given(steps=st.integers(1, 300), warmup=st.floats(0, 1, exclude_max=True, allow_subnormal=False))
def test_every_step_learns_and_none_exceeds_the_peak(name, steps, warmup):
    values = rates(name, steps, warmup=warmup)
    peak = values.index(max(values))
    assert all(0 < value <= 1 for value in values)
    assert values[peak] == 1
    assert values[: peak + 1] == sorted(values[: peak + 1])
    assert values[peak:] == sorted(values[peak:], reverse=True)


@pytest.mark.parametrize("name", SCHEDULES.names())
def test_share_and_number_of_steps_agree(name):
    assert rates(name, 40, warmup=0.25) == rates(name, 40, warmup=10)


def test_schedules_differ():
    assert len({tuple(rates(name, 12)) for name in SCHEDULES.names()}) == len(SCHEDULES.names())


def test_unknown_name_does_not_fall_back_to_linear():
    with pytest.raises(ConfigError, match="did you mean 'cosine'") as caught:
        SCHEDULES.build("cosin", 10, settings={})
    assert caught.value.code == "E101"


@pytest.mark.parametrize("warmup", [-0.1, 1.5])
def test_warmup_out_of_range_is_refused(warmup):
    with pytest.raises(ConfigError, match=f"schedule.warmup = {warmup}") as caught:
        SCHEDULES.build("linear", 10, settings={"warmup": warmup})
    assert caught.value.code == "E102"


def test_warmup_as_long_as_the_run_is_refused():
    with pytest.raises(ConfigError, match="10 steps of 10") as caught:
        SCHEDULES.build("linear", 10, settings={"warmup": 10})
    assert caught.value.code == "E105"
