"""Classifiers that treat rare classes even-handedly, and show the evidence."""
