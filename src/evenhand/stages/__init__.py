"""From a text to an answer that says how it came about: rules, model, verifier, decision."""

from evenhand.stages.answer import Answer, Move, Step
from evenhand.stages.assembly import load
from evenhand.stages.fitting import Stages
from evenhand.stages.pipeline import Pipeline
from evenhand.stages.rule import Condition, Rule, Verdict
from evenhand.stages.verifier import Doubt, SecondModel, Verifier

__all__ = [
    "Answer",
    "Condition",
    "Doubt",
    "Move",
    "Pipeline",
    "Rule",
    "SecondModel",
    "Stages",
    "Step",
    "Verdict",
    "Verifier",
    "load",
]
