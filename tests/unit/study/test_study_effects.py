"""Effects by hand: two seeds, five rows, every number checked another way."""

import numpy as np
import pytest

from evenhand.config import parse_config
from evenhand.errors import DataError
from evenhand.evaluate.intervals import Interval
from evenhand.study.ablate.effects import Answer, Effects, Trial, rarest_third, verdict
from evenhand.study.ablate.techniques import LISTS, Technique, named
from evenhand.types import LabelSpace, Predictions, Probs, Role, Task

LABELS = LabelSpace(("a", "b", "c"), Task.MULTILABEL)
TRUTH = np.array([[1, 0, 0], [1, 1, 0], [1, 0, 1], [0, 1, 0], [1, 0, 0]], np.float32)


def rows(seed=0, ids="vwxyz"):
    scores = np.random.default_rng(seed).random(TRUTH.shape)
    return Predictions(tuple(ids), Probs(scores), TRUTH, LABELS, Role.REPORT)


def answer(decided, seed=0):
    return Answer(rows(seed), np.array(decided, dtype=bool))


def trial(name, *answers, seconds=1.0):
    return Trial(Technique(name, {"loss.name": "focal"}), answers, seconds)


ALL_A = [[1, 0, 0]] * 5
EXACT = TRUTH == 1


def test_effect_is_the_mean_difference_over_seeds():
    base = trial("base", answer(ALL_A), answer(ALL_A, 1))
    other = trial("x", answer(EXACT), answer(ALL_A, 1))
    told = Effects.of([base, other]).to_dict()
    base_f1 = (2 * 4 / 9 + 0 + 0) / 3
    row = told["techniques"][1]
    assert row["macro_f1_by_seed"] == pytest.approx([1.0, base_f1])
    assert row["effect"]["value"] == pytest.approx((1 - base_f1) / 2)
    assert row["ap"]["value"] == pytest.approx(0)
    assert told["rare"] == ["c"]
    assert row["rare"]["value"] == pytest.approx(0.5)
    assert row["rare_classes"]["c"]["value"] == pytest.approx(0.5)


def test_nothing_changed_is_nothing_from_nothing_to_nothing():
    base = trial("base", answer(ALL_A))
    row = Effects.of([base, trial("same", answer(ALL_A))]).to_dict()["techniques"][1]
    assert row["effect"] == {"value": 0, "low": 0, "high": 0}
    assert row["verdict"] == "not shown"


def test_a_seed_that_helps_and_one_that_does_not_is_no_proof():
    """Drawing seeds puts the luck of training into the interval; rows alone would leave 0 out."""
    base = trial("base", answer(ALL_A), answer(ALL_A))
    half = Effects.of([base, trial("x", answer(EXACT), answer(ALL_A))]).to_dict()
    both = Effects.of([base, trial("x", answer(EXACT), answer(EXACT))]).to_dict()
    assert half["techniques"][1]["effect"]["low"] == pytest.approx(0, abs=0.05)
    assert both["techniques"][1]["effect"]["low"] > 0.1
    assert both["techniques"][1]["verdict"] == "helps"


def test_techniques_stand_by_worth_and_untried_ones_last():
    base = trial("base", answer(ALL_A))
    worse = trial("worse", answer([[0, 0, 0]] * 5))
    better = trial("better", answer(EXACT))
    unfit = Trial(Technique("unfit", {}), [], 0.0, "no such labels")
    effects = Effects.of([base, unfit, worse, better])
    told = [row["technique"] for row in effects.to_dict()["techniques"]]
    assert told == ["base", "better", "worse", "unfit"]
    lines = effects.table().splitlines()
    assert lines[0].startswith("technique,effect,low,high,seconds,verdict,")
    assert lines[4].startswith("unfit,,,,0.0,not tried,")
    assert effects.frame().num_rows == 4
    assert effects.plot().startswith("<svg")


def test_other_rows_are_refused():
    base = trial("base", answer(ALL_A))
    other = Trial(Technique("x", {}), [Answer(rows(ids="abcde"), EXACT)], 0.0)
    with pytest.raises(DataError, match=r"\[E211\](.|\n)*x: 5 rows"):
        Effects.of([base, other])


@pytest.mark.parametrize(
    ("support", "rare"),
    [([5, 1, 9], [1]), ([4, 3, 2, 1, 9, 9], [2, 3]), ([7], [0]), ([2, 2, 2], [0])],
)
def test_rarest_third(support, rare):
    assert np.flatnonzero(rarest_third(np.array(support))).tolist() == rare


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0.01, 0.2, "helps"), (-0.2, -0.01, "hurts"), (-0.1, 0.1, "not shown"), (0, 0, "not shown")],
)
def test_verdict(low, high, expected):
    assert verdict(Interval((low + high) / 2, low, high)) == expected


def test_every_listed_technique_is_a_setting_that_there_is():
    for technique in (t for techniques in LISTS.values() for t in techniques):
        changed = parse_config(technique.changed({}), source=technique.name)
        assert (
            changed.model_dump(mode="json").keys()
            == parse_config({}, source="").model_dump().keys()
        )
        assert bool(technique.settings) == (technique.name != "ensemble")
        assert technique.decides_only == (
            bool(technique.settings)
            and {key.split(".")[0] for key in technique.settings} == {"decision"}
        )


def test_names_lists_and_own_settings_are_each_tried_once():
    found = named(["losses", "focal", "loss.name=focal loss.gamma=1"], {})
    names = [technique.name for technique in found]
    assert names.count("focal") == 1
    assert names[-1] == "loss.name=focal loss.gamma=1"
    assert found[-1].settings == {"loss.name": "focal", "loss.gamma": 1}
    assert len(names) == len(LISTS["losses"]) + 1


def test_claims_stand_beside_the_list_of_claims_alone():
    assert {t.claim for t in named(["focal", "ensemble"], {})} == {""}
    assert all(t.claim for t in named(["seeds"], {"decision": {"cuts": "fixed"}}))


def test_only_what_is_on_is_taken_off():
    plain = {technique.name for technique in named(["off"], {})}
    assert "without sampler" not in plain
    sampled = named(["off"], {"sampler": {"name": "weighted"}})
    assert "without sampler" in {technique.name for technique in sampled}
