"""Rows without labels beside those that a sampler draws."""
# Shapes: N fit rows.

from __future__ import annotations

import numpy as np

from evenhand.sampling import Sampler


def with_further(sampler: Sampler, rows: int) -> Sampler:
    """Return a sampler of the fit rows as they were, then of ``rows`` more, each once a pass.

    No label says how often they are to be drawn. Without such rows it is ``sampler`` itself.
    """
    if not rows:
        return sampler
    return lambda share: np.concatenate([sampler(share), np.ones(rows)])
