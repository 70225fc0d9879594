"""The model card: every figure from the evidence, nothing invented, nothing quoted."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from huggingface_hub import ModelCard

from evenhand.decide import fit_decision
from evenhand.evaluate.card import NEVER, CardFacts, card
from evenhand.evaluate.results import evaluate
from evenhand.evaluate.systems import Question
from evenhand.types import FitStatistics, LabelSpace, Logits, Predictions, Role, Task

NAMES = ("joy", "a|b *c*", "grief")


def rows(role: Role, task: Task, seed: int, names: tuple[str, ...] = NAMES) -> Predictions:
    random = np.random.default_rng(seed)
    drawn = random.choice(3, size=200, p=[0.7, 0.26, 0.04])
    truth_NC = (drawn[:, None] == np.arange(3)).astype(np.float32)
    logits_NC = 2 * truth_NC - 1 + random.normal(size=truth_NC.shape)
    ids = tuple(f"secret-{role}-{n}" for n in range(200))
    return Predictions(ids, Logits(logits_NC), truth_NC, LabelSpace(names, task), role)


def facts_of(task: Task, *, held_out: bool = True) -> CardFacts:
    tune, report = rows(Role.TUNE, task, 1), rows(Role.REPORT, task, 2)
    decision = fit_decision(tune, resamples=20)
    fit = FitStatistics.of(tune.truth_NC, task)
    asked = Question(settings={}, resamples=100)
    results = evaluate(
        tune, report if held_out else None, decision=decision, fit=fit, question=asked
    )
    positives = dict(zip(NAMES, tune.truth_NC.sum(axis=0).astype(int).tolist(), strict=True))
    return CardFacts(
        metrics=results.to_dict(),
        decision=decision.to_dict(),
        findings=[],
        rows={"fit": 200, "tune": 200},
        positives={"fit": positives, "tune": positives},
        provenance={"seed": "0"},
    )


@pytest.fixture(scope="module")
def facts() -> CardFacts:
    return facts_of(Task.MULTILABEL)


def test_the_head_is_what_hubs_read_and_holds_the_stored_figures(
    facts: CardFacts, tmp_path: Path
) -> None:
    about = {"license": "mit", "language": ("en", "de"), "data": 'Notes: "a" # b'}
    text = card(replace(facts, about=about))
    head = yaml.safe_load(text.split("---\n")[1])
    assert head["license"] == "mit"
    assert head["language"] == ["en", "de"]
    assert head["pipeline_tag"] == "text-classification"
    result = head["model-index"][0]["results"][0]
    assert result["dataset"]["name"] == 'Notes: "a" # b'
    for metric in result["metrics"]:
        key = metric["name"].lower().replace("-", "_").replace(" ", "_")
        stored = facts.metrics["overall"][key]
        assert metric["value"] == round(stored["value"], 4)
        assert (metric["args"]["low"], metric["args"]["high"]) == (
            round(stored["low"], 4),
            round(stored["high"], 4),
        )
    (tmp_path / "README.md").write_text(text, "utf-8")
    read = ModelCard.load(tmp_path / "README.md").data
    assert read.eval_results[0].metric_type == "f1"


def test_what_nobody_said_is_said_to_be_unsaid(facts: CardFacts) -> None:
    text = card(facts)
    head = yaml.safe_load(text.split("---\n")[1])
    assert not {"license", "language"} & head.keys()
    assert head["model-index"][0]["results"][0]["dataset"]["name"] == "not named"
    assert "## What it is for\n\nNot said by those who made it." in text
    assert "Licence: Not said by those who made it." in text


def test_it_always_forbids_what_no_model_may_do(facts: CardFacts) -> None:
    own = card(replace(facts, about={"forbidden_use": "To grade pupils."}))
    for text in (card(facts), own):
        assert all(f"- {use}" in text for use in NEVER)
    assert "- To grade pupils." in own
    assert "diagnose" in NEVER[0]
    assert "without a human" in NEVER[1]


def test_classes_too_small_to_judge_are_named_with_their_rows(facts: CardFacts) -> None:
    text = card(facts)
    row = next(row for row in facts.metrics["per_class"] if row["name"] == "grief")
    assert row["support"] < 20
    assert (
        f"Too small to judge, fewer than 20 of the measured rows: grief ({row['support']})" in text
    )
    tuned = facts.positives["tune"]["grief"]
    assert f"Thresholds that rest on fewer than 20 tune rows: grief ({tuned})" in text
    assert "were tuned on the 200 tune rows" in text


@pytest.mark.parametrize("task", list(Task))
def test_figures_stand_with_intervals_beside_the_baselines(task: Task) -> None:
    facts = facts_of(task)
    text = card(facts)
    for system in facts.metrics["systems"]:
        line = next(line for line in text.splitlines() if line.startswith(f"| {system['name']} "))
        f1 = system["macro_f1"]
        assert f"{f1['value']:.3f} ({f1['low']:.3f} to {f1['high']:.3f})" in line
    assert ("plus bias" in text) is (task is Task.MULTICLASS)
    assert r"| a\|b \*c\* |" in text


def test_cross_fitted_figures_are_said_to_be_hopeful() -> None:
    assert "There were no report rows." in card(facts_of(Task.MULTILABEL, held_out=False))
    assert "There were no report rows." not in card(facts_of(Task.MULTILABEL))


def test_findings_are_named_and_those_on_data_quote_nothing(facts: CardFacts) -> None:
    def finding(code: str, evidence: str) -> dict[str, Any]:
        title = f"title of {code}"
        about = {"severity": "error", "title": title, "evidence": evidence, "advice": "mend it"}
        return {"code": code, **about, "remedy": {}, "page": f"docs/checks/{code}.md"}

    metrics = {**facts.metrics, "data_findings": [finding("A101", "row 7: my secret")]}
    text = card(replace(facts, metrics=metrics, findings=[finding("D101", "0 of 3 labels")]))
    assert "**error D101** Title of D101\n  0 of 3 labels." in text
    assert "**error A101** Title of A101" in text
    assert "secret" not in text
    assert "Nobody has looked." in card(replace(facts, findings=None))


def test_the_same_facts_give_the_same_bytes(facts: CardFacts) -> None:
    stored = replace(facts, metrics=json.loads(json.dumps(facts.metrics)))
    assert card(stored) == card(facts)


def test_series_have_their_own_kind_of_task(facts: CardFacts) -> None:
    text = card(replace(facts, of_texts=False))
    head = yaml.safe_load(text.split("---\n")[1])
    assert "pipeline_tag" not in head
    assert head["tags"][0] == "time-series-classification"
    assert "# Classifier of series, 3 labels" in text
    assert "evenhand predict FOLDER RECORDINGS" in text
