"""The deployable folder: what a team puts in front of users, and what reads it back."""

from evenhand.bundle.classifier import Answers, Classifier, Predictor
from evenhand.bundle.ensemble import EnsembleClassifier
from evenhand.bundle.folder import find, load, save
from evenhand.bundle.golden import Golden, check_golden
from evenhand.bundle.series import SeriesArchitecture, SeriesReader
from evenhand.bundle.text import Architecture, TextReader

__all__ = [
    "Answers",
    "Architecture",
    "Classifier",
    "EnsembleClassifier",
    "Golden",
    "Predictor",
    "SeriesArchitecture",
    "SeriesReader",
    "TextReader",
    "check_golden",
    "find",
    "load",
    "save",
]
