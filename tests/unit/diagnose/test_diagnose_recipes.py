"""Every remedy, put into every recipe, is a run that training accepts."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from evenhand import recipes
from evenhand.config import override, parse_config
from evenhand.diagnose import CHECKS, apply, diagnose
from evenhand.models.heads import HEADS
from evenhand.run.prepare import check_parts
from evenhand.types import FitStatistics, Task

SETTINGS = {
    "as it is": [],
    "no cut a label": ["decision.cuts=fixed", "decision.calibrate=none", "decision.shrink=none"],
    "stacked": ["sampler=weighted", "loss=weighted-bce", "train.allow_stacked=true"],
    "made larger": ["mix=smote", "sampler=natural", "loss=auto", "train.r_drop=0"],
    "a sample": ["data.sample=2000", "optim.frozen_layers=2", "optim.head_lr=1e-4"],
    "short passes": ["train.steps_per_epoch=3", "train.max_steps=20", "train.patience=1"],
    "a schedule made elsewhere": ["schedule=linear", "schedule.steps=10"],
    "two passes": ["train.r_drop=2.0", "mix=none"],
    **{f"head {name}": [f"model.head={name}"] for name in HEADS.names()},
}
REMEDIED = {
    "D101", "D103", "D105", "D106", "D107", "D108", "D110", "D111",
    "D201", "D202", "D203", "D204", "D205", "D206", "D207", "D208", "D210", "D211", "D212", "D213",
    "D301", "D302", "D303", "D304", "D308",
}  # fmt: skip
FACTS = {
    "planned_steps": 400,
    "truncated_share": 0.5,
    "corrections": ["a", "b"],
    "augmented": {"changed": 0.0, "undone": 0.0},
    "learning_share": 0.01,
    "data_share": 0.1,
}


def sick(patient, by_hand, config):
    """Return patients under ``config``, on which between them every check with a remedy fires."""
    truth_NC = by_hand.truth()
    high = 4 * truth_NC - 2
    losses = {
        "falling": list(np.linspace(0.5, 0.1, 400)),
        "growing": list(np.linspace(0.5, 5.0, 400)),
        "jumping": [0.2 if (i // 20) % 2 else 0.8 for i in range(400)],
    }
    scores = {
        "ranked": high,
        "one label lost": high * [1, 1, 0] - [0, 0, 5],
        "all low": high - 6,
        "all high": high + 6,
        "few given": high - 6 * (np.arange(len(high)) // 10 % 5 > 0)[:, None],
        "alike": np.zeros_like(high) - 3 + np.linspace(0, 1e-3, len(high))[:, None],
        "alike and high": np.zeros_like(high) + 3 + np.linspace(0, 1e-3, len(high))[:, None],
    }
    unlike = [
        {"tune": by_hand.predictions(scores_NC, truth_NC), "decision": None}
        for scores_NC in scores.values()
    ]
    unlike += [{**by_hand.records(given, passes=4)} for given in losses.values()]
    rates = by_hand.records(losses["falling"])
    for record in rates["steps"][100:]:
        record["lr"] = 0.0
    rising = by_hand.records(losses["falling"])
    for record, loss in zip(rising["epochs"], (0.4, 0.5, 0.7, 1.2), strict=True):
        record |= {"tune_loss": loss, "fit_loss": 0.1}
    early = by_hand.records(losses["falling"])
    for record in early["epochs"][1:]:
        record["best"] = False
    edge = {"decision": by_hand.decision((0.5, 0.5, 0.999), supports=(80, 40, 9))}
    few = {**by_hand.records([0.5] * 20, passes=1), "facts": {"steps_done": 20}}
    few["facts"]["planned_steps"] = 20
    unlike += [few, rates, rising, early, edge, {"facts": {"stopped": "non-finite"}}]
    unlike.append({"facts": {"auxiliary_share": 0.6}})
    rare_C = np.array([1000.0, 400.0, 3.0])
    unlike.append({"fit": FitStatistics(Task.MULTICLASS, 2000, rare_C, np.full(3, 2000.0))})
    for given in unlike:
        facts = FACTS | given.pop("facts", {})
        made = patient(**given, facts=facts)
        made.config.clear()
        made.config.update(copy.deepcopy(config))
        yield made


@pytest.fixture
def remedied(patient, by_hand):
    """Return what applies the remedies for a run file, checks each, and gives the codes."""

    def all_of(values):
        config = parse_config(values, source="test").model_dump(mode="json")
        config["train"]["epochs"] = config["train"]["epochs"] or 3
        seen = set()
        for made in sick(patient, by_hand, config):
            found = [CHECKS.build(code, made, settings={}) for code in CHECKS.names()]
            for finding in found:
                if finding is not None and finding.remedy:
                    seen.add(finding.code)
                    accepted(apply(values, [finding]), finding.code, changed=values)
            accepted(apply(config, diagnose(made)), "all", changed=values)
        return seen

    return all_of


def accepted(values, code, *, changed):
    config = parse_config(values, source=code)
    if not changed.get("train", {}).get("allow_stacked"):
        check_parts(config)
        return
    check_parts(parse_config(override(values, ["train.allow_stacked=true"]), source=code))


@pytest.mark.parametrize("recipe", recipes.names())
def test_a_remedy_fits_every_recipe(remedied, recipe):
    assert len(remedied(recipes.load(recipe))) >= 5


def test_every_remedy_fits_whatever_was_changed(remedied):
    plain = recipes.load("plain")
    low, high = ["optim.lr=1e-6"], ["optim.lr=0.5"]
    asked = [*SETTINGS.values(), low, high]
    assert set().union(*(remedied(override(plain, s)) for s in asked)) == REMEDIED


def test_a_task_of_one_label_gets_a_loss_of_its_own(patient, by_hand):
    truth_NC = np.eye(3, dtype=np.float32)[np.arange(200) % 3]
    fit = patient().fit.__class__(
        Task.MULTICLASS, 2000, np.array([1000.0, 700.0, 300.0]), np.full(3, 2000.0)
    )
    same = by_hand.predictions(np.tile([2.0, 0.0, 0.0], (200, 1)), truth_NC, Task.MULTICLASS)
    finding = CHECKS.build("D101", patient(tune=same, decision=None, fit=fit), settings={})
    assert finding.remedy["loss"]["name"] == "weighted-ce"
    for recipe in ("plain", "balanced"):
        check_parts(parse_config(apply(recipes.load(recipe), [finding]), source=recipe))
