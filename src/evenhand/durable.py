"""The only place that writes files which must survive.

A file appears whole or not at all: temporary name, fsync, rename, fsync of the folder.
A folder of files carries ``MANIFEST.json`` with the size and SHA-256 of each, written last;
a folder without a valid manifest does not count.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from evenhand.errors import WriteError

MANIFEST = "MANIFEST.json"

Content = bytes | Callable[[Path], None]
"""What goes into a file: bytes, or a function that writes them to the path it is given."""


def write_bytes(path: Path, content: Content) -> None:
    """Write ``content`` to ``path`` so that a crash leaves the old file or the new one.

    Raises:
        WriteError: E106 when the disk is full or the folder cannot be written; nothing is
            left behind.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        if isinstance(content, bytes):
            temporary.write_bytes(content)
        else:
            content(temporary)
        _sync(temporary)
        temporary.replace(path)
        _sync(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise write_error(path, error) from error


def write_text(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8, whole or not at all. Raises as ``write_bytes``."""
    write_bytes(path, text.encode("utf-8"))


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as indented JSON, whole or not at all; NaN is refused.

    Raises:
        ValueError: when ``value`` holds NaN or infinity, which JSON cannot say.
        WriteError: as ``write_bytes``.
    """
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    write_text(path, text + "\n")


def make_folder(path: Path) -> None:
    """Create ``path`` and its parents.

    Raises:
        WriteError: E106 when it cannot be created or written to.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe = path / f".probe.{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise write_error(path, error) from error


def write_folder(path: Path, files: Mapping[str, Content]) -> None:
    """Write ``files`` into the new folder ``path``, manifest last, whole or not at all.

    An existing folder of that name is replaced. Names may contain ``/``.

    Raises:
        WriteError: E106; the folder then does not exist under its name.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        for name, content in files.items():
            (temporary / name).parent.mkdir(parents=True, exist_ok=True)
            write_bytes(temporary / name, content)
        write_json(temporary / MANIFEST, {"files": {n: _entry(temporary / n) for n in files}})
        if path.exists():
            shutil.rmtree(path)
        temporary.rename(path)
        _sync(path.parent)
    except OSError as error:
        shutil.rmtree(temporary, ignore_errors=True)
        raise error if isinstance(error, WriteError) else write_error(path, error) from error


def folder_fault(path: Path) -> str | None:
    """Say what is wrong with a folder written by ``write_folder``; None if it is whole.

    Every file is read and hashed, so that a single flipped bit is found.
    """
    try:
        listed = json.loads((path / MANIFEST).read_bytes())["files"]
    except FileNotFoundError:
        return f"{path / MANIFEST} is missing"
    except (ValueError, KeyError, TypeError):
        return f"{path / MANIFEST} is not readable"
    for name, entry in listed.items():
        file = path / name
        if not file.is_file():
            return f"{file} is missing"
        if file_sha256(file) != entry["sha256"]:
            return f"{file} is not what the manifest says (sha256)"
    return None


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal, reading it in pieces."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _entry(file: Path) -> dict[str, Any]:
    return {"bytes": file.stat().st_size, "sha256": file_sha256(file)}


def _sync(path: Path) -> None:
    """Wait until a file's content, or a folder's list of names, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_error(path: Path, error: OSError) -> WriteError:
    """Return E106 for what the system said about ``path``."""
    return WriteError(
        "E106",
        "that could not be written",
        got=f"{path}: {error.strerror or error}",
        fix="check free space and permissions, or choose another folder with --out",
    )
