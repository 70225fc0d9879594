"""A trained classifier as one ONNX graph, in float32 or int8, and what the change cost."""

from evenhand.export.easing import eased
from evenhand.export.graph import to_onnx, with_probabilities
from evenhand.export.parity import Measured, Parity, measure_parity
from evenhand.export.quantise import quantised

__all__ = [
    "Measured",
    "Parity",
    "eased",
    "measure_parity",
    "quantised",
    "to_onnx",
    "with_probabilities",
]
