"""scikit-learn's own checks of estimators, on numbers that are written as words.

scikit-learn has no checks for readers of texts: of ``EvenhandClassifier`` itself it only asks
whether it can be cloned. ``Worded`` says that it takes numbers, so that it is asked everything
else; it validates and writes them, and does all the rest as its parent. No check fails; two are
skipped by scikit-learn itself, which finds no array API and no ``decision_function``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.exceptions import SkipTestWarning
from sklearn.utils import Tags
from sklearn.utils.estimator_checks import estimator_checks_generator
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


CHECKS = [
    check
    for _, check in estimator_checks_generator(Worded())
    if not check.keywords.get("readonly_memmap")
]
"""Once each: those that come again on numbers in a read-only file would read the same words."""


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.func.__name__)
def test_a_check_of_scikit_learn(check: Any, swift: dict[str, object]) -> None:
    plain = {"decision.cuts": "fixed", "decision.calibrate": "none"}
    check(Worded(settings={**swift, **plain}))


def test_scikit_learn_asks_a_reader_of_texts_for_clones_alone() -> None:
    with pytest.warns(SkipTestWarning, match="Can't test estimator EvenhandClassifier"):
        checks = list(estimator_checks_generator(EvenhandClassifier()))
    assert [check.func.__name__ for _, check in checks] == ["check_estimator_cloneable"]
    for estimator, check in checks:
        check(estimator)
