from typing import Any

import pytest

from evenhand.evaluate.report_verdict import cautions, verdict
from report_evidence import system


def judged(low: float | None, high: float | None, **changes: Any) -> dict[str, Any]:
    metrics = {
        "estimate": "held out",
        "rows": 5426,
        "level": 0.95,
        "systems": [system("run", 0.5, "ours"), system("prior", 0.1), system("TF-IDF", 0.4)],
        "differences": [
            {"name": "over TF-IDF", "macro_f1": {"value": 0.1, "low": low, "high": high}}
        ],
    }
    return {**metrics, **changes}


def test_the_verdict_names_the_best_baseline_and_the_paired_interval() -> None:
    found = verdict(judged(0.05, 0.15))
    assert found.tone == "better"
    assert found.sentence == (
        "On 5,426 held-out rows, which chose nothing, the run reaches a macro-F1 of 0.500 "
        "(95 % interval 0.480 to 0.520); the best baseline, TF-IDF, reaches 0.400. "
        "The paired difference, +0.100 (+0.050 to +0.150), excludes zero."
    )


@pytest.mark.parametrize(
    ("low", "high", "tone", "zero"),
    [
        (-0.01, 0.2, "same", "includes zero"),
        (0.0, 0.2, "same", "includes zero"),
        (-0.2, -0.01, "worse", "excludes zero"),
        (None, None, "same", "without a paired interval"),
    ],
)
def test_the_verdict_claims_only_what_the_interval_shows(
    low: float | None, high: float | None, tone: str, zero: str
) -> None:
    found = verdict(judged(low, high))
    assert found.tone == tone
    assert zero in found.sentence


def test_the_verdict_without_a_baseline_compares_nothing() -> None:
    found = verdict(judged(0.1, 0.2, systems=[system("run", 0.5, "ours")]))
    assert found.judgement == "No baseline to compare with"
    assert "the best baseline" not in found.sentence


def test_a_cross_fitted_verdict_says_so() -> None:
    found = verdict(judged(0.1, 0.2, estimate="cross-fitted"))
    assert "each judged by thresholds that were chosen without it" in found.sentence


def test_an_error_in_the_data_is_a_caution_and_a_warning_is_not() -> None:
    found = [
        {"severity": "error", "title": "texts in two roles", "evidence": "49 tune texts"},
        {"severity": "warning", "title": "labels are uneven", "evidence": "90 to 1"},
    ]
    metrics = {"note": None, "never_predicted": [], "equals_baseline": [], "data_findings": found}
    assert cautions(metrics) == ["Texts in two roles: 49 tune texts."]
