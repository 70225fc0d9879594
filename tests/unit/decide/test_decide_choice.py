"""What a choice refuses because nothing would come of it, and costs on some labels only."""

import numpy as np
import pytest

from evenhand.decide import Choice, Costs, fit_decision
from evenhand.errors import ConfigError
from evenhand.types import LabelSpace, Logits, Predictions, Role, Task

NAMES = ("joy", "calm", "grief")
SOME = Costs(sides={"grief": (1, 20)})
ALL = Costs(sides=dict.fromkeys(NAMES, (1, 20)))


@pytest.mark.parametrize("asked", [{"beta": 2.0}, {"micro": 0.5}])
@pytest.mark.parametrize(
    ("task", "costs"), [(Task.MULTILABEL, ALL), (Task.MULTICLASS, SOME), (Task.MULTICLASS, ALL)]
)
def test_beta_and_micro_are_idle_where_costs_alone_count(task, costs, asked):
    with pytest.raises(ConfigError, match=rf"\[E105\] {next(iter(asked))} weighs an F"):
        Choice(costs=costs, **asked).refuse_idle(LabelSpace(NAMES, task))


def test_beta_is_not_idle_where_a_label_or_a_demand_looks_at_it():
    multiclass, multilabel = (LabelSpace(NAMES, task) for task in Task)
    Choice(costs=SOME, beta=2.0, micro=0.5).refuse_idle(multilabel)
    Choice(costs=SOME, beta=2.0, recall={"joy": 0.9}, precision={"joy": 0.1}).refuse_idle(
        multiclass
    )
    Choice(costs=ALL, grid="wide").refuse_idle(multilabel)


def test_fixed_cuts_are_not_searched_for():
    with pytest.raises(ConfigError, match=r"\[E105\] beta steers a search"):
        Choice(cuts="fixed", beta=2.0).refuse_idle(LabelSpace(NAMES, Task.MULTILABEL))


@pytest.mark.parametrize("costs", [None, SOME])
def test_labels_without_costs_keep_0_5_where_no_cut_earns_its_place(costs):
    # Symmetric scores, so that 0.5 is as good as any cut unless missing grief costs more.
    rng = np.random.default_rng(4)
    truth_NC = (rng.random((300, 3)) < [0.5, 0.5, 0.2]).astype(np.float32)
    z_NC = np.where(truth_NC == 1, 1.0, -1.0) + rng.normal(size=(300, 3))
    tune = Predictions(
        tuple(map(str, range(300))),
        Logits(z_NC),
        truth_NC,
        LabelSpace(NAMES, Task.MULTILABEL),
        Role.TUNE,
    )
    decision = fit_decision(tune, calibrate="none", costs=costs)
    joy, calm, grief = decision.cuts
    assert (joy.source, joy.value, calm.source, calm.value) == ("fixed", 0.5, "fixed", 0.5)
    assert grief.value < 0.4 if costs else grief.value == 0.5
    assert grief.source in (("own", "cost") if costs else ("fixed",))
    assert decision.shrinkage == float("inf")


@pytest.mark.parametrize(
    ("asked", "match"),
    [
        ({"min_support": "5"}, r"\[E102\] min_support is of another kind\n.*'5'\n.*a whole number"),
        ({"min_support": 2.5}, r"\[E102\] min_support is of another kind"),
        ({"resamples": True}, r"\[E102\] resamples is of another kind"),
        ({"beta": None}, r"\[E102\] beta is of another kind\n.*None\n.*pass a number"),
        ({"micro": "0.5"}, r"\[E102\] micro is of another kind"),
        ({"recall": 0.95}, r"\[E102\] recall is of another kind\n.*\n.*a mapping from label"),
        ({"fpr": {"joy": "0.1"}}, r"\[E102\] fpr.joy is of another kind"),
        ({"costs": {"joy": (1, 2)}}, r"\[E102\] costs is of another kind\n.*\n.*Costs"),
        ({"at_least_one": "yes"}, r"\[E102\] at_least_one is of another kind"),
        ({"exclusive": 1}, r"\[E102\] exclusive is of another kind"),
        ({"calibrate": None}, r"\[E102\] calibrate is of another kind"),
    ],
)
def test_a_setting_of_another_kind_is_named(asked, match):
    with pytest.raises(ConfigError, match=match):
        Choice(**asked)


def test_numbers_of_numpy_are_numbers():
    choice = Choice(
        min_support=np.int64(3), beta=np.float32(2), at_least_one=np.bool_(True), recall={"joy": 1}
    )
    assert choice.min_support == 3
