"""Nearby: which texts are nearly the same, found by hashing and verified exactly.

Shapes: N texts, H hash functions, B bands, P pairs, S shingles.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evenhand.audit.shingles import HASHES, Signatures, shingles, signatures

Pairs = NDArray[np.int64]
Floats = NDArray[np.float64]

THRESHOLD = 0.7
"""Jaccard similarity of the shingles from which on two texts are nearly the same."""
WIDTH = {True: 5, False: 3}
"""Characters a shingle, with and without blanks between words."""
FEWEST = {True: 20, False: 10}
"""Characters below which a text is too short to be nearly another."""
ROWS_A_BAND = 4
NEIGHBOURS = 8
"""Texts of one bucket are paired with so many after them; that is all pairs of a small bucket."""
_SLACK = 0.2
_PAIRS_AT_ONCE = 20_000
_HASH_BITS = np.uint64(40)


@dataclass(frozen=True)
class Near:
    """Pairs of texts that are nearly the same.

    Args:
        pairs_P2: positions, the smaller first, each pair once.
        jaccard_P: exact similarity, in [THRESHOLD, 1].
    """

    pairs_P2: Pairs
    jaccard_P: Floats


def near_pairs(texts: Sequence[str], *, spaced: bool) -> Near:
    """Find pairs whose sets of character shingles have a Jaccard similarity of 0.7 or more.

    Sixteen bands of four hash functions propose pairs (a pair at 0.7 is missed with probability
    0.012, at 0.8 with 0.0002); the sets themselves decide. Texts below ``FEWEST`` characters
    are left out. Linear in the number of texts but for one sort a band.

    Args:
        texts: normalised and distinct.
        spaced: whether blanks part words; sets the width of a shingle.
    """
    kept_K = np.flatnonzero([len(text) >= FEWEST[spaced] for text in texts])
    kept = [texts[i] for i in kept_K.tolist()]
    if len(kept) < 2:
        return Near(np.zeros((0, 2), np.int64), np.zeros(0))
    proposed_P2 = _proposed(signatures(kept, width=WIDTH[spaced]))
    jaccard_P = jaccard(kept, proposed_P2, width=WIDTH[spaced])
    near_P = jaccard_P >= THRESHOLD
    return Near(kept_K[proposed_P2[near_P]], jaccard_P[near_P])


def _proposed(signature_NH: Signatures) -> Pairs:
    """Return pairs that share a band and agree in about as many hashes as near texts do."""
    rows = len(signature_NH)
    code_P = np.zeros(0, dtype=np.int64)
    for band_N in signature_NH.view(np.uint32).T:
        for pair_P2 in _bucket_pairs(np.ascontiguousarray(band_N)):
            code_P = np.union1d(code_P, _alike(signature_NH, pair_P2) @ np.array([rows, 1]))
    return np.column_stack([code_P // rows, code_P % rows])


def _bucket_pairs(band_N: NDArray[np.uint32]) -> Iterator[Pairs]:
    order_N = np.argsort(band_N, kind="stable")
    sorted_N = band_N[order_N]
    for step in range(1, min(NEIGHBOURS, len(band_N) - 1) + 1):
        same_K = np.flatnonzero(sorted_N[step:] == sorted_N[:-step])
        if not len(same_K):
            return
        yield np.column_stack([order_N[same_K], order_N[same_K + step]])


def _alike(signature_NH: Signatures, pair_P2: Pairs) -> Pairs:
    least = (THRESHOLD - _SLACK) * HASHES
    kept = [
        part_P2[(signature_NH[part_P2[:, 0]] == signature_NH[part_P2[:, 1]]).sum(axis=1) >= least]
        for part_P2 in _parts(pair_P2)
    ]
    return np.concatenate(kept)


def jaccard(texts: Sequence[str], pair_P2: Pairs, *, width: int) -> Floats:
    """Return shared shingles over all shingles of each pair; 1 for equal texts, 0 for strangers.

    Args:
        texts: normalised.
        pair_P2: positions in ``texts``.
        width: characters a shingle.
    """
    parts = [_jaccard(texts, part_P2, width) for part_P2 in _parts(pair_P2)]
    return np.concatenate(parts) if parts else np.zeros(0)


def _jaccard(texts: Sequence[str], pair_P2: Pairs, width: int) -> Floats:
    involved, place = np.unique(pair_P2, return_inverse=True)
    place_P2 = place.reshape(pair_P2.shape)
    hash_S, count_K = shingles([texts[i] for i in involved], width=width)
    owner_S = np.repeat(np.arange(len(involved), dtype=np.uint64), count_K)
    key_S = np.unique((owner_S << _HASH_BITS) | (hash_S >> (np.uint64(64) - _HASH_BITS)))
    size_K = np.bincount((key_S >> _HASH_BITS).astype(np.int64), minlength=len(involved))
    first_K = np.cumsum(size_K) - size_K
    size_P = size_K[place_P2[:, 0]]
    start_P = np.cumsum(size_P) - size_P
    pair_S = np.repeat(np.arange(len(pair_P2)), size_P)
    member_S = np.arange(size_P.sum()) + np.repeat(first_K[place_P2[:, 0]] - start_P, size_P)
    low = (np.uint64(1) << _HASH_BITS) - np.uint64(1)
    other_S = place_P2[:, 1].astype(np.uint64)[pair_S]
    wanted_S = (other_S << _HASH_BITS) | (key_S[member_S] & low)
    at_S = np.minimum(np.searchsorted(key_S, wanted_S), len(key_S) - 1)
    shared_P = np.bincount(pair_S, weights=key_S[at_S] == wanted_S, minlength=len(pair_P2))
    return np.asarray(shared_P / (size_P + size_K[place_P2[:, 1]] - shared_P))


def _parts(pair_P2: Pairs) -> list[Pairs]:
    return [pair_P2[i : i + _PAIRS_AT_ONCE] for i in range(0, len(pair_P2), _PAIRS_AT_ONCE)]
