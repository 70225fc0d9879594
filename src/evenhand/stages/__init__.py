"""From a text to an answer that says how it came about: rules, model, verifier, decision."""

from evenhand.stages.answer import Answer, Move, Step
from evenhand.stages.pipeline import Pipeline, load

__all__ = ["Answer", "Move", "Pipeline", "Step", "load"]
