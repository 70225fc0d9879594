"""The model that stands beside every result and needs no network: of texts, or of windows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from evenhand.audit.wording import has_spaces
from evenhand.data import Dataset
from evenhand.evaluate.baselines import fit_tfidf
from evenhand.evaluate.baselines_series import SUMMARY, fit_summary
from evenhand.evaluate.systems import Rival
from evenhand.predictions import load_predictions, save_predictions
from evenhand.run.folder import Layout, Run
from evenhand.types import Predictions, Role

TFIDF = "TF-IDF + logistic regression"
CHARACTERS = "TF-IDF of characters"
"""The same regression where no blanks part words, as in Japanese: a word would be a sentence."""
OF_TEXTS, OF_WINDOWS = "tfidf", "summary"
"""Names of the files of its scores."""


def rivals_of(dataset: Dataset, layout: Layout) -> tuple[Rival, ...]:
    """Train that model on the fit rows, and store its scores of the others as well.

    Of texts it counts words, or characters where the fit texts are not written with blanks.
    """
    if dataset.windows is not None:
        return (_rival(dataset, layout, fit_summary, name=SUMMARY, file=OF_WINDOWS),)
    if has_spaces([dataset.texts[i] for i in dataset.rows(Role.FIT)]):
        return (_rival(dataset, layout, fit_tfidf, name=TFIDF, file=OF_TEXTS),)
    fit = partial(fit_tfidf, pieces="characters")
    return (_rival(dataset, layout, fit, name=CHARACTERS, file=OF_TEXTS),)


def stored_rivals(run: Run) -> list[Rival]:
    """Return that model as its scores lie in a finished run; none where there are no scores."""
    systems = run.metrics["systems"]
    named = [s["name"] for s in systems if s["kind"] == "baseline" and s["macro_ap"] is not None]
    for file in (OF_TEXTS, OF_WINDOWS):
        tune, report = (run.layout.predictions(f"{file}-{r}") for r in (Role.TUNE, Role.REPORT))
        if named and tune.is_file():
            held_out = load_predictions(report) if report.is_file() else None
            return [Rival(named[0], load_predictions(tune), held_out)]
    return []


def _rival(
    dataset: Dataset, layout: Layout, fit: Callable[..., Any], *, name: str, file: str
) -> Rival:
    fitted = fit(
        dataset.contents(dataset.rows(Role.FIT)), dataset.truth(Role.FIT), labels=dataset.labels
    )
    scored: dict[Role, Predictions] = {}
    for role in (Role.TUNE, Role.REPORT):
        rows = dataset.rows(role)
        if len(rows):
            alone = fitted.predictions(
                dataset.contents(rows),
                dataset.truth_NC[rows],
                ids=[dataset.ids[i] for i in rows],
                role=role,
            )
            scored[role] = replace(alone, groups_N=dataset.unit_N[rows])
            save_predictions(layout.predictions(f"{file}-{role.value}"), scored[role])
    return Rival(name, scored[Role.TUNE], scored.get(Role.REPORT))
