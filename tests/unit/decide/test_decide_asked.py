import pytest

from evenhand.decide.asked import budgets, demands, share_of
from evenhand.errors import ConfigError


def test_demands():
    assert demands("recall", ["a=0.95", "b = c=0.5"]) == {"a": 0.95, "b = c": 0.5}


def test_a_name_keeps_its_blanks():
    assert demands("recall", [" spam = 0.95"]) == {" spam ": 0.95}
    assert budgets([" spam =2%"], 100) == {" spam ": 0.02}


@pytest.mark.parametrize(
    ("budget", "share"), [(50, 0.25), ("50", 0.25), ("2%", 0.02), (200, 1.0), ("0.5%", 0.005)]
)
def test_share_of(budget, share):
    assert share_of("joy", budget, 200) == pytest.approx(share, rel=1e-15)


def test_no_rows_are_one_row_to_a_budget():
    assert share_of("joy", 1, 0) == 1.0


@pytest.mark.parametrize("text", ["1.5", "inf%", "nan", "", "%", "two"])
def test_what_is_no_share_is_refused(text):
    with pytest.raises(ConfigError, match=r"\[E102\] a demand on alerts must look like"):
        share_of("joy", text, 200)


@pytest.mark.parametrize("text", ["200%", "0", "0%", "-5", "-2%"])
def test_a_budget_out_of_range_is_answered_as_it_was_typed(text):
    message = rf"\[E102\].*\n  got: alerts\.neutral = {text}\n  fix: .*: 50 or 2%"
    with pytest.raises(ConfigError, match=message):
        budgets([f"neutral={text}"], 200)


def test_more_alerts_than_rows_are_refused():
    with pytest.raises(ConfigError, match=r"\[E105\].*\n  got: alerts\.joy = 201, with 200 rows"):
        budgets(["joy=201"], 200)


def test_budgets():
    assert budgets(["a=50", "b=2%", "c=200"], 200) == {"a": 0.25, "b": 0.02, "c": 1.0}


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
