"""Evaluate: what decided labels are worth, with intervals, beside the trivial baselines."""
