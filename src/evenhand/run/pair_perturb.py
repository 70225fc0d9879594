"""How far the run's labels hang on the spelling: the measured rows, perturbed and answered anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from evenhand.evaluate.compare import OVERALL
from evenhand.evaluate.mcnemar import holm
from evenhand.perturb import PERTURBATIONS, perturb
from evenhand.run.pair_answers import Bench, Written
from evenhand.run.pair_columns import Asked
from evenhand.types import Logits

FIGURES = ("macro_f1", "mcnemar", "four_way", "flips")


def perturbed(bench: Bench, asked: Asked, before: Written) -> dict[str, Any]:
    """Compare the answers to the rows as they are (A) and perturbed (B).

    A row whose text the perturbation leaves as it was keeps its scores, and so cannot flip.

    Args:
        bench: what answers, decides and stores.
        asked: the perturbation.
        before: the rows as they are.

    Returns:
        How many rows ``changed``, and ``macro_f1``, ``mcnemar``, ``four_way`` and ``flips`` over
        all rows, which are None where no text changes.
    """
    rate = PERTURBATIONS.validate(asked.name, asked.settings)["rate"]
    seed, rows = bench.settings.seed, len(before.stored)
    after = perturb(asked.name, before.texts, seed=seed, settings=asked.settings)
    changed = {name: text for name, text in after.items() if text != before.texts[name]}
    about = {"name": asked.name, "rate": rate, "column": before.column, "rows": rows}
    about |= {"changed": len(changed), "stored": None}
    if not changed:
        return about | dict.fromkeys(FIGURES)
    place = {name: n for n, name in enumerate(before.stored.ids)}
    scores_NC = before.stored.scores.values_NC.copy()
    rescored = bench.model.logits(list(changed.values()))
    scores_NC[[place[name] for name in changed]] = rescored.values_NC
    scored = replace(before.stored, scores=Logits(scores_NC))
    written = bench.keep(scored, after, before.column, change=asked.label)
    found = bench.compare(before, written).to_dict()
    about["stored"] = str(bench.store.path(before.column, asked.label))
    return about | {key: found[key] for key in FIGURES}


def corrected(measured: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give each test over whole rows its p-value after Holm, for as many as were made."""
    tested = [one["mcnemar"][OVERALL] for one in measured if one["mcnemar"] is not None]
    adjusted = holm(np.array([test["p"] for test in tested]))
    for test, p_holm in zip(tested, adjusted.tolist(), strict=True):
        test["p_holm"] = p_holm
    return list(measured)
