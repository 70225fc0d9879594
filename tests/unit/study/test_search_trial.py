"""A trial on which worker after worker dies is given up; its weights go, its figures stay."""

from __future__ import annotations

from pathlib import Path

import optuna
import pytest

from evenhand.run.folder import Layout
from evenhand.run.sources import Sources
from evenhand.study.search.plan import Plan
from evenhand.study.search.space import Range, Space
from evenhand.study.search.trial import MOST_STARTS, STARTS, drop_weights, refusal, run_trial

PLAN = Plan(
    sources=Sources("nowhere.csv"),
    asked={"train": {"epochs": 2}},
    space=Space("own", {"optim.lr": Range(1e-5, 1e-3)}),
    effective={"optim.lr": 1e-4},
    trials=3,
    pruner="none",
    storage=None,
    seed=0,
    sha256={},
    report=0,
    rows={"fit": 1, "tune": 1, "drawn": 1},
)


def begun(starts: list[int], *, passes: int = 0) -> tuple[optuna.Study, optuna.trial.FrozenTrial]:
    study = optuna.create_study(direction="maximize")
    trial = study.ask()
    trial.set_user_attr(STARTS, starts)
    for number in range(passes):
        trial.report(0.5, number + 1)
    return study, study.trials[0]


def test_a_trial_that_kills_its_workers_is_given_up(tmp_path: Path) -> None:
    study, trial = begun([2] * MOST_STARTS, passes=2)
    outcome = run_trial(study, trial, PLAN, Layout(tmp_path / "0000"))
    assert outcome.failed
    assert outcome.line() == "10 workers died in the same pass"
    assert study.trials[0].state is optuna.trial.TrialState.FAIL


def test_a_trial_that_gets_on_between_deaths_is_not(tmp_path: Path) -> None:
    study, trial = begun([0, *[1] * (MOST_STARTS - 1)], passes=1)
    with pytest.raises(FileNotFoundError, match=r"\[E202\]"):
        run_trial(study, trial, PLAN, Layout(tmp_path / "0000"))
    assert study.trials[0].state is optuna.trial.TrialState.RUNNING
    assert study.trials[0].user_attrs[STARTS] == [0, *[1] * MOST_STARTS]


def test_weights_go_and_the_rest_stays(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    for name in ("checkpoints/step-000001", "bundle", "predictions"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "file").write_text("content", "utf-8")
    drop_weights(layout)
    drop_weights(layout)
    assert [path.name for path in tmp_path.iterdir()] == ["predictions"]


def test_what_a_run_would_not_take_is_told_before_it_is_tried() -> None:
    assert refusal(PLAN, {"optim.lr": 1e-4}) is None
    stacked = {"sampler": "weighted", "loss": "focal"}
    from dataclasses import replace

    refused = refusal(replace(PLAN, asked=stacked), {"optim.lr": 1e-4})
    assert refused is not None
    assert refused.code == "E105"


def test_the_first_trial_is_the_recipe_whatever_is_stored() -> None:
    asked = PLAN.trial_file(0, {"optim.lr": 5e-4})
    assert "optim" not in asked
    assert PLAN.trial_file(1, {"optim.lr": 5e-4})["optim"] == {"lr": 5e-4}
    assert PLAN.best_file(1, {"optim.lr": 5e-4}) == {"train": {"epochs": 2}, "optim": {"lr": 5e-4}}
