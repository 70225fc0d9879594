"""Every registered loss keeps the contract; a new one is picked up by its name."""

from pathlib import Path

import pytest

from evenhand.losses import LOSSES
from evenhand.testing.losses import (
    COUNTS,
    PLAIN_AT,
    PLAIN_COUNTS,
    check_equals_plain,
    check_loss,
    checks_of,
    loss_cases,
    loss_table,
)

VARIANTS = {
    "weighted-bce": {"weights": "effective", "smoothing": 0.1},
    "weighted-ce": {"weights": "balanced", "smoothing": 0.1},
    "focal": {"gamma": 0.5, "alpha": "balanced", "smoothing": 0.1},
    "asymmetric": {"gamma_positive": 0.5, "gamma_negative": 2, "clip": 0},
    "class-balanced": {"gamma": 0.5, "smoothing": 0.1},
    "distribution-balanced": {"beta": 0, "scale": 1},
    "logit-adjusted": {"tau": 3, "smoothing": 0.1},
    "balanced-softmax": {"smoothing": 0.1},
    "ldam": {"margin": 10, "defer": 0.5},
    "zlpr": {"smoothing": 0.1},
    "soft-f1": {"share": 0.5},
}
CASES = [
    (check, case)
    for name in LOSSES.names()
    for settings in ({}, VARIANTS.get(name))
    if settings is not None
    for case in loss_cases(name, settings)
    for check in checks_of(name)
]


@pytest.mark.parametrize(
    ("check", "case"),
    CASES,
    ids=[f"{k.__name__}-{c}-{'other' if c.settings else 'default'}" for k, c in CASES],
)
def test_contract(check, case):
    check(case)


@pytest.mark.parametrize("name", LOSSES.names())
def test_degenerate_setting_is_the_plain_loss(name):
    check_equals_plain(name, PLAIN_AT[name], counts=PLAIN_COUNTS.get(name, COUNTS))


def test_table_says_that_all_holds_but_that_rows_stand_alone_in_soft_f1():
    table = loss_table()
    assert {row["loss"] for row in table} == set(LOSSES.names())
    failed = {
        (row["loss"], key) for row in table for key, value in row.items() if value in (False, None)
    }
    assert failed == {("soft-f1", "rows_stand_alone")}


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
