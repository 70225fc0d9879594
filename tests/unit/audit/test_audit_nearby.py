import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.audit.nearby import FEWEST, THRESHOLD, jaccard, near_pairs
from evenhand.audit.shingles import HASHES, LONGEST, chunks, shingles, signatures

SENTENCE = "the committee met on tuesday to discuss the new budget for schools"


def pieces(text, width):
    text = text.ljust(width, "\0")
    return {text[i : i + width] for i in range(len(text) - width + 1)}


def by_hand(one, other, width):
    a, b = pieces(one, width), pieces(other, width)
    return len(a & b) / len(a | b)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text("abc ", max_size=30), min_size=2, max_size=8), st.integers(1, 6))
def test_jaccard_equals_that_of_the_sets(texts, width):
    pairs = np.array([[i, j] for i in range(len(texts)) for j in range(len(texts))])
    expected = [by_hand(texts[i], texts[j], width) for i, j in pairs]
    assert jaccard(texts, pairs, width=width) == pytest.approx(expected)


def test_shingles_count_and_repeat_with_their_text():
    hash_s, count_n = shingles(["abcde", "ab", "", "abcde"], width=3)
    assert count_n.tolist() == [3, 1, 1, 3]
    assert hash_s[:3].tolist() == hash_s[5:].tolist()
    assert len(set(hash_s.tolist())) == 5


def test_a_text_is_looked_at_so_far_and_no_further():
    long = "ab" * LONGEST
    assert jaccard([long, long + "never read"], np.array([[0, 1]]), width=5).tolist() == [1.0]


def test_equal_texts_have_equal_signatures_and_strangers_hardly_agree():
    signature = signatures([SENTENCE, "0123456789" * 6, SENTENCE], width=5)
    assert signature.shape == (3, HASHES)
    assert (signature[0] == signature[2]).all()
    assert (signature[0] == signature[1]).mean() < 0.1


def test_signatures_agree_about_as_often_as_the_sets_overlap():
    random = np.random.default_rng(0)
    errors = []
    for _ in range(40):
        letters = random.choice(list("abcdefgh"), 300)
        changed = letters.copy()
        changed[: random.integers(10, 150)] = "z"
        one, other = "".join(letters), "".join(changed)
        signature = signatures([one, other], width=5)
        agreed = (signature[0] == signature[1]).mean()
        errors.append(agreed - by_hand(one, other, 5))
    assert abs(np.mean(errors)) < 0.03
    assert np.max(np.abs(errors)) < 0.3


def test_chunks_cover_every_text_once():
    texts = ["x" * n for n in (5, 0, 100, 3, 3, 3)]
    runs = list(chunks(texts, characters=8))
    assert [i for first, last in runs for i in range(first, last)] == list(range(6))
    assert list(chunks([])) == []


def test_near_pairs_are_those_of_all_pairs(varied):
    random = np.random.default_rng(1)
    texts = list(varied[:80])
    for text in varied[:40]:
        place = int(random.integers(len(text)))
        texts.append(text[:place] + "#" + text[place + 1 :])
    near = near_pairs(texts, spaced=True)
    truly = {
        (i, j)
        for i in range(len(texts))
        for j in range(i + 1, len(texts))
        if by_hand(texts[i], texts[j], 5) >= THRESHOLD
    }
    assert len(truly) > 20
    assert set(map(tuple, near.pairs_P2.tolist())) <= truly
    assert len(near.pairs_P2) >= len(truly) - 1
    assert (near.jaccard_P >= THRESHOLD).all()


def test_short_texts_and_single_texts_have_no_near_twin():
    short = "x" * (FEWEST[True] - 2)
    assert len(near_pairs([short, short + "y"], spaced=True).pairs_P2) == 0
    assert len(near_pairs([SENTENCE], spaced=True).pairs_P2) == 0
    assert len(near_pairs([], spaced=True).pairs_P2) == 0


def test_japanese_is_compared_by_shorter_pieces():
    texts = [
        "この結論を導くために実施された市民投票なんだろ",
        "この結論を導くために実施された市民投票なんだろう",
    ]
    assert near_pairs(texts, spaced=False).pairs_P2.tolist() == [[0, 1]]
