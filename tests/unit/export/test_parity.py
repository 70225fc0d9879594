"""Parity of an export: figures and gates by hand."""

import json
from dataclasses import replace

import numpy as np
import pytest

from evenhand.errors import DataError
from evenhand.export import Measured, measure_parity
from evenhand.types import LabelSpace, Logits, Predictions, Role, Task

LABELS = LabelSpace(("common", "rare"), Task.MULTILABEL)


def system(decided, *, rows=None):
    """Return a system that gives these labels to 100 rows; truth: half common, a tenth rare."""
    truth_NC = np.zeros((100, 2), np.float32)
    truth_NC[:50, 0] = truth_NC[:10, 1] = 1
    logits_NC = np.where(decided, 2.0, -2.0)
    predictions = Predictions(
        ids=rows or tuple(map(str, range(100))),
        scores=Logits(logits_NC),
        truth_NC=truth_NC,
        labels=LABELS,
        role=Role.REPORT,
    )
    return Measured(predictions, decided, 1 / (1 + np.exp(-logits_NC)))


def right():
    decided = np.zeros((100, 2), bool)
    decided[:50, 0] = decided[:10, 1] = True
    return decided


def parity(after, *, neighbours=0.0):
    return measure_parity(
        system(right()), after, precision="int8", megabytes=1.5, neighbours=neighbours
    )


def test_the_same_system_passes_with_no_difference():
    found = parity(system(right()))
    assert found.passed
    assert (found.largest, found.typical, found.flips) == (0.0, 0.0, 0)
    assert found.macro_f1["difference"] == 0.0
    assert found.ece[0] == found.ece[1]


def test_differences_are_counted():
    decided = right()
    decided[50, 0] = True
    found = parity(system(decided))
    assert (found.largest, found.flips) == (4.0, 1)
    assert found.typical == pytest.approx(4 / 200)
    assert found.per_class[0]["after"] == pytest.approx(100 / 101)
    assert found.per_class[0]["support"] == 50


def test_a_class_that_loses_much_fails_two_gates():
    decided = right()
    decided[:9, 1] = False
    found = parity(system(decided))
    assert [gate.passed for gate in found.gates] == [False, False, True]
    assert found.gates[0].found.startswith("rare -0.8")
    assert not found.passed


def test_a_loss_that_may_be_chance_fails_only_the_share_of_macro_f1():
    """One of ten positives missed: in a third of the resamples it is not even drawn."""
    decided = right()
    decided[0, 1] = False
    assert [gate.passed for gate in parity(system(decided)).gates] == [True, False, True]


def test_a_gain_passes():
    worse = right()
    worse[:5, 1] = False
    found = measure_parity(
        system(worse), system(right()), precision="int8", megabytes=1.0, neighbours=0.0
    )
    assert found.passed


def test_an_answer_that_depends_on_its_neighbours_fails():
    found = parity(system(right()), neighbours=0.03)
    assert [gate.passed for gate in found.gates] == [True, True, False]
    assert found.gates[2].found == "a probability moved by 3.0e-02"


def test_it_is_plain_json():
    stored = json.loads(json.dumps(parity(system(right())).to_dict()))
    assert stored["passed"] is True
    assert stored["precision"] == "int8"
    assert stored["gates"][1] == {
        "name": "macro-F1 keeps 99.5%", "passed": True, "found": "100.00%",
    }  # fmt: skip


def test_other_rows_are_refused():
    other = system(right(), rows=tuple(f"x{i}" for i in range(100)))
    with pytest.raises(DataError, match="E211"):
        parity(other)


def test_a_class_without_positives_is_no_loss():
    before = system(right())
    truth_NC = before.rows.truth_NC.copy()
    truth_NC[:, 1] = 0
    empty = right()
    empty[:, 1] = False
    bare = replace(system(empty), rows=replace(system(empty).rows, truth_NC=truth_NC))
    found = measure_parity(bare, bare, precision="float32", megabytes=1.0, neighbours=0.0)
    assert found.passed
