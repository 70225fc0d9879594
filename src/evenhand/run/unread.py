"""Settings that rows of one kind never read: refused where they are set, and told of no run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evenhand.augment import AUGMENTERS
from evenhand.config import PretrainConfig, RunConfig, SeriesConfig
from evenhand.data.series.settle import TEXT_KEYS
from evenhand.errors import ConfigError
from evenhand.models.series import SERIES_AUGMENTERS
from evenhand.run.augmenters import refuse_other_augmenters

OF_PRETRAINING = tuple(f"pretrain.{key}" for key in PretrainConfig.model_fields)
OF_SERIES = (
    *(f"series.{key}" for key in SeriesConfig.model_fields),
    "model.network",
    "model.pretrained",
    *OF_PRETRAINING,
)
OF_TEXTS = (
    "model.backbone",
    "model.pooling",
    "model.max_length",
    "model.placeholders",
    "model.layers",
    "model.vocabulary",
    "model.label_texts",
    *(f"data.{key}" for key in TEXT_KEYS),
)


def refuse_series_settings(config: RunConfig) -> None:
    """Raise for settings that only series read, where the rows are texts.

    Raises:
        ConfigError: E105.
    """
    refuse_other_augmenters(config, AUGMENTERS, rows="texts")
    _refuse(set_among(config, OF_SERIES), "series", "these rows are texts")


def refuse_text_settings(config: RunConfig) -> None:
    """Raise for settings that only texts read, where the rows are series.

    Raises:
        ConfigError: E105.
    """
    refuse_other_augmenters(config, SERIES_AUGMENTERS, rows="windows of series")
    _refuse(set_among(config, OF_TEXTS), "texts", "these rows are windows of series")


def set_among(config: RunConfig, keys: Sequence[str]) -> list[str]:
    """Return those of ``keys`` that do not have their default."""
    found = []
    for key in keys:
        section, name = key.split(".")
        part = getattr(config, section)
        if getattr(part, name) != type(part).model_fields[name].default:
            found.append(key)
    return found


def without_unread(settings: Mapping[str, Any], *, series: bool) -> dict[str, Any]:
    """Return nested settings without those that such rows do not read.

    Args:
        settings: with their defaults, as ``resolved.json`` holds them.
        series: whether the rows are windows; else they are texts.
    """
    unread = OF_SERIES
    if series:
        pretrained = settings.get("model", {}).get("pretrained") is not None
        unread = OF_TEXTS if pretrained else (*OF_TEXTS, *OF_PRETRAINING)
    return {
        section: {k: v for k, v in values.items() if f"{section}.{k}" not in unread}
        if isinstance(values, Mapping)
        else values
        for section, values in settings.items()
    }


def _refuse(found: Sequence[str], who: str, rows: str) -> None:
    if found:
        raise ConfigError(
            "E105",
            f"only {who} read that setting, and {rows}",
            got=f"{found[0]} is set",
            fix=f"leave out {found[0]}",
        )
