"""Lengths: texts that are empty, hardly there, or longer than what is read of them."""
# Shapes: N rows, K rows found.

from __future__ import annotations

import numpy as np

from evenhand.audit.checks import check
from evenhand.audit.corpus import Corpus, Rows, counted
from evenhand.audit.finding import Finding, Mark

NOTICED = 0.01
"""Share of rows from which on a finding about lengths is a warning."""
SHORT = {True: 3, False: 2}
"""Letters and digits below which a text says next to nothing, with and without blanks between
words."""
TOKENS_A_WORD = 1.35
TOKENS_A_CHARACTER = 0.9
"""What word-piece tokenizers make of English words, and of characters where no blanks part
words; a tokenizer is not asked."""
FRAME = 2
"""Tokens that every text has around it."""
LONGEST = 512
"""What most backbones read at most."""


@check("A103")
def empty(corpus: Corpus) -> Finding | None:
    """Rows have no text."""
    return set_aside(corpus, "A103", "rows without text", "empty text")


def set_aside(corpus: Corpus, code: str, title: str, reason: str) -> Finding | None:
    """Return a finding for the rows that reading set aside for ``reason``."""
    files = [(f, f.aside[reason]) for f in corpus.ledger.files if reason in f.aside]
    count = sum(aside.rows for _, aside in files)
    if not count:
        return None
    read = sum(file.read for file in corpus.ledger.files)
    marks = tuple(
        Mark(f"{file.path}:{line}", file.role.value, "", reason)
        for file, aside in files
        for line in aside.examples
    )
    return Finding(
        code,
        "warning" if count / read >= NOTICED else "tip",
        title,
        f"{counted(count, 'row')} of {read:,} ({count / read:.1%}) are set aside, the first at "
        f"{marks[0].id}",
        advice="they are left out everywhere; check what was to fill them",
        marks=marks,
        count=count,
    )


@check("A104")
def short(corpus: Corpus) -> Finding | None:
    """Texts have hardly any letter."""
    signs_N = np.fromiter(
        (sum(map(str.isalnum, text[:64])) for text in corpus.texts), np.int64, len(corpus)
    )
    fewest = SHORT[corpus.spaced]
    found_K = np.flatnonzero(signs_N < fewest)
    if not len(found_K):
        return None
    share = len(found_K) / len(corpus)
    return Finding(
        "A104",
        "warning" if share >= NOTICED else "tip",
        "texts of next to nothing",
        f"{counted(len(found_K), 'text')} ({share:.2%}) have fewer than {fewest} letters or digits",
        advice="a model can only answer them by the labels' shares; leave them out unless such "
        "texts will be asked too",
        marks=corpus.marks(found_K, [f"{signs_N[i]} letters or digits" for i in found_K]),
        count=len(found_K),
    )


@check("A105")
def cut_off(corpus: Corpus) -> Finding | None:
    """Texts are longer than training will read."""
    tokens_N = estimated_tokens(corpus)
    found_K = np.flatnonzero(tokens_N > corpus.max_length)
    if not len(found_K):
        return None
    share = len(found_K) / len(corpus)
    wanted = int(2 ** np.ceil(np.log2(np.quantile(tokens_N, 0.99))))
    longer = min(wanted, LONGEST)
    remedy = {"model": {"max_length": longer}} if longer > corpus.max_length else {}
    return Finding(
        "A105",
        "warning" if share >= NOTICED else "tip",
        "long texts will be cut off",
        f"about {counted(len(found_K), 'text')} ({share:.1%}) exceed {corpus.max_length} tokens; "
        f"the longest has about {tokens_N.max():,.0f} (estimated from words, without tokenizer)",
        remedy if share >= NOTICED else {},
        "what stands behind the cut is never read",
        corpus.marks(found_K, [f"about {tokens_N[i]:,.0f} tokens" for i in found_K]),
        len(found_K),
    )


def estimated_tokens(corpus: Corpus) -> Rows:
    """Estimate how many tokens each text has: 1.35 a word, or 0.9 a character without blanks."""
    if corpus.spaced:
        size_N = np.array([TOKENS_A_WORD * len(text.split()) for text in corpus.texts])
    else:
        size_N = np.array([TOKENS_A_CHARACTER * len(text) for text in corpus.texts])
    return np.asarray(np.rint(size_N + FRAME), dtype=np.int64)
