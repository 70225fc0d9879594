"""scikit-learn's form of a decision: a meta-estimator around any classifier."""

from evenhand.estimator.classifier import DecisionClassifier

__all__ = ["DecisionClassifier"]
