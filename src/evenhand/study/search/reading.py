"""Space files: TOML that names keys and what they may be, checked before any work starts.

A key has a list of choices, ``{ low = 1e-5, high = 5e-4, log = true }``, ``{ times = 5 }`` (up to
five times more or less than the recipe has), or ``{}`` (all that its declaration allows).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evenhand.config import RunConfig, known_keys
from evenhand.errors import ConfigError, did_you_mean
from evenhand.recipes import Shelf
from evenhand.study.search.keys import (
    PARTS,
    Declared,
    declared,
    owners,
    part_of,
    refuse_fixed,
    refuse_value,
)
from evenhand.study.search.space import NEAR, Choice, Dimension, Range, Space, as_stored
from evenhand.toml import toml_text

DEFAULT = "small"
SPACES = Shelf("evenhand.study.search", "space", "spaces")
WORDS = ("low", "high", "log", "step", "times")


@dataclass(frozen=True)
class Recipe:
    """The settings that a search starts from.

    Args:
        asked: nested, as in a run file.
        config: the same, defaults filled in.
        effective: key -> value as it is used, also where the run file leaves it open.
    """

    asked: Mapping[str, Any]
    config: RunConfig
    effective: Mapping[str, Any]


def space_of(said: Mapping[str, Any], recipe: Recipe, *, name: str) -> Space:
    """Return a space, every end of every range checked as the run file of a trial would be.

    Args:
        said: what its file says.
        recipe: beside which the settings will stand.
        name: of the space, or of its file.

    Raises:
        ConfigError: E101 for a part that is not there; E102 for an unknown key, a range that is
            empty, or an end that the key cannot have; E105 for a key that is no trial's to choose.
    """
    flat = dict(_flat(said))
    if not flat:
        raise ConfigError(
            "E102",
            "the space is empty",
            got=name,
            fix='name a key: "optim.lr" = { low = 1e-5, high = 5e-4, log = true }',
        )
    parts = _parts(flat, recipe)
    having = {key: owners(key, parts[part[0]]) for key in flat if (part := part_of(key))}
    found: dict[str, Dimension] = {}
    for key in sorted(flat, key=lambda word: not word.endswith(".name")):
        found[key] = _dimension(key, flat[key], recipe, having.get(key, ()))
    chosen = {key.removesuffix(".name") for key in found if key.endswith(".name")}
    named = {section: parts[section][0] for section in parts if section not in chosen}
    return Space(name, found, having, named)


def _flat(said: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield dotted keys with what stands there; a table of keys is a section."""
    for word, what in said.items():
        key = f"{prefix}{word}"
        section = isinstance(what, Mapping) and what and not set(what) & set(WORDS)
        if section and key not in known_keys() and not part_of(key):
            yield from _flat(what, f"{key}.")
        else:
            yield key, what


def _parts(flat: Mapping[str, Any], recipe: Recipe) -> dict[str, Sequence[str]]:
    """Return section -> the parts that may be named there, in the space or in the recipe."""
    parts: dict[str, Sequence[str]] = {}
    for section in PARTS:
        part: Any = recipe.config
        for word in section.split("."):
            part = getattr(part, word)
        key = f"{section}.name"
        parts[section] = (part.name,)
        if key in flat:
            chosen = _dimension(key, flat[key], recipe, ())
            parts[section] = chosen.values if isinstance(chosen, Choice) else (part.name,)
    return parts


def _dimension(key: str, what: Any, recipe: Recipe, having: Sequence[str]) -> Dimension:
    if part_of(key) is None and key not in {*known_keys(), *PARTS}:
        raise _bad("has an unknown key", repr(key), did_you_mean(key, known_keys()))
    refuse_fixed(key)
    dimension: Dimension
    if isinstance(what, list):
        dimension = _choice(key, what)
    else:
        dimension = _range(key, _table(key, what), declared(key, having), recipe)
    for value in dimension.values if isinstance(dimension, Choice) else dimension.ends:
        refuse_value(recipe.asked, key, value, having)
    return dimension


def _choice(key: str, values: list[Any]) -> Choice:
    stored = [as_stored(value) for value in values]
    if not values or len({repr(value) for value in stored}) < len(values):
        raise _bad(
            "has no choices" if not values else "names a choice twice",
            f"{key} = {toml_text(values)}",
            f"{toml_text(key)} = [one, another]",
        )
    return Choice(tuple(values))


def _table(key: str, what: Any) -> Mapping[str, Any]:
    if not isinstance(what, Mapping):
        raise _bad(
            "has a key with one value, which leaves nothing to choose",
            f"{key} = {toml_text(what)}",
            f"--set {key}={toml_text(what)}, or a list of choices",
        )
    for word, value in what.items():
        if word not in WORDS:
            raise _bad("has an unknown word", f"{key}: {word}", did_you_mean(word, WORDS))
        said = isinstance(value, bool)
        if said != (word == "log") or not isinstance(value, int | float):
            kind = "true or false" if word == "log" else "a number"
            got = f"{key}: {word} = {toml_text(value)}"
            raise _bad("has a range that cannot be read", got, f"{word} is {kind}")
    return what


def _range(key: str, what: Mapping[str, Any], known: Declared, recipe: Recipe) -> Dimension:
    if not what and known.choices:
        return Choice(known.choices)
    low, high, log = (
        what.get("low", known.low),
        what.get("high", known.high),
        what.get("log", False),
    )
    if "times" in what:
        low, high = _around(key, what, recipe, whole=known.whole)
        log = what.get("log", not known.whole)
    if low is None or high is None:
        raise _bad(
            "needs both ends of a range, where the key itself declares none",
            f"{key} = {toml_text(what)}",
            f'"{key}" = {{ low = ..., high = ... }}',
        )
    step = what.get("step")
    least = 1 if known.whole else 0
    bad_step = step is not None and (log or not least <= step <= high - low or step == 0)
    if not low < high or (log and low <= 0) or bad_step:
        fix = "low must be below high"
        if low < high:
            fix = "a log range starts above 0 and has no step; a step is no wider than the range"
        raise _bad("has an empty range, or one that cannot be", f"{key} = {toml_text(what)}", fix)
    if step is not None:
        high = low + math.floor((high - low) / step + NEAR) * step
    if known.whole:
        return Range(int(low), int(high), log, None if step is None else int(step), True)
    return Range(float(low), float(high), log, step)


def _around(
    key: str, what: Mapping[str, Any], recipe: Recipe, *, whole: bool
) -> tuple[float, float]:
    """Return the ends of a range that lies around what the recipe has."""
    value, times = recipe.effective.get(key), what["times"]
    if not isinstance(value, int | float) or isinstance(value, bool) or value <= 0 or times <= 1:
        raise _bad(
            "has a range around what is no number above 0, or of no width",
            f"{key} = {toml_text(what)}, and the recipe has {value!r}",
            f'"{key}" = {{ low = ..., high = ... }}, or times above 1',
        )
    if whole:
        return max(round(value / times), 1), max(round(value * times), 2)
    return value / times, value * times


def _bad(what: str, got: str, fix: str) -> ConfigError:
    return ConfigError("E102", f"the space {what}", got=got, fix=fix)
