"""What a graph says besides its numbers, read from its bytes before anything runs it.

An ONNX file is a protocol buffer. What matters is found by walking it: data in other files and
operators of other makers, which a graph of evenhand's has none of, and every word in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from evenhand.errors import BundleError

Kind = Literal["model", "graph", "node", "attribute", "tensor", "sparse", "function", "opset"]

INSIDE: Mapping[Kind, Mapping[int, Kind]] = {
    "model": {7: "graph", 8: "opset", 20: "function", 25: "function"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {},
    "function": {},
    "opset": {},
}
"""Message -> field number -> message, as onnx.proto3 numbers them."""
DOMAIN: Mapping[Kind, int] = {"node": 7, "opset": 1}
"""Field that names the maker of an operator."""
OWN_DOMAINS = frozenset((b"", b"ai.onnx"))
EXTERNAL = frozenset((13, 14))
"""Fields of a tensor whose values lie in another file: where, and that they do."""
NUMBERS: Mapping[Kind, frozenset[int]] = {
    "tensor": frozenset((1, 4, 5, 7, 9, 10, 11)),
    "attribute": frozenset((7, 8)),
}
"""Fields whose bytes are numbers: shapes and values."""
DEEPEST = 64
"""Graphs within graphs; those of networks have three levels."""
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


@dataclass(frozen=True)
class _Part:
    """One message within the bytes of another."""

    kind: Kind
    start: int
    end: int
    depth: int


def refuse_outside(graph: bytes) -> None:
    """Raise for a graph that needs another file, or an operator that is not ONNX's own.

    Raises:
        BundleError: E405 for these, E401 for bytes that are no protocol buffer.
    """
    content = memoryview(graph)
    for kind, number, start, end in _walk(content):
        if INSIDE[kind].get(number) == "function":
            raise _refused("a graph with functions of its own", f"field {number}")
        if number == DOMAIN.get(kind):
            _refuse_domain(bytes(content[start:end]))
        elif kind == "tensor" and number in EXTERNAL and _says_so(content, start, end):
            raise _refused("a graph whose data lies in another file", f"byte {start:,}")


def words_of(graph: bytes) -> Iterator[str]:
    """Yield whatever a graph says besides numbers: names, notes, and strings among its values.

    Raises:
        BundleError: E405 for one nested without end, E401 for bytes that are no protocol buffer.
    """
    content = memoryview(graph)
    for kind, number, start, end in _walk(content):
        if number not in INSIDE[kind] and number not in NUMBERS.get(kind, ()):
            yield bytes(content[start:end]).decode("utf-8", "replace")


def _walk(content: memoryview) -> Iterator[tuple[Kind, int, int, int]]:
    """Yield message, number, start and end of every field, those of messages within it too."""
    waiting = [_Part("model", 0, len(content), 0)]
    while waiting:
        part = waiting.pop()
        if part.depth > DEEPEST:
            raise _refused("a graph nested without end", f"{part.depth} levels")
        for number, start, end in _fields(content, part):
            yield part.kind, number, start, end
            inner = INSIDE[part.kind].get(number)
            if inner is not None:
                waiting.append(_Part(inner, start, end, part.depth + 1))


def _fields(content: memoryview, part: _Part) -> Iterator[tuple[int, int, int]]:
    """Yield number, start and end of each field of a message."""
    place = part.start
    while place < part.end:
        start = place
        key, place = _varint(content, place, part.end)
        # Other readers keep the low bits of a key that is too large: what is strange here would
        # be a known field there.
        if key >> 32 or not key >> 3:
            raise _damaged(f"byte {start:,}: a field number that cannot be")
        number, wire = key >> 3, key & 7
        start = place
        if wire == VARINT:
            _, place = _varint(content, place, part.end)
        elif wire in (FIXED64, FIXED32):
            place += 8 if wire == FIXED64 else 4
        elif wire == BYTES:
            length, start = _varint(content, place, part.end)
            place = start + length
        else:
            raise _damaged(f"byte {place:,}: a field of kind {wire}")
        if place > part.end:
            raise _damaged(f"byte {start:,}: a field longer than what holds it")
        yield number, start, place


def _varint(content: memoryview, place: int, end: int) -> tuple[int, int]:
    """Return a number of up to ten bytes, and where it ends."""
    value = 0
    for shift in range(0, 70, 7):
        if place >= end:
            raise _damaged(f"byte {place:,}: it ends within a number")
        byte = content[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
    raise _damaged(f"byte {place:,}: a number without end")


def _says_so(content: memoryview, start: int, end: int) -> bool:
    """Whether a location field says ``external``: anything but the number 0."""
    return bytes(content[start:end]) != b"\0"


def _refuse_domain(domain: bytes) -> None:
    if domain not in OWN_DOMAINS:
        raise _refused("a graph with operators of another maker", repr(domain[:60]))


def _refused(what: str, got: str) -> BundleError:
    return BundleError(
        "E405",
        f"a bundle is data, and this one holds {what}",
        got=f"model.onnx, {got}",
        fix="take a graph that evenhand export wrote",
    )


def _damaged(got: str) -> BundleError:
    return BundleError(
        "E401",
        "the graph of the bundle is no ONNX file",
        got=f"model.onnx, {got}",
        fix="export it again: evenhand export RUN --to onnx -o NEW",
    )
