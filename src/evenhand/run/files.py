"""The files of a run as the doctor reads them: sound, or E401 that names the one that is not."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

from evenhand.decide import Decision
from evenhand.errors import MissingFileError
from evenhand.predictions import load_predictions
from evenhand.run.folder import Layout
from evenhand.run.sound import read_object, sound
from evenhand.types import Predictions

SECTIONS = ("model", "optim", "train", "decision")
"""Tables without which a ``resolved.json`` is none."""


def refuse_foreign(layout: Layout) -> None:
    """Raise where no run lies; below a run's folder, name the run.

    Raises:
        MissingFileError: E401.
    """
    if layout.asked.is_file() or (layout.manifest.is_file() and layout.resolved.is_file()):
        return
    raise MissingFileError(
        "E401",
        "that folder is no run of evenhand",
        got=str(layout.root),
        fix=_way_to_a_run(layout.root),
    )


def read_config(file: Path) -> dict[str, Any]:
    """Return the settings of ``resolved.json``. Raises E401 where they are not whole."""
    with sound(file):
        config = read_object(file)
        flat = [name for name in SECTIONS if not isinstance(config[name], Mapping)]
        if flat:
            raise TypeError(f"{flat[0]} is no table")
        return config


def read_systems(file: Path) -> Sequence[Mapping[str, Any]]:
    """Return the systems of ``metrics.json``, none before the end. Raises E401 if damaged."""
    if not file.is_file():
        return ()
    with sound(file):
        systems: list[dict[str, Any]] = read_object(file)["systems"]
        for system in systems:
            kind, _, _, figure = itemgetter("kind", "name", "macro_ap", "macro_f1")(system)
            itemgetter("value", *(("low", "high") if kind == "ours" else ()))(figure)
        return systems


def read_windows_part(file: Path) -> Mapping[str, Any]:
    """Return what ``metrics.json`` holds of windows; empty for texts, and before the end.

    Raises E401 if damaged.
    """
    if not file.is_file():
        return {}
    with sound(file):
        found: dict[str, Any] = read_object(file).get("series", {})
        if found:
            itemgetter("streams", "positive", "without", "foretelling")(found)
        return found


def read_decision(file: Path, scored: Predictions | None) -> dict[str, Any] | None:
    """Return ``decision.json``, None before the end; it must be about the labels of the scores.

    Raises:
        BundleError: E401 where it is damaged, or another run's.
    """
    if not file.is_file():
        return None
    with sound(file):
        stored = read_object(file)
        labels = Decision.from_dict(stored).labels
        if scored is not None and scored.labels != labels:
            raise ValueError("its labels are not those of the run's predictions")
        return stored


def read_scores(file: Path) -> Predictions | None:
    """Return stored predictions, None where there are none. Raises E401 if damaged."""
    if not file.is_file():
        return None
    with sound(file):
        return load_predictions(file)


def _way_to_a_run(folder: Path) -> str:
    for above in (*folder.parents, *folder.absolute().parents):
        if Layout(above).asked.is_file() and Layout(above).manifest.is_file():
            return f"evenhand diagnose {shlex.quote(str(above))}"
    if folder.exists():
        return "name a folder that evenhand train --out wrote"
    return f"train one: evenhand train DATA --out {shlex.quote(str(folder))}"
