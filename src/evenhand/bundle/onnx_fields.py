"""What a graph says besides its numbers, read from its bytes before anything runs it.

An ONNX file is a protocol buffer. What matters is found by walking it: data in other files and
operators of other makers, which a graph of evenhand's has none of, and every word in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from evenhand.errors import BundleError

Kind = Literal[
    "model", "graph", "node", "attribute", "tensor", "sparse", "function", "opset",
    "value", "type", "array", "shape", "dimension", "annotation", "note",
]  # fmt: skip

INSIDE: Mapping[Kind, Mapping[int, Kind]] = {
    "model": {7: "graph", 8: "opset", 14: "note", 20: "function", 25: "function"},
    "graph": {
        1: "node", 5: "tensor", 11: "value", 12: "value", 13: "value", 14: "annotation",
        15: "sparse", 16: "note",
    },
    "node": {5: "attribute", 9: "note"},
    "attribute": {
        5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 14: "type", 15: "type", 22: "sparse",
        23: "sparse",
    },
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {13: "note", 16: "note"},
    "value": {2: "type", 4: "note"},
    "type": {1: "array", 8: "array"},
    "array": {2: "shape"},
    "shape": {1: "dimension"},
    "annotation": {2: "note"},
    "note": {},
    "dimension": {},
    "function": {},
    "opset": {},
}  # fmt: skip
"""Message -> field number -> message, as onnx.proto3 numbers them; a note is a key and a value."""
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


class _Part(NamedTuple):
    """One message within the bytes of another."""

    kind: Kind
    start: int
    end: int
    depth: int


class _Field(NamedTuple):
    """One field of a message: its number, how it is written, and where its content lies."""

    number: int
    wire: int
    start: int
    end: int


def refuse_outside(graph: bytes) -> None:
    """Raise for a graph that needs another file, or an operator that is not ONNX's own.

    Raises:
        BundleError: E405 for these, E401 for bytes that are no protocol buffer.
    """
    content = memoryview(graph)
    for kind, field in _walk(content):
        if INSIDE[kind].get(field.number) == "function":
            raise _refused("a graph with functions of its own", f"field {field.number}")
        if field.number == DOMAIN.get(kind):
            _refuse_domain(bytes(content[field.start : field.end]))
        elif kind == "tensor" and field.number in EXTERNAL and _says_so(content, field):
            raise _refused("a graph whose data lies in another file", f"byte {field.start:,}")


def words_of(graph: bytes) -> Iterator[str]:
    """Yield whatever a graph says besides numbers: names, notes, and strings among its values.

    Messages of kinds that no graph of evenhand's has are yielded as they are, one word each.

    Raises:
        BundleError: E405 for one nested without end, E401 for bytes that are no protocol buffer.
    """
    content = memoryview(graph)
    for kind, field in _walk(content):
        known = field.number in INSIDE[kind] or field.number in NUMBERS.get(kind, ())
        if field.wire == BYTES and not known:
            yield bytes(content[field.start : field.end]).decode("utf-8", "replace")


def _walk(content: memoryview) -> Iterator[tuple[Kind, _Field]]:
    """Yield every field and the kind of message it is in, those of messages within it too."""
    waiting = [_Part("model", 0, len(content), 0)]
    while waiting:
        part = waiting.pop()
        if part.depth > DEEPEST:
            raise _refused("a graph nested without end", f"{part.depth} levels")
        for field in _fields(content, part):
            yield part.kind, field
            inner = INSIDE[part.kind].get(field.number)
            if inner is not None:
                waiting.append(_Part(inner, field.start, field.end, part.depth + 1))


def _fields(content: memoryview, part: _Part) -> Iterator[_Field]:
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
        yield _Field(number, wire, start, place)


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


def _says_so(content: memoryview, field: _Field) -> bool:
    """Whether a location field says ``external``: anything but the number 0."""
    return bytes(content[field.start : field.end]) != b"\0"


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
