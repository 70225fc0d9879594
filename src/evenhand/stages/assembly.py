"""From a file of stages to a pipeline; what makes no sense is refused before any text is read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import regex

from evenhand import bundle
from evenhand.bundle import Predictor
from evenhand.errors import ConfigError, did_you_mean
from evenhand.stages.file import RuleTable, VerifierTable, read_stages
from evenhand.stages.fitting import Stages, refuse
from evenhand.stages.pipeline import Pipeline
from evenhand.stages.rule import Condition, Rule
from evenhand.stages.verifier import Doubt, SecondModel
from evenhand.stages.words import finder, folded
from evenhand.types import Task

CONDITIONS = ("keywords", "pattern", "shorter_than", "longer_than", "script", "not_script")


def load(path: str | Path) -> Pipeline:
    """Return the pipeline at ``path``: a run, a bundle, or a file of stages (``*.toml``).

    Raises:
        ConfigError: E502 for a file of stages that cannot be, E103 for one that is no TOML, E110
            when a model reads series.
        EvenhandError: as ``evenhand.load``.
    """
    file = Path(path)
    if file.suffix.lower() != ".toml" or file.is_dir():
        return Pipeline(bundle.load(file))
    asked = read_stages(file)
    rules = [_rule(table, source=f"{file}, rule {table.name!r}") for table in asked.rule]
    model = bundle.load(file.parent / asked.model)
    doubt = None if asked.verifier is None else _doubt(asked.verifier, file)
    return Pipeline(model, Stages(rules, asked.critical, doubt, source=str(file)))


def models_of(file: Path) -> tuple[Path, ...]:
    """Return where the models of a file of stages lie; raises as ``read_stages``."""
    asked = read_stages(file)
    named = (asked.model, *(() if asked.verifier is None else (asked.verifier.model,)))
    return tuple(file.parent / name for name in named)


def _rule(table: RuleTable, *, source: str) -> Rule:
    _refuse_empty(table, source=source)
    _refuse_contradictions(table, source=source)
    return Rule(
        table.name,
        Condition(
            keywords=None if table.keywords is None else _finder(table.keywords, source),
            pattern=None if table.pattern is None else _compiled(table.pattern, source),
            shorter_than=table.shorter_than,
            longer_than=table.longer_than,
            script=table.script,
            not_script=table.not_script,
        ),
        raises=table.raised,
        floors=table.floor,
        route=table.route,
        abstain=table.abstain,
    )


def _refuse_empty(table: RuleTable, *, source: str) -> None:
    if all(getattr(table, name) is None for name in CONDITIONS):
        raise refuse(
            f"{source}: a rule without a condition would match every text",
            got="none of " + ", ".join(CONDITIONS),
            fix='keywords = ["..."], or another condition',
        )
    if not (table.raised or table.floor or table.route or table.abstain):
        raise refuse(
            f"{source}: a rule without an effect does nothing",
            got="none of raise, floor, route, abstain",
            fix='raise = "LABEL", floor = { LABEL = 0.4 }, route = "QUEUE" or abstain = true',
        )


def _refuse_contradictions(table: RuleTable, *, source: str) -> None:
    if table.abstain and (table.raised or table.floor):
        raise refuse(
            f"{source}: a rule that abstains gives no label, and this one also raises one",
            got=f"abstain beside {'raise' if table.raised else 'floor'}",
            fix="make two rules of it; a critical label that is raised stays where one abstains",
        )
    shorter, longer = table.shorter_than, table.longer_than
    if shorter is not None and longer is not None and shorter - longer < 2:
        raise refuse(
            f"{source}: no text is as long as that",
            got=f"longer_than = {longer}, shorter_than = {shorter}",
            fix="leave out one of them, or make two rules",
        )


def _finder(keywords: Iterable[str], source: str) -> regex.Pattern[str]:
    words = list(keywords)
    if not words or not all(map(folded, words)):
        raise refuse(
            f"{source}: a keyword is missing, or is nothing but blanks",
            got=f"keywords = {words}",
            fix='keywords = ["..."], at least one, none of them empty',
        )
    return finder(words)


def _compiled(pattern: str, source: str) -> regex.Pattern[str]:
    try:
        return regex.compile(pattern)
    except regex.error as error:
        raise refuse(
            f"{source}: that is no regular expression",
            got=f"pattern = {pattern!r}: {error}",
            fix="mend it; in TOML a pattern stands best in single quotes: pattern = '\\bword\\b'",
        ) from error


def _doubt(table: VerifierTable, file: Path) -> Doubt:
    low, high = table.between
    second = bundle.load(file.parent / table.model)
    lacking = [name for name in table.labels if name not in second.labels.names]
    if lacking or second.labels.task is Task.MULTICLASS:
        raise _other_verifier(table, second, lacking, source=str(file))
    return Doubt(SecondModel(second), table.labels, low, high)


def _other_verifier(
    table: VerifierTable, second: Predictor, lacking: list[str], *, source: str
) -> ConfigError:
    if lacking:
        return refuse(
            f"{source}: the verifier does not know a label that it would be asked about",
            got=f"{lacking[0]!r}; {table.model} knows {', '.join(second.labels.names[:8])}",
            fix=did_you_mean(lacking[0], second.labels.names),
        )
    return refuse(
        f"{source}: the verifier gives one label a text, so it has no opinion on each",
        got=table.model,
        fix="name a model that gives several labels a row",
    )
