"""Evaluate: what decided labels are worth, with intervals, beside the trivial baselines."""

from evenhand.evaluate.results import Results, evaluate
from evenhand.evaluate.selection import SELECTION
from evenhand.evaluate.systems import Question, Rival

__all__ = ["SELECTION", "Question", "Results", "Rival", "evaluate"]
