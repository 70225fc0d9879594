"""``evenhand list``: what can be named in a run file."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evenhand.errors import ConfigError, did_you_mean
from evenhand.extras import need

if TYPE_CHECKING:
    from evenhand.registry import Registry

REGISTRIES = {
    "networks": "evenhand.models.series:NETWORKS",
    "poolings": "evenhand.models.pooling:POOLINGS",
    "heads": "evenhand.models.heads:HEADS",
    "losses": "evenhand.losses:LOSSES",
    "samplers": "evenhand.sampling:SAMPLERS",
    "augmenters": "evenhand.augment:AUGMENTERS",
    "series-augmenters": "evenhand.models.series:SERIES_AUGMENTERS",
    "perturbations": "evenhand.perturb:PERTURBATIONS",
    "mixers": "evenhand.models.mixing:MIXERS",
    "schedules": "evenhand.training.schedule:SCHEDULES",
    "metrics": "evenhand.evaluate.selection:SELECTION",
    "calibrators": "evenhand.calibrate:CALIBRATORS",
    "combinations": "evenhand.combine:COMBINATIONS",
    "trackers": "evenhand.training.trackers:TRACKERS",
    "checks": "evenhand.diagnose:CHECKS",
    "audits": "evenhand.audit:AUDITS",
}
TORCH_KINDS = ("networks", "poolings", "heads", "losses", "mixers")
KINDS = ("recipes", "spaces", "keys", "backbones", "samples", *REGISTRIES, "techniques")
_PLURAL = {"loss": "losses", **{kind.removesuffix("s"): kind for kind in KINDS}}


def list_parts(
    kind: Annotated[str | None, typer.Argument(help=f"One of: {', '.join(KINDS)}.")] = None,
) -> None:
    """List the parts of a kind, one a line: the name first, then what it is for."""
    if kind is None:
        typer.echo("\n".join(KINDS))
        return
    kind = kind if kind in KINDS else _PLURAL.get(kind, kind)
    if kind not in KINDS:
        raise ConfigError(
            "E101", "there is no such kind", got=repr(kind), fix=did_you_mean(kind, KINDS)
        )
    entries = _entries(kind)
    width = max(map(len, entries))
    for name, what in entries.items():
        typer.echo(f"{name:<{width}}  {what}".rstrip())


def _entries(kind: str) -> dict[str, str]:
    if kind in OTHERS:
        return OTHERS[kind]()
    if kind in TORCH_KINDS:
        need("train", "torch")
    registry = _registry(kind)
    return {name: registry.describe(name) for name in registry.names()}


def _recipes() -> dict[str, str]:
    from evenhand import recipes

    return {name: recipes.describe(name) for name in recipes.names()}


def _spaces() -> dict[str, str]:
    from evenhand.study.search.reading import DEFAULT, SPACES

    names = sorted(SPACES.names(), key=lambda name: name != DEFAULT)
    return {name: SPACES.describe(name) for name in names}


def _keys() -> dict[str, str]:
    from evenhand.config import known_keys

    return known_keys()


def _backbones() -> dict[str, str]:
    from evenhand.models.backbones import NAMED

    return dict(NAMED)


def _samples() -> dict[str, str]:
    from evenhand.samples import SAMPLES

    return {n: f"{s.title}: {s.facts}; {s.licence}" for n, s in SAMPLES.items()}


def _techniques() -> dict[str, str]:
    from evenhand.study.ablate.techniques import described

    return described()


OTHERS: dict[str, Callable[[], dict[str, str]]] = {
    "recipes": _recipes,
    "spaces": _spaces,
    "keys": _keys,
    "backbones": _backbones,
    "samples": _samples,
    "techniques": _techniques,
}
"""Kinds that are no registry."""


def _registry(kind: str) -> Registry[Any]:
    module, _, name = REGISTRIES[kind].partition(":")
    registry: Registry[Any] = getattr(importlib.import_module(module), name)
    return registry
