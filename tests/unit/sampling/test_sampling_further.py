"""Rows without labels beside a sampler of those with labels."""

import numpy as np

from evenhand.sampling import SAMPLERS
from evenhand.sampling.further import with_further
from evenhand.types import Task

TRUTH = np.array([[1, 0]] * 6 + [[0, 1]] * 2, np.float32)


def test_without_further_rows_the_sampler_is_the_very_same():
    sampler = SAMPLERS.build("weighted", TRUTH, Task.MULTICLASS, settings={})
    assert with_further(sampler, 0) is sampler


def test_further_rows_come_once_a_pass_and_leave_the_others_as_they_were():
    sampler = SAMPLERS.build("progressive", TRUTH, Task.MULTICLASS, settings={})
    for share in (0.0, 0.5, 1.0):
        drawn = with_further(sampler, 3)(share)
        assert drawn[:8].tolist() == sampler(share).tolist()
        assert drawn[8:].tolist() == [1, 1, 1]
