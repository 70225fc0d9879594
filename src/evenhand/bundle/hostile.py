"""What a bundle may hold: refused by names, kinds and sizes before any content is read through.

The manifest guards against damage, not against somebody who writes it too. A bundle from anywhere
must be inert: no code, no object that runs when it is read, no way out of its folder, and no file
larger than it may be.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from evenhand.durable import MANIFEST
from evenhand.errors import BundleError

MEMBERS = "members"
READ = frozenset(
    (
        "bundle.json",
        "config.json",
        "decision.json",
        "golden.json",
        "model.onnx",
        "model.safetensors",
        "parity.json",
        "scaler.json",
        "tokenizer.json",
    )
)
"""Files that are read; the manifest must list each that is there."""
BESIDE = frozenset(("README.md", "LICENSE", ".gitattributes"))
"""Files for people and for a hub, which nothing here reads."""
LARGEST_JSON = 64 * 2**20
"""Bytes; the tokenizer of 250,000 pieces has a quarter of that."""
CODE = ("auto_map", "trust_remote_code", "custom_pipelines")
"""Keys of a ``config.json`` by which transformers would run an author's code."""


def refuse_hostile(folder: Path) -> None:
    """Raise for a bundle that holds what no bundle needs.

    Raises:
        BundleError: E405 for links, strange files, files that are too large, a manifest of other
            files than those of the folder, and a configuration that asks for code.
    """
    found = set()
    for name, size in _files(folder):
        own = name.rpartition("/")[2]
        if own not in READ | BESIDE | {MANIFEST} or not _is_placed(name):
            raise _refused("a file that does not belong there", f"{folder / name}")
        if own.endswith(".json") and size > LARGEST_JSON:
            raise _refused("a description that is too large", f"{folder / name}: {size:,} bytes")
        found.add(name)
    for manifest in sorted(name for name in found if name.endswith(MANIFEST)):
        _refuse_other_files(folder / manifest, manifest.removesuffix(MANIFEST), found)
    for name in sorted(name for name in found if name.endswith("config.json")):
        _refuse_code(folder / name)


def read_json(file: Path) -> dict[str, Any]:
    """Return the object that ``file`` holds.

    Raises:
        BundleError: E401 when it holds none.
    """
    try:
        value = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise _unreadable(file, type(error).__name__) from error
    if not isinstance(value, dict):
        raise _unreadable(file, f"a {type(value).__name__}")
    return value


def _files(folder: Path) -> Iterator[tuple[str, int]]:
    """Yield the name and size of each file, folders walked without following a link."""
    waiting = [folder]
    while waiting:
        place = waiting.pop()
        with os.scandir(place) as entries:
            for entry in sorted(entries, key=lambda found: found.name):
                about = entry.stat(follow_symlinks=False)
                if stat.S_ISDIR(about.st_mode):
                    waiting.append(Path(entry.path))
                elif stat.S_ISREG(about.st_mode):
                    yield Path(entry.path).relative_to(folder).as_posix(), about.st_size
                else:
                    kind = "a link" if stat.S_ISLNK(about.st_mode) else "no plain file"
                    raise _refused(kind, entry.path)


def _is_placed(name: str) -> bool:
    """Whether a file lies in the bundle itself, or in that of a numbered member."""
    folders = name.split("/")[:-1]
    return not folders or (len(folders) == 2 and folders[0] == MEMBERS and folders[1].isdecimal())


def _refuse_other_files(manifest: Path, inside: str, found: set[str]) -> None:
    """Refuse a manifest that lists other files than those that are there to be read."""
    entries = read_json(manifest).get("files")
    if not isinstance(entries, Mapping):
        raise _unreadable(manifest, "no list of files")
    listed = {inside + name for name in entries}
    below = {name for name in found if name.startswith(inside)} - {inside + MANIFEST}
    strange = sorted(listed - below)
    if strange:
        if not any(map(_leads_out, strange)):
            raise damaged(f"{manifest.parent / strange[0].removeprefix(inside)} is missing")
        raise _refused("a manifest that leads out of it", f"{manifest}: {strange[0]!r}")
    unlisted = sorted(name for name in below - listed if name.rpartition("/")[2] in READ)
    if unlisted:
        raise _refused("a file that its manifest does not know", f"{manifest.parent / unlisted[0]}")


def _leads_out(name: str) -> bool:
    return name.startswith("/") or "\\" in name or ".." in name.split("/")


def _refuse_code(file: Path) -> None:
    asked = sorted(key for key in CODE if read_json(file).get(key))
    if asked:
        raise _refused("a configuration that asks for an author's code", f"{file}: {asked[0]}")


def _refused(what: str, got: str) -> BundleError:
    return BundleError(
        "E405",
        f"a bundle is data, and this one holds {what}",
        got=got,
        fix="take the folder as evenhand wrote it; with links, copy it with cp -rL",
    )


def damaged(got: str) -> BundleError:
    """Return the error of a bundle whose files are not what they were."""
    return BundleError(
        "E401", "the bundle is damaged", got=got, fix="train again, or copy the bundle again"
    )


def _unreadable(file: Path, why: str) -> BundleError:
    return damaged(f"{file} is not readable ({why})")
