"""NPZ files read so that nothing in them can run, lie or fill the memory.

What the zip directory and the header of each array say is checked before any array is read: an
array is read only when its size is known, sane, and the one that all three places say.
"""

from __future__ import annotations

import io
import math
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evenhand.errors import DataError

MOST_BYTES = 4 * 2**30
"""Bytes that the arrays of a file may have together."""
MOST_RATIO, SMALL = 200, 2**24
"""An array above ``SMALL`` bytes may be so many times its compressed size: what is measured has
noise, which packs badly, and what is smaller can do no harm."""
DEFLATE = 1032
"""Bytes that one byte of deflate can stand for at most."""
MOST_HEADER = 2048
CHUNK = 2**17
"""Bytes that are read at a time; the zip directory must fit into them."""
LOCAL_HEADER = 30
MOST_ARRAYS = 256
END = b"PK\x05\x06"
"""Begins the record at the end of a zip file, which counts its members at byte 10."""
MENDED = "write the file again with numpy.savez, or train with --set series.corrupt=skip"

_ENTRY = re.compile(
    r"""\s*['"](descr|fortran_order|shape)['"]\s*:\s*"""
    r"""('[^']*'|"[^"]*"|\[[^\]]*\]|True|False|\(\s*(?:\d{1,18}L?\s*(?:,\s*\d{1,18}L?\s*)*,?)?\s*\))\s*,?\s*"""
)
_MAGIC = re.compile(rb"\x93NUMPY[\x01-\x03].", re.DOTALL)
_PLAIN = re.compile(r"['\"]([<>|=]?[biufc]\d{1,2})['\"]")
_OBJECT = re.compile(r"['\"][<>|=]?O\d*['\"]")
_BROKEN = (
    zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError,
    struct.error, zlib.error,
)  # fmt: skip
"""What zipfile and zlib raise for a file that is not as it should be."""


@dataclass(frozen=True)
class ArrayHeader:
    """What an array says of itself.

    Args:
        dtype: of its numbers; None where it holds something else (text, dates, records).
        shape: lengths of its axes.
        fortran: whether the first axis runs fastest.
        begins: bytes before its numbers.
        info: its entry in the zip directory.
    """

    dtype: np.dtype[Any] | None
    shape: tuple[int, ...]
    fortran: bool
    begins: int
    info: zipfile.ZipInfo


@dataclass(frozen=True)
class Npz:
    """An open NPZ file whose headers are sound; see ``open_npz``."""

    path: Path
    archive: zipfile.ZipFile
    headers: Mapping[str, ArrayHeader]

    def read(self, name: str) -> NDArray[Any]:
        """Return an array of numbers.

        Raises:
            DataError: E232 when it breaks off or its checksum is another.
        """
        header = self.headers[name]
        if header.dtype is None:
            raise fault(self.path, "an array holds no numbers", f"{name}")
        size = math.prod(header.shape) * header.dtype.itemsize
        content = np.empty(size, np.uint8)
        at = 0
        try:
            with self.archive.open(header.info) as stream:
                stream.read(header.begins)
                while some := stream.read(CHUNK):
                    content[at : at + len(some)] = np.frombuffer(some, np.uint8)
                    at += len(some)
        except _BROKEN as error:
            raise fault(self.path, "an array is damaged", f"{name}: {error}") from error
        if at != size:
            raise fault(self.path, "an array breaks off", f"{name}: {at:,} of {size:,} bytes")
        flat: NDArray[Any] = content.view(header.dtype)
        if header.fortran:
            return flat.reshape(header.shape[::-1]).T
        return flat.reshape(header.shape)


@contextmanager
def open_npz(path: Path) -> Iterator[Npz]:
    """Open a file and check all that can be told without reading an array.

    Raises:
        DataError: E232 naming the file and what is wrong with it.
    """
    try:
        handle = _Sparing(io.FileIO(path))
    except OSError as error:
        raise fault(path, "it cannot be opened", str(error.strerror)) from error
    with handle:
        try:
            begins = handle.read(4)
            archive = zipfile.ZipFile(handle)
            told = _members(handle)
        except _BROKEN as error:
            raise fault(path, "its zip directory cannot be read", str(error)) from error
        if begins != b"PK\x03\x04":
            raise fault(path, "it is no NPZ file", "it does not begin as a zip file does")
        if told != len(archive.infolist()):
            got = f"{len(archive.infolist()):,} are listed, and {told:,} counted"
            raise fault(path, "arrays are missing from its zip directory", got)
        _check_directory(path, archive, handle.seek(0, io.SEEK_END))
        headers = {
            info.filename.removesuffix(".npy"): _header(path, archive, info)
            for info in archive.infolist()
        }
        yield Npz(path, archive, headers)


def fault(path: Path, what: str, got: str, fix: str = MENDED) -> DataError:
    """Return the error for a file that cannot be used."""
    return DataError("E232", f"{path.name} is damaged: {what}", got=f"{path}: {got}", fix=fix)


class _Sparing(io.BufferedReader):
    """A file that gives ``CHUNK`` bytes at most at a time, whatever its directory claims."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:
            here = self.tell()
            size = self.seek(0, io.SEEK_END) - here
            self.seek(here)
        if size > CHUNK:
            raise zipfile.BadZipFile(f"a zip directory of {size:,} bytes")
        return super().read(size)


def _members(handle: io.BufferedReader) -> int:
    """Return how many members the end of a zip file says it has."""
    size = handle.seek(0, io.SEEK_END)
    handle.seek(max(0, size - 2**16 - 22))
    end = handle.read()
    return int(struct.unpack_from("<H", end, end.rfind(END) + 10)[0])


def _check_directory(path: Path, archive: zipfile.ZipFile, size: int) -> None:
    entries = archive.infolist()
    if not 0 < len(entries) <= MOST_ARRAYS:
        what = f"it holds more than {MOST_ARRAYS} arrays" if entries else "it holds no arrays"
        raise fault(path, what, f"{len(entries):,} in {size:,} bytes")
    seen: set[str] = set()
    for entry in entries:
        _check_name(path, entry)
        if entry.filename in seen:
            raise fault(path, "it holds one array twice", repr(entry.filename))
        seen.add(entry.filename)
        _check_method(path, entry)
        _check_size(path, entry)
    total = sum(entry.file_size for entry in entries)
    if total > MOST_BYTES:
        raise fault(
            path,
            "its arrays would fill the memory",
            f"{total:,} bytes, and {MOST_BYTES:,} at most",
            "write it as several files that follow each other in time",
        )
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < end:
            raise fault(path, "arrays lie upon one another", repr(entry.filename))
        end = entry.header_offset + LOCAL_HEADER + entry.compress_size
        if end > size:
            raise fault(path, "an array ends beyond the file", repr(entry.filename))


def _check_name(path: Path, entry: zipfile.ZipInfo) -> None:
    name = entry.orig_filename
    if name != entry.filename or not re.fullmatch(r"[\w. -]+\.npy", name) or name.startswith("."):
        raise fault(path, "a name in it is not that of an array", repr(name))


def _check_method(path: Path, entry: zipfile.ZipInfo) -> None:
    if entry.flag_bits & 0x61:
        raise fault(path, "an array is encrypted or patched", repr(entry.filename))
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise fault(
            path, "an array is compressed by another method", f"{entry.filename!r}: not deflate"
        )


def _check_size(path: Path, entry: zipfile.ZipInfo) -> None:
    said, packed = entry.file_size, entry.compress_size
    shown = f"{entry.filename!r}: {said:,} bytes out of {packed:,}"
    if entry.compress_type == zipfile.ZIP_STORED and said != packed:
        raise fault(path, "a size in its directory cannot be", shown)
    if said > DEFLATE * packed:
        raise fault(path, "a size in its directory cannot be", shown)
    if said > max(SMALL, MOST_RATIO * packed):
        raise fault(path, "an array unpacks to far more than it holds", shown)


def _header(path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> ArrayHeader:
    """Read the header of one array, and compare it with the size that the directory gives.

    The format is that of numpy.lib.format, versions 1 to 3.
    """
    name = repr(info.filename)
    try:
        with archive.open(info) as stream:
            magic = stream.read(8)
            wide = magic[6:7] in (b"\x02", b"\x03")
            length = int.from_bytes(stream.read(4 if wide else 2), "little")
            text = stream.read(min(length, MOST_HEADER)).decode("latin1")
    except _BROKEN as error:
        raise fault(path, "an array is damaged", f"{name}: {error}") from error
    if not _MAGIC.fullmatch(magic):
        raise fault(path, "a member is no array", name)
    said = _entries(text)
    if said is None or len(text) != length:
        raise fault(path, "the header of an array cannot be read", f"{name}: {text[:60]!r}")
    if _OBJECT.search(said["descr"]):
        raise fault(path, "an array holds Python objects, which are never loaded", name)
    shape = tuple(int(number) for number in re.findall(r"\d+", said["shape"]))
    begins = len(magic) + (4 if wide else 2) + length
    header = ArrayHeader(
        _dtype(said["descr"]), shape, said["fortran_order"] == "True", begins, info
    )
    _check_length(path, header)
    return header


def _check_length(path: Path, header: ArrayHeader) -> None:
    if header.dtype is None:
        return
    told = header.begins + math.prod(header.shape) * header.dtype.itemsize
    if told != header.info.file_size:
        raise fault(
            path,
            "the header of an array says another size than the directory",
            f"{header.info.filename!r}: {header.shape} of {header.dtype}, so {told:,} bytes; "
            f"the directory says {header.info.file_size:,}",
        )


def _entries(text: str) -> dict[str, str] | None:
    """Return what stands under the three keys of a header; None where it is no header."""
    inner = re.fullmatch(r"\s*\{(.*)\}\s*", text, re.DOTALL)
    found: dict[str, str] = {}
    rest = inner[1] if inner else ""
    while rest and (entry := _ENTRY.match(rest)):
        found[entry[1]] = entry[2]
        rest = rest[entry.end() :]
    return found if len(found) == 3 and not rest else None


def _dtype(descr: str) -> np.dtype[Any] | None:
    plain = _PLAIN.fullmatch(descr)
    try:
        return np.dtype(plain[1]) if plain else None
    except TypeError:
        return None
