"""Tensors on disk: safetensors, written straight from memory or portion by portion."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from evenhand.durable import Content
from evenhand.extras import need

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Streamed:
    """A float32 tensor that need never be whole in memory.

    Args:
        shape: its dimensions.
        portions: gives its values in order, in arrays of any length; called for each writing.
    """

    shape: tuple[int, ...]
    portions: Callable[[], Iterable[NDArray[np.float32]]]


def tensor_content(tensors: Mapping[str, Tensor]) -> Content:
    """Return what writes ``tensors`` as a safetensors file, without a second copy of them all.

    Raises (when it writes):
        OSError: when the disk is full.
    """
    library = need("train", "safetensors")
    ready = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}

    def write(path: Path) -> None:
        try:
            need("train", "safetensors.torch").save_file(ready, path)
        except library.SafetensorError as error:
            raise OSError(str(error)) from error

    return write


def streamed_content(tensors: Mapping[str, Streamed]) -> Content:
    """Return what writes ``tensors`` as a safetensors file, one portion in memory at a time.

    Raises (when it writes):
        OSError: when the disk is full.
        ValueError: when a tensor's portions do not fill its shape.
    """
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, tensor in tensors.items():
        start, end = end, end + 4 * math.prod(tensor.shape)
        header[name] = {"dtype": "F32", "shape": tensor.shape, "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)

    def write(path: Path) -> None:
        with path.open("wb") as handle:
            handle.write(len(text).to_bytes(8, "little") + text)
            for name, tensor in tensors.items():
                sizes = [
                    handle.write(values.astype("<f4", copy=False).tobytes())
                    for values in tensor.portions()
                ]
                if sum(sizes) != 4 * math.prod(tensor.shape):
                    raise ValueError(f"{name} has {sum(sizes)} bytes, not shape {tensor.shape}")

    return write


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a safetensors file, on the CPU."""
    tensors: dict[str, Tensor] = need("train", "safetensors.torch").load_file(path)
    return tensors
