"""Batch order as pure index arithmetic: (seed, epoch) -> batches of row positions."""
