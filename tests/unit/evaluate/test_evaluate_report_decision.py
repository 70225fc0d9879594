"""What a report says of the decision is what was decided."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from evenhand.evaluate.report import tell
from evenhand.evaluate.report_markdown import to_markdown
from evenhand.types import Task
from report_evidence import CUT, evidence_of

NAMES = ["rain", "snow", "hail"]
KEYS = {Task.MULTILABEL: "thresholds", Task.MULTICLASS: "biases"}
ML, MC = Task.MULTILABEL, Task.MULTICLASS
COSTS = {name: {"false_positive": 1.0, "false_negative": 5.0} for name in NAMES}


def facts(task: Task, sources: list[str], **decision: Any) -> str:
    """Return the facts of a decision whose values come from ``sources``."""
    cuts = {n: CUT | {"source": source} for n, source in zip(NAMES, sources, strict=True)}
    evidence = evidence_of(NAMES, task)
    told = {**evidence.decision, KEYS[task]: cuts, **decision}
    text = to_markdown(tell(replace(evidence, decision=told)))
    return text.partition(". Thresholds and calibration")[2].partition("| Class")[0]


@pytest.mark.parametrize(
    ("task", "sentence"),
    [
        (ML, "no cut proved better than 0.5 beyond chance: cuts stay there"),
        (MC, "no bias proved better than argmax beyond chance: biases stay 0"),
    ],
)
def test_where_no_value_earned_its_place_the_report_says_so(task: Task, sentence: str) -> None:
    said = facts(task, ["fixed"] * 3, shrinkage="inf")
    assert sentence in said
    assert "one a class" not in said
    assert "Shrinkage" not in said


@pytest.mark.parametrize(
    ("task", "sources", "shrinkage", "asked", "words"),
    [
        (ML, ["own"] * 3, 40.0, {}, "half way to one shared cut at 40 positives"),
        (MC, ["own"] * 3, 40.0, {}, "half way to one tilt toward rare classes at 40 positives"),
        (ML, ["global"] * 3, "inf", {}, "all the way to one shared cut"),
        (MC, ["global"] * 3, "inf", {}, "all the way to one tilt toward rare classes"),
        (ML, ["cost"] * 3, "inf", {"costs": COSTS}, "all the way to what the costs make"),
        (MC, ["cost"] * 3, "inf", {"costs": {"matrix": {}}}, "all the way to what the costs make"),
        (
            ML,
            ["cost", "global", "global"],
            "inf",
            {"costs": {"rain": COSTS["rain"]}},
            "what the costs make, one shared cut where they say nothing",
        ),
    ],
)
def test_what_weak_values_share_has_its_name(
    task: Task, sources: list[str], shrinkage: float | str, asked: dict[str, Any], words: str
) -> None:
    said = facts(task, sources, shrinkage=shrinkage, asked=asked)
    assert words in said
    assert "one a class" in said


@pytest.mark.parametrize(
    ("task", "words"), [(ML, "one for all labels"), (MC, "one tilt toward rare classes")]
)
def test_one_value_for_all_is_named_after_the_task(task: Task, words: str) -> None:
    said = facts(task, ["global"] * 3, kind="global", shrinkage=0.0)
    assert words in said
    assert "Shrinkage" not in said
