"""TOML as it is typed and written: keys, values, settings, whole run files."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evenhand.errors import ConfigError, MissingFileError

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_QUOTED = re.compile(r"""\s*("(?:[^"\\]|\\.)*"|'[^']*')\s*(?=[.=])""")
_LABELLED = re.compile(r"\s*((?:decision|gates)\.(?:recall|precision|fpr|alerts|f1))\b")
_PLAIN = re.compile(r"[.=]")


def read_toml(path: Path, *, kind: str = "run file") -> dict[str, Any]:
    """Read a run file, or another ``kind`` of file.

    Raises:
        MissingFileError: E202 when it is not there.
        ConfigError: E103 when it is not TOML, with the line.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (FileNotFoundError, IsADirectoryError) as error:
        raise MissingFileError(
            "E202", f"there is no such {kind}", got=str(path), fix="check the path"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            "E103", f"a {kind} is not valid TOML", got=f"{path}: {error}", fix="mend that line"
        ) from error


def typed_setting(setting: str) -> tuple[tuple[str, ...], Any]:
    """Return the words of the key and the value of ``section.key=value``.

    The value is read as TOML; what is no TOML is taken as a string. A word that holds a dot or
    ``=`` stands in quotes, ``decision.recall."v1.0"=0.9``; any other may stand bare.

    Raises:
        ConfigError: E102 when there is no ``=``, or a word of the key is empty.
    """
    words, rest = [], "." + setting
    while rest.startswith("."):
        word, rest = _first_word(rest[1:])
        words.append(word)
    if not rest.startswith("=") or not all(words):
        raise ConfigError(
            "E102",
            "a setting must look like key=value",
            got=repr(setting),
            fix=_example(setting),
        )
    return tuple(words), toml_value(rest[1:])


def _example(setting: str) -> str:
    """Return how such a setting is typed; one below which labels stand, with a quoted label."""
    table = _LABELLED.match(setting)
    return f"""--set '{table[1]}."NAME"=0.9'""" if table else "--set optim.lr=3e-5"


def _first_word(key: str) -> tuple[str, str]:
    quoted = _QUOTED.match(key)
    if quoted is not None:
        return str(toml_value(quoted[1])), key[quoted.end() :]
    word = _PLAIN.split(key, maxsplit=1)[0]
    return word.strip(), key[len(word) :]


def to_toml(values: Mapping[str, Any]) -> str:
    """Return nested settings as the text of a run file; ``read_toml`` gives them back.

    Values may be strings, numbers, booleans, lists of these and tables of any of them.
    """
    plain = {name: value for name, value in values.items() if not isinstance(value, Mapping)}
    tables = [
        "\n".join([f"[{toml_key(name)}]", *_pairs(inner)])
        for name, inner in values.items()
        if isinstance(inner, Mapping)
    ]
    return "\n\n".join(filter(None, ["\n".join(_pairs(plain)), *tables])) + "\n"


def toml_key(word: str) -> str:
    """Return one word of a key, in quotes where TOML wants them."""
    return word if _BARE.fullmatch(word) else json.dumps(word, ensure_ascii=False)


def toml_text(value: Any) -> str:
    """Return one value as TOML; a path, as any other object, as its text."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(_pairs(value)) + " }" if value else "{}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(toml_text, value)) + "]"
    return json.dumps(value, ensure_ascii=False, default=str)


def toml_value(text: str) -> Any:
    """Return what ``text`` says as TOML, or the text itself where it is none."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text.strip()


def _pairs(table: Mapping[str, Any]) -> list[str]:
    return [f"{toml_key(name)} = {toml_text(value)}" for name, value in table.items()]
