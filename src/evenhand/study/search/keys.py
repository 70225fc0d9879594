"""Keys of a space: which ones a search may choose, and what their declarations allow.

A key of a run file is declared by its section, a setting of a part by the part's signature. The
same declaration checks a value and gives the range where a space names none.
"""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pkgutil import resolve_name
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from evenhand.config import RunConfig, override, parse_config
from evenhand.errors import ConfigError, did_you_mean
from evenhand.registry import Registry
from evenhand.toml import toml_text

PARTS = {
    "loss": "evenhand.losses:LOSSES",
    "sampler": "evenhand.sampling:SAMPLERS",
    "mix": "evenhand.models.mixing:MIXERS",
    "schedule": "evenhand.training.schedule:SCHEDULES",
    "model.head": "evenhand.models.heads:HEADS",
    "model.network": "evenhand.models.series:NETWORKS",
}
"""Section -> registry of the parts that are named there."""
NAMED = {"model.pooling": "evenhand.models.pooling:POOLINGS"}
"""Key -> registry of the parts that it names and that take no settings."""
FIXED_SECTIONS = ("data", "pretrain", "decision", "report", "gates", "card")
FIXED_KEYS = ("seed", "train.metric", "train.max_time", "train.keep", "train.checkpoint_every")
OF_SERIES = ("series.scale", "series.auxiliary", "series.streams")
"""Keys of series under which the windows and their labels stay what they are."""


@dataclass(frozen=True)
class Declared:
    """What a key may be.

    Args:
        whole: whether it is a whole number.
        low: least value, None where none is declared or it is not one itself.
        high: greatest value, likewise.
        choices: values, where they are listed.
    """

    whole: bool
    low: float | None = None
    high: float | None = None
    choices: tuple[Any, ...] = ()


def part_of(key: str) -> tuple[str, str] | None:
    """Return section and setting of a key that a part declares; None for any other."""
    section, _, setting = key.rpartition(".")
    return (section, setting) if section in PARTS and setting != "name" else None


def registry(key: str) -> Registry[Any] | None:
    """Return the registry whose parts ``key`` names: ``loss.name``, ``model.pooling``."""
    where = NAMED.get(key) or PARTS.get(key.removesuffix(".name") if key.endswith(".name") else "")
    return None if where is None else resolve_name(where)


def owners(key: str, names: Sequence[str]) -> tuple[str, ...]:
    """Return which of the parts ``names`` have the setting that ``key`` is.

    Raises:
        ConfigError: E101 for a name that no part has, E102 where no part has the setting.
    """
    section, setting = part_of(key) or ("", "")
    parts: Registry[Any] = resolve_name(PARTS[section])
    settings = {name: parts.schema(name).model_fields for name in names}
    having = tuple(name for name, fields in settings.items() if setting in fields)
    if having:
        return having
    known = {f"{section}.{word}" for fields in settings.values() for word in fields}
    raise ConfigError(
        "E102",
        f"the space has a setting that {parts.kind} {' or '.join(map(repr, names))} does not have",
        got=repr(key),
        fix=did_you_mean(key, known) if known else "leave it out: there are no settings to choose",
    )


def refuse_fixed(key: str) -> None:
    """Raise for a key that must be the same in all trials.

    Rows, the objective and the seed are what makes trials comparable; cuts and report are made
    after training and do not enter the objective.

    Raises:
        ConfigError: E105.
    """
    section = key.partition(".")[0]
    series = section == "series" and key not in OF_SERIES and key in _known()
    if section in FIXED_SECTIONS or key in FIXED_KEYS or series:
        raise ConfigError(
            "E105",
            "a search cannot choose that key: it is the same in all trials",
            got=repr(key),
            fix=f"leave it out of the space; --set {key}=... fixes it",
        )


def refuse_value(asked: Mapping[str, Any], key: str, value: Any, names: Sequence[str]) -> None:
    """Raise where ``key`` cannot be ``value``.

    Args:
        asked: the recipe, nested, beside which it would stand.
        key: as a run file has it.
        value: to be tried.
        names: parts that have the setting, where it is one.

    Raises:
        ConfigError: E101 for a part that is not there, E102 for a key or value that cannot be.
    """
    part = part_of(key)
    if part is not None:
        parts: Registry[Any] = resolve_name(PARTS[part[0]])
        for name in names:
            parts.validate(name, {part[1]: value})
        return
    parse_config(override(asked, [f"{key}={toml_text(value)}"]), source="the space")
    named = registry(key)
    if named is not None:
        named.factory(value)


def declared(key: str, names: Sequence[str]) -> Declared:
    """Return what the declaration of a known key allows."""
    field = _field(key, names)
    kinds = _kinds(field.annotation)
    literal = next((kind for kind in kinds if get_origin(kind) is Literal), None)
    named = registry(key)
    if named is not None:
        return Declared(False, choices=named.names())
    if bool in kinds:
        return Declared(False, choices=(False, True))
    if literal is not None and len(kinds) == 1:
        return Declared(False, choices=get_args(literal))
    bounds = {type(bound).__name__: bound for bound in field.metadata}
    low, high = (getattr(bounds.get(n), n.lower(), None) for n in ("Ge", "Le"))
    return Declared(int in kinds and float not in kinds, low, high)


def _field(key: str, names: Sequence[str]) -> FieldInfo:
    part = part_of(key)
    if part is not None:
        parts: Registry[Any] = resolve_name(PARTS[part[0]])
        fields: Mapping[str, FieldInfo] = parts.schema(names[0]).model_fields
        return fields[part[1]]
    model: Any = RunConfig
    for word in key.split("."):
        field: FieldInfo = model.model_fields[word]
        model = field.annotation
    return field


def _kinds(annotation: Any) -> set[Any]:
    """Return the members of a union, None left out, or the type alone."""
    if get_origin(annotation) in (Union, types.UnionType):
        members = {kind for one in get_args(annotation) for kind in _kinds(one)}
        return members - {type(None)}
    if hasattr(annotation, "__metadata__"):
        return _kinds(get_args(annotation)[0])
    return {annotation}


def _known() -> set[str]:
    series: type[BaseModel] = type(RunConfig().series)
    return {f"series.{name}" for name in series.model_fields}
