"""Pickles put together by hand, in the form that old numpy and pandas wrote (protocol 2)."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from typing import Any

import numpy as np


def whole(part: bytes) -> bytes:
    """Return a pickle of one part."""
    return b"\x80\x02" + part + b"."


def plain(value: Any) -> bytes:
    """Return the part for a value that pickles without names, or for bytes."""
    return pickle.dumps(value, 2)[2:-1]


def name(whole_name: str) -> bytes:
    """Return the part that looks up a name."""
    module, _, attribute = whole_name.rpartition(".")
    return f"c{module}\n{attribute}\n".encode()


def call(whole_name: str, *arguments: bytes) -> bytes:
    """Return the part that calls a name."""
    return name(whole_name) + several(*arguments) + b"R"


def several(*parts: bytes) -> bytes:
    """Return a tuple of parts."""
    return b"(" + b"".join(parts) + b"t"


def many(*parts: bytes) -> bytes:
    """Return a list of parts."""
    return b"](" + b"".join(parts) + b"e"


def mapping(parts: Mapping[Any, bytes]) -> bytes:
    """Return a dict of parts."""
    return b"}(" + b"".join(plain(key) + part for key, part in parts.items()) + b"u"


def array(values: np.ndarray, *, order: str = "<") -> bytes:
    """Return an array of numbers."""
    kind = f"{values.dtype.kind}{values.dtype.itemsize}"
    return _array(values.shape, kind, order, plain(values.tobytes()))


def objects(shape: tuple[int, ...], *parts: bytes) -> bytes:
    """Return an array of objects."""
    return _array(shape, "O8", "|", many(*parts))


def table(blocks: Mapping[tuple[str, ...], np.ndarray]) -> bytes:
    """Return a pandas table: names of columns -> their values, a row a column."""
    names = [plain(column) for columns in blocks for column in columns]
    index = call(
        "pandas.core.indexes.base._new_Index",
        name("pandas.core.indexes.base.Index"),
        mapping({"data": objects((len(names),), *names), "name": plain(None)}),
    )
    parts, first = [], 0
    for columns, values in blocks.items():
        end = first + len(columns)
        place = call("__builtin__.slice", plain(first), plain(end), plain(1))
        parts.append(mapping({"values": array(values), "mgr_locs": place}))
        first = end
    inner = mapping({"axes": many(index), "blocks": many(*parts)})
    manager = several(many(), many(), many(), mapping({"0.14.1": inner}))
    held = _instance("pandas.core.internals.managers.BlockManager") + manager + b"b"
    return _instance("pandas.core.frame.DataFrame") + mapping({"_data": held}) + b"b"


def _instance(whole_name: str) -> bytes:
    return call(
        "copy_reg._reconstructor", name(whole_name), name("__builtin__.object"), plain(None)
    )


def _array(shape: tuple[int, ...], kind: str, order: str, content: bytes) -> bytes:
    made = call(
        "numpy.core.multiarray._reconstruct", name("numpy.ndarray"), plain((0,)), plain(b"b")
    )
    state = plain((3, order, None, None, None, -1, -1, 0))
    dtype = call("numpy.dtype", plain(kind), plain(0), plain(1)) + state + b"b"
    return made + several(plain(1), plain(shape), dtype, plain(False), content) + b"b"
