import json

import numpy as np
import pytest

from evenhand.calibrate.measures import calibration_figures
from evenhand.decide import Decision, best_cut, crossfit, fit_and_crossfit, fit_decision
from evenhand.decide.f1 import macro_f1
from evenhand.decide.folds import stratified_folds
from evenhand.decide.summary import stays
from evenhand.errors import ConfigError, DataError, MissingFileError, WriteError
from evenhand.types import LabelSpace, Logits, Predictions, Probs, Role, Task

ML, MC = Task.MULTILABEL, Task.MULTICLASS


def predictions(task=ML, *, rows=400, role=Role.TUNE, seed=0):
    rng = np.random.default_rng(seed)
    share_C = np.array([0.55, 0.3, 0.12, 0.03])
    if task is ML:
        truth_NC = (rng.random((rows, 4)) < share_C).astype(np.float32)
    else:
        truth_NC = np.eye(4, dtype=np.float32)[rng.choice(4, size=rows, p=share_C)]
    z_NC = 1.5 * rng.normal(size=(rows, 4)) + 3 * truth_NC + 2 * np.log(share_C)
    labels = LabelSpace(("joy", "calm", "fear", "grief"), task)
    return Predictions(tuple(map(str, range(rows))), Logits(z_NC), truth_NC, labels, role)


@pytest.mark.parametrize("task", [ML, MC])
@pytest.mark.parametrize("cuts", ["fixed", "global", "per-label"])
@pytest.mark.parametrize("shrink", ["none", "auto"])
def test_a_stored_decision_decides_the_same(tmp_path, task, cuts, shrink):
    tune = predictions(task)
    decision = fit_decision(tune, cuts=cuts, shrink=shrink)
    decision.save(tmp_path / "decision.json")
    again = Decision.load(tmp_path / "decision.json")
    assert again == decision
    fresh = predictions(task, seed=1).scores
    np.testing.assert_array_equal(again.decide(fresh), decision.decide(fresh))
    np.testing.assert_array_equal(again.probs(fresh), decision.probs(fresh))


def test_what_the_file_holds(tmp_path):
    fit_decision(predictions()).save(tmp_path / "decision.json")
    stored = json.loads((tmp_path / "decision.json").read_text())
    columns = {"value", "support", "source", "low", "high", "optimism"}
    assert set(stored["thresholds"]["fear"]) == columns
    assert stored["calibrator"]["name"] == "temperature"
    assert stored["labels"] == ["joy", "calm", "fear", "grief"]
    assert stored["task"] == "multilabel"
    estimate = stored["estimate"]
    assert stored["expected_optimism"] == estimate["in_sample"] - estimate["cross_fitted"]
    assert "biases" in fit_decision(predictions(MC)).to_dict()


def test_infinite_shrinkage_can_be_stored():
    tune = predictions(rows=40)
    truth_NC = tune.truth_NC
    timid = Predictions(tune.ids, Probs(truth_NC * 0.4), truth_NC, tune.labels, Role.TUNE)
    decision = fit_decision(timid, calibrate="none")
    assert decision.to_dict()["shrinkage"] == "inf"
    assert {cut.source for cut in decision.cuts} == {"global"}
    assert Decision.from_dict(json.loads(json.dumps(decision.to_dict()))) == decision


@pytest.mark.parametrize(("task", "value"), [(ML, 0.5), (MC, 0.0)])
def test_cuts_that_would_gain_nothing_stay_fixed(task, value):
    tune = predictions(task, rows=40)
    truth_NC = np.eye(4, dtype=np.float32)[np.arange(40) % 4]
    perfect = Predictions(tune.ids, Probs(truth_NC * 0.9), truth_NC, tune.labels, Role.TUNE)
    decision = fit_decision(perfect, resamples=20)
    assert {(c.value, c.source, c.low) for c in decision.cuts} == {(value, "fixed", None)}
    assert (decision.kind, decision.shrinkage) == ("per-label", float("inf"))
    assert Decision.from_dict(json.loads(json.dumps(decision.to_dict()))) == decision


def test_plain_cuts_are_the_best_there_are():
    tune = predictions()
    decision = fit_decision(tune, calibrate="none", shrink="none", min_support=1)
    probs_NC = tune.probs()
    for c, cut in enumerate(decision.cuts):
        assert cut.value == best_cut(probs_NC[:, c], tune.truth_NC[:, c])[0]
        assert (cut.support, cut.source) == (int(tune.truth_NC[:, c].sum()), "own")
    np.testing.assert_array_equal(decision.decide(tune.scores), probs_NC >= decision.values_C)


def test_a_label_with_little_support_gets_the_global_cut():
    tune = predictions()
    few = int(tune.truth_NC[:, 3].sum())
    decision = fit_decision(tune, shrink="none", min_support=few + 1)
    shared = fit_decision(tune, cuts="global")
    assert [cut.source for cut in decision.cuts] == ["own", "own", "own", "global"]
    assert decision.cuts[3].value == shared.cuts[0].value
    assert fit_decision(tune, shrink="none", min_support=few).cuts[3].source == "own"


@pytest.mark.parametrize(("task", "value"), [(ML, 0.5), (MC, 0.0)])
def test_fixed_cuts(task, value):
    tune = predictions(task)
    decision = fit_decision(tune, calibrate="none", cuts="fixed")
    assert {(cut.value, cut.source) for cut in decision.cuts} == {(value, "fixed")}
    assert decision.estimate.expected_optimism == 0
    z_NC = tune.scores.values_NC
    expected = z_NC >= 0 if task is ML else z_NC == z_NC.max(axis=1, keepdims=True)
    np.testing.assert_array_equal(decision.decide(tune.scores), expected)


def test_multiclass_gives_exactly_one_label_a_row():
    tune = predictions(MC)
    decision = fit_decision(tune)
    np.testing.assert_array_equal(decision.decide(tune.scores).sum(axis=1), 1)
    fixed = fit_decision(tune, cuts="fixed")
    assert decision.estimate.in_sample > fixed.estimate.in_sample


def test_temperature_does_not_move_fixed_decisions():
    tune = predictions()
    warm = fit_decision(tune, calibrate="temperature", cuts="fixed")
    plain = fit_decision(tune, calibrate="none", cuts="fixed")
    np.testing.assert_array_equal(warm.decide(tune.scores), plain.decide(tune.scores))


def test_the_estimates_are_what_they_say():
    tune = predictions()
    decision = fit_decision(tune)
    assert decision.estimate.in_sample == macro_f1(tune.truth_NC, decision.decide(tune.scores))
    assert decision.estimate.cross_fitted == crossfit(tune).macro_f1


@pytest.mark.parametrize("task", [ML, MC])
def test_it_says_how_honest_probabilities_are_before_and_after(task):
    tune = predictions(task)
    decision, crossed = fit_and_crossfit(tune, calibrate="platt")
    plain = calibration_figures(tune.scores.probs(task), tune.truth_NC, task)
    mended = calibration_figures(Probs(crossed.probs_NC), tune.truth_NC, task)
    assert decision.calibration == {"raw": plain, "calibrated": mended}
    assert Decision.from_dict(decision.to_dict()).calibration == decision.calibration
    same = fit_decision(tune, calibrate="none").calibration
    assert same["raw"] == pytest.approx(same["calibrated"])


def test_it_can_be_said_that_no_cut_proved_better():
    tune = predictions(rows=40)
    truth_NC = tune.truth_NC
    perfect = Predictions(tune.ids, Probs(truth_NC * 0.9), truth_NC, tune.labels, Role.TUNE)
    said = "no cut proved better than 0.5 beyond chance: cuts stay there"
    assert _stays(fit_decision(perfect)) == said
    assert _stays(fit_decision(perfect, cuts="fixed")) is None
    assert _stays(fit_decision(perfect, shrink="none")) is None


def test_what_a_demand_moves_does_not_stay():
    said = stays("per-label", ["fixed", "demand"], MC)
    assert said is not None
    assert said.endswith("biases stay 0, but for what costs or demands make")
    assert stays("per-label", ["cost", "demand"], MC) is None


def _stays(decision):
    return stays(decision.kind, (cut.source for cut in decision.cuts), decision.labels.task)


def test_crossfit_decides_each_fold_by_the_others():
    tune = predictions(rows=100)
    settings = {"calibrate": "temperature", "shrink": "none", "min_support": 1}
    crossed = crossfit(tune, folds=4, seed=3, **settings)
    np.testing.assert_array_equal(crossed.fold_N, stratified_folds(tune.truth_NC, 4, 3))
    for fold in range(4):
        others = tune.take(np.flatnonzero(crossed.fold_N != fold))
        held = tune.take(np.flatnonzero(crossed.fold_N == fold))
        rule = fit_decision(others, seed=3, **settings)
        np.testing.assert_array_equal(
            crossed.decided_NC[crossed.fold_N == fold], rule.decide(held.scores)
        )
        np.testing.assert_array_equal(
            crossed.probs_NC[crossed.fold_N == fold], rule.probs(held.scores)
        )
    assert crossed.macro_f1 == macro_f1(tune.truth_NC, crossed.decided_NC)


def test_noise_is_not_flattered():
    tune = predictions()
    noise = np.random.default_rng(8).random(tune.truth_NC.shape)
    decision = fit_decision(
        Predictions(tune.ids, Probs(noise), tune.truth_NC, tune.labels, Role.TUNE)
    )
    always = macro_f1(tune.truth_NC, np.ones(tune.truth_NC.shape, dtype=bool))
    assert decision.estimate.cross_fitted <= always + 0.02
    assert decision.estimate.expected_optimism > 0


def test_nothing_known_is_not_zero():
    tune = predictions(rows=10)
    unknown = np.full_like(tune.truth_NC, np.nan)
    decision = fit_decision(Predictions(tune.ids, tune.scores, unknown, tune.labels, Role.TUNE))
    assert decision.estimate.cross_fitted is None
    assert decision.estimate.expected_optimism is None
    assert Decision.from_dict(json.loads(json.dumps(decision.to_dict()))) == decision


def test_one_label_is_enough():
    tune = predictions()
    one = Predictions(
        tune.ids,
        Logits(tune.scores.values_NC[:, :1]),
        tune.truth_NC[:, :1],
        LabelSpace(("joy",), ML),
        Role.TUNE,
    )
    decision = fit_decision(one, calibrate="none", shrink="none")
    assert decision.cuts[0].value == best_cut(one.probs()[:, 0], one.truth_NC[:, 0])[0]


def test_frame():
    frame = fit_decision(predictions(), cuts="fixed").frame()
    assert frame["label"] == ["joy", "calm", "fear", "grief"]
    assert frame["value"] == [0.5] * 4
    assert set(frame) == {"label", "value", "support", "source", "low", "high", "optimism"}


@pytest.mark.parametrize("function", [fit_decision, crossfit])
def test_report_rows_are_refused(function):
    with pytest.raises(DataError, match=r"\[E212\] report rows .* choosing thresholds"):
        function(predictions(role=Role.REPORT))


@pytest.mark.parametrize("function", [fit_decision, crossfit])
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"cuts": "per_label"}, r"\[E102\] cuts .*\n.*\n  fix: did you mean 'per-label'"),
        ({"shrink": "yes"}, r"\[E102\] shrink"),
        ({"min_support": 0}, r"\[E102\] min_support"),
        ({"calibrate": "temprature"}, r"\[E101\].*\n.*\n  fix: did you mean 'temperature'"),
    ],
)
def test_settings_that_cannot_be_are_refused(function, settings, message):
    with pytest.raises(ConfigError, match=message):
        function(predictions(rows=10), **settings)


def test_one_row_is_too_few():
    with pytest.raises(DataError, match=r"\[E207\] cross-fitting needs at least two rows"):
        fit_decision(predictions(rows=1))


def test_scores_of_other_labels_are_refused():
    decision = fit_decision(predictions())
    with pytest.raises(DataError, match=r"\[E213\].*\n  got: 3 columns of scores, 4 labels"):
        decision.decide(Logits(np.zeros((2, 3))))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"task": "multilabel", "labels": ["a", "b"]}'])
def test_a_damaged_file_is_refused(tmp_path, text):
    path = tmp_path / "decision.json"
    path.write_text(text)
    with pytest.raises(DataError, match=r"\[E204\] that is no decision"):
        Decision.load(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(MissingFileError, match=r"\[E202\] there is no such decision"):
        Decision.load(tmp_path / "none.json")


def test_a_missing_folder_cannot_be_written(tmp_path):
    with pytest.raises(WriteError, match=r"\[E106\]"):
        fit_decision(predictions(), cuts="fixed").save(tmp_path / "none" / "decision.json")
