"""Int8 by hand: the formula in numpy, against what onnxruntime makes of the written graph."""
# Shapes: B rows, T tokens, K width in, N width out.

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from evenhand.errors import BundleError
from evenhand.export import quantised
from evenhand.export.quantise import scaled

K, N, V = 64, 80, 70


def graph(*, look_up=False, wide=True):
    """Return ``x @ w`` of three axes, or of looked-up rows; ``w`` is large only if ``wide``."""
    random = np.random.default_rng(3)
    w_KN = random.normal(size=(K, N if wide else 3)).astype(np.float32)
    constants = [numpy_helper.from_array(w_KN, "w")]
    nodes = [helper.make_node("MatMul", ["x", "w"], ["y"])]
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["B", "T", K])
    if look_up:
        table = random.normal(size=(V, K)).astype(np.float32)
        constants.append(numpy_helper.from_array(table, "table"))
        nodes.insert(0, helper.make_node("Gather", ["table", "ids"], ["x"]))
        given = helper.make_tensor_value_info("ids", TensorProto.INT64, ["B", "T"])
    out = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["B", "T", w_KN.shape[1]])
    made = helper.make_graph(nodes, "by hand", [given], [out], constants)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


def run(model, **inputs):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    opened = onnxruntime.InferenceSession(model.SerializeToString(), options)
    return opened.run(None, inputs)[0]


def constant(model, name):
    return next(numpy_helper.to_array(e) for e in model.graph.initializer if e.name == name)


def by_hand(x, w_KN):
    """Return the product of int8 numbers under a scale a token and a scale a column."""
    s = np.maximum(np.abs(x).max(axis=-1, keepdims=True) * np.float32(1 / 127), 1e-38)
    t_N = (np.abs(w_KN).max(axis=0) / 127).astype(np.float32)
    product = np.rint(x / s).astype(np.int64) @ np.rint(w_KN / t_N).astype(np.int64)
    return product * t_N.astype(np.float64) * s


def test_a_product_is_that_of_the_formula():
    x_BTK = np.random.default_rng(1).normal(size=(3, 5, K)).astype(np.float32)
    model = graph()
    expected = by_hand(x_BTK, constant(model, "w"))
    np.testing.assert_allclose(run(quantised(model), x=x_BTK), expected, rtol=2e-6, atol=1e-6)


def test_tokens_of_very_different_size_keep_scales_of_their_own():
    """A kernel of onnxruntime takes the first token's scale for all; it must not be met."""
    x_BTK = np.random.default_rng(1).normal(size=(2, 3, K)).astype(np.float32)
    x_BTK *= np.float32([[[1e-4], [1.0], [1e4]], [[30.0], [1e-2], [1e3]]])
    model = graph()
    exact = x_BTK.astype(np.float64) @ constant(model, "w")
    found = run(quantised(model), x=x_BTK)
    for row in np.ndindex(2, 3):
        assert np.abs(found[row] - exact[row]).max() <= 0.02 * np.abs(exact[row]).max()


def test_no_row_depends_on_the_rows_beside_it():
    random = np.random.default_rng(5)
    x_BTK = random.normal(size=(1, 4, K)).astype(np.float32)
    model = quantised(graph())
    alone = run(model, x=x_BTK)[0]
    for size in (1e-6, 1.0, 1e6):
        beside = (random.normal(size=(7, 4, K)) * size).astype(np.float32)
        together = run(model, x=np.concatenate([beside[:3], x_BTK, beside[3:]]))[3]
        np.testing.assert_array_equal(together, alone)


def test_a_token_of_zeros_stays_zeros():
    assert not run(quantised(graph()), x=np.zeros((2, 3, K), np.float32)).any()


def test_embeddings_have_a_scale_a_row():
    model = graph(look_up=True)
    numbers, scales = scaled(constant(model, "table"), axis=1)
    rows = numbers.astype(np.float32) * scales
    ids = np.array([[0, 69, 3]], np.int64)
    expected = by_hand(rows[ids], constant(model, "w"))
    np.testing.assert_allclose(run(quantised(model), ids=ids), expected, rtol=2e-6, atol=1e-6)
    assert {e.name for e in quantised(model).graph.initializer}.isdisjoint({"w", "table"})


def test_it_is_a_quarter_of_the_size():
    model = graph(look_up=True)
    assert len(quantised(model).SerializeToString()) < 0.4 * len(model.SerializeToString())


def test_a_table_of_zeros_has_scale_one():
    numbers, scales = scaled(np.zeros((4, 2), np.float32), axis=1)
    assert not numbers.any()
    np.testing.assert_array_equal(scales, np.ones((4, 1)))


def test_rounding_is_to_the_nearest_of_127_steps():
    numbers, scales = scaled(np.float32([[12.7, -12.7, 0.14, 0.0]]), axis=1)
    np.testing.assert_array_equal(numbers, [[127, -127, 1, 0]])
    assert scales[0, 0] == pytest.approx(0.1, rel=1e-6)


def test_where_nothing_is_large_it_is_refused():
    with pytest.raises(BundleError, match=r"E404.*no large matrix"):
        quantised(graph(wide=False))


def test_what_is_written_is_valid():
    onnx.checker.check_model(quantised(graph(look_up=True)), full_check=True)
