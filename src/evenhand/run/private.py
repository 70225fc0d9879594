"""What must not leave the house: code, pickles, paths of this machine, texts of the data."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from evenhand.bundle import CARD
from evenhand.bundle.onnx_fields import words_of
from evenhand.durable import manifest_names
from evenhand.errors import BundleError

WEIGHTS, GRAPH, PLAIN = ".safetensors", ".onnx", ".json"
LONG_TEXT = 20
"""Characters from which a text is a sentence rather than a word that anybody may use."""
LONGEST_HEADER = 100_000_000
VOCABULARY = "tokenizer.json"
"""Its pieces may look like paths; they are searched for texts alone."""
ROOTS = frozenset(("home", "Users", "root", "tmp", "mnt", "private", "workspace"))
_PATH = re.compile(
    r"(?<![\w/.])/([\w.-]+)/+[\w.-]|\b(?i:file):/+[\w.-]|\b[A-Za-z]:\\[\w.-]|(?<!\w)~/\w"
)


def refuse_private(folder: Path, card: str, texts: Iterable[str]) -> None:
    """Raise for the first thing in a sound bundle or its new card that must not be published.

    Args:
        folder: of the bundle; its old card is not looked at.
        card: the new one.
        texts: of the data; looked for without the blanks around them, and from 20 characters.

    Raises:
        BundleError: E407 naming the file and what is in it.
    """
    said = {CARD: [card]}
    for name in manifest_names(folder):
        if name != CARD:
            said[name] = _strings_in(folder / name, name)
    for name, strings in said.items():
        if not name.endswith(VOCABULARY):
            _refuse_paths(name, strings)
    whole = {name: "\n".join(strings) for name, strings in said.items()}
    for text in map(str.strip, texts):
        if len(text) >= LONG_TEXT:
            for name, content in whole.items():
                if text in content:
                    raise _private(name, f"a text of the data, of {len(text)} characters")


def _strings_in(file: Path, name: str) -> list[str]:
    """Return every string of a file that holds data and nothing else."""
    if name.endswith(f"/{CARD}") or name.endswith("/MANIFEST.json"):
        return [file.read_text("utf-8")]
    try:
        if file.suffix == PLAIN:
            return list(_strings(json.loads(file.read_text("utf-8"))))
        if file.suffix == WEIGHTS:
            return list(_strings(_header(file)))
        if file.suffix == GRAPH:
            return list(words_of(file.read_bytes()))
    except ValueError as error:
        raise _private(name, f"something other than its name says: {error}") from error
    raise _private(name, "no weights, no graph and no JSON: it may be executable")


def _header(file: Path) -> Any:
    """Return the JSON at the head of a safetensors file. Raises ValueError where there is none."""
    with file.open("rb") as handle:
        size = int.from_bytes(handle.read(8), "little")
        if size > LONGEST_HEADER:
            raise ValueError("no header of safetensors")
        return json.loads(handle.read(size).decode("utf-8"))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
    elif isinstance(value, str):
        yield value


def _refuse_paths(name: str, strings: Iterable[str]) -> None:
    for text in strings:
        for found in _PATH.finditer(text):
            root = found[1]
            if root is None or root in ROOTS or Path(f"/{root}").is_dir():
                start = found.start()
                raise _private(name, f"a path of a machine: {text[start : start + 60]!r}")


def _private(name: str, what: str) -> BundleError:
    return BundleError(
        "E407",
        "the bundle holds what must not be published",
        got=f"{name}: {what}",
        fix="look at that file; mend the run file or the data that put it there, and make it again",
    )
