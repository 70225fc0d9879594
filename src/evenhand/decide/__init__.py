"""Probabilities to labels: thresholds, biases, and what they are honestly worth.

Needs numpy only, and reads ``Predictions`` from any model, evenhand's or not.
"""

from evenhand.decide.crossfit import CrossFit, crossfit
from evenhand.decide.decision import Cut, Decision, Estimate, fit_decision
from evenhand.decide.thresholds import best_cut, best_global_cut

__all__ = [
    "CrossFit",
    "Cut",
    "Decision",
    "Estimate",
    "best_cut",
    "best_global_cut",
    "crossfit",
    "fit_decision",
]
