"""Which two columns a pair of writings stands in, and which perturbations are asked for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evenhand.errors import ConfigError, DataError, did_you_mean
from evenhand.perturb import PERTURBATIONS

NATIVE, ROMAJI = "native", "romaji"
BETWEEN_COLUMNS, BETWEEN_RATE = ":", ":"


@dataclass(frozen=True)
class Asked:
    """A perturbation as it was asked for.

    Args:
        name: of the perturbation.
        settings: its rate, where one was given.
    """

    name: str
    settings: Mapping[str, Any]

    @property
    def label(self) -> str:
        """What it is called in results: the name, with the rate where one was given."""
        return BETWEEN_RATE.join([self.name, *map(str, self.settings.values())])


def pair_columns(given: str, columns: Collection[str], *, text: str, where: str) -> tuple[str, str]:
    """Return the columns of A and B that ``--pair`` names.

    ``A:B`` names two columns; ``B`` alone is held against the column that the run was trained
    on. Where no column is called ``native`` or ``romaji``, the words mean the trained column and
    the one that bears its name with ``_romaji``, whichever of the two was trained on.

    Args:
        given: what the command line said.
        columns: that there are.
        text: the column that the run was trained on.
        where: the file, for messages.

    Raises:
        ConfigError: E110 unless two different columns are named.
        DataError: E205 for a column that is not there, with a spelling hint.
    """
    first, colon, second = given.partition(BETWEEN_COLUMNS)
    words = (first, second) if colon else (text, first)
    if not all(word.strip() for word in words):
        raise _no_pair(repr(given))
    a, b = (_meant(word.strip(), columns, text=text, where=where) for word in words)
    if a == b:
        raise _no_pair(f"{given!r}: both are {a!r}")
    return a, b


def _no_pair(got: str) -> ConfigError:
    return ConfigError(
        "E110",
        "a pair is two different columns of texts",
        got=f"--pair {got}",
        fix="name two: --pair text:text_romaji",
    )


def _meant(word: str, columns: Collection[str], *, text: str, where: str) -> str:
    plain = text.removesuffix(f"_{ROMAJI}").removesuffix(f"_{NATIVE}")
    meant = {NATIVE: (f"{plain}_{NATIVE}", plain), ROMAJI: (f"{plain}_{ROMAJI}",)}
    found = next((n for n in (word, *meant.get(word, ())) if n in columns), None)
    if found is not None:
        return found
    hint = did_you_mean(word, columns)
    if word in meant:
        hint = f"name the columns: --pair A:B; {hint}"
    raise DataError(
        "E205",
        f"{where} has no column {word!r} to make a pair of",
        got=f"the columns {', '.join(map(repr, columns))}",
        fix=hint,
    )


def asked_perturbations(given: Sequence[str]) -> list[Asked]:
    """Return the perturbations of ``NAME[:RATE][,NAME[:RATE]...]``, checked and in their order.

    Raises:
        ConfigError: E101 for a name that there is not, E102 for a rate that cannot be, E110 for
            one that is asked for twice.
    """
    found: list[Asked] = []
    for part in (part.strip() for text in given for part in text.split(",")):
        name, colon, rate = part.partition(BETWEEN_RATE)
        settings = {"rate": _number(rate, part)} if colon else {}
        PERTURBATIONS.validate(name, settings)
        asked = Asked(name, settings)
        if any(other.label == asked.label for other in found):
            raise ConfigError(
                "E110",
                "a perturbation is asked for twice",
                got=asked.label,
                fix="name it once, or with another rate: typos:0.05,typos:0.2",
            )
        found.append(asked)
    return found


def _number(rate: str, part: str) -> float:
    try:
        return float(rate)
    except ValueError as error:
        raise ConfigError(
            "E102",
            "the rate of a perturbation is no number",
            got=part,
            fix="--perturb typos:0.1",
        ) from error
