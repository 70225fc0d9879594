"""Remedies: settings to type, the next run file, and how findings are shown."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from evenhand.config import override, parse_config
from evenhand.diagnose import CHECKS, Finding, apply, settings
from evenhand.diagnose.summary import line, lines, summary, tally
from evenhand.toml import read_toml, to_toml

LOW = Finding("D202", "error", "learning rate too low", "2e-6", {"optim": {"lr": 1e-4}}, "see")
HIGH = Finding("D207", "warning", "oscillating loss", "up", {"optim": {"lr": 3e-5, "clip": 0.5}})
FOCAL = Finding("D303", "warning", "stacked", "two", {"loss": {"name": "auto"}})
WEIGHTS = Finding("D103", "tip", "t", "e", {"loss": {"name": "weighted-bce", "weights": "sqrt"}})


def test_a_remedy_is_typed_as_settings_that_put_it_in():
    remedy = {"optim": {"lr": 1e-5}, "augment": [], "loss": {"name": "focal", "gamma": 1.0}}
    assert settings(remedy) == ["optim.lr=1e-05", "augment=[]", "loss.name=focal", "loss.gamma=1.0"]
    assert override({}, settings(remedy)) == remedy


def test_the_first_finding_wins_a_conflict_and_the_rest_is_put_in():
    assert apply({"seed": 1}, [LOW, HIGH]) == {"seed": 1, "optim": {"lr": 1e-4, "clip": 0.5}}


def test_a_part_is_chosen_once_and_leaves_its_former_settings_behind():
    before = {"loss": {"name": "focal", "gamma": 2.0}}
    assert apply(before, [FOCAL, WEIGHTS]) == {"loss": {"name": "auto"}}
    assert before == {"loss": {"name": "focal", "gamma": 2.0}}


def test_a_part_given_by_a_bare_name_takes_settings():
    dropout = Finding("D205", "warning", "t", "e", {"model": {"head": {"dropout": 0.3}}})
    patched = apply({"model": {"head": "mlp"}}, [dropout])
    assert patched == {"model": {"head": {"name": "mlp", "dropout": 0.3}}}


def test_the_next_run_file_can_be_read_back_from_what_was_used(tmp_path):
    used = parse_config({"optim": {"lr": 2e-6}}, source="test").model_dump(mode="json")
    path = tmp_path / "next.toml"
    path.write_text(to_toml(apply(used, [LOW, HIGH])), encoding="utf-8")
    config = parse_config(read_toml(path), source="next.toml")
    assert (config.optim.lr, config.optim.clip) == (1e-4, 0.5)


def sick(patient, by_hand):
    """Return a patient on which checks with remedies of every section fire."""
    return patient(
        **by_hand.records([0.5] * 20, passes=1),
        facts={
            "steps_done": 20,
            "truncated_share": 0.5,
            "corrections": ["a", "b"],
            "augmented": {"changed": 0.0, "undone": 0.0},
            "learning_share": 0.01,
            "data_share": 0.1,
            "auxiliary_share": 0.6,
            "stopped": "non-finite",
        },
        config={
            "data": {"sample": 2000},
            "optim": {"lr": 1e-6, "frozen_layers": 2},
            "train": {"r_drop": 2.0, "max_steps": 20},
            "decision": {"shrink": "none", "cuts": "per-label"},
        },
        decision=by_hand.decision((0.5, 0.5, 0.999), supports=(80, 40, 9)),
    )


@pytest.mark.parametrize("code", CHECKS.names())
def test_a_remedy_is_a_run_file_that_is_accepted(patient, by_hand, code):
    finding = CHECKS.build(code, sick(patient, by_hand), settings={})
    if finding is not None:
        parse_config(apply({}, [finding, LOW]), source=code)


def test_a_finding_is_four_or_five_lines():
    assert lines(LOW) == [
        "error D202 learning rate too low",
        "  2e-6",
        "  try:  --set optim.lr=0.0001",
        "  note: see",
        "  more: docs/checks/D202.md",
    ]
    idle = Finding("D304", "warning", "t", "e", {"augment": []})
    assert "  try:  --set 'augment=[]'" in lines(idle)
    assert lines(Finding("D305", "warning", "t", "e")) == [
        "warning D305 t",
        "  e",
        "  more: docs/checks/D305.md",
    ]
    assert line(LOW) == "error D202 learning rate too low: 2e-6"


def test_the_summary_ends_with_a_count():
    shown = io.StringIO()
    summary([LOW, LOW, HIGH, WEIGHTS], console=Console(file=shown, width=80))
    assert shown.getvalue().splitlines()[-1] == "2 errors, 1 warning, 1 tip"
    assert tally([WEIGHTS]) == "1 tip"


def test_a_healthy_run_is_said_to_have_no_finding():
    shown = io.StringIO()
    summary([], console=Console(file=shown, width=80))
    assert shown.getvalue().startswith("no finding")
