import json

import numpy as np
import pytest

from evenhand.decide import Decision, fit_decision
from evenhand.decide.manner import Manner, apply_values
from evenhand.decide.summary import forced_rows
from evenhand.types import LabelSpace, Logits, Predictions, Role, Task

ML = Task.MULTILABEL
CUTS_C = np.array([0.5, 0.2, 0.9])
P_NC = np.array([[0.6, 0.3, 0.1], [0.4, 0.1, 0.1], [0.1, 0.19, 0.2], [0.7, 0.1, 0.95]])


def given(**rules):
    return apply_values(P_NC, CUTS_C, ML, Manner(**rules)).astype(int).tolist()


def test_plain():
    assert given() == [[1, 1, 0], [0, 0, 0], [0, 0, 0], [1, 0, 1]]


def test_an_exclusive_label_yields_to_any_other():
    assert given(exclusive=0) == [[0, 1, 0], [0, 0, 0], [0, 0, 0], [0, 0, 1]]


def test_a_row_without_labels_gets_the_nearest_one():
    # Logits less cuts: row 1 has -0.41, -0.81, -4.4; row 2 has -2.2, -0.06, -3.6.
    assert given(at_least_one=True) == [[1, 1, 0], [1, 0, 0], [0, 1, 0], [1, 0, 1]]


def test_both_rules():
    decided_NC = apply_values(P_NC, CUTS_C, ML, Manner(at_least_one=True, exclusive=0))
    assert (decided_NC.sum(axis=1) >= 1).all()
    assert not (decided_NC[:, 0] & decided_NC[:, 1:].any(axis=1)).any()


@pytest.fixture
def tune():
    rng = np.random.default_rng(2)
    truth_NC = (rng.random((300, 3)) < [0.5, 0.3, 0.1]).astype(np.float32)
    z_NC = rng.normal(size=(300, 3)) + 2 * truth_NC - 1
    labels = LabelSpace(("neutral", "stress", "harm"), ML)
    return Predictions(tuple(map(str, range(300))), Logits(z_NC), truth_NC, labels, Role.TUNE)


def test_the_rules_are_stored_and_counted(tune):
    decision = fit_decision(tune, at_least_one=True, exclusive="neutral")
    again = Decision.from_dict(json.loads(json.dumps(decision.to_dict())))
    assert again == decision
    decided_NC = again.decide(tune.scores)
    assert decided_NC.any(axis=1).all()
    bare_NC = decision.probs(tune.scores) >= decision.values_C
    assert forced_rows(decision, tune) == (~bare_NC.any(axis=1)).sum() > 0
    assert forced_rows(fit_decision(tune), tune) == 0


def test_a_decision_stored_without_rules_has_none(tune):
    stored = fit_decision(tune).to_dict()
    for key in ("at_least_one", "exclusive", "asked"):
        del stored[key]
    for cut in stored["thresholds"].values():
        del cut["low"], cut["high"], cut["optimism"]
    decision = Decision.from_dict(stored)
    assert (decision.at_least_one, decision.exclusive, decision.cuts[0].low) == (False, None, None)
