"""How far it is and how long it takes, by a clock that the test moves."""

import pytest

from evenhand.run.predict_gauge import Gauge
from evenhand.run.screen import Screen


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_the_time_left_leaves_out_what_the_first_portion_paid_for(clock):
    gauge = Gauge(Screen(), "answering", clock=clock)
    assert gauge.left() is None
    clock.now += 60
    gauge.at(0.01, 10)
    assert gauge.left() is None
    clock.now += 1
    gauge.at(0.02, 20)
    assert gauge.left() == pytest.approx(98)
    clock.now += 1
    gauge.at(0.03, 30)
    assert gauge.left() == pytest.approx(97)


def test_work_that_goes_on_counts_from_where_it_goes_on(clock):
    gauge = Gauge(Screen(), "answering", clock=clock)
    gauge.at(0.9, 900)
    clock.now += 5
    gauge.at(0.95, 950)
    assert gauge.left() == pytest.approx(5)


def test_a_line_now_and_then(clock):
    said = []
    with Gauge(Screen(said.append), "answering", every=15, clock=clock) as gauge:
        for portion in range(1, 101):
            clock.now += 1.5
            gauge.at(portion / 1000, portion * 1000)
    assert len(said) == 10
    assert said[-1] == "  answering 10.0%  667 rows/s  22 min 30 s left"


def test_hours_and_few_rows(clock):
    said = []
    gauge = Gauge(Screen(said.append), "answering", every=1, clock=clock)
    gauge.at(0.001, 100)
    clock.now += 36
    gauge.at(0.002, 200)
    assert said == ["  answering 0.2%  2.8 rows/s  9 h 58 min left"]
