"""Probabilities to labels: thresholds, biases, and what they are honestly worth.

Reads ``Predictions`` from any model, evenhand's or not, and never imports torch.
"""

from evenhand.decide.choice import GRIDS, Choice, Settings
from evenhand.decide.costs import Costs, read_costs
from evenhand.decide.crossfit import CrossFit, Refit, crossfit, out_of_fold
from evenhand.decide.decision import Cut, Decision, Estimate, fit_and_crossfit, fit_decision
from evenhand.decide.thresholds import best_cut, best_global_cut

__all__ = [
    "GRIDS",
    "Choice",
    "Costs",
    "CrossFit",
    "Cut",
    "Decision",
    "Estimate",
    "Refit",
    "Settings",
    "best_cut",
    "best_global_cut",
    "crossfit",
    "fit_and_crossfit",
    "fit_decision",
    "out_of_fold",
    "read_costs",
]
