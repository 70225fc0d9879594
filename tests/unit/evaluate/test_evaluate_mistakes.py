"""Mistakes: order by confidence, words against Fisher's test, neighbours, rates."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from rich.console import Console
from scipy.stats import chi2_contingency, fisher_exact

from evenhand.errors import DataError
from evenhand.evaluate.compare_slices import Slicing
from evenhand.evaluate.mistakes import Judged, find_mistakes, hardest
from evenhand.evaluate.mistakes_near import NearestRows
from evenhand.evaluate.mistakes_rates import effect, independence_p, wilson
from evenhand.evaluate.mistakes_summary import summary
from evenhand.evaluate.mistakes_words import TermCounts, fisher, over_represented
from evenhand.types import LabelSpace, Task

nan = math.nan
LABELS = LabelSpace(("fraud", "spam"), Task.MULTILABEL)


def judged(truth: Any, probs: Any, texts: Sequence[str] | None = None) -> Judged:
    truth_NC, probs_NC = np.array(truth, np.float32), np.array(probs, np.float64)
    ids = [f"r{i}" for i in range(len(truth_NC))]
    return Judged(ids, texts or ids, truth_NC, probs_NC >= 0.5, probs_NC, LABELS)


@pytest.fixture
def four() -> Judged:
    """Fraud: rows 0 and 1 missed (1 the worse), 3 falsely raised; spam: nothing wrong."""
    return judged(
        [[1, 0], [1, 0], [1, 1], [0, nan]], [[0.4, 0.1], [0.1, 0.1], [0.9, 0.8], [0.7, 0.9]]
    )


def test_the_most_confident_mistake_comes_first(four: Judged) -> None:
    shown, every = hardest(four, 0, "missed", shown=1)
    assert (shown.tolist(), every.tolist()) == ([1], [0, 1])
    assert hardest(four, 0, "false_alarm", shown=5)[0].tolist() == [3]
    assert hardest(four, 1, "false_alarm", shown=5)[0].tolist() == []


def test_words_of_single_labels_can_be_left_out() -> None:
    texts = ["so bad"] * 8 + ["all well"] * 8
    rows = judged([[1, 0]] * 16, [[0.1, 0.1]] * 8 + [[0.9, 0.1]] * 8, texts)
    tokens = [text.split() for text in texts]
    whole = find_mistakes(rows, tokens).to_dict()
    short = find_mistakes(rows, tokens, label_words=False).to_dict()
    assert whole["labels"][0]["missed"]["words"] != []
    assert short["labels"][0]["missed"]["words"] == []
    assert short["words"] == whole["words"] != []


def test_what_is_told_about_a_mistake(four: Judged) -> None:
    found = find_mistakes(four, [[]] * 4).to_dict()
    fraud, spam = found["labels"]
    assert (found["rows"], found["wrong"]) == (4, 3)
    assert (fraud["name"], fraud["support"], fraud["missed"]["count"]) == ("fraud", 3, 2)
    assert fraud["missed"]["hardest"][0] == {
        "id": "r1",
        "text": "r1",
        "probability": 0.1,
        "truth": ["fraud"],
        "decided": [],
        "nearest_fit": [],
    }
    assert spam["missed"] == {"count": 0, "hardest": [], "words": []}
    json.dumps(found, allow_nan=False)


def test_one_label_alone(four: Judged) -> None:
    found = find_mistakes(four, [[]] * 4, only="spam").to_dict()
    assert [label["name"] for label in found["labels"]] == ["spam"]
    assert (found["label"], found["rows"], found["wrong"]) == ("spam", 3, 0)
    with pytest.raises(DataError, match=r"E201(.|\n)*did you mean 'spam'"):
        find_mistakes(four, [[]] * 4, only="spma")


def test_the_frame_lists_every_mistake_shown(four: Judged) -> None:
    rows = find_mistakes(four, [[]] * 4).frame().to_pylist()
    assert [(r["label"], r["kind"], r["id"]) for r in rows] == [
        ("fraud", "missed", "r1"),
        ("fraud", "missed", "r0"),
        ("fraud", "false_alarm", "r3"),
    ]


def test_texts_must_fit_the_rows() -> None:
    with pytest.raises(DataError, match="E211"):
        judged([[1, 0]], [[0.5, 0.5]], texts=["one", "two"])


def test_a_planted_word_is_found_with_its_counts() -> None:
    tokens = [["the", "refund"]] * 12 + [["the", "bill"]] * 30 + [["the", "refund"]] * 3
    wrong_N = np.arange(45) < 12
    first, *rest = over_represented(TermCounts.of(tokens), wrong_N, ~wrong_N)
    assert (first.term, first.wrong, first.wrong_rows) == ("refund", 12, 12)
    assert (first.right, first.right_rows) == (3, 33)
    assert first.proven
    assert [term.term for term in rest] == []
    expected = fisher_exact([[12, 0], [3, 30]], alternative="greater").pvalue
    assert first.p == pytest.approx(expected)
    assert first.p_holm == pytest.approx(min(1.0, expected * 5))


def test_every_term_is_tested_as_fisher_does() -> None:
    random = np.random.default_rng(0)
    wrong_T, right_T = random.integers(0, 12, 30), random.integers(0, 40, 30)
    ours_T = fisher(wrong_T, right_T, mistakes=12, others=40)
    theirs = [
        fisher_exact([[a, 12 - a], [b, 40 - b]], alternative="greater").pvalue
        for a, b in zip(wrong_T, right_T, strict=True)
    ]
    np.testing.assert_allclose(ours_T, theirs, rtol=1e-9)


def test_pairs_of_words_count_too_and_rare_terms_do_not() -> None:
    counts = TermCounts.of([["not", "good"]] * 5 + [["good", "not"]] * 4)
    assert list(counts.names) == ["good", "not", "not good"]
    assert counts.rows_with(np.ones(9, dtype=bool)).tolist() == [9, 9, 5]


def test_words_drawn_alike_are_not_proven() -> None:
    random = np.random.default_rng(0)
    tokens = [list(random.choice(list("abcdefgh"), 4)) for _ in range(200)]
    found = over_represented(TermCounts.of(tokens), random.random(200) < 0.3, np.ones(200, bool))
    assert not any(term.proven for term in found)


def test_no_mistakes_and_no_words_give_no_terms() -> None:
    terms = TermCounts.of([["a"]] * 6)
    none_N, all_N = np.zeros(6, dtype=bool), np.ones(6, dtype=bool)
    assert over_represented(terms, none_N, all_N) == []
    assert over_represented(terms, all_N, none_N) == []
    assert over_represented(TermCounts.of([[]] * 6), all_N, all_N) == []


def test_the_nearest_fit_rows_share_words() -> None:
    tokens = [["my", "card", "was", "stolen"], ["nice", "day"], ["stolen", "card"]]
    fit = NearestRows(["x", "y", "z"], ["X", "Y", "Z"], [["fraud"], [], ["fraud"]], tokens)
    (found,) = fit.find([["stolen", "card"]], count=2)
    assert [row["id"] for row in found] == ["z", "x"]
    assert found[0] == {"id": "z", "text": "Z", "labels": ["fraud"], "similarity": 1.0}
    assert 0 < found[1]["similarity"] < 1
    assert fit.find([["unheard"], []]) == [[], []]
    assert NearestRows([], [], [], []).find([["a"]]) == [[]]


def test_rates_of_parts_have_intervals_and_a_test() -> None:
    ids = [str(i) for i in range(40)]
    values = {name: "a" if int(name) < 30 else "b" for name in ids}
    wrong_N = np.array([int(name) % 30 < 6 for name in ids])
    known_N = np.ones(40, dtype=bool)
    known_N[29] = False
    found = effect(Slicing("kind", values), ids, wrong_N, known_N=known_N)
    assert [(p["value"], p["rows"], p["wrong"]) for p in found["parts"]] == [
        ("a", 29, 6),
        ("b", 10, 6),
    ]
    expected = chi2_contingency([[6, 6], [23, 4]], correction=False).pvalue
    assert found["p"] == pytest.approx(expected)
    assert found["parts"][1]["low"] < 0.6 < found["parts"][1]["high"]


def test_wilson_by_hand() -> None:
    assert wilson(0, 10) == pytest.approx((0.0, 1.96**2 / (10 + 1.96**2)), abs=1e-4)


def test_nothing_to_test_is_undefined() -> None:
    assert math.isnan(independence_p(np.array([1.0]), np.array([5.0])))
    assert math.isnan(independence_p(np.array([0.0, 0.0]), np.array([5.0, 5.0])))
    assert math.isnan(independence_p(np.array([5.0, 5.0]), np.array([5.0, 5.0])))


def test_the_summary_can_be_read(four: Judged) -> None:
    console = Console(width=100, file=io.StringIO())
    near = [{"id": "f", "text": "a fit text", "labels": [], "similarity": 0.5}]
    values = dict.fromkeys(four.ids, "x")
    found = find_mistakes(
        four,
        [[]] * 4,
        neighbours=lambda rows: [near] * len(rows),
        slices=[Slicing("kind", values)],
    )
    summary(found.to_dict(), console=console)
    shown = console.file.getvalue()
    for words in (
        "3 of 4 rows are wrong (75.0%)",
        "words: none beyond chance",
        "by kind, not testable: x 75.0%",
        "missed: 2",
        "p 0.100  truth fraud, given (none)  r1",
        "nearest fit row ((none), 0.50): a fit text",
    ):
        assert words in shown
    assert shown.index("fraud  (3 rows)") < shown.index("spam  (1 rows)")
