"""The whole procedure is fitted anew for each fold: no row has a share in its own figures."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from evenhand.combine import COMBINATIONS, Rehearsal, fit_ensemble
from evenhand.combine.refit import decision_settings, voices_of
from evenhand.decide import crossfit, out_of_fold
from evenhand.errors import DataError
from evenhand.types import Logits, Probs, Role
from voices_by_hand import PLAIN, member, random_members, rows

FITTED = {"calibrate": "platt", "cuts": "per-label", "shrink": "none", "min_support": 1}
EVERY = COMBINATIONS.names()


def with_truth(members, held, value):
    """Return the members with another truth in some tune rows."""
    truth_NC = members[0].tune.truth_NC.copy()
    truth_NC[held] = value
    return [replace(m, tune=replace(m.tune, truth_NC=truth_NC)) for m in members]


@pytest.mark.parametrize("by", EVERY)
def test_scores_of_held_rows_do_not_depend_on_their_truth(by):
    members = random_members(**FITTED)
    held, kept = np.arange(0, 12), np.arange(12, 60)
    told = [
        Rehearsal.of(with_truth(members, held, value), by)(kept, held)[1].scores.values_NC
        for value in (0.0, 1.0, np.nan)
    ]
    np.testing.assert_array_equal(told[0], told[1])
    np.testing.assert_array_equal(told[0], told[2])


@pytest.mark.parametrize("by", EVERY)
def test_on_all_rows_it_is_the_ensemble_itself(by):
    members = random_members(**FITTED)
    every = np.arange(60)
    kept, held = Rehearsal.of(members, by)(every, every)
    whole = fit_ensemble(members, by, settings={**PLAIN}, seed=0)
    np.testing.assert_allclose(kept.scores.values_NC, whole.tune.scores.values_NC, atol=1e-12)
    np.testing.assert_array_equal(kept.scores.values_NC, held.scores.values_NC)
    assert kept.role is Role.TUNE


@pytest.mark.parametrize("by", EVERY)
def test_it_is_the_same_a_second_time_and_without_a_member(by):
    members = random_members(**FITTED)
    kept, held = np.arange(20, 60), np.arange(20)
    rehearsal = Rehearsal.of(members, by)
    first = rehearsal(kept, held)[1]
    fewer = rehearsal.without(1)(kept, held)[1]
    alone = Rehearsal.of([members[0], members[2]], by)(kept, held)[1]
    np.testing.assert_array_equal(rehearsal(kept, held)[1].scores.values_NC, first.scores.values_NC)
    np.testing.assert_array_equal(fewer.scores.values_NC, alone.scores.values_NC)


def test_a_cross_fit_without_refit_is_what_it_was():
    tune = random_members()[0].tune

    def taken(kept, held):
        return tune.take(kept), tune.take(held)

    plain, same = (crossfit(tune, seed=3, refit=refit) for refit in (None, taken))
    np.testing.assert_array_equal(plain.decided_NC, same.decided_NC)
    np.testing.assert_array_equal(plain.probs_NC, same.probs_NC)
    np.testing.assert_array_equal(
        out_of_fold(tune, taken, seed=3).scores.values_NC, tune.scores.values_NC
    )


def test_noise_that_fits_its_own_rows_is_not_taken_for_skill():
    random = np.random.default_rng(0)
    truth = (random.random((80, 1)) < 0.4).astype(float).tolist()
    members = [
        member(f"m{m}", rows(truth, scores=Logits(random.standard_normal((80, 1)))))
        for m in range(8)
    ]
    settings = {**PLAIN, "calibrate": "temperature", "cuts": "per-label", "shrink": "none"}
    whole = fit_ensemble(members, "stack", settings=settings, seed=0)
    honest = out_of_fold(whole.tune, whole.rehearsal).scores.values_NC[:, 0]
    truth_N = whole.tune.truth_NC[:, 0]
    flattering, fair = (
        roc_auc_score(truth_N, scores_N) for scores_N in (whole.tune.scores.values_NC[:, 0], honest)
    )
    assert flattering > 0.6
    assert fair < flattering - 0.1
    assert fair == pytest.approx(0.5, abs=0.1)
    crossed = crossfit(whole.tune, refit=whole.rehearsal, **settings)
    assert whole.decision.estimate.cross_fitted == crossed.macro_f1
    assert whole.decision.estimate.in_sample > crossed.macro_f1


def test_voices_are_calibrated_by_each_members_own_decision():
    members = random_members(report=20, **FITTED)
    for role in (Role.TUNE, Role.REPORT):
        told = voices_of(members, role)
        for m, one in enumerate(members):
            scores = (one.tune if role is Role.TUNE else one.report).scores
            np.testing.assert_array_equal(told.probs_MNC[m], one.decision.probs(scores))
            np.testing.assert_array_equal(told.given_MNC[m], one.decision.decide(scores))


@pytest.mark.parametrize("by", EVERY)
def test_report_rows_choose_nothing(by):
    members = random_members(report=20, **FITTED)
    report = members[0].report
    other = [replace(m, report=replace(m.report, truth_NC=1 - report.truth_NC)) for m in members]
    one, two = (fit_ensemble(m, by, settings={**PLAIN}, seed=0) for m in (members, other))
    assert isinstance(one.report.scores, Probs)
    np.testing.assert_array_equal(one.report.scores.values_NC, two.report.scores.values_NC)
    assert one.combination.to_dict() == two.combination.to_dict()


@pytest.mark.parametrize("by", EVERY)
def test_report_rows_are_refused_for_choosing(by):
    members = random_members()
    wrong = [replace(m, tune=replace(m.tune, role=Role.REPORT)) for m in members]
    with pytest.raises(DataError, match=r"\[E212\] report rows may not be used for combining"):
        fit_ensemble(wrong, by, settings={**PLAIN}, seed=0)


def test_votes_are_counted_and_not_cut_anew():
    asked = {"calibrate": "platt", "cuts": "per-label", "recall": {"a": 0.9}, "exclusive": "b"}
    assert decision_settings("average", asked) is asked
    assert decision_settings("vote", asked) == {
        "calibrate": "none",
        "cuts": "fixed",
        "exclusive": "b",
    }
