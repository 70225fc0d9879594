"""From a trained network to an ONNX graph: pooling, head and calibration inside."""
# Shapes: B rows, C classes.

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from evenhand.bundle.onnx import LOGITS, PROBABILITIES
from evenhand.errors import BundleError
from evenhand.extras import need

if TYPE_CHECKING:
    from onnx import ModelProto
    from torch import nn

    from evenhand.bundle import Classifier
    from evenhand.calibrate import Calibrator

OPSET = 20
"""The first with Gelu as one operator."""


def to_onnx(classifier: Classifier, rows: Any) -> ModelProto:
    """Return the network as a graph from one batch of the reader's table to ``logits``.

    Batch and length are free; the inputs bear the names of the table's columns.

    Args:
        classifier: its reader and network.
        rows: at least two texts or windows, of different lengths if there are such; only their
            shapes matter.

    Raises:
        BundleError: E404 when the network holds something that ONNX has no word for.
        MissingExtraError: E104 without the extra ``export``.
    """
    batch = classifier.reader.table(rows).batch(np.arange(len(rows)))
    module = _by_name(classifier.model.cpu().eval(), list(batch))
    return _exported(module, list(batch.values()), list(batch), LOGITS)


def with_probabilities(graph: ModelProto, calibrator: Calibrator) -> ModelProto:
    """Return ``graph`` with a second output: calibrated ``probabilities``, float32, ``(B, C)``."""
    onnx = need("export", "onnx")
    from evenhand.export.calibrated import Calibrated

    classes = graph.graph.output[0].type.tensor_type.shape.dim[1].dim_value
    logits_BC = np.zeros((2, classes), np.float32)
    tail = _exported(Calibrated(calibrator), [logits_BC], [LOGITS], PROBABILITIES)
    tail.ir_version = graph.ir_version
    tail = onnx.compose.add_prefix(tail, "calibration/", rename_inputs=False, rename_outputs=False)
    joined: ModelProto = onnx.compose.merge_models(
        graph, tail, io_map=[(LOGITS, LOGITS)], outputs=[LOGITS, PROBABILITIES]
    )
    return joined


def _by_name(model: nn.Module, names: Sequence[str]) -> nn.Module:
    """Return a module that takes its inputs in order, as an exporter gives them."""
    import torch

    class Named(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
            scores_BC: torch.Tensor = self.model(**dict(zip(names, inputs, strict=True)))
            return scores_BC

    return Named().eval()


def _exported(
    module: nn.Module, inputs: Sequence[Any], names: Sequence[str], output: str
) -> ModelProto:
    """Trace ``module`` and return its graph; the first axis is free, and a second of the inputs."""
    torch = need("export", "torch")
    onnx = need("export", "onnx")
    need("export", "onnxscript")
    examples = tuple(torch.from_numpy(array) for array in inputs)
    free = tuple(
        dict.fromkeys((0,) if name == LOGITS else (0, 1), torch.export.Dim.DYNAMIC)
        for name in names
    )
    try:
        with torch.no_grad(), _quiet():
            program = torch.onnx.export(
                module,
                examples,
                dynamo=True,
                opset_version=OPSET,
                input_names=list(names),
                output_names=[output],
                dynamic_shapes=(free,) if _takes_many(module) else free,
            )
    except torch.onnx.OnnxExporterError as error:
        cause = error.__cause__ or error
        raise BundleError(
            "E404",
            "the network cannot be written as ONNX",
            got=str(cause).strip().partition("\n")[0][:160],
            fix="ship the bundle as it is, or distil it: evenhand distill RUN DATA",
        ) from error
    proto: ModelProto = onnx.ModelProto()
    proto.CopyFrom(program.model_proto)
    # Where each operator came from in Python: a megabyte, and paths of this machine.
    for part in (*proto.graph.node, *proto.graph.value_info, *proto.graph.initializer):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    for whole in (proto, proto.graph):
        whole.ClearField("metadata_props")
        whole.ClearField("doc_string")
    return proto


def _takes_many(module: nn.Module) -> bool:
    """Whether ``forward`` takes any number of inputs, which are then one argument to a trace."""
    from inspect import Parameter, signature

    kinds = [p.kind for p in signature(module.forward).parameters.values()]
    return Parameter.VAR_POSITIONAL in kinds


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the exporter's progress and its notes on other libraries off the screen."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
