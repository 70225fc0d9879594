"""What a TF-IDF baseline counts: words, characters or bytes."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from evenhand.evaluate.baselines import byte_pieces, fit_tfidf
from evenhand.evaluate.metrics import roc_auc
from evenhand.types import LabelSpace, Role, Task

LABELS = LabelSpace(("toxic",), Task.MULTILABEL)
JAPANESE = (
    "今日は良い日だ",
    "お前は馬鹿だ",
    "良い天気ですね",
    "馬鹿な奴め",
    "明日も良い日に",
    "この馬鹿野郎",
)
TRUTH_NC = np.array([[0], [1], [0], [1], [0], [1]], dtype=np.float32)
UNSEEN = ("本当に良い人だ", "あいつも馬鹿だな")


def scores(pieces: str, texts: tuple[str, ...]) -> np.ndarray:
    fitted = fit_tfidf(JAPANESE, TRUTH_NC, labels=LABELS, pieces=pieces)
    nothing = np.zeros((len(texts), 1), dtype=np.float32)
    scored = fitted.predictions(texts, nothing, ids=texts, role=Role.TUNE)
    return scored.scores.values_NC[:, 0]


def test_runs_of_bytes_by_hand() -> None:
    assert byte_pieces("aB") == [b"a", b"b", b"ab"]
    assert byte_pieces("") == []
    one = "日".encode()
    expected = [one[:1], one[1:2], one[2:], one[:2], one[1:], one]
    assert byte_pieces("日") == expected
    assert max(map(len, byte_pieces("日本語だ"))) == 9


def test_words_of_unspaced_texts_are_whole_sentences_that_never_come_back() -> None:
    fitted = fit_tfidf(JAPANESE, TRUTH_NC, labels=LABELS)
    assert sorted(fitted.vectorizer.vocabulary_) == sorted(JAPANESE)
    known, other = scores("words", UNSEEN)
    assert known == other


@pytest.mark.parametrize("pieces", ["characters", "bytes"])
def test_pieces_tell_what_words_cannot(pieces: str) -> None:
    kind, toxic = scores(pieces, UNSEEN)
    assert toxic > kind
    assert roc_auc(TRUTH_NC[:, 0], scores(pieces, JAPANESE)) == 1.0


@pytest.mark.parametrize(
    ("pieces", "analyzer"), [("characters", "char"), ("bytes", byte_pieces), ("words", "word")]
)
def test_the_regression_is_scikit_learns_over_these_pieces(pieces: str, analyzer: object) -> None:
    span = {"characters": (1, 4), "words": (1, 2)}.get(pieces, (1, 1))
    vectorizer = TfidfVectorizer(analyzer=analyzer, ngram_range=span, sublinear_tf=True)
    features_NV = vectorizer.fit_transform(JAPANESE)
    model = LogisticRegression(solver="liblinear", tol=1e-2, random_state=0)
    model.fit(features_NV, TRUTH_NC[:, 0])
    expected_N = model.decision_function(features_NV)
    np.testing.assert_allclose(scores(pieces, JAPANESE), expected_N, rtol=0, atol=1e-12)


@pytest.mark.parametrize("pieces", ["characters", "bytes"])
def test_many_rows_keep_pieces_of_two_rows(pieces: str) -> None:
    texts = ["良い日", *["馬鹿だ"] * 600]
    truth_NC = np.ones((601, 1), dtype=np.float32)
    truth_NC[0] = 0
    counted = fit_tfidf(texts, truth_NC, labels=LABELS, pieces=pieces).vectorizer.vocabulary_
    assert {"characters": "日", "bytes": "日".encode()}[pieces] not in counted
    assert {"characters": "馬鹿だ", "bytes": "馬鹿だ".encode()}[pieces] in counted
