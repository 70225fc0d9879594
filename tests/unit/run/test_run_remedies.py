"""One correction at a time, and the prior shift of each is known."""

import numpy as np
import pytest

from evenhand.config import override, parse_config
from evenhand.errors import ConfigError
from evenhand.losses import LOSSES
from evenhand.run.remedies import (
    IDLE_SAMPLERS,
    Priors,
    corrections,
    refuse_conflicts,
    refuse_idle,
)
from evenhand.sampling import SAMPLERS
from evenhand.types import FitStatistics, Task

MANY = np.array([[1, 0], [1, 1], [0, 0], [1, 0]], np.float32)
ONE = np.array([[1, 0, 0]] * 6 + [[0, 1, 0]] * 3 + [[0, 0, 1]], np.float32)


def config(*settings):
    return parse_config(override({}, settings), source="test")


def priors(truth_NC, task, *, loss="auto", sampler="natural", **settings):
    fit = FitStatistics.of(truth_NC, task)
    return Priors(
        fit,
        truth_NC,
        LOSSES.build(loss, fit, settings=settings),
        SAMPLERS.build(sampler, truth_NC, task, settings={}),
    )


def test_the_default_corrects_nothing():
    assert corrections(config()) == []


@pytest.mark.parametrize(
    "settings",
    [
        ("sampler=weighted", "loss=weighted-bce"),
        ("sampler=class-aware", "loss=focal"),
        ("mix=smote", "loss=class-balanced"),
    ],
)
def test_two_corrections_need_a_word(settings):
    with pytest.raises(ConfigError, match=r"\[E105\] two corrections"):
        refuse_conflicts(config(*settings))
    refuse_conflicts(config(*settings, "train.allow_stacked=true"))


def test_one_correction_beside_parts_that_correct_nothing_is_fine():
    refuse_conflicts(config("sampler=weighted", "mix=mixup", "augment=eda"))


def test_mixing_and_r_drop_are_refused_together():
    with pytest.raises(ConfigError, match=r"\[E105\] R-Drop compares two passes"):
        refuse_conflicts(config("mix=mixup", "train.r_drop=1"))


def test_mixing_needs_a_loss_that_reads_soft_targets(monkeypatch):
    monkeypatch.setattr("evenhand.run.remedies.HARD_TARGETS", {"bce"})
    with pytest.raises(ConfigError, match=r"\[E105\] this mixing needs a loss"):
        refuse_conflicts(config("mix=mixup", "loss=bce"))
    refuse_conflicts(config("mix=smote", "loss=bce"))


def test_unfreezing_what_is_not_frozen_is_refused():
    with pytest.raises(ConfigError, match=r"\[E105\] nothing is frozen"):
        refuse_conflicts(config("optim.unfreeze_every=1"))
    refuse_conflicts(config("optim.unfreeze_every=1", "optim.frozen_layers=all"))


@pytest.mark.parametrize("mix", ["mixup", "smote"])
def test_mixing_needs_a_second_row(mix):
    with pytest.raises(ConfigError, match=r"\[E105\] mixing needs a second row"):
        refuse_conflicts(config(f"mix={mix}", "train.batch_size=1"))
    refuse_conflicts(config("train.batch_size=1"))


@pytest.mark.parametrize(("name", "key"), IDLE_SAMPLERS)
def test_a_sampler_that_draws_every_row_once_is_refused(name, key):
    value = IDLE_SAMPLERS[name, key]
    draws_N = SAMPLERS.build(name, ONE, Task.MULTICLASS, settings={key: value})(0.5)
    assert draws_N == pytest.approx(np.ones(len(ONE)))
    with pytest.raises(ConfigError, match=rf"sampler\.{key} = {value}"):
        refuse_conflicts(config(f"sampler={name}", f"sampler.{key}={value}"))
    refuse_conflicts(config(f"sampler={name}", f"sampler.{key}={value + 0.5}"))


def test_what_would_begin_after_the_end_is_refused():
    progressive = config("sampler=progressive")
    with pytest.raises(ConfigError, match=r"(?s)\[E105\] a progressive.*1 pass is planned"):
        refuse_idle(progressive, passes=1)
    refuse_idle(progressive, passes=2)
    thawing = config("optim.unfreeze_every=3", "optim.frozen_layers=all")
    with pytest.raises(ConfigError, match=r"(?s)\[E105\] no layer.*every = 3, 3 passes are"):
        refuse_idle(thawing, passes=3)
    refuse_idle(thawing, passes=4)
    refuse_idle(config("optim.frozen_layers=all"), passes=1)


def test_a_progressive_sampler_moves_the_prior_from_the_datas_to_an_even_one():
    moving = priors(ONE, Task.MULTICLASS, sampler="progressive")
    assert moving.effective(0.0) == pytest.approx([0.6, 0.3, 0.1])
    assert moving.effective(1.0) == pytest.approx([1 / 3, 1 / 3, 1 / 3])
    assert "c 10.0% -> 33.3%" in moving.lines(["a", "b", "c"])[0]


def test_without_remedies_the_priors_are_those_of_the_data():
    plain = priors(ONE, Task.MULTICLASS)
    assert plain.natural() == pytest.approx([0.6, 0.3, 0.1])
    assert plain.effective(0.0) == pytest.approx([0.6, 0.3, 0.1])
    assert plain.shift(0.0) == pytest.approx([0, 0, 0])
    assert plain.lines(["a", "b", "c"]) == []


@pytest.mark.parametrize("remedy", [{"loss": "weighted-ce"}, {"sampler": "weighted"}])
def test_balancing_classes_by_weights_or_by_draws_makes_them_equal(remedy):
    balanced = priors(ONE, Task.MULTICLASS, **remedy)
    assert balanced.effective(0.0) == pytest.approx([1 / 3, 1 / 3, 1 / 3])
    shift_C = balanced.shift(0.0)
    assert shift_C - shift_C[0] == pytest.approx([0, np.log(2), np.log(6)])
    assert "c 10.0% -> 33.3%" in balanced.lines(["a", "b", "c"])[0]


def test_balanced_positives_make_every_label_as_often_present_as_absent():
    balanced = priors(MANY, Task.MULTILABEL, loss="weighted-bce")
    assert balanced.natural() == pytest.approx([0.75, 0.25])
    assert balanced.effective(0.0) == pytest.approx([0.5, 0.5])
    assert balanced.shift(0.0) == pytest.approx([np.log(1 / 3), np.log(3)])


def test_weights_and_draws_add_up():
    both = priors(ONE, Task.MULTICLASS, loss="weighted-ce", sampler="weighted")
    once = priors(ONE, Task.MULTICLASS, loss="weighted-ce")
    drawn = priors(ONE, Task.MULTICLASS, sampler="weighted")
    assert both.shift(0.0) == pytest.approx(once.shift(0.0) + drawn.shift(0.0))
