"""How much of the spread of values each setting explains: fANOVA over the trials."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from evenhand.study.search.space import Space

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

FEWEST = 6
"""Complete trials below which nothing is said."""


def importances(trials: Sequence[FrozenTrial], space: Space, *, seed: int) -> dict[str, float]:
    """Return key -> share of the variance of values that it explains alone, greatest first.

    Only keys that every trial chooses, and trials that came to their end. Empty where these are
    fewer than six, or all have one value.

    Args:
        trials: of the study.
        space: that they chose from.
        seed: of the forest.

    References:
        Hutter et al. 2014, An efficient approach for assessing hyperparameter importance.
    """
    import optuna

    keys = [
        key for key, what in space.dimensions.items() if key not in space.owners and what.size() > 1
    ]
    complete = [
        trial
        for trial in trials
        if trial.state is optuna.trial.TrialState.COMPLETE and set(keys) <= trial.params.keys()
    ]
    if len(complete) < FEWEST or len({trial.value for trial in complete}) == 1 or not keys:
        return {}
    inner = optuna.create_study(
        direction="maximize", sampler=optuna.samplers.RandomSampler(seed=seed)
    )
    inner.add_trials(complete)
    forest = optuna.importance.FanovaImportanceEvaluator(seed=seed)
    found = optuna.importance.get_param_importances(inner, evaluator=forest, params=keys)
    return {key: float(share) for key, share in found.items()}
