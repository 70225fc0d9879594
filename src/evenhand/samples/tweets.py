"""The sample ``tweets``: short texts by how strongly people felt them, from the VADER study."""

from __future__ import annotations

import html
import math

from evenhand.errors import DataError
from evenhand.samples.fetch import Archive, Client, fetch, read_members
from evenhand.samples.sample import Sample
from evenhand.samples.texts import DrawnTexts, LabelledText, one_line

ARCHIVE = Archive(
    registry="pypi-source",
    package="vaderSentiment",
    version="3.3.2",
    file="vaderSentiment-3.3.2.tar.gz",
    sha256="5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9",
)
LABELS = ("very_negative", "negative", "neutral", "positive", "very_positive")
STRONG = 2.5
WEAK = 0.5
"""Cuts of the mean human rating, which runs from -4 to 4."""


def intensity(valence: float) -> str:
    """Return the label of a mean rating.

    ``very_negative`` at -2.5 and below, ``negative`` at -0.5 and below, ``positive`` from 0.5,
    ``very_positive`` from 2.5, ``neutral`` between: symmetric, so 0 is neutral.

    Args:
        valence: mean rating, -4..4.
    """
    size = int(abs(valence) >= WEAK) + int(abs(valence) >= STRONG)
    return LABELS[2 + int(math.copysign(size, valence))]


def parse_ratings(content: bytes) -> tuple[LabelledText, ...]:
    """Read lines of ``number TAB mean rating TAB text``.

    Raises:
        DataError: E204 for a line of another form, with its number.
    """
    lines = content.decode("utf-8").split("\n")
    return tuple(_row(number, line) for number, line in enumerate(lines, 1) if line.strip())


def _row(number: int, line: str) -> LabelledText:
    try:
        identity, rating, text = line.split("\t")
        label = intensity(float(rating))
    except ValueError as error:
        raise DataError(
            "E204",
            "a line of the ratings is not number, rating, text",
            got=f"line {number}: {line[:60]!r}",
            fix="report this as a defect of evenhand",
        ) from error
    return LabelledText(f"tweet-{identity}", one_line(html.unescape(text)), (label,))


def _draw(seed: int, client: Client) -> DrawnTexts:
    outer = read_members(
        fetch(ARCHIVE, client=client), lambda name: name.endswith("/hutto_ICWSM_2014.tar.gz")
    )
    inner = read_members(
        next(iter(outer.values())), lambda name: name.endswith("/tweets_GroundTruth.txt")
    )
    rows = parse_ratings(next(iter(inner.values())))
    ledger = (
        f"read and kept: {len(rows)} rows of tweets_GroundTruth.txt, none set aside",
        "label: the mean of at least 20 people's ratings (-4..4), cut at -2.5, -0.5, 0.5 and 2.5; "
        "a rating on a cut belongs to the stronger side",
        "text: HTML entities decoded, runs of white space made one space; "
        "user names and links were already replaced at the source",
    )
    return DrawnTexts(files={"train.csv": rows}, labels=LABELS, ledger=ledger)


SAMPLE = Sample(
    name="tweets",
    title="tweet-like texts by intensity of feeling",
    facts="4,200 rows, 5 classes, 13.6:1",
    licence="MIT",
    source="Hutto and Gilbert 2014, VADER, ICWSM-14; in the source archive of vaderSentiment 3.3.2",
    not_for="judging a person: ratings are of single sentences, in English, from about 2013",
    archive=ARCHIVE,
    settings=(),
    draw=_draw,
)
