"""The doctor as a whole: healthy patients, order, causes before symptoms, the seeds' failures."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from evenhand.diagnose import CHECKS, Finding, diagnose, live
from evenhand.diagnose.doctor import CAUSES, EXPLAINS, IMBALANCE
from evenhand.errors import ConfigError
from evenhand.finding import URGENCY
from evenhand.types import FitStatistics, Task

PAGES = Path(__file__).parents[3] / "docs" / "checks"


def codes(findings):
    return [finding.code for finding in findings]


def test_a_healthy_run_has_no_finding(patient, running):
    assert diagnose(patient()) == []
    assert live(running()) == []


def test_a_run_without_the_newer_records_has_no_finding(patient):
    bare = patient()
    epochs = [
        {k: v for k, v in e.items() if k not in {"predicted_C", "spread"}} for e in bare.epochs
    ]
    assert diagnose(patient(facts={}, epochs=epochs)) == []


def test_a_run_that_has_not_begun_has_no_finding(running):
    assert live(running(steps=(), epochs=())) == []


def test_an_error_comes_before_a_warning_and_a_warning_before_a_tip(patient):
    found = diagnose(
        patient(
            facts={"truncated_share": 0.1, "never_reached": ["a"], "stopped": "non-finite"},
        )
    )
    assert codes(found) == ["D208", "D305", "D302"]
    assert [f.severity for f in found] == ["error", "warning", "tip"]


def one_class(by_hand):
    """Return what seed 2 left: seven steps, twelve rows, the first class for each."""
    truth_NC = np.repeat(np.eye(2, dtype=np.float32), [4, 8], axis=0)
    scores_NC = np.random.default_rng(2).normal([0.3, -0.3], 0.05, (12, 2))
    return {
        "fit": FitStatistics(Task.MULTICLASS, 50, np.array([32.0, 18.0]), np.full(2, 50.0)),
        "tune": by_hand.predictions(scores_NC, truth_NC, Task.MULTICLASS),
        "decision": None,
        "systems": (),
        "facts": {"planned_steps": 7, "steps_done": 7},
        **by_hand.records([0.69, 0.68, 0.7, 0.66, 0.67, 0.68, 0.66], passes=1),
    }


def test_seven_steps_are_blamed_before_imbalance(patient, by_hand):
    found = diagnose(patient(**one_class(by_hand)))
    assert codes(found)[0] == "D201"
    symptom = next(f for f in found if f.code == "D101")
    assert symptom.remedy == {}
    assert symptom.advice.startswith("first mend D201 (too few steps)")


def test_after_enough_steps_the_same_answers_are_blamed_on_imbalance(patient, by_hand):
    sick = one_class(by_hand) | by_hand.records([0.6] * 700) | {"facts": {"steps_done": 700}}
    symptom = next(f for f in diagnose(patient(**sick)) if f.code == "D101")
    assert symptom.remedy == {"loss": {"name": "weighted-ce", "weights": "sqrt"}}


def test_what_one_finding_explains_is_left_out(patient, by_hand):
    sick = one_class(by_hand) | by_hand.records([0.6] * 700) | {"facts": {"steps_done": 700}}
    assert "D103" not in codes(diagnose(patient(**sick)))


def test_rules_name_checks_that_exist():
    named = {*CAUSES, *IMBALANCE, *EXPLAINS, *(c for many in EXPLAINS.values() for c in many)}
    assert named <= set(CHECKS.names())


def test_an_unknown_check_is_refused_with_a_hint():
    with pytest.raises(ConfigError, match=r"\[E101\] there is no check of that name"):
        CHECKS.factory("D999")


@pytest.mark.parametrize("code", CHECKS.names())
def test_every_check_has_one_line_and_a_short_page(code):
    assert re.fullmatch(r"[A-Z].{10,90}\.", CHECKS.describe(code))
    text = (PAGES / f"{code}.md").read_text("utf-8")
    assert text.startswith(f"# {code}: ")
    assert re.search(rf"^(error|warning|tip) {code} .+\n  .+", text, re.MULTILINE)
    assert "**Why it happens.**" in text
    assert "**What to do.**" in text
    assert len(text.splitlines()) <= 30


def test_every_page_has_a_check():
    assert {page.stem for page in PAGES.glob("D*.md")} == set(CHECKS.names())


def test_a_finding_is_plain_values():
    finding = Finding("D202", "error", "title", "evidence", {"optim": {"lr": 1e-4}}, "advice")
    assert json.loads(json.dumps(finding.to_dict())) == {
        "code": "D202",
        "severity": "error",
        "title": "title",
        "evidence": "evidence",
        "remedy": {"optim": {"lr": 1e-4}},
        "advice": "advice",
        "page": "docs/checks/D202.md",
    }
    assert set(URGENCY) == {"error", "warning", "tip"}
