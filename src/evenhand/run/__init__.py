"""A run from data to bundle, and the folder that it leaves."""

from evenhand.run.folder import Run
from evenhand.run.screen import Screen
from evenhand.run.sources import Sources
from evenhand.run.train import resume, start, trained

__all__ = ["Run", "Screen", "Sources", "resume", "start", "trained"]
