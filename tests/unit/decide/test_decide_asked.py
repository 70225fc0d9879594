import pytest

from evenhand.decide.asked import budgets, demands
from evenhand.errors import ConfigError


def test_demands():
    assert demands("recall", ["a=0.95", "b = c=0.5"]) == {"a": 0.95, "b = c": 0.5}


def test_budgets():
    assert budgets(["a=50", "b=2%", "c=900"], 200) == {"a": 0.25, "b": 0.02, "c": 1.0}


@pytest.mark.parametrize("text", ["a", "a=", "=0.9", "a=x", "a=nan", "a=inf"])
def test_what_is_no_demand_is_refused(text):
    with pytest.raises(ConfigError, match=r"\[E102\] a demand on recall must look like NAME=VALUE"):
        demands("recall", [text])


@pytest.mark.parametrize("text", ["a=0.5", "a=%", "a"])
def test_what_is_no_budget_is_refused(text):
    with pytest.raises(ConfigError, match=r"\[E102\].*\n.*\n  fix: --alerts NAME=50 or 2%"):
        budgets([text], 100)


def test_a_label_twice_is_refused():
    with pytest.raises(ConfigError, match=r"\[E102\] one label has two demands on fpr"):
        demands("fpr", ["a=0.1", "a=0.2"])
