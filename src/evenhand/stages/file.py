"""The file of stages as it is typed: which keys there are, and what they may be."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError
from pydantic_core import ErrorDetails

from evenhand.config.section import Section
from evenhand.errors import ConfigError, did_you_mean
from evenhand.ranges import AtLeast, Share
from evenhand.stages.fitting import refuse
from evenhand.stages.words import Script
from evenhand.toml import read_toml

# fmt: off
LOWERING = frozenset((
    "allow", "block", "cap", "ceiling", "clear", "clip", "deny", "drop", "exclude",
    "forbid", "ignore", "lower", "max", "maximum", "reduce", "remove", "reset", "scale",
    "set", "silence", "skip", "subtract", "suppress", "threshold", "unset", "veto", "zero",
))
# fmt: on
"""Words for what no rule may do."""
RAISES_ONLY = 'a rule may say raise = "LABEL", floor = { LABEL = 0.4 }, route = "QUEUE" or abstain'


class RuleTable(Section):
    """One ``[[rule]]``: what it looks for, and what follows."""

    name: str = Field(min_length=1, description="as answers and tables call it")
    keywords: tuple[str, ...] | None = Field(
        None, description="any of these words or phrases stands in the text"
    )
    pattern: str | None = Field(None, description="a regular expression finds something")
    shorter_than: int | None = Field(None, ge=1, description="characters")
    longer_than: int | None = Field(None, ge=0, description="characters")
    script: Script | None = Field(None, description="more than half of the letters are of it")
    not_script: Script | None = Field(None, description="they are not")
    raised: str | None = Field(None, alias="raise", description="label that is given")
    floor: dict[str, AtLeast] = Field({}, description="label -> probability that it has at least")
    route: str | None = Field(None, min_length=1, description="queue for people; labels stay")
    abstain: bool = Field(False, description="no label is given, but those that are critical")


class VerifierTable(Section):
    """``[verifier]``: who else is asked, about what, and when."""

    model: str = Field(min_length=1, description="run or bundle")
    labels: tuple[str, ...] = Field(min_length=1, description="labels that it is asked about")
    between: tuple[Share, Share] = Field(
        description="lowest and highest probability of the model at which it is asked"
    )


class StagesFile(Section):
    """A file of stages."""

    model: str = Field(min_length=1, description="run or bundle; paths start at this file")
    critical: tuple[str, ...] = Field(description="labels that no stage may silence; [] for none")
    rule: tuple[RuleTable, ...] = ()
    verifier: VerifierTable | None = None


def read_stages(path: Path) -> StagesFile:
    """Read a file of stages.

    Raises:
        MissingFileError: E202 when it is not there.
        ConfigError: E103 when it is no TOML, E502 when a key or value cannot be.
    """
    values = read_toml(path, kind="file of stages")
    try:
        return StagesFile.model_validate(values)
    except ValidationError as error:
        raise _explained(error.errors()[0], values, source=str(path)) from error


def _explained(first: ErrorDetails, values: Mapping[str, Any], *, source: str) -> ConfigError:
    words = [str(word) for word in first["loc"]]
    in_rule = words[0] == "rule" and len(words) > 2
    where = f"{source}, {_rule_at(first['loc'], values)}" if in_rule else source
    key = ".".join(words[2:] if in_rule else words)
    if first["type"] == "extra_forbidden":
        return _unknown_key(first["loc"], where, got=f"{key} = {first['input']!r}")
    written = _WRITTEN.get(key.rstrip(".0123456789"))
    if first["type"] == "missing":
        return refuse(
            f"{where}: the key {key!r} is missing",
            got=", ".join(values) or "an empty file",
            fix=written or f"add {key} = ...",
        )
    return refuse(
        f"{where}: a value that cannot be",
        got=f"{key} = {first['input']!r}",
        fix=written or f"{key}: {first['msg'].removeprefix('Input ')}",
    )


_WRITTEN = {
    "critical": 'critical = ["LABEL"] lists what no stage may silence; critical = [] for nothing',
    "floor": "floor = { LABEL = 0.4 }: a floor belongs to a label",
    "keywords": 'keywords = ["...", "..."], a list',
    "model": 'model = "runs/NAME", a run or a bundle; the path starts at this file',
    "name": 'name = "...", as answers and tables will call the rule',
    "rule": "a rule begins with [[rule]], in two brackets",
    "verifier": "[verifier], in one bracket: there is one at most",
    "verifier.between": "between = [LOW, HIGH], two probabilities from 0 to 1",
    "verifier.labels": 'labels = ["LABEL"], at least one',
}


def _rule_at(place: tuple[int | str, ...], values: Mapping[str, Any]) -> str:
    """Name the rule that an error lies in, by its name where it has one."""
    number = int(place[1])
    name = values["rule"][number].get("name")
    return f"rule {name!r}" if name else f"rule {number + 1}"


def _unknown_key(place: tuple[int | str, ...], where: str, *, got: str) -> ConfigError:
    key = str(place[-1])
    if place[0] == "rule" and key.lower() in LOWERING:
        return refuse(
            f"{where}: a rule may raise what the model says, never lower or silence it",
            got=got,
            fix=RAISES_ONLY,
        )
    tables: dict[str, type[Section]] = {"rule": RuleTable, "verifier": VerifierTable}
    table = tables[str(place[0])] if len(place) > 1 else StagesFile
    known = [field.alias or name for name, field in table.model_fields.items()]
    return refuse(f"{where}: there is no such key", got=got, fix=did_you_mean(key, known))
