"""Every registered sampler keeps the contract; a new one is picked up by its name."""

import pytest

from evenhand.sampling import SAMPLERS
from evenhand.testing.samplers import SAMPLER_CHECKS, check_sampler, sampler_cases

VARIANTS = {
    "weighted": {"rule": "mean", "power": 0.7, "cap": 3.0},
    "square-root": {"rule": "mean", "cap": 1.5},
    "oversample": {"share": 1.0, "most": 3},
}
CASES = [
    case
    for name in SAMPLERS.names()
    for settings in ({}, VARIANTS.get(name))
    if settings is not None
    for case in sampler_cases(name, settings)
]


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c}-{'other' if c.settings else 'default'}")
@pytest.mark.parametrize("check", SAMPLER_CHECKS, ids=lambda check: check.__name__)
def test_contract(check, case):
    check(case)


def test_check_sampler_runs_on_a_name():
    check_sampler("weighted", {"power": 0.3})
