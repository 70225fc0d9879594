"""What a family of backbones wants set otherwise, where nobody said anything.

A value that the recipe, the run file or ``--set`` gives is never touched. A folder's own files say
of which family it is, and the name of a hub id does.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evenhand.models.backbones import BYTES, ENCODER_OF_PAIR, STATIC
from evenhand.models.codepoints import is_byt5
from evenhand.models.source import read_config
from evenhand.toml import toml_text

PRESETS: Mapping[str, Mapping[str, Any]] = {
    "bytes": {
        "model.max_length": 512,
        "optim.lr": 2e-3,
        "train.epochs": 30,
        "train.batch_size": 16,
        "train.patience": 8,
    },
    "byt5": {
        "model.max_length": 256,
        "optim.lr": 1e-5,
        "train.epochs": 10,
        "train.batch_size": 8,
        "train.accumulate": 2,
    },
    "t5": {
        "optim.lr": 1e-5,
        "train.epochs": 10,
        "train.batch_size": 8,
        "train.accumulate": 2,
    },
    "static": {"optim.lr": 1e-3},
}
"""Family -> key of a run file -> value. ``minilm``, ``e5`` and other fine-tuned encoders have none:
the defaults were measured on them. Bytes are several to a word piece, so lengths are greater;
random weights and bare vectors have further to go, so rates are; T5 is large and fine-tuned
slowly."""
SAID_WITH = {"train.accumulate": "train.batch_size"}
"""A key that is said once the other is: who names rows a batch means rows a step."""
_NAMES = {
    "byt5": re.compile(r"byt5", re.I),
    "t5": re.compile(r"(?<![a-z])u?m?t5(?!\d)", re.I),
}
"""How hub ids of a family read; the first that fits counts."""


@dataclass(frozen=True)
class Preset:
    """What is set for a family because nobody said otherwise.

    Args:
        name: of the family.
        values: dotted key -> value, without what was given.
    """

    name: str
    values: Mapping[str, Any]

    def line(self) -> str:
        """Return the line that tells of it."""
        return f"preset of {self.name}: " + ", ".join(
            f"{key} = {toml_text(value)}" for key, value in self.values.items()
        )


def preset_for(asked: Mapping[str, Any], *, backbone: str) -> Preset | None:
    """Return what a backbone's family wants set beside what was given; None where that is nothing.

    Args:
        asked: nested settings as in a run file, without defaults.
        backbone: as the run file names it.

    Raises:
        MissingFileError: E107 for a folder whose ``config.json`` cannot be read.
    """
    family = family_of(backbone)
    if family is None:
        return None
    wanted = {
        key: value
        for key, value in PRESETS[family].items()
        if not _given(asked, key) and not _given(asked, SAID_WITH.get(key, key))
    }
    return Preset(family, wanted) if wanted else None


def with_preset(asked: Mapping[str, Any], preset: Preset | None) -> dict[str, Any]:
    """Return the settings with those of ``preset`` put in; ``asked`` stays as it is."""
    merged = copy.deepcopy(dict(asked))
    for key, value in (preset.values if preset else {}).items():
        section, _, name = key.partition(".")
        merged.setdefault(section, {})[name] = value
    return merged


def family_of(backbone: str) -> str | None:
    """Return the key of ``PRESETS`` that a backbone belongs to, None where it has no preset.

    Args:
        backbone: a name, a folder, or a hub id; ids that do not say what they are belong nowhere.

    Raises:
        MissingFileError: E107 for a folder whose ``config.json`` cannot be read.
    """
    if backbone == BYTES:
        return BYTES
    if backbone.partition(":")[0] == STATIC:
        return STATIC
    folder = Path(backbone).expanduser()
    if (folder / "config.json").is_file():
        if is_byt5(folder):
            return "byt5"
        return "t5" if read_config(folder)["model_type"] in ENCODER_OF_PAIR else None
    return next((name for name, written in _NAMES.items() if written.search(backbone)), None)


def _given(asked: Mapping[str, Any], key: str) -> bool:
    section, _, name = key.partition(".")
    values = asked.get(section)
    return isinstance(values, Mapping) and name in values
