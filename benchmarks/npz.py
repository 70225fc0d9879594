"""Damaged and hostile NPZ files: is every one refused in words, or read as its bytes say.

Each mutant is one sound file with bits flipped, its end cut off, the header of an array edited
(checksum mended or not), or a field of a zip record edited. A decoder that shares no code with
evenhand (zip records by ``struct``, ``zlib``, headers by ``ast``) says what the mutant's own bytes
hold. A mutant must be refused as an ``EvenhandError``, or give exactly that.

    python benchmarks/npz.py [--mutants 1000] [--seed 0] [--bomb-mb 2000]
"""

from __future__ import annotations

import argparse
import ast
import io
import math
import re
import struct
import sys
import tempfile
import time
import tracemalloc
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from evenhand.data.series.metadata import Record
from evenhand.data.series.recording import Manner, outline, read_recording
from evenhand.data.series.records import Stream
from evenhand.errors import EvenhandError

Arrays = dict[str, np.ndarray]
MANNER = Manner((Stream("pose", 6), Stream("traj", 2)), "mask", 255)
LOCAL, CENTRAL, END = b"PK\3\4", b"PK\1\2", b"PK\5\6"
FIELDS = {
    LOCAL: ("version 4 H", "flags 6 H", "method 8 H", "crc 14 I", "packed 18 I", "size 22 I",
            "name 26 H", "extra 28 H"),
    CENTRAL: ("version 6 H", "flags 8 H", "method 10 H", "crc 16 I", "packed 20 I", "size 24 I",
              "name 28 H", "extra 30 H", "comment 32 H", "offset 42 I"),
    END: ("disk 4 H", "count 8 H", "total 10 H", "size 12 I", "offset 16 I", "comment 20 H"),
}  # fmt: skip


def sound(*, packed: bool, seed: int = 0) -> bytes:
    """Return the file that is mutated: 40 frames of two streams and labels."""
    random = np.random.default_rng(seed)
    file = io.BytesIO()
    (np.savez_compressed if packed else np.savez)(
        file,
        pose=random.normal(size=(40, 6)).astype(np.float32),
        traj=random.normal(size=(40, 2)).astype(np.float32),
        label=(random.random(40) < 0.3).astype(np.uint8),
    )
    return file.getvalue()


def mutants(count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Yield so many mutants with what was done to each, equally many of each kind."""
    originals = [sound(packed=packed) for packed in (False, True)]
    for number in range(count):
        random = np.random.default_rng([seed, number])
        kind = list(KINDS)[number % len(KINDS)]
        yield kind, KINDS[kind](originals[number // len(KINDS) % 2], random)


def _flip(content: bytes, random: np.random.Generator) -> bytes:
    changed = bytearray(content)
    for _ in range(random.integers(1, 9)):
        changed[random.integers(len(changed))] ^= 1 << int(random.integers(8))
    return bytes(changed)


def _cut(content: bytes, random: np.random.Generator) -> bytes:
    return content[: random.integers(len(content))]


def _splice(content: bytes, random: np.random.Generator) -> bytes:
    """Blank, drop, double or insert a stretch of bytes."""
    first = int(random.integers(len(content)))
    end = min(first + int(random.integers(1, 400)), len(content))
    middle = content[first:end]
    middle = (b"\0" * len(middle), b"", middle * 2, random.bytes(9) + middle)[random.integers(4)]
    return content[:first] + middle + content[end:]


def _directory(content: bytes, random: np.random.Generator) -> bytes:
    """Write another number into one to three fields of zip records."""
    changed = bytearray(content)
    for _ in range(random.integers(1, 4)):
        mark = (LOCAL, CENTRAL, END)[random.integers(3)]
        places = [match.start() for match in re.finditer(re.escape(mark), content)]
        _, offset, form = FIELDS[mark][random.integers(len(FIELDS[mark]))].split()
        at = places[random.integers(len(places))] + int(offset)
        (was,) = struct.unpack_from("<" + form, changed, at)
        largest = 2 ** (8 * struct.calcsize(form)) - 1
        some = (0, 1, was + 1, was - 1, was * 2, largest, int(random.integers(largest)))
        value = some[random.integers(len(some))]
        struct.pack_into("<" + form, changed, at, value % (largest + 1))
    return bytes(changed)


def _names(content: bytes, random: np.random.Generator) -> bytes:
    """Give members other names: paths, doubles, blanks."""
    members = unzipped(content)
    names = ["../pose.npy", "/etc/pose.npy", "pose.npy", "traj", "C:\\pose.npy", "a/b.npy", ".npy"]
    names += ["pose.npy\0.txt", "pōse.npy", "po se.npy", "label.npy", "", "pose.NPY"]
    renamed = [
        (str(random.choice(names)) if random.random() < 0.5 else name, data)
        for name, data in members
    ]
    return zipped(renamed, packed=bool(random.integers(2)))


def _header(content: bytes, random: np.random.Generator) -> bytes:
    """Edit the header of an array, or its numbers; sizes and checksums fit what is written."""
    members = unzipped(content)
    at = int(random.integers(len(members)))
    name, data = members[at]
    swaps = [
        (b"'<f4'", b"'<i4'"), (b"'<f4'", b"'>f4'"), (b"'<f4'", b"'<f8'"), (b"'<f4'", b"'<c8'"),
        (b"'<f4'", b"'|O'"), (b"'|u1'", b"'|i1'"), (b"'|u1'", b"'|b1'"), (b"'|u1'", b"'|S1'"),
        (b"False", b"True"), (b"(40", b"(41"), (b"(40", b"(39"), (b"(40", b"(4000000000"),
        (b"(40, 6)", b"(6, 40)"), (b"(40, 6)", b"(240,)"), (b"(40, 2)", b"(40, 1, 2)"),
        (b"'<f4'", b"'<f4,<f4'"), (b"shape", b"shope"), (b"{", b"(" * 300), (b"40", b"1" * 999),
        (b"\x93NUMPY\1", b"\x93NUMPY\2"), (b"\x93NUMPY\1", b"\x93NUMPY\7"), (b"\n", b" "),
        (b"'<f4'", b"__import__('os')"), (b"'<f4'", b"[('a','<f4')]"), (b"40", b"0"),
    ]  # fmt: skip
    old, new = swaps[random.integers(len(swaps))]
    if old in data:
        data = data.replace(old, new, 1)
    else:
        changed = bytearray(data)
        changed[random.integers(len(changed))] ^= 1 << int(random.integers(8))
        data = bytes(changed)
    members[at] = name, data
    return zipped(members, packed=bool(random.integers(2)))


KINDS: dict[str, Callable[[bytes, np.random.Generator], bytes]] = {
    "bits flipped": _flip,
    "end cut off": _cut,
    "bytes spliced": _splice,
    "zip record edited": _directory,
    "members renamed": _names,
    "array header edited": _header,
}


def zipped(members: list[tuple[str, bytes]], *, packed: bool) -> bytes:
    """Return a zip file; written by hand, because ``zipfile`` refuses or mends some names."""
    body, directory, at = [], [], 0
    for name, data in members:
        stored = data
        if packed:
            deflate = zlib.compressobj(wbits=-15)
            stored = deflate.compress(data) + deflate.flush()
        label = name.encode()
        flags = 0 if name.isascii() else 0x800
        common = struct.pack(
            "<HHHHHIIIHH", 20, flags, 8 * packed, 0, 33, zlib.crc32(data), len(stored), len(data),
            len(label), 0,
        )  # fmt: skip
        directory += [CENTRAL, struct.pack("<H", 20), common, struct.pack("<10xI", at), label]
        body += [LOCAL, common, label, stored]
        at += 4 + len(common) + len(label) + len(stored)
    count, size = len(members), sum(map(len, directory))
    end = END + struct.pack("<HHHHIIH", 0, 0, count, count, size, at, 0)
    return b"".join([*body, *directory, end])


def unzipped(content: bytes) -> list[tuple[str, bytes]]:
    """Return name and bytes of each member, by the zip records alone.

    Raises:
        ValueError: whatever is wrong with them.
    """
    try:
        at = content.rindex(END)
        size, offset = struct.unpack_from("<II", content, at + 12)
        shift = at - size - offset
        members, here = [], at - size
        while here < at:
            if content[here : here + 4] != CENTRAL:
                raise ValueError("no record of the directory")
            flags, method, crc, packed, length, n, extra, comment, start = struct.unpack_from(
                "<HH4xIIIHHH8xI", content, here + 8
            )
            name = content[here + 46 : here + 46 + n]
            here += 46 + n + extra + comment
            first = start + shift
            if content[first : first + 4] != LOCAL:
                raise ValueError("no record of a member")
            name_there, extra_there = struct.unpack_from("<HH", content, first + 26)
            begins = first + 30 + name_there + extra_there
            data = content[begins : begins + packed]
            if method == 8:
                data = zlib.decompressobj(-15).decompress(data, length)
            if len(data) < length or zlib.crc32(data[:length]) != crc:
                raise ValueError("another size or checksum")
            members.append((name.decode("utf-8" if flags & 0x800 else "cp437"), data[:length]))
    except (struct.error, zlib.error) as error:
        raise ValueError(str(error)) from error
    return members


def decoded(content: bytes) -> Arrays:
    """Return the arrays that a file holds by its own bytes. Raises ValueError for none."""
    arrays: Arrays = {}
    for name, data in unzipped(content):
        wide = data[6] > 1
        (length,) = struct.unpack_from("<I" if wide else "<H", data, 8)
        begins = (12 if wide else 10) + length
        head = ast.literal_eval(data[begins - length : begins].decode("latin1").strip())
        dtype = np.dtype(head["descr"])
        count = math.prod(head["shape"])
        flat = np.frombuffer(data, dtype, count, begins)
        order = "F" if head["fortran_order"] else "C"
        arrays[name.removesuffix(".npy")] = flat.reshape(head["shape"], order=order)
    return arrays


def judge(content: bytes, path: Path) -> str:
    """Return what became of a mutant: a code, ``the same``, ``as its bytes say``, or a fault."""
    path.write_bytes(content)
    try:
        found = outline("one", Record(), [(path, "")], MANNER)
        recording = read_recording(found, MANNER)
    except EvenhandError as error:
        named = path.name in str(error) or "recording 'one'" in str(error)
        return error.code if named else "FAULT: the file is not named"
    if _differs(recording, decoded(sound(packed=False))) is None:
        return "the same"
    try:
        differs = _differs(recording, decoded(content))
    except (ValueError, SyntaxError, TypeError, KeyError, IndexError) as error:
        return f"FAULT: read, though its bytes say nothing ({error})"
    return "as its bytes say" if differs is None else f"FAULT: {differs}"


def _differs(recording: Any, arrays: Arrays) -> str | None:
    """Return which array of a recording is not that of ``arrays``; None where all are."""
    for name in ("pose", "traj"):
        values, known = recording.values[name], recording.known[name]
        if name not in arrays:
            if known.any():
                return f"{name}, which is not there"
            continue
        with np.errstate(over="ignore", invalid="ignore"):
            expected = arrays[name].astype(np.float32)
        finite = np.isfinite(expected).all(axis=1)
        if not np.array_equal(known, finite):
            return f"what is known of {name}"
        if not np.array_equal(values[finite], expected[finite]):
            return name
    label = np.full(len(recording.label_T), 255)
    label = arrays["label"].astype(np.int32) if "label" in arrays else label
    return None if np.array_equal(recording.label_T, label) else "label"


def bombs(megabytes: int) -> Iterator[tuple[str, bytes]]:
    """Yield files that would fill the memory."""
    head = _npy_head((megabytes * 2**20 // 24, 6))
    deflate = zlib.compressobj(9, wbits=-15)
    crc, packed = zlib.crc32(head), [deflate.compress(head)]
    block = bytes(2**20)
    for _ in range(megabytes):
        crc = zlib.crc32(block, crc)
        packed.append(deflate.compress(block))
    stored = b"".join([*packed, deflate.flush()])
    size = len(head) + megabytes * 2**20
    yield f"{megabytes:,} MB of zeros in {len(stored) / 2**20:.1f} MB", _one(stored, crc, size)
    yield "a directory that says 4 GB of 1 kB", _one(b"\0" * 1000, 0, 2**32 - 2)
    small = _npy_head((2**40, 6)) + bytes(240)
    yield "a header that says 24 TB", zipped([("pose.npy", small)], packed=False)
    nothing = _npy_head((0, 6))
    many = [(f"a{i}.npy", nothing) for i in range(20_000)]
    yield "20,000 members", zipped(many, packed=False)
    some = [(f"a{i}.npy", _npy_head((10, 6)) + bytes(240)) for i in range(255)]
    content = zipped([*some, ("pose.npy", _npy_head((2**40, 6)))], packed=True)
    yield "255 sound members, then one that lies", content


def _npy_head(shape: tuple[int, ...]) -> bytes:
    text = str({"descr": "<f4", "fortran_order": False, "shape": shape}).encode()
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text


def _one(stored: bytes, crc: int, size: int) -> bytes:
    common = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 33, crc, len(stored), size, 8, 0)
    directory = CENTRAL + struct.pack("<H", 20) + common + bytes(14) + b"pose.npy"
    body = LOCAL + common + b"pose.npy" + stored
    return (
        body + directory + END + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(directory), len(body), 0)
    )


def main() -> int:
    """Run, print counts, and return 1 for any fault."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--mutants", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--bomb-mb", type=int, default=2000)
    given = parser.parse_args()
    counts: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
    slowest = 0.0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "one.npz"
        for kind, content in mutants(given.mutants, given.seed):
            start = time.perf_counter()
            counts[kind][judge(content, path)] += 1
            slowest = max(slowest, time.perf_counter() - start)
        for kind, found in counts.items():
            print(f"{kind:<20} " + ", ".join(f"{n} {what}" for what, n in found.most_common()))
        print(f"slowest {1000 * slowest:.1f} ms")
        for name, content in bombs(given.bomb_mb):
            path.write_bytes(content)
            best, peak, said = _refusal(path)
            print(f"{name}: {said}, {1000 * best:.2f} ms, {peak / 2**20:.2f} MiB more at most")
    return int(any(what.startswith("FAULT") for found in counts.values() for what in found))


def _refusal(path: Path) -> tuple[float, int, str]:
    """Return seconds (median of 5), the largest number of bytes held at once, and the answer."""
    seconds, said = [], "ACCEPTED"
    for _ in range(5):
        start = time.perf_counter()
        try:
            outline("one", Record(), [(path, "")], MANNER)
        except EvenhandError as error:
            said = f"{error.code} {error.what.partition(': ')[2]}"
        seconds.append(time.perf_counter() - start)
    tracemalloc.start()
    try:
        outline("one", Record(), [(path, "")], MANNER)
    except EvenhandError:
        peak = tracemalloc.get_traced_memory()[1]
    else:
        peak = -1
    tracemalloc.stop()
    return sorted(seconds)[2], peak, said


if __name__ == "__main__":
    sys.exit(main())
