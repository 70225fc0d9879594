"""Before int8: large activations are made smaller, and the weights that meet them larger.

A few channels of an encoder are thirty times as large as the others. Under one scale a token they
leave the others a handful of steps. Each channel ``j`` is divided by ``e_j`` and its row of the
matrix multiplied by it, which changes no product: ``e_j = sqrt(max|x_j| / max|w_j|)``, over some
rows and all columns, in units of its median. Where all channels are alike, nothing changes.

References:
    Xiao et al. 2023, SmoothQuant, arXiv:2211.10438, eq. 4 with alpha = 0.5.
"""
# Shapes: K width in, N width out.

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from evenhand.bundle.onnx import session
from evenhand.export.quantise import large_tables
from evenhand.extras import need

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from onnx import ModelProto

    from evenhand.types import Floats


def eased(graph: ModelProto, batches: Sequence[Mapping[str, NDArray[Any]]]) -> ModelProto:
    """Return a graph of the same products whose activations suffer less from int8.

    Args:
        graph: in float32.
        batches: inputs that show how large activations are; rows that chose nothing else.
    """
    onnx = need("export", "onnx")
    model: ModelProto = onnx.ModelProto()
    model.CopyFrom(graph)
    tables = large_tables(model)
    uses = Counter(name for node in model.graph.node for name in node.input)
    readers: dict[str, list[Any]] = {}
    for node in model.graph.node:
        # A matrix that is read twice cannot follow two activations.
        if node.op_type == "MatMul" and node.input[1] in tables and uses[node.input[1]] == 1:
            readers.setdefault(node.input[0], []).append(node)
    sizes = _largest(model, list(readers), batches)
    before: dict[str, Any] = {}
    for x, nodes in readers.items():
        weights = [onnx.numpy_helper.to_array(tables[node.input[1]]) for node in nodes]
        ease_K = _ease(sizes[x], np.max([np.abs(w_KN).max(axis=1) for w_KN in weights], axis=0))
        for node, w_KN in zip(nodes, weights, strict=True):
            entry = tables[node.input[1]]
            entry.CopyFrom(onnx.numpy_helper.from_array(w_KN * ease_K[:, None], entry.name))
            node.input[0] = f"{x}/eased"
        model.graph.initializer.append(onnx.numpy_helper.from_array(1 / ease_K, f"{x}/ease"))
        before[nodes[0].output[0]] = onnx.helper.make_node("Mul", [x, f"{x}/ease"], [f"{x}/eased"])
    nodes = []
    for node in model.graph.node:
        if node.output[0] in before:
            nodes.append(before[node.output[0]])
        nodes.append(node)
    made: ModelProto = onnx.ModelProto()
    made.CopyFrom(model)
    del made.graph.node[:]
    made.graph.node.extend(nodes)
    return made


def _ease(sizes_K: Floats, weights_K: Floats) -> NDArray[np.float32]:
    """Return what each channel is divided by; 1 for channels that never differ from 0."""
    known_K = (sizes_K > 0) & (weights_K > 0)
    ease_K = np.sqrt(np.divide(sizes_K, weights_K, out=np.ones_like(sizes_K), where=known_K))
    middle = float(np.median(ease_K[known_K])) if known_K.any() else 1.0
    return np.where(known_K, ease_K / middle, 1.0).astype(np.float32)


def _largest(
    graph: ModelProto, names: Sequence[str], batches: Sequence[Mapping[str, NDArray[Any]]]
) -> dict[str, Floats]:
    """Return the largest size of each channel of each activation, ``(K,)``."""
    onnx = need("export", "onnx")
    watched = onnx.ModelProto()
    watched.CopyFrom(graph)
    known = {entry.name for entry in (*watched.graph.input, *watched.graph.output)}
    for name in names:
        if name not in known:
            value = onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None)
            watched.graph.output.append(value)
    opened = session(watched.SerializeToString())
    found: dict[str, Floats] = {}
    for batch in batches:
        read = {entry.name: batch[entry.name] for entry in opened.get_inputs()}
        shown = [name for name in names if name not in read]
        # Asked for no output by name, a session gives all of them.
        given = opened.run(shown, read) if shown else ()
        values = dict(zip(shown, given, strict=True)) | read
        for name in names:
            size_K = np.abs(values[name]).reshape(-1, values[name].shape[-1]).max(axis=0)
            found[name] = np.maximum(found.get(name, 0.0), size_K.astype(np.float64))
    return found
