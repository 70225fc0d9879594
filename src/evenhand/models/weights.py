"""Tensors on disk: safetensors, written straight from memory."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from evenhand.durable import Content
from evenhand.extras import need

if TYPE_CHECKING:
    from torch import Tensor


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


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a safetensors file, on the CPU."""
    tensors: dict[str, Tensor] = need("train", "safetensors.torch").load_file(path)
    return tensors
