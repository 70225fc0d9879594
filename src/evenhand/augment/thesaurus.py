"""Synonyms without a network: a table drawn from WordNet and shipped with the package.

``scripts/build_synonyms.py`` in the repository builds it and says what was kept; WordNet's
licence lies beside the table.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files


@cache
def table() -> Mapping[str, tuple[str, ...]]:
    """Return the synonyms of each word, the nearest first; all in lower case and base form."""
    text = files("evenhand.augment").joinpath("synonyms.tsv").read_text("utf-8")
    rows = (line.split("\t") for line in text.splitlines())
    return {word: tuple(others.split(" ")) for word, others in rows}


def synonyms_of(word: str) -> tuple[str, ...]:
    """Return the synonyms of ``word`` in any case; none for a word that is not in the table."""
    return table().get(word.lower(), ())
