"""Nearest rows: the fit rows that read most like a mistake, by TF-IDF cosine."""
# Shapes: F fit rows, Q queries, V terms.

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

CHUNK = 256


@dataclass(frozen=True)
class NearestRows:
    """Fit rows, ready to be searched.

    Args:
        ids: ``(F,)``.
        texts: ``(F,)``.
        labels: names of each row's labels, ``(F,)``.
        tokens: words of each text, ``(F,)``.
    """

    ids: Sequence[str]
    texts: Sequence[str]
    labels: Sequence[Sequence[str]]
    tokens: Sequence[Sequence[str]]

    def find(
        self, queries: Sequence[Sequence[str]], *, count: int = 3
    ) -> list[list[dict[str, Any]]]:
        """Return the nearest fit rows of each text, nearest first; none for a text of new words.

        Rows that share no word with a text are never named.

        Args:
            queries: words of each text.
            count: rows a text at most.
        """
        if not any(self.tokens):
            return [[] for _ in queries]
        vectorizer, fit_FV = self._fitted
        found: list[list[dict[str, Any]]] = []
        for first in range(0, len(queries), CHUNK):
            part_QV = vectorizer.transform(queries[first : first + CHUNK])
            similarity_QF = (part_QV @ fit_FV.T).toarray()
            found += [self._best(row_F, count) for row_F in similarity_QF]
        return found

    @cached_property
    def _fitted(self) -> tuple[Any, Any]:
        from sklearn.feature_extraction.text import TfidfVectorizer

        vectorizer = TfidfVectorizer(analyzer=list, sublinear_tf=True)
        return vectorizer, vectorizer.fit_transform(self.tokens)

    def _best(self, similarity_F: Any, count: int) -> list[dict[str, Any]]:
        order = np.argsort(-similarity_F, kind="stable")[:count]
        return [
            {
                "id": self.ids[f],
                "text": self.texts[f],
                "labels": list(self.labels[f]),
                "similarity": round(float(similarity_F[f]), 6),
            }
            for f in order.tolist()
            if similarity_F[f] > 0
        ]
