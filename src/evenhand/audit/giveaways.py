"""Giveaways: single words that nearly decide a label."""
# Shapes: N texts, C labels, V words.

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from evenhand.audit.checks import check
from evenhand.audit.corpus import Corpus, Rows, counted
from evenhand.audit.finding import Finding
from evenhand.audit.wording import normalised, words
from evenhand.types import Floats

FEWEST = 20
"""Texts that a word must stand in."""
SURE = 0.8
"""Lower bound of a label's share among the texts with the word."""
COVERS = 0.15
"""Share of a label's texts that must have the word; a rarer one decides little."""
HALF = 0.5
SCORE, FAR_SCORE = 1.96, 4.0
"""Standard normal scores of the bound: 95 %, and so far out that thousands of words raise no
false alarm; by the latter it must still exceed the label's own share."""
MOST_WORDS = 2_000_000
"""Words held in memory at once; beyond, those seen once so far are let go."""
CHUNK = 20_000
SHOWN = 6


@check("A206")
def giveaways(corpus: Corpus) -> Finding | None:
    """A label is nearly decided by the presence of one word."""
    rows_N = corpus.first_U
    names, both_VC, known_VC = word_counts(corpus, rows_N)
    if not names:
        return None
    truth_NC = corpus.truth_NC[rows_N]
    positives_C = np.nansum(truth_NC, axis=0)
    share_C = positives_C / np.maximum(1, (~np.isnan(truth_NC)).sum(axis=0))
    low_VC = wilson_low(both_VC, known_VC)
    covers_VC = both_VC / np.maximum(1, positives_C)
    beyond_VC = wilson_low(both_VC, known_VC, score=FAR_SCORE) > share_C
    found_VC = (low_VC >= SURE) & beyond_VC & (covers_VC >= COVERS) & (share_C <= HALF)
    found = sorted(np.argwhere(found_VC).tolist(), key=lambda vc: -covers_VC[vc[0], vc[1]])
    if not found:
        return None
    said = [
        f"{names[v]!r} → {corpus.labels.names[c]} in {both_VC[v, c]:.0f} of {known_VC[v, c]:.0f} "
        f"texts (at least {low_VC[v, c]:.0%}), {covers_VC[v, c]:.0%} of that label"
        for v, c in found[:SHOWN]
    ]
    more = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    most = max(covers_VC[v, c] for v, c in found)
    return Finding(
        "A206",
        "warning" if most >= HALF else "tip",
        "a word gives the label away",
        f"{counted(len(found), 'word')}: {'; '.join(said)}{more}",
        advice="if labels were given by such words, the model learns the word, and texts that say "
        "it otherwise are lost; measure on rows without them",
    )


def word_counts(corpus: Corpus, rows_N: Rows) -> tuple[list[str], Floats, Floats]:
    """Count texts that have a word: with each label, and with that label known.

    Words of fewer than 20 texts are left out; each counts once a text.

    Returns:
        The words, and two arrays ``(V, C)``.
    """
    held: Counter[str] = Counter()
    for part in _texts(corpus, rows_N):
        for found in part:
            held.update(found)
        if len(held) > MOST_WORDS:
            held = Counter({word: n for word, n in held.items() if n > 1})
    names = sorted(word for word, n in held.items() if n >= FEWEST)
    place = {word: v for v, word in enumerate(names)}
    both_VC = np.zeros((len(names), len(corpus.labels)))
    known_VC = np.zeros_like(both_VC)
    for k, part in enumerate(_texts(corpus, rows_N)):
        truth_KC = corpus.truth_NC[rows_N[k * CHUNK : k * CHUNK + len(part)]]
        has_KV = _presence(part, place)
        both_VC += has_KV.T @ np.nan_to_num(truth_KC).astype(np.float64)
        known_VC += has_KV.T @ (~np.isnan(truth_KC)).astype(np.float64)
    return names, both_VC, known_VC


def _presence(part: list[set[str]], place: dict[str, int]) -> Any:
    """Return which words stand in which text, a sparse array ``(texts, V)`` of ones."""
    from scipy.sparse import csr_array

    cells = [[place[word] for word in found if word in place] for found in part]
    ends = np.cumsum([0, *map(len, cells)])
    at = np.fromiter((v for row in cells for v in row), np.int64, int(ends[-1]))
    return csr_array((np.ones(len(at)), at, ends), shape=(len(part), len(place)))


def wilson_low(hits: Floats, tries: Floats, *, score: float = SCORE) -> Floats:
    """Return the lower end of Wilson's interval for a share; 0 without tries.

    References:
        Wilson 1927, doi:10.1080/01621459.1927.10502953.
    """
    tried = np.maximum(tries, 1.0)
    share, z2 = hits / tried, score**2
    middle = share + z2 / (2 * tried)
    reach = score * np.sqrt(share * (1 - share) / tried + z2 / (4 * tried**2))
    return np.where(tries > 0, (middle - reach) / (1 + z2 / tried), 0.0)


def _texts(corpus: Corpus, rows_N: Rows) -> Iterator[list[set[str]]]:
    for first in range(0, len(rows_N), CHUNK):
        yield [
            set(words(normalised(corpus.texts[i]), spaced=corpus.spaced))
            for i in rows_N[first : first + CHUNK].tolist()
        ]
