"""From what stages found to labels: by hand, at the limits, and whatever the numbers are."""

import numpy as np
import pytest
from hypothesis import given as holds_for
from hypothesis import settings
from hypothesis import strategies as st

from evenhand.decide.manner import Manner, apply_values
from evenhand.stages.course import Found, Plan, settle, settle_rules_alone
from evenhand.stages.rule import Condition, Rule
from evenhand.stages.verifier import verified
from evenhand.types import LabelSpace, Task

NAMES = ("calm", "worry", "harm")
SPACE = LabelSpace(NAMES, Task.MULTILABEL)
CUTS = np.array([[0.5, 0.5, 0.3]])
NOBODY = np.full((1, 3), np.nan)


def plan(*rules: Rule, critical: tuple[str, ...] = ("harm",), **manner: object) -> Plan:
    critical_C = np.array([name in critical for name in NAMES])
    return Plan(SPACE, Manner(**manner), critical_C, rules)  # type: ignore[arg-type]


def rule(name: str, **effects: object) -> Rule:
    return Rule(name, Condition(shorter_than=1000), **effects)  # type: ignore[arg-type]


def found(model: list[float], verifier: np.ndarray = NOBODY, matched: tuple[bool, ...] = ()):
    return Found(np.array([model]), verifier, np.array([matched], bool).reshape(1, -1))


def names(given_NC: np.ndarray) -> list[str]:
    return [name for name, on in zip(NAMES, given_NC[0], strict=True) if on]


def test_a_floor_is_a_least_probability_and_gives_the_label_where_it_reaches_the_cut() -> None:
    lifted = plan(rule("r", floors={"harm": 0.3, "worry": 0.4}))
    course = settle(found([0.1, 0.45, 0.2], matched=(True,)), CUTS, lifted)
    assert course.rules.probs_NC.tolist() == [[0.1, 0.45, 0.3]]
    assert names(course.rules.given_NC) == ["harm"]
    assert course.decided_by(0) == "rules"


def test_to_raise_is_to_give_the_label_and_lift_it_to_its_cut() -> None:
    course = settle(found([0.6, 0.1, 0.1], matched=(True,)), CUTS, plan(rule("r", raises="worry")))
    assert course.rules.probs_NC.tolist() == [[0.6, 0.5, 0.1]]
    assert names(course.rules.given_NC) == ["calm", "worry"]


def test_a_label_is_raised_whatever_its_cut() -> None:
    never = np.array([[0.5, 1.5, 0.3]])
    course = settle(found([0.1, 0.1, 0.1], matched=(True,)), never, plan(rule("r", raises="worry")))
    assert course.rules.probs_NC.tolist() == [[0.1, 1.0, 0.1]]
    assert names(course.rules.given_NC) == ["worry"]


def test_a_rule_that_does_not_match_or_only_routes_changes_nothing() -> None:
    for acting, effect in ((False, {"raises": "harm"}), (True, {"route": "people"})):
        course = settle(found([0.6, 0.1, 0.1], matched=(acting,)), CUTS, plan(rule("r", **effect)))
        assert course.rules.probs_NC.tolist() == course.model.probs_NC.tolist()
        assert names(course.rules.given_NC) == ["calm"]
        assert course.decided_by(0) == "model"


def test_who_abstains_gives_critical_labels_only() -> None:
    abstains = plan(rule("r", abstain=True), rule("s", raises="harm"))
    by_model = settle(found([0.6, 0.6, 0.4], matched=(True, False)), CUTS, abstains)
    assert names(by_model.rules.given_NC) == ["harm"]
    assert by_model.rules.probs_NC.tolist() == [[0.6, 0.6, 0.4]]
    by_rule = settle(found([0.6, 0.6, 0.1], matched=(True, True)), CUTS, abstains)
    assert names(by_rule.rules.given_NC) == ["harm"]
    nothing = settle(found([0.6, 0.6, 0.1], matched=(True, False)), CUTS, abstains)
    assert names(nothing.rules.given_NC) == []


def test_the_verifier_is_the_mean_of_both_log_odds() -> None:
    # Odds 1/4 and 4 have the geometric mean 1; odds 1/9 and 1 have 1/3.
    critical_C = np.zeros(3, bool)
    said = np.array([[0.8, 0.5, np.nan]])
    mean = verified(np.array([[0.2, 0.1, 0.7]]), said, critical_C)
    np.testing.assert_allclose(mean, [[0.5, 0.25, 0.7]], rtol=1e-12)
    assert mean[0, 2] == 0.7


def test_the_verifier_lifts_a_critical_label_and_never_lowers_it() -> None:
    low, high = np.array([[0.1, 0.1, 0.01]]), np.array([[0.1, 0.1, 0.99]])
    model = np.array([[0.5, 0.5, 0.4]])
    critical_C = np.array([False, False, True])
    assert verified(model, low, critical_C)[0, 2] == 0.4
    assert verified(model, high, critical_C)[0, 2] > 0.4
    assert verified(model, low, critical_C)[0, 0] == pytest.approx(0.25)


def test_a_certain_verifier_gives_finite_probabilities() -> None:
    said = np.array([[0.0, 1.0, 0.0]])
    mean = verified(np.array([[1.0, 0.0, 0.5]]), said, np.zeros(3, bool))
    np.testing.assert_allclose(mean, [[0.5, 0.5, 1e-6]], rtol=1e-3)


def test_the_last_stage_that_changed_the_labels_decided() -> None:
    said = np.array([[np.nan, np.nan, 0.9]])
    lifts = plan(rule("r", floors={"harm": 0.3}))
    asked = settle(found([0.6, 0.1, 0.2], said, (False,)), CUTS, lifts)
    assert (names(asked.rules.given_NC), asked.decided_by(0)) == (["calm", "harm"], "verifier")
    both = settle(found([0.6, 0.1, 0.2], said, (True,)), CUTS, lifts)
    assert both.decided_by(0) == "verifier", "the rule found the label given"
    alone = settle(found([0.6, 0.1, 0.2], NOBODY, (True,)), CUTS, lifts)
    assert alone.decided_by(0) == "rules"


def test_a_label_given_for_want_of_another_stays_where_a_rule_raises_one() -> None:
    nearest = plan(rule("r", raises="worry"), at_least_one=True)
    course = settle(found([0.1, 0.1, 0.2], matched=(True,)), CUTS, nearest)
    assert names(course.model.given_NC) == ["harm"]
    assert names(course.rules.given_NC) == ["worry", "harm"]


def test_a_critical_label_given_for_want_of_another_stays_where_the_verifier_finds_one() -> None:
    said = np.array([[np.nan, 0.99, np.nan]])
    course = settle(found([0.1, 0.2, 0.2], said), CUTS, plan(at_least_one=True))
    assert names(course.model.given_NC) == ["harm"]
    assert names(course.verifier.given_NC) == ["worry", "harm"]
    not_critical = settle(found([0.1, 0.2, 0.2], said), CUTS, plan(critical=(), at_least_one=True))
    assert names(not_critical.verifier.given_NC) == ["worry"]


def test_the_label_that_yields_does_so_to_what_a_rule_raises() -> None:
    yields = plan(rule("r", raises="worry"), exclusive=0)
    course = settle(found([0.9, 0.1, 0.1], matched=(True,)), CUTS, yields)
    assert names(course.model.given_NC) == ["calm"]
    assert names(course.rules.given_NC) == ["worry"]


def test_rules_alone_give_what_they_raise_and_nothing_for_want_of_it() -> None:
    lifts = plan(rule("r", floors={"harm": 0.3, "worry": 0.4}), at_least_one=True)
    for acting, given in ((True, ["harm"]), (False, [])):
        alone = settle_rules_alone(found([0.9, 0.9, 0.9], matched=(acting,)), CUTS, lifts)
        assert names(alone.given_NC) == given


probability = st.floats(0, 1)
row = st.lists(probability, min_size=3, max_size=3)
effect = st.one_of(
    st.sampled_from(NAMES).map(lambda name: {"raises": name}),
    st.dictionaries(st.sampled_from(NAMES), st.floats(0.001, 1), min_size=1).map(
        lambda floors: {"floors": floors}
    ),
    st.just({"abstain": True}),
    st.just({"route": "people"}),
)


@settings(max_examples=100, deadline=None)
@holds_for(probability, probability)
def test_the_verifier_ends_between_both_and_agreement_moves_nothing(p: float, q: float) -> None:
    nobody_critical = np.zeros(1, bool)
    mean = verified(np.array([[p]]), np.array([[q]]), nobody_critical)[0, 0]
    assert min(p, q) - 1e-9 <= mean <= max(p, q) + 1e-9
    assert verified(np.array([[p]]), np.array([[p]]), nobody_critical)[0, 0] == pytest.approx(p)


@st.composite
def situations(draw: st.DrawFn):
    effects = draw(st.lists(effect, max_size=4))
    rules = [rule(f"r{place}", **given) for place, given in enumerate(effects)]
    exclusive = draw(st.sampled_from([None, 0]))
    matched = tuple(draw(st.booleans()) for _ in rules)
    said = np.array([draw(st.lists(probability | st.just(float("nan")), min_size=3, max_size=3))])
    critical = tuple(draw(st.sets(st.sampled_from(NAMES[1:]))))
    planned = plan(*rules, critical=critical, exclusive=exclusive, at_least_one=draw(st.booleans()))
    return found(draw(row), said, matched), np.array([draw(row)]), planned


@settings(max_examples=100, deadline=None)
@holds_for(situations())
def test_no_rules_can_lower_a_probability_or_take_a_label_but_by_abstaining(situation) -> None:
    facts, cuts_NC, planned = situation
    course = settle(facts, cuts_NC, planned)
    assert (course.rules.probs_NC >= course.verifier.probs_NC).all()
    lost_C = (course.verifier.given_NC & ~course.rules.given_NC)[0]
    abstained = any(
        r.abstain and on for r, on in zip(planned.rules, facts.matched_NR[0], strict=True)
    )
    yields_C = np.arange(3) == (-1 if planned.manner.exclusive is None else 0)
    assert not (lost_C & ~yields_C & ~np.array([abstained] * 3)).any()


@settings(max_examples=100, deadline=None)
@holds_for(situations())
def test_a_critical_label_of_the_model_is_given_in_the_end(situation) -> None:
    facts, cuts_NC, planned = situation
    course = settle(facts, cuts_NC, planned)
    critical_C = planned.critical_C
    assert not (course.model.given_NC & critical_C & ~course.rules.given_NC).any()
    assert (course.rules.probs_NC >= course.model.probs_NC)[:, critical_C].all()


@settings(max_examples=100, deadline=None)
@holds_for(situations())
def test_a_stage_left_out_is_a_plan_without_it(situation) -> None:
    facts, cuts_NC, planned = situation
    course = settle(facts, cuts_NC, planned)
    bare = Plan(SPACE, planned.manner, planned.critical_C, ())
    none = Found(facts.model_NC, facts.verifier_NC, np.zeros((1, 0), bool))
    without = settle(facts.without_rules(), cuts_NC, planned)
    assert without.rules.given_NC.tolist() == settle(none, cuts_NC, bare).rules.given_NC.tolist()
    assert without.rules.given_NC.tolist() == course.verifier.given_NC.tolist()
    alone = settle(facts.without_rules().without_verifier(), cuts_NC, planned)
    model_NC = apply_values(facts.model_NC, cuts_NC, Task.MULTILABEL, planned.manner)
    assert alone.rules.given_NC.tolist() == course.model.given_NC.tolist() == model_NC.tolist()
    changed = not np.array_equal(course.rules.given_NC, without.rules.given_NC)
    assert (course.decided_by(0) == "rules") is changed
