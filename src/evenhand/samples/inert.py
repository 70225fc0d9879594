"""Reads the arrays, lists and tables of a pickle without running anything that it names.

A pickle is a program. Here every name that it may ask for stands for a record that only keeps
what it was given; no function and no class of numpy, pandas or anybody else is looked up, and
any other name ends the reading. It is used for pinned archives whose rows come in no other form.
"""

from __future__ import annotations

import io
import pickle
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evenhand.errors import FetchError

RECONSTRUCT = "numpy.core.multiarray._reconstruct"
DTYPE = "numpy.dtype"
BYTES = "_codecs.encode"
NUMBERS, OBJECTS = ("<f8", "<i8"), "|O8"
"""What arrays may hold: numbers of 8 bytes, little-endian, or objects."""

MALFORMED = (AttributeError, IndexError, KeyError, TypeError, ValueError)
"""What taking apart a structure raises that is not the one known."""

_RECORDS = frozenset(
    {
        RECONSTRUCT,
        DTYPE,
        BYTES,
        "numpy.ndarray",
        "copy_reg._reconstructor",
        "__builtin__.object",
        "__builtin__.slice",
        "pandas.core.frame.DataFrame",
        "pandas.core.internals.managers.BlockManager",
        "pandas.core.indexes.base._new_Index",
        "pandas.core.indexes.base.Index",
        "pandas.core.indexes.range.RangeIndex",
    }
)
_DAMAGE = (*MALFORMED, pickle.UnpicklingError, EOFError, OverflowError)
"""What reading raises for content that is no pickle, is cut off, or misuses a record."""


@dataclass
class Inert:
    """What a pickle would have made: the name, its arguments, and the state set afterwards."""

    name: str
    arguments: tuple[Any, ...]
    state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state


@dataclass(frozen=True)
class _Name:
    """A name of the list; calling it keeps the arguments."""

    name: str

    def __call__(self, *arguments: Any) -> Inert:
        return Inert(self.name, arguments)


def read_inert(content: bytes) -> Any:
    """Return what ``content`` describes, in dicts, lists, tuples, plain values and ``Inert``.

    Raises:
        FetchError: E108 for a name that is not on the list, and for damaged content.
    """
    try:
        return _Reader(io.BytesIO(content)).load()
    except _DAMAGE as error:
        raise unreadable(f"{type(error).__name__}: {error}") from error


def read_array(node: Any) -> NDArray[Any]:
    """Return the array of float64 or int64 that ``node`` describes.

    Raises:
        FetchError: E108 for anything else.
    """
    try:
        shape, kind, fortran, content = _array_state(node)
        if kind not in NUMBERS:
            raise TypeError(f"an array of {kind}")
        return np.frombuffer(_bytes(content), kind).reshape(shape, order="F" if fortran else "C")
    except MALFORMED as error:
        raise unreadable(f"no array of numbers where one should be: {error}") from error


def read_objects(node: Any) -> list[Any]:
    """Return the objects of the array of objects that ``node`` describes, in one list.

    Raises:
        FetchError: E108 for anything else.
    """
    try:
        _, kind, _, content = _array_state(node)
        if kind != OBJECTS or not isinstance(content, list):
            raise TypeError(f"an array of {kind}")
    except MALFORMED as error:
        raise unreadable(f"no array of objects where one should be: {error}") from error
    return content


def _array_state(node: Any) -> tuple[Any, str, Any, Any]:
    """Return shape, kind of numbers, whether columns come first, and content."""
    if node.name != RECONSTRUCT or node.state[2].name != DTYPE:
        raise TypeError(node.name)
    _, shape, kind, fortran, content = node.state
    return shape, f"{kind.state[1]}{kind.arguments[0]}", fortran, content


def _bytes(node: Any) -> bytes:
    """Return bytes, which old pickles keep as text and the order to encode it."""
    text, encoding = node.arguments
    if node.name != BYTES or encoding != "latin1":
        raise TypeError(f"bytes kept as {encoding!r}")
    return bytes(text.encode("latin-1"))


def unreadable(got: str) -> FetchError:
    """Return the error for content that is not what the pinned file was known to hold."""
    return FetchError(
        "E108",
        "a file of a fetched archive is not safe to read, or damaged",
        got=got,
        fix="do not use it; report this as a defect of evenhand",
    )


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        """Return a record for a name of the list; called for every name in the pickle."""
        whole = f"{module}.{name}"
        if whole not in _RECORDS:
            raise pickle.UnpicklingError(f"{whole} is not on the list of names")
        return _Name(whole)
