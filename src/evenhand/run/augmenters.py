"""Augmenters of a run: those of texts and those of series have one place in a run file."""

from __future__ import annotations

from typing import Any

from evenhand.augment import AUGMENTERS
from evenhand.config import RunConfig
from evenhand.errors import ConfigError, did_you_mean
from evenhand.models.series import SERIES_AUGMENTERS
from evenhand.registry import Registry


def augmenters_with(name: str) -> Registry[Any]:
    """Return the registry that has the augmenter ``name``, of texts or of series.

    Raises:
        ConfigError: E101 when neither has, with a spelling hint.
    """
    for registry in (AUGMENTERS, SERIES_AUGMENTERS):
        if name in registry.names():
            return registry
    raise ConfigError(
        "E101",
        "there is no augmenter of that name",
        got=repr(name),
        fix=did_you_mean(name, (*AUGMENTERS.names(), *SERIES_AUGMENTERS.names())),
    )


def refuse_other_augmenters(config: RunConfig, registry: Registry[Any], *, rows: str) -> None:
    """Raise for an augmenter that cannot change these rows.

    Args:
        config: of the run; its augmenters exist.
        registry: of those that can.
        rows: what the rows are, in words.

    Raises:
        ConfigError: E105.
    """
    for part in config.augment:
        if part.name not in registry.names():
            raise ConfigError(
                "E105",
                f"that augmenter cannot change {rows}",
                got=f"augment = {part.name!r}",
                fix=f"leave it out, or take one of: {', '.join(registry.names())}",
            )
