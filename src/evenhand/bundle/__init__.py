"""The deployable folder: what a team puts in front of users, and what reads it back."""

from evenhand.bundle.classifier import Answers, Classifier, Predictor
from evenhand.bundle.ensemble import EnsembleClassifier
from evenhand.bundle.folder import (
    CARD,
    WEIGHTS,
    add_card,
    copies_of,
    files_of,
    find,
    load,
    refuse_damaged,
    refuse_used,
    save,
    write_files,
)
from evenhand.bundle.golden import Golden, check_golden
from evenhand.bundle.series import SeriesArchitecture, SeriesReader
from evenhand.bundle.text import Architecture, TextReader

__all__ = [
    "CARD",
    "WEIGHTS",
    "Answers",
    "Architecture",
    "Classifier",
    "EnsembleClassifier",
    "Golden",
    "Predictor",
    "SeriesArchitecture",
    "SeriesReader",
    "TextReader",
    "add_card",
    "check_golden",
    "copies_of",
    "files_of",
    "find",
    "load",
    "refuse_damaged",
    "refuse_used",
    "save",
    "write_files",
]
