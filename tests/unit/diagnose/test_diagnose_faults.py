"""D208, D209: numbers that are none, outputs that do not move."""

from __future__ import annotations

import numpy as np
import pytest

from evenhand.diagnose import CHECKS
from evenhand.diagnose.faults import FLAT


def run(code, patient):
    return CHECKS.build(code, patient, settings={})


def test_a_fault_without_warning_points_to_the_number_format(patient):
    facts = {"stopped": "non-finite", "fault": "logits of rows 17, 4", "steps_done": 400}
    finding = run("D208", patient(facts=facts))
    assert finding.severity == "error"
    assert finding.evidence == "step 401: logits of rows 17, 4"
    assert finding.remedy == {"model": {"precision": "float32"}}


def test_in_float32_only_the_rate_is_left(patient):
    config = {"model": {"precision": "float32"}}
    finding = run("D208", patient(facts={"stopped": "non-finite"}, config=config))
    assert finding.remedy == {"optim": {"lr": 3e-5}}


def test_gradients_that_surged_point_to_the_rate(patient, by_hand):
    made = by_hand.records([0.5] * 100)
    made["steps"][-1] |= {"grad_norm": 20.0}
    finding = run("D208", patient(**made, facts={"stopped": "non-finite"}))
    assert finding.evidence.endswith("the gradient norm had risen 40-fold just before")
    assert finding.remedy == {"optim": {"lr": 3e-5}}


def test_a_record_that_is_no_number_names_its_step(running, by_hand):
    made = by_hand.records([0.5] * 20)
    made["steps"][11] |= {"loss": float("nan")}
    assert run("D208", running(**made)).evidence.startswith("step 12: ")


def test_a_sound_run_has_no_fault(patient):
    assert run("D208", patient()) is None


@pytest.mark.parametrize(("spread", "fires"), [(FLAT / 2, True), (0.1, False)])
def test_logits_that_are_alike_on_all_rows_are_frozen(running, by_hand, spread, fires):
    made = by_hand.records([0.5] * 40, passes=1)
    made["epochs"][-1]["spread"] = spread
    assert (run("D209", running(**made)) is not None) == fires


def test_flat_predictions_show_it_where_no_spread_was_recorded(patient, by_hand):
    truth_NC = by_hand.truth()
    tune = by_hand.predictions(np.tile([1, 2, 3], (len(truth_NC), 1)), truth_NC)
    made = by_hand.records([0.5] * 40)
    epochs = [{**e, "spread": None} for e in made["epochs"]]
    assert run("D209", patient(tune=tune, steps=made["steps"], epochs=epochs)) is not None


@pytest.mark.parametrize(
    ("spreads", "losses", "fires"),
    [
        ((0.5, 0.501, 0.502), (0.62, 0.621, 0.62), True),
        ((0.5, 0.6, 0.7), (0.62, 0.621, 0.62), False),
        ((0.5, 0.501, 0.502), (0.62, 0.55, 0.5), False),
    ],
)
def test_nothing_moves_when_neither_spread_nor_loss_does(running, by_hand, spreads, losses, fires):
    made = by_hand.records([0.5] * 60, passes=3)
    for record, spread, loss in zip(made["epochs"], spreads, losses, strict=True):
        record |= {"spread": spread, "tune_loss": loss}
    finding = run("D209", running(**made))
    assert (finding is not None) == fires
    if finding is not None:
        assert finding.evidence == (
            "the spread of the logits stayed at 0.502 and the tune loss at 0.62 over 3 passes"
        )
