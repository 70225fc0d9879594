"""Soft targets: what the loss reads where a teacher has a say beside the truth."""
# Shapes: N rows, C classes.

from __future__ import annotations

import numpy as np

from evenhand.types import Floats, Task, Truth


def soft_targets(truth_NC: Truth, teacher_NC: Floats, *, weight: float, task: Task) -> Truth:
    """Return ``weight * teacher + (1 - weight) * truth``; where that is unknown, the teacher.

    Cross-entropy, binary or softmax, is linear in its targets: trained on these, a network learns
    from ``weight * loss(teacher) + (1 - weight) * loss(truth)``, which is distillation at
    temperature 1. A weight of 0 is the truth itself, what is unknown included.

    Args:
        truth_NC: 0, 1 or NaN (unknown), float32. A multi-class row of which something is unknown
            takes the teacher as a whole, so that its targets add up to 1.
        teacher_NC: probabilities.
        weight: of the teacher, in [0, 1].
        task: multiclass or multilabel.

    Returns:
        In [0, 1], float32, ``(N, C)``.

    References:
        Hinton et al. 2015, arXiv:1503.02531, section 2, at T = 1.
    """
    if weight == 0:
        return truth_NC
    unknown_NC = np.isnan(truth_NC)
    if task is Task.MULTICLASS:
        unknown_NC = np.repeat(unknown_NC.any(axis=1, keepdims=True), truth_NC.shape[1], axis=1)
    mixed_NC = weight * teacher_NC + (1 - weight) * np.where(unknown_NC, 0.0, truth_NC)
    return np.where(unknown_NC, teacher_NC, mixed_NC).astype(np.float32)
