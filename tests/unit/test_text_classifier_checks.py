"""scikit-learn's own checks of estimators, on numbers that are written as words.

scikit-learn has no checks for readers of texts: of ``EvenhandClassifier`` itself it only asks
whether it can be cloned. ``Worded`` says that it takes numbers, so that it is asked everything
else; it validates and writes them, and does all the rest as its parent. No check is left out.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.utils import Tags
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.validation import check_is_fitted, validate_data

from evenhand import EvenhandClassifier
from tiny_texts import WORDS

pytestmark = pytest.mark.filterwarnings("ignore")
"""The checks pass what makes estimators warn, on purpose."""


def worded(X: np.ndarray) -> list[str]:
    """Return a text a row: of each of the first ten numbers its whole part and its next digit."""

    def said(column: int, value: float) -> str:
        whole = int(np.clip(np.round(value), -2, 2)) + 2
        digit = int(f"{abs(value):.3f}"[-2])
        return f"{WORDS[10 + whole * 5 + column % 5]} {WORDS[digit]}"

    return [" ".join(said(c, float(v)) for c, v in enumerate(row[:10])) for row in X]


class Worded(EvenhandClassifier):
    """EvenhandClassifier behind a wall of numbers."""

    def fit(self, X: Any, y: Any) -> Worded:
        X, y = validate_data(self, X, y, multi_output=True)
        return super().fit(worded(X), y)

    def predict(self, X: Any) -> Any:
        check_is_fitted(self)
        return super().predict(worded(validate_data(self, X, reset=False)))

    def predict_proba(self, X: Any) -> Any:
        check_is_fitted(self)
        return super().predict_proba(worded(validate_data(self, X, reset=False)))

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.string, tags.input_tags.one_d_array = False, False
        tags.input_tags.two_d_array = True
        return tags


@parametrize_with_checks([Worded()])
def test_a_check_of_scikit_learn(estimator: Any, check: Any, swift: dict[str, object]) -> None:
    plain = {"decision.cuts": "fixed", "decision.calibrate": "none"}
    check(estimator.set_params(settings={**swift, **plain}))


@parametrize_with_checks([EvenhandClassifier()])
@pytest.mark.filterwarnings("ignore:Can't test estimator")
def test_what_scikit_learn_asks_of_a_reader_of_texts(estimator: Any, check: Any) -> None:
    check(estimator)
