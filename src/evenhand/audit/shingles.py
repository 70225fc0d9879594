"""Shingles: overlapping pieces of a text, hashed, and the MinHash signatures over them.

Shapes: N texts, S shingles of all of them one after the other, H hash functions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Signatures = NDArray[np.uint8]

HASHES = 64
LONGEST = 10_000
"""Characters of a text that are looked at."""
_CHUNK = 60_000
_BASE = np.uint64(0x9E3779B97F4A7C15)
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_LAST = np.uint32(0x85EBCA6B)
_SEED = 20_110_829


def shingles(texts: Sequence[str], *, width: int) -> tuple[Hashes, NDArray[np.int64]]:
    """Hash every piece of ``width`` characters, in order.

    A text shorter than ``width`` has one piece, itself; an empty one too.

    Args:
        texts: normalised.
        width: characters a piece, at least 1.

    Returns:
        The hashes, 64 bits, ``(S,)``, and how many belong to each text, ``(N,)``.
    """
    cut = [text[:LONGEST].ljust(width, "\0") for text in texts]
    length_N = np.fromiter(map(len, cut), np.int64, len(cut))
    code_K = np.frombuffer("".join(cut).encode("utf-32-le", "surrogatepass"), dtype="<u4")
    count_N = length_N - (width - 1)
    hash_K = np.zeros(max(0, len(code_K) - width + 1), dtype=np.uint64)
    for j in range(width):
        hash_K = hash_K * _BASE + code_K[j : j + len(hash_K)]
    start_N = np.cumsum(length_N) - length_N
    first_N = np.cumsum(count_N) - count_N
    place_S = np.repeat(start_N - first_N, count_N) + np.arange(count_N.sum())
    return _mixed(hash_K[place_S]), count_N


def _mixed(hash_S: Hashes) -> Hashes:
    """Spread the differences over all bits (the finaliser of SplitMix64)."""
    hash_S = (hash_S ^ (hash_S >> np.uint64(30))) * _MIX[0]
    hash_S = (hash_S ^ (hash_S >> np.uint64(27))) * _MIX[1]
    return hash_S ^ (hash_S >> np.uint64(31))


def signatures(texts: Sequence[str], *, width: int) -> Signatures:
    """Return MinHash signatures, ``(N, HASHES)``, a byte a hash function.

    Two texts agree in a byte with the probability of their Jaccard similarity, and by chance
    in one of 256 others; equal texts agree in all.

    Args:
        texts: normalised.
        width: characters a shingle.

    References:
        Broder 1997, doi:10.1109/SEQUEN.1997.666900.
        Li and Koenig 2010, doi:10.1145/1772690.1772759.
    """
    random = np.random.default_rng(_SEED)
    factor_H = random.integers(0, 1 << 31, HASHES, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    term_H = random.integers(0, 1 << 32, HASHES, dtype=np.uint32)
    signature_NH = np.empty((len(texts), HASHES), dtype=np.uint8)
    for first, last in chunks(texts):
        hash_S, count_N = shingles(texts[first:last], width=width)
        low_S = (hash_S >> np.uint64(32)).astype(np.uint32)
        start_N = np.cumsum(count_N) - count_N
        turned_S = np.empty_like(low_S)
        for h in range(HASHES):
            np.multiply(low_S, factor_H[h], out=turned_S)
            turned_S += term_H[h]
            least_N = np.minimum.reduceat(turned_S, start_N)
            signature_NH[first:last, h] = (least_N * _LAST) >> np.uint32(24)
    return signature_NH


def chunks(texts: Sequence[str], *, characters: int = _CHUNK) -> Iterator[tuple[int, int]]:
    """Yield the ends of runs of texts of about so many characters; every run has a text."""
    first, size = 0, 0
    for i, text in enumerate(texts):
        size += min(len(text), LONGEST) + 1
        if size >= characters:
            yield first, i + 1
            first, size = i + 1, 0
    if first < len(texts):
        yield first, len(texts)
