"""Figures of tokens in two writings: by hand, at the limits, and against scipy's bootstrap."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pytest
from scipy import stats

from evenhand.evaluate.compare import Settings
from evenhand.evaluate.pair_tokens import fragmentation, of_texts, token_figures
from evenhand.models.token_counts import TokenCounts

SETTINGS = Settings(resamples=200)


def counts(
    tokens: Sequence[int], unknown: Sequence[int] | None = None, *, letters: int = 10, cut: int = 0
) -> TokenCounts:
    """Return counts of texts of ``letters`` characters, each of three bytes."""
    each_N = np.full(len(tokens), letters)
    unknown_N = None if unknown is None else np.array(unknown)
    return TokenCounts(np.array(tokens), unknown_N, each_N, 3 * each_N, cut)


def test_one_writing_by_hand() -> None:
    found = of_texts(counts([2, 4, 4, 10], [0, 1, 1, 0], cut=1))
    assert found["mean"] == 5
    assert found["median"] == 4
    assert found["p95"] == pytest.approx(4 + 0.85 * 6)
    assert found["per_character"] == 20 / 40
    assert found["per_byte"] == 20 / 120
    assert found["unknown_rate"] == 2 / 20
    assert found["unknown_texts"] == 2 / 4
    assert found["truncated"] == 1 / 4


def test_a_tokenizer_without_an_unknown_token_has_no_rate() -> None:
    found = of_texts(counts([2, 4]))
    assert (found["unknown_rate"], found["unknown_texts"]) == (None, None)


def test_fragmentation_is_the_mean_of_the_ratios_and_not_the_ratio_of_the_means() -> None:
    found = fragmentation(counts([1, 10]), counts([3, 10]), settings=SETTINGS)
    assert found["value"] == found["median"] == 2.0
    assert (found["low"], found["high"]) == (1.0, 3.0)
    assert (found["rows"], found["left_out"]) == (2, 0)


def test_the_same_texts_are_fragmented_alike() -> None:
    same = counts([3, 7, 5])
    found = fragmentation(same, same, settings=SETTINGS)
    assert (found["value"], found["low"], found["high"]) == (1.0, 1.0, 1.0)


def test_rows_without_a_token_in_a_are_left_out_and_counted() -> None:
    found = fragmentation(counts([0, 2]), counts([5, 3]), settings=SETTINGS)
    assert (found["value"], found["rows"], found["left_out"]) == (1.5, 1, 1)
    nothing = fragmentation(counts([0]), counts([5]), settings=SETTINGS)
    assert (nothing["value"], nothing["low"], nothing["left_out"]) == (None, None, 1)


def test_the_interval_is_that_of_scipy() -> None:
    random = np.random.default_rng(3)
    a, b = random.integers(5, 40, 300), random.integers(5, 60, 300)
    found = fragmentation(counts(a), counts(b), settings=Settings(resamples=4000))
    expected = stats.bootstrap(
        (b / a,), np.mean, n_resamples=4000, method="percentile", random_state=1
    ).confidence_interval
    assert found["value"] == pytest.approx(np.mean(b / a))
    assert found["low"] == pytest.approx(expected.low, rel=0.02)
    assert found["high"] == pytest.approx(expected.high, rel=0.02)


def test_all_figures_can_be_written_as_json() -> None:
    found = token_figures(counts([2, 0], [0, 0]), counts([0, 0]), settings=SETTINGS)
    json.dumps(found, allow_nan=False)
    assert set(found) == {"counted", "a", "b", "fragmentation"}
    assert found["a"]["mean"] == 1.0
