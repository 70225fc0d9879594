"""Where a backbone lies, and what its folder says of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evenhand.durable import Content, write_folder
from evenhand.errors import MissingFileError, WriteError

STATIC_TYPE = "evenhand-static"
BYTES_TYPE = "evenhand-bytes"
TOKENIZER_FILE = "tokenizer.json"
WEIGHTS_FILE = "model.safetensors"


@dataclass(frozen=True)
class Source:
    """A folder with ``config.json``, ``model.safetensors`` and a tokenizer.

    Args:
        name: what the user asked for.
        folder: where the files lie.
        static: only the word embeddings are meant, without the layers above them.
    """

    name: str
    folder: Path
    static: bool = False

    def config(self) -> dict[str, Any]:
        """Return the architecture as transformers' ``config.json`` says it; E107 if unreadable."""
        config = read_config(self.folder)
        if self.static:
            return {"model_type": STATIC_TYPE, "pad_token_id": config.get("pad_token_id")}
        return config


def read_config(folder: Path) -> dict[str, Any]:
    """Return a folder's ``config.json``.

    Raises:
        MissingFileError: E107 when it is no JSON, or does not name its architecture.
    """
    file = folder / "config.json"
    try:
        config: dict[str, Any] = json.loads(file.read_text("utf-8"))
        config["model_type"]
    except (ValueError, KeyError, TypeError) as error:
        raise not_found(
            folder.name, f"{file}: {error!r}", "point at a folder that transformers wrote"
        ) from error
    return config


def fill_cache(folder: Path, files: Mapping[str, Content]) -> None:
    """Write ``files`` into the cache folder ``folder``, whole or not at all.

    Raises:
        WriteError: E106 with where another cache can be named.
    """
    try:
        write_folder(folder, files)
    except WriteError as error:
        raise WriteError(
            error.code,
            "a backbone could not be cached",
            got=error.got,
            fix="free half a gigabyte, or set XDG_CACHE_HOME to a folder that can be written",
        ) from error


def not_found(name: str, reason: str, fix: str) -> MissingFileError:
    """Return E107 for the backbone ``name``."""
    return MissingFileError(
        "E107", f"the backbone {name!r} could not be loaded", got=reason[:200], fix=fix
    )
