"""The only place that writes files which must survive.

A file appears whole or not at all: temporary name, fsync, rename, fsync of the folder.
A folder of files carries ``MANIFEST.json`` with the size and SHA-256 of each, written last;
a folder without a valid manifest does not count. What a killed process left under a temporary
name is removed by the next write beside it.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import platform
import re
import time
import zlib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from evenhand.errors import WriteError
from evenhand.exchange import NO_EXCHANGE, exchange

if TYPE_CHECKING:
    from pyarrow import Table

MANIFEST = "MANIFEST.json"

Content = bytes | Callable[[Path], None]
"""What goes into a file: bytes, or a function that writes them to the path it is given."""

P = ParamSpec("P")
R = TypeVar("R")

_PART = re.compile(r"\..+\.([0-9a-f]{8})\.(\d{1,9})\.part")
_DAY = 86_400.0


def write_bytes(path: Path, content: Content) -> None:
    """Write ``content`` to ``path`` so that a crash leaves the old file or the new one.

    Raises:
        WriteError: E106 when the disk is full or the folder cannot be written; nothing is
            left behind.
    """
    part = _part(path)
    try:
        _sweep(path.parent)
        _fill(part, content)
        _system(os.replace, part, path)
        _sync(path.parent)
    except OSError as error:
        _discard(part)
        raise _write_error(path, error) from error


def write_text(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8, whole or not at all. Raises as ``write_bytes``."""
    write_bytes(path, text.encode("utf-8"))


def json_bytes(value: Any) -> bytes:
    """Return ``value`` as indented JSON in UTF-8.

    Raises:
        ValueError: when ``value`` holds NaN or infinity, which JSON cannot say.
    """
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode("utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as indented JSON, whole or not at all; NaN is refused.

    Raises:
        ValueError: when ``value`` holds NaN or infinity, which JSON cannot say.
        WriteError: as ``write_bytes``.
    """
    write_bytes(path, json_bytes(value))


def write_table(path: Path, table: Table) -> None:
    """Write an Arrow table to ``path`` (Parquet), whole or not at all.

    Raises:
        WriteError: E106 when it cannot be written.
    """
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    write_bytes(path, buffer.getvalue())


def append_bytes(path: Path, content: bytes) -> None:
    """Add ``content`` to the end of ``path``; what a failed write has added is taken back.

    A process that is killed here may leave the beginning of ``content``. There is no fsync, so a
    power cut may lose the end of the file: it is for what can be written again.

    Raises:
        WriteError: E106 when the disk is full or the file cannot be written.
    """
    try:
        descriptor = _system(os.open, path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        try:
            _append(descriptor, content)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise _write_error(path, error) from error


def cut_file(path: Path, size: int) -> None:
    """Leave the first ``size`` bytes of ``path``, which is made if it is not there.

    Raises:
        WriteError: E106 when it cannot be written.
    """
    try:
        descriptor = _system(os.open, path, os.O_WRONLY | os.O_CREAT, 0o666)
        try:
            _system(os.ftruncate, descriptor, size)
            _system(os.fsync, descriptor)
        finally:
            os.close(descriptor)
        _sync(path.parent)
    except OSError as error:
        raise _write_error(path, error) from error


def sync_file(path: Path) -> None:
    """Wait until what ``append_bytes`` has added is on the disk; raises as it."""
    try:
        _sync(path)
    except OSError as error:
        raise _write_error(path, error) from error


def move_file(part: Path, path: Path) -> None:
    """Give a file that is whole and on the disk another name in its folder, and raise as above."""
    try:
        _system(os.replace, part, path)
        _sync(path.parent)
    except OSError as error:
        raise _write_error(path, error) from error


def remove_file(path: Path) -> None:
    """Remove a file if it is there; raises as ``remove_folder``."""
    try:
        _remove(path)
        _sync(path.parent)
    except OSError as error:
        raise _write_error(path, error) from error


def make_folder(path: Path) -> None:
    """Create ``path`` and its parents.

    Raises:
        WriteError: E106 when it cannot be created or written to.
    """
    probe = _part(path / "probe")
    try:
        _system(os.makedirs, path, exist_ok=True)
        _fill(probe, b"")
        _system(os.unlink, probe)
    except OSError as error:
        _discard(probe)
        raise _write_error(path, error) from error


def write_folder(path: Path, files: Mapping[str, Content]) -> None:
    """Write ``files`` into the folder ``path``, manifest last, whole or not at all.

    An existing folder of that name is replaced, on Linux in one atomic exchange; where a file
    system has none, a crash between two renames may leave neither. Names may contain ``/``.

    Raises:
        WriteError: E106; what stood under that name before still does.
    """
    part, writing = _part(path), path
    try:
        _sweep(path.parent)
        _remove(part)
        _system(os.makedirs, part)
        for name, content in files.items():
            writing = path / name
            _system(os.makedirs, (part / name).parent, exist_ok=True)
            _fill(part / name, content)
        writing = path
        _fill(part / MANIFEST, _manifest({n: _entry(part / n) for n in files}))
        for folder in {part, *(p for p in part.rglob("*") if p.is_dir())}:
            _sync(folder)
        _put(part, path)
        _sync(path.parent)
    except OSError as error:
        raise _write_error(writing, error) from error
    finally:
        _discard(part)


def remove_folder(path: Path) -> None:
    """Remove a folder so that no reader finds the half of it.

    Raises:
        WriteError: E106 when it cannot be removed.
    """
    part = _part(path)
    try:
        _remove(part)
        _system(os.rename, path, part)
        _remove(part)
    except OSError as error:
        raise _write_error(path, error) from error


def folder_fault(path: Path) -> str | None:
    """Say what is wrong with a folder written by ``write_folder``; None if it is whole.

    Every file is read and hashed, and the manifest must be, byte for byte, the one that these
    files give: so a single flipped bit is found wherever it is.
    """
    manifest = path / MANIFEST
    try:
        found = manifest.read_bytes()
        listed = {name: entry["sha256"] for name, entry in json.loads(found)["files"].items()}
    except FileNotFoundError:
        return f"{manifest} is missing"
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return f"{manifest} is not readable"
    entries = {}
    for name, sha256 in listed.items():
        try:
            if not (path / name).is_file():
                return f"{path / name} is missing"
            entries[name] = _entry(path / name)
        except (OSError, ValueError):
            return f"{path / name} is not readable"
        if entries[name]["sha256"] != sha256:
            return f"{path / name} is not what the manifest says (sha256)"
    return None if found == _manifest(entries) else f"{manifest} is damaged"


def manifest_names(path: Path) -> list[str]:
    """Return the names of the files that a sound folder's manifest lists, in its order."""
    return list(json.loads((path / MANIFEST).read_bytes())["files"])


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal, reading it in pieces."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _write_error(path: Path, error: OSError) -> WriteError:
    """Return E106 for what the system said about ``path``."""
    return WriteError(
        "E106",
        "that could not be written",
        got=f"{path}: {error.strerror or error}",
        fix="check free space and permissions, or choose another folder with --out",
    )


def _system(call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Call the operating system. Every change to the disk passes here, where tests let it fail."""
    return call(*args, **kwargs)


def _fill(file: Path, content: Content) -> None:
    """Write a file anew and wait until its content is on the disk."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    if callable(content):
        _system(content, file)
        content, flags = b"", os.O_WRONLY
    descriptor = _system(os.open, file, flags, 0o666)
    try:
        _write(descriptor, content)
        _system(os.fsync, descriptor)
    finally:
        os.close(descriptor)


def _append(descriptor: int, content: bytes) -> None:
    size = os.fstat(descriptor).st_size
    try:
        _write(descriptor, content)
    except OSError:
        with contextlib.suppress(OSError):
            _system(os.ftruncate, descriptor, size)
        raise


def _write(descriptor: int, content: bytes) -> None:
    """Write all of ``content``, however little of it the system takes at a time."""
    rest = memoryview(content)
    while rest:
        rest = rest[_system(os.write, descriptor, rest) :]


def _sync(path: Path) -> None:
    """Wait until a file's content, or a folder's list of names, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        _system(os.fsync, descriptor)
    finally:
        os.close(descriptor)


def _put(part: Path, path: Path) -> None:
    """Give the folder ``part`` the name ``path``; a folder of that name takes the part's."""
    if not path.is_dir():
        _system(os.rename, part, path)
        return
    try:
        _system(exchange, part, path)
    except OSError as error:
        if error.errno not in NO_EXCHANGE:
            raise
        aside = _part(part)
        _system(os.rename, path, aside)
        _system(os.rename, part, path)
        _system(os.rename, aside, part)


def _remove(path: Path) -> None:
    """Remove a file or a folder with all that is in it; nothing is done where nothing is."""
    if path.is_dir() and not path.is_symlink():
        for inner in path.iterdir():
            _remove(inner)
        _system(os.rmdir, path)
    elif path.is_symlink() or path.exists():
        _system(os.unlink, path)


def _discard(path: Path) -> None:
    """Remove as far as the system lets us; the next write tries again."""
    with contextlib.suppress(OSError):
        _remove(path)


def _part(path: Path) -> Path:
    """Return this process's temporary name for ``path``."""
    return path.with_name(f".{path.name}.{_machine()}.{os.getpid()}.part")


def _sweep(folder: Path) -> None:
    """Remove what processes that are no more left under temporary names."""
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            named = _PART.fullmatch(path.name)
            if named is not None and _is_stale(path, named[1], int(named[2])):
                _discard(path)


def _is_stale(path: Path, machine: str, process: int) -> bool:
    """Say whether a part's process is dead; one of another machine's after a day of silence."""
    if machine != _machine():
        return time.time() - path.stat().st_mtime > _DAY
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


@cache
def _machine() -> str:
    return format(zlib.crc32(platform.node().encode()), "08x")


def _manifest(entries: Mapping[str, Any]) -> bytes:
    return json_bytes({"files": entries})


def _entry(file: Path) -> dict[str, Any]:
    return {"bytes": file.stat().st_size, "sha256": file_sha256(file)}
