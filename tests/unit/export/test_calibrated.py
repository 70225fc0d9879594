"""The calibrator inside a graph says what the one in numpy says."""

import numpy as np
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper

from evenhand.calibrate import CALIBRATORS
from evenhand.calibrate.calibrator import BUILT_IN
from evenhand.export import with_probabilities
from evenhand.export.calibrated import RULES, Calibrated
from evenhand.types import Logits, Task

CLASSES = 4
NEAR = 1e-5
"""Of a probability: float32, on curves that climb by 40 a unit."""


def passes_on():
    """Return a graph whose logits are its input."""
    shape = ["B", CLASSES]
    made = helper.make_graph(
        [helper.make_node("Identity", ["x"], ["logits"])],
        "by hand",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, shape)],
    )
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


def test_every_calibrator_has_a_rule():
    assert set(RULES) == set(BUILT_IN)


def fitted(name, task, rows=300):
    """Return a calibrator fitted to noisy rows, and logits to ask it about, extreme ones too."""
    random = np.random.default_rng(2)
    z_NC = random.normal(scale=2.0, size=(rows, CLASSES))
    noisy_NC = z_NC + random.logistic(size=z_NC.shape)
    truth_NC = (noisy_NC > 0.5).astype(np.float32)
    if task is Task.MULTICLASS:
        truth_NC = np.eye(CLASSES, dtype=np.float32)[noisy_NC.argmax(axis=1)]
    calibrator = CALIBRATORS.build(name, Logits(z_NC), truth_NC, task, settings={})
    asked_NC = np.concatenate([z_NC[:30], np.full((1, CLASSES), 30), np.eye(CLASSES) * 25])
    return calibrator, asked_NC.astype(np.float32)


@pytest.mark.parametrize("name", sorted(BUILT_IN))
@pytest.mark.parametrize("task", list(Task))
def test_probabilities_are_those_of_the_calibrator(name, task):
    calibrator, asked_NC = fitted(name, task)
    probs_NC = Calibrated(calibrator)(torch.from_numpy(asked_NC)).numpy()
    expected_NC = calibrator.apply(Logits(asked_NC.astype(np.float64))).values_NC
    np.testing.assert_allclose(probs_NC, expected_NC, atol=NEAR)


@pytest.mark.parametrize(
    ("name", "task"), [("isotonic", Task.MULTICLASS), ("beta", Task.MULTILABEL)]
)
def test_a_graph_holds_it(name, task):
    calibrator, asked_NC = fitted(name, task, rows=40)
    opened = onnxruntime.InferenceSession(
        with_probabilities(passes_on(), calibrator).SerializeToString()
    )
    logits_NC, probs_NC = opened.run(["logits", "probabilities"], {"x": asked_NC})
    expected_NC = calibrator.apply(Logits(asked_NC.astype(np.float64))).values_NC
    np.testing.assert_array_equal(logits_NC, asked_NC)
    np.testing.assert_allclose(probs_NC, expected_NC, atol=NEAR)
