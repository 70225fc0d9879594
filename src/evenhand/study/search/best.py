"""The end of a search: the best trial, trained again and measured on rows that chose nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evenhand.durable import make_folder, write_json, write_text
from evenhand.locks import held
from evenhand.run import Run, Screen, trained
from evenhand.run.compare import Sides, compare_sides
from evenhand.run.folder import Layout
from evenhand.study.search.account import Account, Tried, account_of
from evenhand.study.search.folder import SearchLayout
from evenhand.study.search.importance import importances
from evenhand.study.search.plan import Plan
from evenhand.study.search.trial import drop_weights
from evenhand.toml import read_toml, to_toml

if TYPE_CHECKING:
    from optuna import Study

CONCLUDING = "concluding"
"""Lock under which the best is trained again, by one command at a time."""


def conclude(study: Study, plan: Plan, layout: SearchLayout, *, screen: Screen) -> dict[str, Any]:
    """Write the best run file, train it with all rows, and return every figure.

    What was done before, by a command that was killed or another one, is not done again.

    Args:
        study: whose trials have ended.
        plan: of the search.
        layout: of its folder.
        screen: where the training speaks.

    Raises:
        TrainingError: E304 where no trial has a value.
        EvenhandError: as a run.
    """
    from evenhand.study.search.page import page_of

    with held(layout.lock(CONCLUDING)):
        trials = study.get_trials(deepcopy=False)
        account = account_of(trials, plan, layout)
        for trial in account.trials:
            drop_weights(layout.trial(trial.number))
        best = account.best
        asked = plan.best_file(best.number, best.params)
        write_text(layout.best_file, _headed(asked, best, account))
        told = f"training {layout.best_file} for good"
        run = _trained(plan, asked, layout.best, screen=screen, told=told)
        figures = {
            **account.to_dict(),
            "space": plan.space.to_dict(),
            "pruner": plan.pruner,
            "seed": plan.seed,
            "importance": importances(trials, plan.space, seed=plan.seed),
            "final": _final(run),
            "against_recipe": _against_recipe(plan, layout, best, screen=screen),
        }
        write_json(layout.figures, figures)
        write_text(layout.page, page_of(figures))
    return figures


def _headed(asked: Mapping[str, Any], best: Tried, account: Account) -> str:
    """Return a run file that says where it comes from, and what its figure is not."""
    return (
        f"# Trial {best.number + 1} of {len(account.trials)}: macro-F1 {best.value:.4f} on tune "
        "rows, cross-fitted.\n"
        "# It is the best of many values on the same rows, and therefore optimistic.\n\n"
        f"{to_toml(asked)}"
    )


def _trained(plan: Plan, asked: dict[str, Any], out: Path, *, screen: Screen, told: str) -> Run:
    layout = Layout(out)
    if layout.asked.is_file() and to_toml(read_toml(layout.asked)) != to_toml(asked):
        _set_aside(out)
    if not layout.finished:
        screen.say(told)
    return trained(plan.sources, asked, out, screen=screen)


def _set_aside(out: Path) -> None:
    """Give a run that a search had found best before it went on another name; nothing is lost."""
    earlier = out.parent / "earlier"
    make_folder(earlier)
    taken = len(list(earlier.iterdir()))
    out.rename(earlier / f"{out.name}-{taken + 1}")


def _final(run: Run) -> dict[str, Any]:
    metrics = run.metrics
    return {
        "estimate": metrics["estimate"],
        "rows": metrics["rows"],
        "level": metrics["level"],
        "macro_f1": metrics["systems"][0]["macro_f1"],
    }


def _against_recipe(
    plan: Plan, layout: SearchLayout, best: Tried, *, screen: Screen
) -> dict[str, Any] | None:
    """Return the paired difference to the recipe; None where that is best, or has no scores.

    On report rows where there are some: the recipe is then trained again to be measured there.
    """
    if not best.number:
        return None
    recipe = layout.trial(0).root
    if plan.report:
        told = "training the recipe beside it, to be measured on the same report rows"
        asked = plan.best_file(0, {})
        recipe = _trained(plan, asked, layout.recipe, screen=screen, told=told).folder
    elif not Layout(recipe).metrics.is_file():
        return None
    compared = compare_sides(Sides(recipe, layout.best)).to_dict()
    return {
        "rows": "report" if plan.report else "tune",
        "level": compared["level"],
        "macro_f1": compared["macro_f1"],
    }
