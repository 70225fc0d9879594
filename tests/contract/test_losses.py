"""Every registered loss keeps the contract; a new one is picked up by its name."""

from pathlib import Path

import pytest

from evenhand.losses import LOSSES
from evenhand.testing.losses import LOSS_CHECKS, check_equals_plain, check_loss, loss_cases

DEGENERATE = {
    "auto": {"smoothing": 0},
    "bce": {"smoothing": 0},
    "ce": {"smoothing": 0},
    "weighted-bce": {"weights": (1, 1, 1, 1)},
    "weighted-ce": {"weights": (1, 1, 1, 1)},
    "focal": {"gamma": 0, "alpha": "none"},
}
VARIANTS = {
    "weighted-bce": {"weights": "effective", "smoothing": 0.1},
    "weighted-ce": {"weights": "balanced", "smoothing": 0.1},
    "focal": {"gamma": 0.5, "alpha": "balanced"},
}
CASES = [
    case
    for name in LOSSES.names()
    for settings in ({}, VARIANTS.get(name))
    if settings is not None
    for case in loss_cases(name, settings)
]


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c}-{'other' if c.settings else 'default'}")
@pytest.mark.parametrize("check", LOSS_CHECKS, ids=lambda check: check.__name__)
def test_contract(check, case):
    check(case)


@pytest.mark.parametrize("name", LOSSES.names())
def test_degenerate_setting_is_the_plain_loss(name):
    check_equals_plain(name, DEGENERATE[name])


def test_check_loss_runs_on_a_name():
    check_loss("focal", {"gamma": 1})


@pytest.mark.parametrize("name", LOSSES.names())
def test_reference_page_names_every_setting(name):
    page = Path(__file__).parents[2] / "docs" / "reference" / "losses.md"
    rows = [
        line for line in page.read_text(encoding="utf-8").splitlines() if f"| `{name}` |" in line
    ]
    assert len(rows) == 1
    assert all(f"`{setting}` (" in rows[0] for setting in LOSSES.schema(name).model_fields)
