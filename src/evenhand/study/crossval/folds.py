"""Cross-validation: every row is measured once, by a model that never saw it.

Each fold is a run of its own: the fold is its report rows, the others fit and choose. So the
figures of a fold owe nothing to its rows, and their mean is what training on this data is worth.
"""
# Shapes: N rows, C classes, K folds.

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evenhand.config import override, parse_config
from evenhand.data import Dataset
from evenhand.errors import ConfigError, DataError
from evenhand.run import Screen
from evenhand.study.conduct import conduct
from evenhand.study.crossval.pooled import CrossValidation, conclude
from evenhand.study.folder import Study
from evenhand.study.work import Training
from evenhand.types import Role


def trainings(study: Study) -> list[Training]:
    """Return a run a fold; all from the same seed, over the same folds."""
    folds = int(study.options["folds"])
    return [
        Training(
            f"fold-{number}",
            override(dict(study.asked), [f'data.fold="{number}/{folds}"']),
        )
        for number in range(1, folds + 1)
    ]


def crossval(
    study: Study, *, screen: Screen, jobs: int = 1, dry_run: bool = False
) -> CrossValidation | None:
    """Train every fold that is not trained yet, and put them together.

    Args:
        study: new, or opened.
        screen: where to speak.
        jobs: processes that work on it.
        dry_run: tell the plan, write nothing.

    Returns:
        What all folds say together; None after a dry run.

    Raises:
        EvenhandError: before any training for settings and data that cannot be, E209 for a label
            that a fold lacks among them; then of the first fold that fails.
    """
    _refuse_a_fold(study)
    folds = trainings(study)
    configs = [parse_config(fold.asked, source="the run file or --set") for fold in folds]
    held = study.sources.held(configs[0])
    datasets = [held.read(config) for config in configs]
    refuse_empty(datasets)
    runs = conduct(study, folds, dataset=datasets[0], screen=screen, jobs=jobs, dry_run=dry_run)
    if runs is None:
        return None
    found = conclude(list(runs.values()))
    found.save(study)
    return found


def _refuse_a_fold(study: Study) -> None:
    fold = study.asked.get("data", {}).get("fold")
    if fold is not None:
        raise ConfigError(
            "E105",
            "cross-validation measures every fold in turn",
            got=f"data.fold = {fold!r}",
            fix=f"leave data.fold out; how many: --folds {study.options['folds']}",
        )


def refuse_empty(datasets: Sequence[Dataset]) -> None:
    """Raise where a fold has no row of a label to learn from, to choose by, or to measure.

    Args:
        datasets: the rows with their roles, a fold each.

    Raises:
        DataError: E209 naming the label, the fold and the role.
    """
    for number, dataset in enumerate(datasets, 1):
        for role in Role:
            positives_C = (dataset.truth(role) == 1).sum(axis=0)
            if positives_C.all():
                continue
            c = int(np.argmin(positives_C))
            rows = int((dataset.truth_NC[:, c] == 1).sum())
            raise DataError(
                "E209",
                f"a fold has no {role.value} row of a label",
                got=f"{dataset.labels.names[c]!r}, {rows} rows in all, "
                f"fold {number} of {len(datasets)}",
                fix="fewer --folds, more rows of it, or leave its column out",
            )
