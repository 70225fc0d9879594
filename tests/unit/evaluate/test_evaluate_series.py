"""What only windows have figures for: gathered, on a screen, in a report, in the verdict."""

from __future__ import annotations

import io
import json
import math

import numpy as np
import pytest
from rich.console import Console

from evenhand.data.series import SeriesSchema, Stream
from evenhand.decide import fit_decision
from evenhand.evaluate.report_series import series_section
from evenhand.evaluate.report_story import Table
from evenhand.evaluate.report_verdict import cautions
from evenhand.evaluate.results import evaluate
from evenhand.evaluate.series import Seen, positive_of, series_figures
from evenhand.evaluate.series_summary import series_lines
from evenhand.evaluate.summary import summary
from evenhand.evaluate.systems import Question
from evenhand.types import FitStatistics, LabelSpace, Role, Task
from windows_by_hand import one_hot, places, predictions

nan = math.nan
ROWS = 60
SCHEMA = SeriesSchema(
    (Stream("pose", 3), Stream("traj", 2)), 10.0, 20, 10, 20, "horizon", ("rest", "stop")
)


def scored(role: Role, *, seed: int, knowledge: float = 3.0):
    random = np.random.default_rng(seed)
    truth = (np.arange(ROWS) % 3 == 0).astype(int)
    scores_NC = random.normal(size=(ROWS, 2)) + knowledge * one_hot(truth)
    return predictions(truth, groups=np.arange(ROWS) // 5, role=role, scores_NC=scores_NC)


PLACES = places(
    [f"r{i // 5}" for i in range(ROWS)],
    ends=[2.0 + i % 5 for i in range(ROWS)],
    current=[float(i % 6 == 0) for i in range(ROWS)],
    wait=[1.0 if i % 3 == 0 else nan for i in range(ROWS)],
)


@pytest.fixture(scope="module")
def metrics():
    tune, report = scored(Role.TUNE, seed=0), scored(Role.REPORT, seed=1)
    question = Question(resamples=200, positive=1)
    decision = fit_decision(tune)
    fit = FitStatistics(Task.MULTICLASS, 60, np.array([40.0, 20.0]), np.full(2, 60.0))
    results = evaluate(tune, report, decision=decision, fit=fit, question=question)
    hidden = {
        "pose": scored(Role.REPORT, seed=1, knowledge=0.0),
        "traj": report,
    }
    figures = series_figures(
        tune,
        results.predictions,
        results.decided_NC,
        Seen(SCHEMA, PLACES, hidden),
        decision=decision,
        fit=fit,
        question=question,
    )
    return results.to_dict() | {"series": figures}


def test_the_second_of_two_labels_is_looked_for() -> None:
    assert positive_of(LabelSpace(("rest", "stop"), Task.MULTICLASS)) == 1
    assert positive_of(LabelSpace(("a", "b", "c"), Task.MULTICLASS)) is None
    assert positive_of(LabelSpace(("a", "b"), Task.MULTILABEL)) is None


def test_everything_is_plain_and_counts_seconds(metrics) -> None:
    json.dumps(metrics, allow_nan=False)
    series = metrics["series"]
    assert (series["window"], series["stride"], series["horizon"]) == (2.0, 1.0, 2.0)
    assert series["streams"] == ["pose", "traj"]
    assert metrics["groups"] == 12


def test_f1_of_the_label_stands_beside_that_of_always_answering_it(metrics) -> None:
    positive = metrics["series"]["positive"]
    assert (positive["label"], positive["share"]) == ("stop", pytest.approx(1 / 3))
    assert positive["always_f1"]["value"] == pytest.approx(0.5)
    names = {system["name"]: system for system in metrics["systems"]}
    assert names["always-positive"]["positive_f1"]["value"] == pytest.approx(0.5)
    assert names["always-positive"]["macro_f1"]["value"] == pytest.approx(0.25)
    assert metrics["systems"][0]["positive_f1"] == positive["f1"]


def test_a_stream_that_all_hangs_on_and_one_of_no_use(metrics) -> None:
    pose, traj = metrics["series"]["without"]
    assert pose["difference"]["high"] < 0
    assert traj["difference"] == {"value": 0.0, "low": 0.0, "high": 0.0}


def test_every_part_has_a_line_on_the_screen(metrics) -> None:
    lines = list(series_lines(metrics))
    starts = ("stop, 33.3%", "without pose", "without traj", "whole recordings, 12", "before an")
    assert [line.startswith(start) for line, start in zip(lines, starts, strict=False)] == [
        True
    ] * 5
    assert lines[5] == (
        "10 events: told 1 s before (median, 1 to 1); 90% at all, 90% at least 0.5 s before, "
        "90% at least 1 s before"
    )
    assert list(series_lines({})) == []


def test_the_screen_has_the_labels_f1_in_place_of_micro_f1(metrics) -> None:
    out = io.StringIO()
    summary(metrics, console=Console(file=out, width=100))
    screen = out.getvalue()
    assert "F1 stop" in screen
    assert "micro-F1" not in screen
    assert "held out: 60 report rows in 12 groups" in screen
    assert "always-positive" in screen


def test_the_page_says_what_is_drawn_and_what_a_label_is(metrics) -> None:
    section = series_section(metrics)
    assert section is not None
    pairs = dict(section.blocks[0].pairs)
    assert pairs["Windows"] == "2 s, every 1 s, at 10 Hz"
    assert pairs["A window’s label"].startswith("an event in the 2 s after the window")
    assert pairs["Intervals"].startswith("12 groups of recordings, each drawn as a whole")
    titles = [block.title for block in section.blocks if isinstance(block, Table)]
    assert titles == ["Streams", "Recordings", "Before and in events", "Lead times"]
    assert series_section({}) is None


def test_few_groups_and_a_score_of_always_are_cautions(metrics) -> None:
    assert cautions(metrics) == [
        "All windows measured come from 12 groups of recordings; from fewer than 20, intervals "
        "are drawn too narrow."
    ]
    always = {"value": 0.0, "low": -0.1, "high": 0.1}
    positive = metrics["series"]["positive"] | {"difference": always}
    worse = metrics | {"groups": 40, "series": metrics["series"] | {"positive": positive}}
    assert len(cautions(worse)) == 1
    assert "is not shown to be above that of always answering it, 0.500" in cautions(worse)[0]
