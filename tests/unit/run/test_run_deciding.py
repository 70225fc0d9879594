"""What a run file asks of its decision reaches it, key by key, and is known again afterwards."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from evenhand.config import RunConfig, override, parse_config
from evenhand.decide import Costs, Decision, fit_decision
from evenhand.errors import ConfigError, MissingFileError
from evenhand.run.deciding import costs_of, decision_settings, settings_as_decided
from evenhand.types import LabelSpace, Logits, Predictions, Role, Task

NAMES = ("joy", "calm", "v1.0 grief")
COSTS = {"v1.0 grief": {"false_positive": 1, "false_negative": 50}}
CHANGES = [
    "calibrate=none",
    "cuts=global",
    "cuts=fixed",
    "shrink=none",
    "min_support=40",
    "beta=2",
    "micro=0.9",
    "grid=wide",
    'recall."v1.0 grief"=0.95',
    "precision.calm=0.8",
    "fpr.joy=0.05",
    "alerts.joy=40",
    "alerts.joy=10%",
    "costs=costs.json",
    "at_least_one=true",
    "exclusive=joy",
    "resamples=20",
]


@pytest.fixture(scope="module")
def tune() -> Predictions:
    random = np.random.default_rng(4)
    truth_NC = (random.random((300, 3)) < [0.5, 0.3, 0.08]).astype(np.float32)
    scores_NC = 2.5 * truth_NC + 1.3 * random.normal(size=truth_NC.shape) - [1.2, 1.8, 2.5]
    ids = tuple(map(str, range(300)))
    return Predictions(
        ids, Logits(scores_NC), truth_NC, LabelSpace(NAMES, Task.MULTILABEL), Role.TUNE
    )


@pytest.fixture(autouse=True)
def costs_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "costs.json").write_text(json.dumps(COSTS), "utf-8")
    return tmp_path / "costs.json"


def configured(*settings: str) -> RunConfig:
    asked = ["resamples=0", "shrink=none", "min_support=1", *settings]
    return parse_config(override({}, [f"decision.{s}" for s in asked]), source="test")


def decided(config: RunConfig, tune: Predictions) -> Decision:
    settings = decision_settings(config, rows=len(tune), costs=costs_of(config))
    return fit_decision(tune, seed=config.seed, strict=False, **settings)


def effects(decision: Decision, tune: Predictions) -> list[object]:
    ends = [(cut.low, cut.high) for cut in decision.cuts]
    given_NC, probs_NC = decision.decide(tune.scores), decision.probs(tune.scores)
    return [given_NC.tolist(), probs_NC.tolist(), decision.values_C.tolist(), ends]


@pytest.mark.parametrize("change", CHANGES)
def test_every_key_changes_the_decision(change: str, tune: Predictions) -> None:
    start = ["shrink=auto"] if change == "shrink=none" else []
    plain, changed = (decided(configured(*s), tune) for s in (start, [change]))
    assert effects(plain, tune) != effects(changed, tune)


def test_every_key_is_among_those() -> None:
    named = {change.partition("=")[0].partition(".")[0] for change in CHANGES}
    assert named == set(RunConfig().decision.model_dump())


def test_the_defaults_ask_for_nothing_more_than_before(tune: Predictions) -> None:
    assert decided(RunConfig(), tune) == fit_decision(tune, resamples=200)


def test_cuts_have_intervals_support_and_optimism(tune: Predictions) -> None:
    for cut in decided(configured("resamples=20"), tune).cuts:
        assert cut.source == "own"
        assert cut.support > 0
        assert cut.optimism is not None
        assert cut.low is not None
        assert cut.high is not None
        assert cut.low <= cut.high


@pytest.mark.parametrize(("budget", "share"), [("40", 40 / 300), ("10%", 0.1), ("300", 1.0)])
def test_a_budget_is_a_share_of_the_tune_rows(budget: str, share: float) -> None:
    settings = decision_settings(configured(f"alerts.joy={budget}"), rows=300, costs=None)
    assert settings["alerts"] == {"joy": pytest.approx(share)}


def test_a_label_keeps_its_name_on_the_way_to_its_budget() -> None:
    config = parse_config({"decision": {"alerts": {" spam ": 40, "a=1": "10%"}}}, source="test")
    settings = decision_settings(config, rows=80, costs=None)
    assert settings["alerts"] == {" spam ": 0.5, "a=1": 0.1}


@pytest.mark.parametrize(
    "settings",
    [("alerts.joy=40", "beta=2"), ("costs=costs.json",), ('recall."v1.0 grief"=0.9', "micro=0.5")],
)
def test_a_decision_remembers_what_was_asked_without_the_file(
    settings: tuple[str, ...], tune: Predictions, costs_file: Path
) -> None:
    config = configured(*settings)
    decision = decided(config, tune)
    costs_file.unlink()
    stored = Decision.from_dict(json.loads(json.dumps(decision.to_dict())))
    again = fit_decision(tune, seed=config.seed, **settings_as_decided(config, stored))
    assert again == decision


@pytest.mark.parametrize(
    "costs",
    [
        Costs(sides={"joy": (1.0, 2.0)}),
        Costs(matrix={"joy": {"calm": 3.0}}),
        Costs(sides={"matrix": (1.0, 2.0)}),
    ],
)
def test_costs_are_known_again(costs: Costs) -> None:
    assert Costs.from_dict(json.loads(json.dumps(costs.to_dict()))) == costs


def test_a_demand_that_cannot_be_met_is_met_as_nearly_as_can_be_and_said(
    tune: Predictions,
) -> None:
    asked = ('recall."v1.0 grief"=0.99', 'precision."v1.0 grief"=0.99')
    decision = decided(configured(*asked), tune)
    (said,) = decision.unmet
    assert said.startswith("v1.0 grief: recall >= 0.99 and precision >= 0.99; the nearest cut has")
    assert decision.cuts[2].source == "demand"
    assert Decision.from_dict(json.loads(json.dumps(decision.to_dict()))).unmet == (said,)


def test_costs_that_are_not_there_are_refused(costs_file: Path) -> None:
    costs_file.unlink()
    with pytest.raises(MissingFileError, match=r"\[E202\].*no such file"):
        costs_of(configured("costs=costs.json"))


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("beta=0", r"got: decision\.beta = 0"),
        ("micro=1.5", r"got: decision\.micro = 1\.5"),
        ("grid=fine", r"got: decision\.grid = 'fine'"),
        ("recall.joy=1.5", r"got: decision\.recall\.joy = 1\.5"),
        ('precision."v1.0 grief"=0', r'got: decision\.precision\."v1\.0 grief" = 0'),
        ("fpr.joy=1", r"got: decision\.fpr\.joy = 1"),
        ("recall=0.9", r"fix: --set decision\.recall\.NAME=VALUE"),
        ("alerts.joy=0.02", r"fix: decision\.alerts\.joy should be 50 or 2%: .*"),
        ("alerts.joy=0", r"got: decision\.alerts\.joy = 0"),
        ("alerts.joy=many", r"got: decision\.alerts\.joy = 'many'"),
        ("costs=3", r"got: decision\.costs = 3"),
        ("at_least_one=perhaps", r"got: decision\.at_least_one = 'perhaps'"),
        ("exclusive=3", r"got: decision\.exclusive = 3"),
        ("resamples=-1", r"got: decision\.resamples = -1"),
        ("recal.joy=0.9", r"did you mean 'decision\.recall'"),
    ],
)
def test_a_value_that_cannot_be_is_named_with_its_key(setting: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        configured(setting)
    assert caught.value.code == "E102"
