"""Outputs of a command: refused before any work where they would overwrite, or have no place."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from evenhand.errors import ConfigError, WriteError

NAMES = {"--json": "findings.json", "--review": "review.csv", "--html": "page.html"}
NAMES |= {"--out": "out"}


def refuse_outputs(
    outputs: Mapping[str, Path | None], *, inputs: Mapping[str, str | Path | None]
) -> None:
    """Raise where an output would replace an input or another output, or cannot be written.

    Paths are compared as they resolve, links followed. What lies in an input that is a folder
    belongs to it.

    Args:
        outputs: option -> file that it is to write.
        inputs: what to call it -> file or folder that must stay.

    Raises:
        ConfigError: E110 for an output that is an input or another output.
        WriteError: E106 for one whose folder is not there or may not be written to.
    """
    given = {option: path for option, path in outputs.items() if path is not None}
    refuse_overwriting(given, inputs=inputs)
    for option, path in given.items():
        _refuse_unwritable(option, path)


def refuse_overwriting(
    outputs: Mapping[str, Path], *, inputs: Mapping[str, str | Path | None]
) -> None:
    """Raise where an output would replace an input or another output; as ``refuse_outputs``.

    For commands that make the folder of what they write.

    Raises:
        ConfigError: E110 for an output that is an input or another output.
    """
    taken = {Path(path).resolve(): name for name, path in inputs.items() if path is not None}
    for option, path in outputs.items():
        whole = path.resolve()
        folders = (folder for folder in whole.parents if folder.is_dir())
        place = next((p for p in (whole, *folders) if p in taken), None)
        if place is not None:
            relation = "is" if place == whole else "lies in"
            suffix = path.suffix if option == "--out" else ""
            raise ConfigError(
                "E110",
                "an output would overwrite what is to stay",
                got=f"{option} {path} {relation} {taken[place]}",
                fix=f"{option} {shlex.quote(f'{path.stem}-{NAMES[option]}{suffix}')}",
            )
        taken[whole] = option


def refuse_other_than_csv(option: str, path: Path) -> None:
    """Raise where a file that will hold CSV is named as if it held something else.

    Raises:
        ConfigError: E110 naming the ending.
    """
    if path.suffix.lower() != ".csv":
        named = path.with_suffix(".csv") if path.name else path / "out.csv"
        raise ConfigError(
            "E110",
            "the output is CSV, and its name does not say so",
            got=f"{option} {path}",
            fix=f"{option} {shlex.quote(str(named))}",
        )


def refuse_used(path: Path) -> None:
    """Raise where an output folder, or a file of that name, is there already.

    Raises:
        ConfigError: E109.
    """
    if path.is_file() or (path.is_dir() and any(path.iterdir())):
        raise ConfigError(
            "E109", "the output is in use", got=f"--out {path}", fix="choose another --out"
        )


def _refuse_unwritable(option: str, path: Path) -> None:
    folder = path.parent
    if path.is_dir():
        fault, fix = "that is a folder", f"{option} {shlex.quote(str(path / NAMES[option]))}"
    elif not folder.exists():
        fault, fix = f"there is no folder {folder}", f"mkdir -p {shlex.quote(str(folder))}"
    elif not folder.is_dir() or not os.access(folder, os.W_OK):
        fault, fix = f"{folder} takes no files", f"{option} {NAMES[option]}"
    else:
        return
    raise WriteError("E106", "that could not be written", got=f"{option} {path}: {fault}", fix=fix)
