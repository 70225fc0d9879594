"""Values become a checked run file; what cannot be is explained with a way out."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any, get_origin

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from evenhand.config.judging import DecisionConfig, GatesConfig
from evenhand.config.run import RunConfig, known_keys
from evenhand.config.section import Section
from evenhand.errors import ConfigError, did_you_mean
from evenhand.toml import toml_key, typed_setting


def parse_config(values: Mapping[str, Any], *, source: str) -> RunConfig:
    """Check nested ``values`` and fill in the defaults.

    Args:
        values: sections as in a run file.
        source: file or phrase for the error message.

    Raises:
        ConfigError: E102 for an unknown key (with a spelling hint) or a value out of range.
    """
    try:
        return RunConfig.model_validate(values)
    except ValidationError as error:
        raise _explain(error, source) from error


def override(values: Mapping[str, Any], settings: Sequence[str]) -> dict[str, Any]:
    """Return ``values`` with each ``section.key=value`` of ``settings`` put in.

    A value is read as TOML; what is no TOML is taken as a string, so ``loss.name=focal`` and
    ``optim.lr=3e-5`` both do what they look like. A word of the key that holds a dot or ``=``
    stands in quotes: ``decision.recall."v1.0"=0.9``. Choosing another part by its name leaves the
    former part's settings behind; the order of ``settings`` does not matter for that.

    Raises:
        ConfigError: E102 when a setting has no ``=`` or an empty key, or its key goes on below
            something that has no keys.
    """
    merged: dict[str, Any] = copy.deepcopy(dict(values))
    parsed = [typed_setting(setting) for setting in settings]
    for path, value in sorted(parsed, key=lambda pair: (len(pair[0]), pair[0][-1] != "name")):
        _put(merged, path, value)
    return merged


def _put(values: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    *sections, leaf = path
    for depth, section in enumerate(sections):
        inner = values.setdefault(section, {})
        if isinstance(inner, str):
            inner = values[section] = {"name": inner}
        if not isinstance(inner, dict):
            parent = ".".join(path[: depth + 1])
            raise ConfigError(
                "E102",
                "that setting has no parts",
                got=f"{'.'.join(path)} = {value!r}",
                fix=f"--set {parent}=...",
            )
        values = inner
    if leaf == "name" and isinstance(value, str) and values.get("name", value) != value:
        values.clear()
    values[leaf] = value


def _explain(error: ValidationError, source: str) -> ConfigError:
    first = error.errors()[0]
    where = _key_of(first["loc"])
    if first["type"] == "extra_forbidden":
        what, got = "has an unknown key", repr(where)
        fix = _nearest_key(where, first["input"])
        if str(first["loc"][-1]) in RunConfig.model_fields:
            fix = f"{first['loc'][-1]} stands above the first [section] of a run file"
    elif where == "augment":
        what, got = "names an augmenter in a way that cannot be", f"augment = {first['input']!r}"
        fix = """--set 'augment=[{name="eda", share=0.5}]', or --set augment=eda"""
    elif first["type"] == "dict_type":
        what, got = "needs the name of a label", f"{where} = {first['input']!r}"
        fix = f"--set {where}.NAME=VALUE, with a label's name"
    elif _cut_short(first):
        what, got = "has a label that wants quotes of its own", f"{where} = {first['input']!r}"
        fix = f"""--set '{".".join(map(str, first["loc"][:2]))}."NAME"=0.9'"""
    else:
        reasons = [
            e["msg"].removeprefix("Input ") for e in error.errors() if _key_of(e["loc"]) == where
        ]
        what, got = "has a value that cannot be", f"{where} = {first['input']!r}"
        fix = f"{where} {' or '.join(dict.fromkeys(reasons))}"
    return ConfigError("E102", f"{source} {what}", got=got, fix=fix)


def _cut_short(first: ErrorDetails) -> bool:
    """Whether a label seems to have ended at a dot or ``=`` of its own."""
    place, value = first["loc"], first["input"]
    below = len(place) > 2 and _labels_stand_below(".".join(map(str, place[:2])))
    return below and (isinstance(value, Mapping) or "=" in str(value) or '"' in str(place[2]))


def _nearest_key(where: str, value: Any) -> str:
    """Return a spelling hint; keys below an unknown section count for it as well."""
    typed, known = where.lower(), known_keys()
    while isinstance(value, Mapping) and len(value) == 1 and typed not in known:
        ((word, value),) = value.items()
        typed = f"{typed}.{str(word).lower()}"
    return did_you_mean(typed if typed in known else where, known)


def _key_of(place: tuple[int | str, ...]) -> str:
    """Return the dotted key at ``place``, without what pydantic adds below it."""
    words: list[str] = []
    for depth, word in enumerate(place):
        words.append(toml_key(str(word)))
        if ".".join(words) in known_keys():
            below = place[depth + 1 :] if _labels_stand_below(".".join(words)) else ()
            return ".".join([*words, *(toml_key(str(label)) for label in below[:1])])
    return ".".join(words)


def _labels_stand_below(key: str) -> bool:
    section, _, name = key.partition(".")
    sections: dict[str, type[Section]] = {"decision": DecisionConfig, "gates": GatesConfig}
    model = sections.get(section)
    field = model.model_fields.get(name) if model is not None else None
    return field is not None and get_origin(field.annotation) is dict
