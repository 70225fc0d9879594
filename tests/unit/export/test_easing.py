"""Activations made smaller before int8: the same products, and less lost."""

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from evenhand.export import eased, quantised

K, N = 64, 80


def graph(*, twice=False):
    """Return ``y = x @ w``; with ``twice`` the same matrix also meets ``-x``."""
    random = np.random.default_rng(3)
    w_KN = random.normal(size=(K, N)).astype(np.float32)
    nodes = [helper.make_node("MatMul", ["x", "w"], ["y"])]
    if twice:
        nodes = [
            helper.make_node("Neg", ["x"], ["minus"]),
            helper.make_node("MatMul", ["x", "w"], ["one"]),
            helper.make_node("MatMul", ["minus", "w"], ["other"]),
            helper.make_node("Sub", ["one", "other"], ["y"]),
        ]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["B", "T", K])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["B", "T", N])
    made = helper.make_graph(nodes, "by hand", [x], [y], [numpy_helper.from_array(w_KN, "w")])
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


def run(model, x_BTK):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model.SerializeToString(), options).run(None, {"x": x_BTK})[
        0
    ]


def uneven(seed):
    """Return activations of which two channels are forty times as large as the others."""
    x_BTK = np.random.default_rng(seed).normal(size=(2, 5, K)).astype(np.float32)
    x_BTK[..., [3, 40]] *= 40
    return x_BTK


def test_products_stay_what_they_were():
    model, x_BTK = graph(), uneven(1)
    found = run(eased(model, [{"x": uneven(0)}]), x_BTK)
    np.testing.assert_allclose(found, run(model, x_BTK), rtol=1e-5, atol=1e-4)


def test_each_channel_has_the_root_of_its_size_over_its_weights():
    model, x_BTK = graph(), uneven(0)
    made = eased(model, [{"x": x_BTK[:1]}, {"x": x_BTK[1:]}])
    constants = {e.name: numpy_helper.to_array(e) for e in made.graph.initializer}
    w_KN = numpy_helper.to_array(model.graph.initializer[0])
    expected_K = np.sqrt(np.abs(x_BTK).max(axis=(0, 1)) / np.abs(w_KN).max(axis=1))
    expected_K /= np.median(expected_K)
    np.testing.assert_allclose(1 / constants["x/ease"], expected_K, rtol=1e-5)
    np.testing.assert_allclose(constants["w"], w_KN * expected_K[:, None], rtol=1e-5)


def test_int8_loses_less_where_channels_are_uneven():
    model, x_BTK = graph(), uneven(1)
    exact = run(model, x_BTK)
    without = np.abs(run(quantised(model), x_BTK) - exact).mean()
    eased_first = np.abs(run(quantised(eased(model, [{"x": uneven(0)}])), x_BTK) - exact).mean()
    assert eased_first < 0.6 * without


def test_a_channel_that_is_never_seen_is_left_alone():
    x_BTK = uneven(0)
    x_BTK[..., 7] = 0
    made = eased(graph(), [{"x": x_BTK}])
    constants = {e.name: numpy_helper.to_array(e) for e in made.graph.initializer}
    assert constants["x/ease"][7] == 1


def test_a_matrix_that_is_read_twice_is_left_alone():
    model = graph(twice=True)
    made = eased(model, [{"x": uneven(0)}])
    assert made.graph.node == model.graph.node
    np.testing.assert_array_equal(run(made, uneven(1)), run(model, uneven(1)))
