"""scikit-learn's own checks of estimators, but for one that nothing cross-fitted can pass."""

from __future__ import annotations

from typing import Any

import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import parametrize_with_checks

from evenhand import DecisionClassifier

pytestmark = pytest.mark.filterwarnings("ignore")
"""The checks pass what makes estimators warn, on purpose."""

WEIGHTS = "a weight of 2 is not a row twice: folds and cuts count rows, as any cross-fitting does"
EXPECTED = {
    "check_sample_weight_equivalence_on_dense_data": WEIGHTS,
    "check_sample_weight_equivalence_on_sparse_data": WEIGHTS,
}

ESTIMATORS = [
    DecisionClassifier(LogisticRegression(), cv=2, response_method="decision_function"),
    DecisionClassifier(DecisionTreeClassifier(max_depth=4, random_state=0), cv=2),
]


@parametrize_with_checks(ESTIMATORS, expected_failed_checks=lambda estimator: EXPECTED)
def test_a_check_of_scikit_learn(estimator: Any, check: Any) -> None:
    check(estimator)
