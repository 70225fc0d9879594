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

LOGITS = DecisionClassifier(LogisticRegression(), cv=2, response_method="decision_function")
PROBS = DecisionClassifier(DecisionTreeClassifier(max_depth=4, random_state=0), cv=2)


def expected_to_fail(estimator: DecisionClassifier) -> dict[str, str]:
    """Return the checks of weights where a weight moves the scores enough to move a cut."""
    if isinstance(estimator.estimator, DecisionTreeClassifier):
        return {}
    return {
        "check_sample_weight_equivalence_on_dense_data": WEIGHTS,
        "check_sample_weight_equivalence_on_sparse_data": WEIGHTS,
    }


@parametrize_with_checks([LOGITS, PROBS], expected_failed_checks=expected_to_fail)
def test_a_check_of_scikit_learn(estimator: Any, check: Any) -> None:
    check(estimator)
