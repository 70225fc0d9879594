"""Checks of labels: support, shares, giveaways, and what models of other rows say."""

import numpy as np
import pytest
from scipy.stats import binomtest

from evenhand.audit import AUDITS, Baseline, Scored
from evenhand.audit.giveaways import wilson_low, word_counts
from evenhand.types import Task

MANY = Task.MULTILABEL


def find(code, corpus):
    return AUDITS.build(code, corpus, settings={})


def rows(*counts):
    """Return labels in an order that mixes them, and as many different texts."""
    labels = [name for name, n in counts for _ in range(n)]
    labels = np.random.default_rng(0).permutation(labels).tolist()
    return [f"text {i}" for i in range(len(labels))], labels


@pytest.mark.parametrize(("rare", "severity"), [(30, None), (20, "tip"), (2, "warning")])
def test_imbalance_is_the_commonest_over_the_rarest(make, rare, severity):
    finding = find("A201", make(*rows(("a", 200), ("b", rare))))
    assert (finding and finding.severity) == severity
    if rare == 20:
        assert "a has 200 rows, b 20: 10 to 1" in finding.evidence


def test_a_single_label_is_held_against_the_rows_without_it(make):
    texts = [str(i) for i in range(100)]
    truth = np.zeros((100, 1))
    truth[:5] = 1
    finding = find("A201", make(texts, truth, names=["only"], task=MANY))
    assert "not only has 95 rows, only 5: 19 to 1" in finding.evidence


def test_rare_labels_are_counted_in_each_role(make):
    texts, labels = rows(("a", 100), ("b", 45))
    roles = ["tune" if i % 4 == 0 else "fit" for i in range(145)]
    finding = find("A202", make(texts, labels, roles))
    count = sum(n == "b" for n in labels[::4])
    assert f"tune: b {count}" in finding.evidence
    assert "fit:" not in finding.evidence
    assert "says nothing" not in finding.advice
    assert "says nothing" in find("A202", make(*rows(("a", 100), ("b", 4)))).advice
    assert find("A202", make(*rows(("a", 100), ("b", 20)))) is None


def test_a_label_that_a_role_lacks(make):
    corpus = make(["1", "2", "3"], ["a", "b", "a"], ["fit", "fit", "report"])
    assert find("A303", corpus).evidence == "no report row has b"


def test_shares_differ_only_beyond_chance(make):
    texts, labels = rows(("a", 300), ("b", 300))
    chance = ["fit", "tune"] * 300
    assert find("A304", make(texts, labels, chance)) is None
    skewed = ["tune" if n == "b" and i % 2 else "fit" for i, n in enumerate(labels)]
    finding = find("A304", make(texts, labels, skewed))
    assert "100.0% of tune rows" in finding.evidence


def test_multi_label_in_name_only(make):
    each = make(["1", "2"], ["a", "b"], task=MANY)
    assert find("A207", each).remedy == {"data": {"task": "multiclass"}}
    assert find("A207", make(["1", "2"], ["a", "a+b"], task=MANY)) is None
    assert find("A207", make(["1", "2"], ["a", ""], task=MANY)) is None
    assert find("A207", make(["1", "2"], ["a", "b"])) is None


def test_wilson_is_that_of_scipy():
    low = wilson_low(np.array([9.0, 0.0, 0.0]), np.array([10.0, 5.0, 0.0]), score=1.959964)
    expected = binomtest(9, 10).proportion_ci(method="wilson").low
    assert low == pytest.approx([expected, 0.0, 0.0], abs=1e-6)


def test_words_count_once_a_text_and_unknown_labels_not_at_all(make):
    truth = np.tile([1.0, 0.0], (25, 1))
    truth[0, 0] = np.nan
    corpus = make([f"well well {i}" for i in range(25)], truth, task=MANY)
    names, both, known = word_counts(corpus, np.arange(25))
    assert names == ["well"]
    assert both.tolist() == [[24.0, 0.0]]
    assert known.tolist() == [[24.0, 25.0]]


def test_a_planted_word_gives_its_label_away(make, varied):
    labels = ["b" if i % 4 == 0 else "a" for i in range(200)]
    texts = [
        f"{t} zubrel" if n == "b" and i % 8 else t
        for i, (t, n) in enumerate(zip(varied, labels, strict=True))
    ]
    finding = find("A206", make(texts, labels))
    assert "'zubrel' → b in 25 of 25 texts" in finding.evidence
    assert "50% of that label" in finding.evidence
    assert finding.severity == "warning"
    assert find("A206", make(varied, labels)) is None


def test_copies_of_one_text_are_no_giveaway(make, varied):
    texts = [*varied, *["always the same zubrel"] * 40]
    assert find("A206", make(texts, ["a"] * 200 + ["b"] * 40)) is None


def scorer(probs, macro_f1=0.5):
    scored = Scored(
        np.arange(len(probs)), probs, (Baseline("words", macro_f1, 0.5),), len(probs), 0.5
    )
    return lambda corpus: scored


def test_suspects_need_probabilities(make, varied):
    assert find("A208", make(varied)) is None
    assert find("A209", make(varied)) is None


def test_one_label_a_suspect_is_named_with_what_it_looks_like(make, varied):
    labels = ["a", "b"] * 100
    probs = np.array([[0.9, 0.1], [0.1, 0.9]] * 100, np.float32)
    probs[7] = [0.95, 0.05]
    finding = find("A208", make(varied, labels, scorer=scorer(probs)))
    assert finding.rows == ("r7",)
    assert finding.marks[0].detail == "given b, looks like a (95%)"
    assert finding.severity == "tip"


def test_several_labels_a_suspect_is_named_with_what_it_lacks(make, varied):
    labels = ["a", "b"] * 100
    probs = np.array([[0.9, 0.1], [0.1, 0.9]] * 100, np.float32)
    probs[7] = [0.95, 0.05]
    finding = find("A208", make(varied, labels, task=MANY, scorer=scorer(probs)))
    assert finding.rows == ("r7",)
    assert finding.marks[0].detail == "given b, looks like a (95%)"


@pytest.mark.parametrize(("macro_f1", "fires"), [(0.94, False), (0.96, True), (np.nan, False)])
def test_counted_words_that_solve_it(make, varied, macro_f1, fires):
    probs = np.full((200, 2), 0.5, np.float32)
    assert bool(find("A209", make(varied, scorer=scorer(probs, macro_f1)))) is fires


@pytest.mark.parametrize(("blind", "fires"), [(0.4, True), (np.nan, True), (1.0, False)])
def test_what_a_blind_answer_solves_is_not_solved_by_words(make, varied, blind, fires):
    values = {"majority": blind, "prior": 0.3, "words, as they are": 0.2, "words, cuts": 0.99}
    baselines = tuple(Baseline(name, value, 0.5) for name, value in values.items())
    probs = np.full((200, 2), 0.5, np.float32)
    scored = Scored(np.arange(200), probs, baselines, 200, 0.5)
    assert bool(find("A209", make(varied, scorer=lambda _: scored))) is fires
