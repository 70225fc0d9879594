"""A graph in int8 whose answer to a text does not depend on the texts beside it.

Weights have one scale a column, embeddings one a row, and activations one a token, taken from
that token alone. The usual dynamic quantisation takes one scale from a whole batch, so that one
client's text changes another's answer. Integer products are exact, and so is this way.

Activations ``x`` of a token are ``round(x / s) + 128`` with ``s = max|x| / 127``, as uint8;
weights ``w`` of a column ``round(w / t)`` with ``t = max|w| / 127``, as int8. What comes out is
``s * t`` times the integer product. A token of zeros stays zeros.
"""
# Shapes: B rows, T tokens, K width in, N width out, V entries of an embedding.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evenhand.errors import BundleError
from evenhand.extras import need

if TYPE_CHECKING:
    import onnx
    from numpy.typing import NDArray

LEAST = 4096
"""Smaller tables stay in float32: nothing is to be gained."""
STEPS = 127


def quantised(graph: onnx.ModelProto) -> onnx.ModelProto:
    """Return ``graph`` with its large matrices and embeddings in int8.

    Raises:
        BundleError: E404 when nothing in it can be.
    """
    writer = _Writer(graph)
    for node in graph.graph.node:
        table = writer.table(node)
        if table is None:
            writer.nodes.append(node)
        elif node.op_type == "Gather":
            writer.gather(node, table)
        else:
            writer.multiply(node, table)
    if not writer.replaced:
        raise BundleError(
            "E404",
            "the network has no large matrix or embedding that int8 could make smaller",
            got=f"{len(graph.graph.node)} operators, none of them such",
            fix="leave out --int8",
        )
    return writer.graph()


def scaled(table: NDArray[Any], axis: int) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Return a table in int8, and the scales along ``axis`` that undo it; zeros have scale 1."""
    scales = np.abs(table).max(axis=axis, keepdims=True) / STEPS
    scales = np.where(scales == 0, 1, scales).astype(np.float32)
    return np.rint(table / scales).astype(np.int8), scales


def large_tables(graph: onnx.ModelProto) -> dict[str, Any]:
    """Return the matrices and embeddings of ``graph`` that are worth the trouble, by name."""
    onnx = need("export", "onnx")
    return {
        entry.name: entry
        for entry in graph.graph.initializer
        if entry.data_type == onnx.TensorProto.FLOAT
        and len(entry.dims) == 2
        and np.prod(entry.dims) >= LEAST
    }


class _Writer:
    """Collects the new graph node by node."""

    def __init__(self, graph: onnx.ModelProto) -> None:
        self.onnx = need("export", "onnx")
        self.source = graph
        self.nodes: list[Any] = []
        self.constants: dict[str, Any] = {}
        self.replaced: set[str] = set()
        self.rounded: set[str] = set()
        self.tables = large_tables(graph)

    def table(self, node: Any) -> NDArray[Any] | None:
        """Return the matrix that ``node`` looks rows up in, or multiplies by from the right."""
        place = {"Gather": 0, "MatMul": 1}.get(node.op_type)
        if place is None or node.input[place] not in self.tables:
            return None
        if any(a.name == "axis" and a.i != 0 for a in node.attribute):
            return None
        values: NDArray[Any] = self.onnx.numpy_helper.to_array(self.tables[node.input[place]])
        return values

    def gather(self, node: Any, table: NDArray[Any]) -> None:
        """Look up a row in int8 and its scale, and multiply."""
        (name, places), out = node.input, node.output[0]
        self.replaced.add(name)
        numbers, scales = scaled(table, axis=1)
        self.constant(f"{name}/int8", numbers)
        self.constant(f"{name}/scale", scales)
        self.add("Gather", [f"{name}/int8", places], f"{out}/row/int8")
        self.add("Gather", [f"{name}/scale", places], f"{out}/row/scale")
        self.add("Cast", [f"{out}/row/int8"], f"{out}/row", to=self.onnx.TensorProto.FLOAT)
        self.add("Mul", [f"{out}/row", f"{out}/row/scale"], out)

    def multiply(self, node: Any, table: NDArray[Any]) -> None:
        """Multiply in integers, then give tokens and columns their scales."""
        (x, name), out = node.input, node.output[0]
        self.replaced.add(name)
        numbers, scales = scaled(table, axis=0)
        self.constant(f"{name}/int8", numbers)
        self.constant(f"{name}/scale", scales[0])
        self.constant(f"{name}/width", np.array([table.shape[1]], np.int64))
        if x not in self.rounded:
            self.round(x, len(table))
        self.add("MatMulInteger", [f"{x}/uint8", f"{name}/int8", self.middle()], f"{out}/integer")
        self.add("Cast", [f"{out}/integer"], f"{out}/float", to=self.onnx.TensorProto.FLOAT)
        # Two products in this order: onnxruntime folds integer product and one product of both
        # scales into a kernel of its own, which takes the first token's scale for every token.
        self.add("Mul", [f"{out}/float", f"{name}/scale"], f"{out}/columns")
        self.add("Mul", [f"{out}/columns", f"{x}/scale"], f"{out}/flat")
        self.add("Concat", [f"{x}/leading", f"{name}/width"], f"{out}/shape", axis=0)
        self.add("Reshape", [f"{out}/flat", f"{out}/shape"], out)

    def round(self, x: str, width: int) -> None:
        """Write ``x`` as uint8 with a scale a token; once, however many matrices read it."""
        self.rounded.add(x)
        flat = self.constant(f"int8/flat{width}", np.array([-1, width], np.int64))
        last = self.constant("int8/last", np.array([-1], np.int64))
        step = self.constant("int8/step", np.float32(1 / STEPS))
        least = self.constant("int8/least", np.float32(np.finfo(np.float32).tiny))
        self.add("Shape", [x], f"{x}/leading", start=0, end=-1)
        self.add("Reshape", [x, flat], f"{x}/flat")
        self.add("Abs", [f"{x}/flat"], f"{x}/size")
        self.add("ReduceMax", [f"{x}/size", last], f"{x}/largest", keepdims=0)
        self.add("Mul", [f"{x}/largest", step], f"{x}/step")
        self.add("Max", [f"{x}/step", least], f"{x}/scales")
        self.add("Shape", [f"{x}/scales"], f"{x}/tokens")
        self.add("Expand", [self.middle(), f"{x}/tokens"], f"{x}/middle")
        self.add(
            "QuantizeLinear", [f"{x}/flat", f"{x}/scales", f"{x}/middle"], f"{x}/uint8", axis=0
        )
        self.add("Unsqueeze", [f"{x}/scales", last], f"{x}/scale")

    def middle(self) -> str:
        """Return the name of what stands for zero in uint8."""
        return self.constant("int8/middle", np.uint8(128))

    def constant(self, name: str, value: Any) -> str:
        """Keep a constant, once, and return its name."""
        if name not in self.constants:
            array = np.asarray(value)
            self.constants[name] = self.onnx.numpy_helper.from_array(array, name)
        return name

    def add(self, kind: str, inputs: list[str], output: str, **settings: Any) -> None:
        """Append an operator."""
        self.nodes.append(self.onnx.helper.make_node(kind, inputs, [output], **settings))

    def graph(self) -> onnx.ModelProto:
        """Return the graph, its replaced tables gone; what is used otherwise too stays."""
        used = {name for node in self.nodes for name in node.input}
        model = self.onnx.ModelProto()
        model.CopyFrom(self.source)
        kept = [e for e in self.source.graph.initializer if e.name in used]
        del model.graph.node[:], model.graph.initializer[:]
        model.graph.node.extend(self.nodes)
        model.graph.initializer.extend([*kept, *self.constants.values()])
        del model.graph.value_info[:]
        self.onnx.checker.check_model(model)
        return model
