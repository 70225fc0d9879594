"""Scores with a stream missing: the same cuts, paired, and 0 where the stream is of no use."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from evenhand.decide import crossfit, fit_decision
from evenhand.evaluate.streams import decided_without, without_streams
from evenhand.evaluate.systems import Question
from evenhand.types import Role
from windows_by_hand import one_hot, predictions

ASKED = Question(resamples=200, settings={"calibrate": "none", "shrink": "none"})


def scored(role: Role, *, seed: int = 0, knowledge: float = 2.0):
    random = np.random.default_rng(seed)
    truth = (random.random(120) < 0.3).astype(int)
    scores_NC = random.normal(size=(120, 2)) + knowledge * one_hot(truth)
    return predictions(truth, groups=np.arange(120) // 6, role=role, scores_NC=scores_NC)


def test_tune_rows_with_all_streams_are_decided_as_the_crossfit_decides() -> None:
    tune = scored(Role.TUNE)
    decision = fit_decision(tune, **ASKED.settings)
    found_NC = decided_without(tune, tune, decision, ASKED)
    np.testing.assert_array_equal(found_NC, crossfit(tune, **ASKED.settings).decided_NC)


def test_each_fold_without_a_stream_is_decided_by_cuts_of_the_others() -> None:
    tune = scored(Role.TUNE)
    hidden = replace(tune, scores=scored(Role.TUNE, knowledge=0.5).scores)
    decision = fit_decision(tune, **ASKED.settings)
    found_NC = decided_without(tune, hidden, decision, ASKED)
    fold_N = crossfit(tune, **ASKED.settings).fold_N
    for fold in range(int(fold_N.max()) + 1):
        held_K = np.flatnonzero(fold_N == fold)
        others = fit_decision(tune.take(np.flatnonzero(fold_N != fold)), **ASKED.settings)
        np.testing.assert_array_equal(found_NC[held_K], others.decide(hidden.take(held_K).scores))


def test_report_rows_are_decided_by_the_runs_own_decision() -> None:
    tune, hidden = scored(Role.TUNE), scored(Role.REPORT, seed=1)
    decision = fit_decision(tune, **ASKED.settings)
    found_NC = decided_without(tune, hidden, decision, ASKED)
    np.testing.assert_array_equal(found_NC, decision.decide(hidden.scores))


def test_a_stream_that_changes_nothing_is_worth_nothing() -> None:
    rows = scored(Role.REPORT)
    decided_NC = one_hot(rows.scores.values_NC.argmax(axis=1)) == 1
    never_NC = np.tile([True, False], (120, 1))
    idle, vital = without_streams(rows, decided_NC, {"idle": decided_NC, "vital": never_NC}, ASKED)
    assert idle["difference"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    assert (idle["stream"], vital["stream"]) == ("idle", "vital")
    assert vital["difference"]["high"] < 0
    assert vital["per_class"]["stop"]["value"] == 0.0
    share = float((rows.truth_NC[:, 0] == 1).mean())
    assert vital["macro_f1"]["value"] == pytest.approx(share / (1 + share))


def test_a_single_stream_has_no_line() -> None:
    rows = scored(Role.REPORT)
    assert without_streams(rows, rows.truth_NC == 1, {}, ASKED) == []
