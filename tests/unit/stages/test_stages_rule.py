"""When a rule matches; what runs out of time counts as matched."""

import regex

from evenhand.stages.rule import Condition, Reading, Verdict
from evenhand.stages.words import finder


def verdict(text: str, **condition: object) -> Verdict:
    return Condition(**condition).reads(Reading.of(text))  # type: ignore[arg-type]


def test_lengths_are_strict_and_leave_blanks_around_the_text_out() -> None:
    assert verdict(" abc ", shorter_than=4) is Verdict.YES
    assert verdict("abcd", shorter_than=4) is Verdict.NO
    assert verdict("abc", longer_than=3) is Verdict.NO
    assert verdict("abcd", longer_than=3) is Verdict.YES
    assert verdict("", shorter_than=1) is Verdict.YES


def test_everything_that_is_given_must_hold() -> None:
    both = {"keywords": finder(["lost"]), "shorter_than": 10}
    assert verdict("I am lost", **both) is Verdict.YES
    assert verdict("I am lost again", **both) is Verdict.NO
    assert verdict("I am here", **both) is Verdict.NO


def test_a_pattern_sees_the_text_as_it_came() -> None:
    assert verdict("Now", pattern=regex.compile("Now$")) is Verdict.YES
    assert verdict("now", pattern=regex.compile("Now$")) is Verdict.NO


def test_a_script_and_its_opposite_exclude_each_other() -> None:
    for text in ("hello", "привет", "123", ""):
        assert verdict(text, script="latin") is not verdict(text, not_script="latin")


def test_a_catastrophic_pattern_ends_and_counts_as_matched() -> None:
    slow = regex.compile(r"^(z|zz)+$")
    late = verdict("z" * 60 + "b", pattern=slow)
    assert late is Verdict.TIMED_OUT
    assert bool(late)
    assert verdict("z" * 60 + "b", pattern=slow, shorter_than=5) is Verdict.NO
    assert verdict("zzz", pattern=slow) is Verdict.YES
