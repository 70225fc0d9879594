"""Answers: what each stage did, what it moved, and that no text matters to another."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.errors import ConfigError, DataError, ServingError
from evenhand.stages import Condition, Doubt, Move, Pipeline, Rule, SecondModel, Stages
from evenhand.stages.words import finder
from evenhand.types import Task

SAID = {
    "all is well": (0.9, 0.1, 0.1),
    "I am lost": (0.6, 0.2, 0.1),
    "I hurt": (0.2, 0.2, 0.25),
    "привет": (0.9, 0.8, 0.4),
    "z" * 60 + "b": (0.9, 0.1, 0.1),
}
SECOND = dict.fromkeys(SAID, (0.5, 0.5, 0.5))
LOST = Rule("lost", Condition(keywords=finder(["lost"])), floors={"harm": 0.3}, route="people")
FOREIGN = Rule("foreign", Condition(not_script="latin"), abstain=True)
SLOW = Rule("slow", Condition(pattern=regex.compile("^(z|zz)+$")), raises="worry")


@pytest.fixture
def pipeline(known: Any) -> Pipeline:
    return Pipeline(known(SAID), Stages((LOST, FOREIGN, SLOW), ("harm",)))


def test_a_rule_shows_what_it_moved_from_where_to_where(pipeline: Pipeline) -> None:
    (answer,) = pipeline.answer(["I am lost"])
    assert answer.labels == ("calm", "harm")
    assert answer.probabilities == {"calm": 0.6, "worry": 0.2, "harm": 0.3}
    assert answer.thresholds == {"calm": 0.5, "worry": 0.5, "harm": 0.3}
    assert (answer.decided_by, answer.route, answer.matched) == ("rules", "people", ("lost",))
    assert not answer.abstained
    assert [step.stage for step in answer.stages] == ["rules", "model", "decision"]
    assert answer.stages[0].did == "matched lost"
    assert answer.stages[0].moves == (Move("harm", 0.1, 0.3, "lost"),)
    assert answer.to_dict()["stages"][0]["moves"][0]["before"] == 0.1


def test_what_no_rule_touches_is_the_answer_of_the_model_alone(
    known: Any, pipeline: Pipeline
) -> None:
    (answer,) = pipeline.answer(["all is well"])
    (alone,) = Pipeline(known(SAID)).answer(["all is well"])
    assert (answer.labels, answer.probabilities) == (alone.labels, alone.probabilities)
    assert answer.decided_by == alone.decided_by == "model"
    assert [step.stage for step in alone.stages] == ["model", "decision"]


def test_who_abstains_still_gives_what_is_critical(pipeline: Pipeline) -> None:
    (answer,) = pipeline.answer(["привет"])
    assert answer.abstained
    assert answer.labels == ("harm",)
    assert answer.probabilities["worry"] == 0.8
    assert answer.decided_by == "rules"


def test_a_rule_that_ran_out_of_time_acts_and_says_so(pipeline: Pipeline) -> None:
    (answer,) = pipeline.answer(["z" * 60 + "b"])
    assert answer.labels == ("calm", "worry")
    assert answer.timed_out == answer.matched == ("slow",)
    assert "slow ran out of 0.1 s and counts as matched" in answer.stages[0].did


def test_rules_act_in_turn_and_each_shows_its_own_move(known: Any) -> None:
    more = Rule("more", Condition(keywords=finder(["lost"])), floors={"harm": 0.7, "calm": 0.2})
    (answer,) = Pipeline(known(SAID), Stages((LOST, more))).answer(["I am lost"])
    assert answer.stages[0].moves == (
        Move("harm", 0.1, 0.3, "lost"),
        Move("harm", 0.3, 0.7, "more"),
    )
    (turned,) = Pipeline(known(SAID), Stages((more, LOST))).answer(["I am lost"])
    assert turned.stages[0].moves == (Move("harm", 0.1, 0.7, "more"),)
    assert turned.probabilities == answer.probabilities


def test_the_first_queue_that_is_named_is_taken(known: Any) -> None:
    rules = [Rule(n, Condition(shorter_than=99), route=n) for n in ("first", "second")]
    (answer,) = Pipeline(known(SAID), Stages(rules)).answer(["I hurt"])
    assert answer.route == "first"
    assert answer.matched == ("first", "second")


def test_the_verifier_is_asked_in_doubt_only_and_shows_its_move(known: Any) -> None:
    second = known(SECOND)
    doubt = Doubt(SecondModel(second), ("harm",), 0.2, 0.3)
    pipeline = Pipeline(known(SAID), Stages((), ("harm",), doubt))
    calm, hurt = pipeline.answer(["all is well", "I hurt"])
    assert second.asked == ["I hurt"]
    assert calm.stages[1].did == "not asked"
    assert calm.probabilities["harm"] == 0.1
    assert hurt.stages[1].did == "asked about harm"
    # Odds 1/3 and 1: their geometric mean is 0.577, as a probability 0.366.
    assert hurt.probabilities["harm"] == pytest.approx(0.366025, abs=1e-6)
    assert hurt.stages[1].moves[0].by == "verifier"
    assert (hurt.labels, hurt.decided_by) == (("harm",), "verifier")


def test_the_bounds_of_doubt_belong_to_it_and_a_fall_is_shown_too(known: Any) -> None:
    second = known(dict.fromkeys(SAID, (0.1, 0.1, 0.1)))
    doubt = Doubt(SecondModel(second), ("calm", "harm"), 0.25, 0.6)
    lost, hurt, well = Pipeline(known(SAID), Stages((), ("harm",), doubt)).answer(
        ["I am lost", "I hurt", "all is well"]
    )
    assert second.asked == ["I am lost", "I hurt"]
    assert lost.stages[1].did == "asked about calm"
    # Odds 3/2 and 1/9: their geometric mean is 0.408, as a probability 0.290.
    assert lost.probabilities["calm"] == pytest.approx(0.28989795, abs=1e-8)
    assert [(move.label, move.before) for move in lost.stages[1].moves] == [("calm", 0.6)]
    assert (lost.labels, lost.decided_by) == ((), "verifier")
    assert hurt.stages[1].did == "asked about harm"
    assert (hurt.probabilities["harm"], hurt.stages[1].moves) == (0.25, ())
    assert well.stages[1].did == "not asked"


def test_a_verifier_that_gives_no_probabilities_is_refused(known: Any) -> None:
    class Wrong:
        def probs(self, texts: Any, labels: Any) -> Any:
            return np.full((len(texts), len(labels)), 3.0)

    pipeline = Pipeline(known(SAID), Stages((), (), Doubt(Wrong(), ("harm",), 0.0, 1.0)))
    with pytest.raises(DataError, match=r"^\[E210\]"):
        pipeline.answer(["I hurt"])


def test_a_threshold_of_the_request_is_where_a_label_is_raised_to(pipeline: Pipeline) -> None:
    high, own = pipeline.answer(["z" * 60 + "b"] * 2, thresholds=[{"worry": 0.8}, None])
    assert high.probabilities["worry"] == 0.8
    assert own.probabilities["worry"] == 0.5
    assert "worry" in high.labels
    with pytest.raises(ServingError, match=r"^\[E501\]"):
        pipeline.answer(["I hurt"], thresholds=[{"wory": 0.8}])
    with pytest.raises(ServingError, match=r"got: 1 for 2 texts"):
        pipeline.answer(["I hurt"] * 2, thresholds=[None])


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from([text for text in SAID if len(text) < 50]), max_size=6))
def test_no_answer_depends_on_another_text(known: Any, texts: list[str]) -> None:
    doubt = Doubt(SecondModel(known(SECOND)), ("harm", "worry"), 0.05, 0.5)
    pipeline = Pipeline(known(SAID), Stages((LOST, FOREIGN), ("harm",), doubt))
    assert pipeline.answer(texts) == [pipeline.answer([text])[0] for text in texts]


@pytest.mark.parametrize(
    ("stages", "said"),
    [
        (Stages((), ("hram",)), "did you mean 'harm'?"),
        (Stages((Rule("r", Condition(), raises="hram"),)), "got: rule 'r', raise: 'hram'"),
        (Stages((Rule("r", Condition(), floors={"x": 0.4}),)), "got: rule 'r', floor: 'x'"),
        (Stages((LOST, LOST)), "two rules have one name"),
        (Stages((Rule("r", Condition(), floors={"harm": 0.0}),)), "a floor that cannot be"),
        (Stages((), (), Doubt(SecondModel(None), ("x",), 0, 1)), "got: verifier.labels: 'x'"),  # type: ignore[arg-type]
        (Stages((), (), Doubt(SecondModel(None), ("harm",), 0.7, 0.7)), "would never be asked"),  # type: ignore[arg-type]
        (Stages((), ("calm",)), "yields to any other"),
        (Stages((Rule("r", Condition(), raises="calm"),)), "got: rule 'r', raise: 'calm'"),
    ],
)
def test_what_does_not_go_with_the_labels_is_refused(known: Any, stages: Stages, said: str) -> None:
    with pytest.raises(ConfigError, match=r"^\[E502\] .+\n  got: .+\n  fix: .+$") as caught:
        Pipeline(known(SAID, exclusive="calm"), stages)
    assert said in str(caught.value)


def test_where_one_label_is_given_rules_route_and_abstain_but_raise_nothing(known: Any) -> None:
    said = {"one": (0.2, 0.7, 0.1), "I am lost": (0.2, 0.3, 0.5), "привет": (0.8, 0.1, 0.1)}
    one = known(said, task=Task.MULTICLASS)
    for stages in (Stages((LOST,)), Stages((), (), Doubt(SecondModel(one), ("harm",), 0, 1))):
        with pytest.raises(ConfigError, match="to raise one lowers others"):
            Pipeline(one, stages)
    route = Rule("lost", Condition(keywords=finder(["lost"])), route="people")
    answers = Pipeline(one, Stages((route, FOREIGN), ("harm",))).answer(list(said))
    assert [answer.labels for answer in answers] == [("worry",), ("harm",), ()]
    assert [answer.route for answer in answers] == [None, "people", None]
    assert answers[2].abstained
    assert answers[0].thresholds == {}
    assert answers[0].biases == {"calm": 0.0, "worry": 0.0, "harm": 0.0}


def test_a_model_of_series_is_refused(known: Any) -> None:
    series = known(SAID)
    series.schema = None
    with pytest.raises(ConfigError, match=r"^\[E110\] stages answer texts"):
        Pipeline(series)


def test_no_texts_have_no_answers(pipeline: Pipeline) -> None:
    assert pipeline.answer([]) == []
