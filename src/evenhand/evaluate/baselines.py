"""Baselines: what a score must beat before it means anything.

Shapes: N rows, C classes, V terms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from evenhand.evaluate.metrics import Decided, divide
from evenhand.seeds import generator
from evenhand.types import FitStatistics, Floats, LabelSpace, Logits, Predictions, Role, Task, Truth

FEW_ROWS = 500
Pieces = Literal["words", "characters", "bytes"]
"""What a TF-IDF baseline counts: words and pairs of words; up to four characters in a row, where
blanks do not part words and a word is a whole sentence; or up to nine bytes, three letters of
Japanese."""
LONGEST_BYTES = 9
ALWAYS = "always-positive"
"""The trap of two uneven classes: its F1 of the rare one can pass for something learnt."""


def majority(fit: FitStatistics, rows: int) -> Decided:
    """Decide the most frequent fit label for every row, bool ``(rows, C)``."""
    return always(fit, rows, int(np.argmax(fit.positives_C)))


def prior(fit: FitStatistics, rows: int, *, seed: int) -> Decided:
    """Draw labels by their share among the fit rows, bool ``(rows, C)``.

    Multi-class: one label a row; multi-label: each label by itself. A share of 0 is never
    drawn, a share of 1 always.
    """
    random = generator(seed, "baseline-prior")
    share_C = np.nan_to_num(divide(fit.positives_C, fit.known_C))
    if fit.task is Task.MULTILABEL:
        return random.random((rows, len(share_C))) < share_C
    drawn_N = random.choice(len(share_C), size=rows, p=share_C / share_C.sum())
    return np.asarray(drawn_N[:, None] == np.arange(len(share_C)))


def all_positive(fit: FitStatistics, rows: int) -> Decided:
    """Decide every label for every row, bool ``(rows, C)``."""
    return np.ones((rows, len(fit.positives_C)), dtype=np.bool_)


def always(fit: FitStatistics, rows: int, label: int) -> Decided:
    """Decide one label for every row, bool ``(rows, C)``."""
    decided_NC = np.zeros((rows, len(fit.positives_C)), dtype=np.bool_)
    decided_NC[:, label] = True
    return decided_NC


def trivial_baselines(
    fit: FitStatistics, rows: int, *, seed: int, positive: int | None = None
) -> dict[str, Decided]:
    """Return the decided labels of every baseline that never looks at a row, by name.

    ``all-positive`` is left out where a row has exactly one label.

    Args:
        fit: counts of the fit rows.
        rows: how many rows are decided.
        seed: of the draws of ``prior``.
        positive: label that ``always-positive`` gives; None leaves that baseline out.
    """
    decided = {"majority": majority(fit, rows), "prior": prior(fit, rows, seed=seed)}
    if fit.task is Task.MULTILABEL:
        decided["all-positive"] = all_positive(fit, rows)
    if positive is not None:
        decided[ALWAYS] = always(fit, rows, positive)
    return decided


@dataclass(frozen=True)
class TfidfBaseline:
    """TF-IDF with one logistic regression a label, fitted once, scored on any rows.

    Args:
        vectorizer: fitted, or None where the fit texts hold no term to count.
        weights_VC: float64, ``(V, C)``.
        bias_C: float64, ``(C,)``; for a label with one value in the fit rows its log-odds.
        labels: the label space.
    """

    vectorizer: Any
    weights_VC: Floats
    bias_C: Floats
    labels: LabelSpace

    def predictions(
        self, texts: Sequence[str], truth_NC: Truth, *, ids: Sequence[str], role: Role
    ) -> Predictions:
        """Score ``texts``.

        Multi-label logits are the decision function; multi-class logits the log-probabilities
        of the separate regressions, so that softmax normalises those over the row.
        """
        scores_NC = np.tile(self.bias_C, (len(texts), 1))
        if self.vectorizer is not None and len(texts):
            scores_NC = scores_NC + self.vectorizer.transform(texts) @ self.weights_VC
        if self.labels.task is Task.MULTICLASS:
            scores_NC = -np.logaddexp(0.0, -scores_NC)
        return Predictions(tuple(ids), Logits(scores_NC), truth_NC, self.labels, role)


def fit_tfidf(
    texts: Sequence[str], truth_NC: Truth, *, labels: LabelSpace, pieces: Pieces = "words"
) -> TfidfBaseline:
    """Fit the TF-IDF baseline.

    Pieces in lower case, sublinear counts, terms of at least two rows (of one row below
    500 rows, or where no term occurs twice); liblinear with scikit-learn's default strength.
    Rows whose truth for a label is unknown do not count for that label.

    Args:
        texts: the fit rows' texts, N strings.
        truth_NC: 0, 1 or NaN, ``(N, C)``.
        labels: names and task of the C columns.
        pieces: what is counted.
    """
    vectorizer, features_NV = _features(texts, pieces)
    bias_C = _log_odds(truth_NC)
    weights_VC = np.zeros((features_NV.shape[1] if vectorizer else 0, len(labels)))
    if vectorizer is not None:
        for c, truth_N in enumerate(truth_NC.T):
            known_K = np.flatnonzero(~np.isnan(truth_N))
            if len(np.unique(truth_N[known_K])) == 2:
                weights_VC[:, c], bias_C[c] = _regression(features_NV[known_K], truth_N[known_K])
    return TfidfBaseline(vectorizer, weights_VC, bias_C, labels)


def byte_pieces(text: str) -> list[bytes]:
    """Return every run of one to nine bytes of a text in lower case, the shorter ones first."""
    whole = text.lower().encode("utf-8", "surrogatepass")
    return [
        whole[i : i + width]
        for width in range(1, LONGEST_BYTES + 1)
        for i in range(len(whole) - width + 1)
    ]


def _features(texts: Sequence[str], pieces: Pieces) -> tuple[Any, Any]:
    from sklearn.feature_extraction.text import TfidfVectorizer

    counted: dict[Pieces, dict[str, Any]] = {
        "words": {"ngram_range": (1, 2)},
        "characters": {"analyzer": "char", "ngram_range": (1, 4)},
        "bytes": {"analyzer": byte_pieces},
    }
    for fewest in (1,) if len(texts) < FEW_ROWS else (2, 1):
        vectorizer = TfidfVectorizer(**counted[pieces], sublinear_tf=True, min_df=fewest)
        try:
            return vectorizer, vectorizer.fit_transform(texts)
        except ValueError:  # scikit-learn's word for "no term is left"
            continue
    return None, None


def _log_odds(truth_NC: Truth) -> Floats:
    """Return each label's log-odds, half a row added to either side so that they are finite."""
    positives_C = (truth_NC == 1).sum(axis=0)
    negatives_C = (truth_NC == 0).sum(axis=0)
    return np.asarray(np.log(positives_C + 0.5) - np.log(negatives_C + 0.5))


def _regression(features_NV: Any, truth_N: Truth) -> tuple[Floats, float]:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(solver="liblinear", tol=1e-2, random_state=0).fit(
        features_NV, truth_N
    )
    return model.coef_[0], float(model.intercept_[0])
