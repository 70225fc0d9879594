"""What Python users call: ``evenhand.train`` and ``evenhand.load``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evenhand import recipes
from evenhand.config import override
from evenhand.toml import toml_text

if TYPE_CHECKING:
    from evenhand.bundle import Predictor
    from evenhand.run import Run


def train(
    data: Any,
    out: str | Path,
    *,
    tune: Any = None,
    report: Any = None,
    labels_file: str | Path | None = None,
    recipe: str | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Run:
    """Train a classifier and leave a run folder with bundle, metrics and report.

    The same as ``evenhand train``, without a word on the screen.

    Args:
        data: rows with labels: a path, a folder of series, a hub id, or a pandas, polars or Arrow
            table.
        out: a folder that is empty or not there.
        tune: rows that choose epoch and cuts; taken from ``data`` if None.
        report: rows that are only measured; if both are None, ``data`` is split in three.
        labels_file: one label name a line, for labels written as numbers.
        recipe: name of a recipe or path of a run file; if None, ``balanced`` for texts and
            ``series`` for recordings.
        settings: ``{"optim.lr": 3e-5, "loss.name": "focal"}``; any key of a run file; None
            leaves a key at its default.

    Returns:
        The run: ``.metrics``, ``.decision``, ``.predictions("tune")``, ``.predict(texts)``.

    Raises:
        EvenhandError: with a code, for anything that the caller can mend.
    """
    from evenhand.run import Screen, Sources, start

    sources = Sources(data, tune, report, labels_file)
    asked = asked_of(recipes.load(recipe or sources.recipe()), settings or {})
    return start(sources, asked, out, screen=Screen())


def asked_of(values: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a run file with the settings over them; a None changes nothing.

    Raises:
        ConfigError: E102 for a key below something that has no keys.
    """
    given = {key: value for key, value in settings.items() if value is not None}
    return override(values, [f"{key}={toml_text(value)}" for key, value in given.items()])


def load(path: str | Path) -> Predictor:
    """Read a trained classifier, or an ensemble of them: a run folder or its bundle.

    Args:
        path: ``runs/NAME`` or ``runs/NAME/bundle``; every file is checked against its hash.

    Raises:
        BundleError: E401 when a file is missing or damaged, E402 when the parts do not fit.
    """
    from evenhand.bundle import load as read

    return read(path)
