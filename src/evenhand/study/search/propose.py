"""What to try next: TPE, drawn anew from (seed, number of the trial, what the others gave).

Nothing of the sampler has to be saved: a search that was killed and goes on asks for the very
trials that it would have asked for, as long as one worker asks at a time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from evenhand.errors import ConfigError
from evenhand.seeds import derive
from evenhand.study.search.space import Choice, Space

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.trial import FrozenTrial

RANDOM = 8
"""Trials drawn at random before those that ended are learnt from."""
MOST_DRAWS = 200
"""Draws after which a space is taken as tried out."""


def recipe_trial(space: Space, effective: Mapping[str, Any]) -> FrozenTrial:
    """Return the recipe itself as a trial, with as much of it as the space holds."""
    return _running(space.inside(effective), space)


def next_trial(
    trials: Sequence[FrozenTrial],
    space: Space,
    *,
    seed: int,
    refusal: Callable[[Mapping[str, Any]], ConfigError | None],
) -> FrozenTrial | None:
    """Return a trial that runs, with settings that nobody has tried; None where none is found.

    Args:
        trials: all so far, in order.
        space: to choose from.
        seed: of the run.
        refusal: why a run would not take such settings; they are then drawn again.

    Raises:
        ConfigError: E105, as a run would raise it, where not one combination can be tried.
    """
    inner = _model(trials, space, seed=seed)
    tried = {_key(trial.params) for trial in trials}
    refused: ConfigError | None = None
    for _ in range(MOST_DRAWS):
        params = _drawn(space, inner.ask())
        if _key(params) in tried:
            continue
        tried.add(_key(params))
        refused = refusal(params)
        if refused is None:
            return _running(params, space)
    if refused is not None and len(trials) <= 1:
        raise refused
    return None


def _model(trials: Sequence[FrozenTrial], space: Space, *, seed: int) -> Study:
    """Return a study in memory that knows the trials and draws after them."""
    import optuna

    drawn = derive(seed, "search", len(trials)) % 2**32
    inner = optuna.create_study(
        direction="maximize",
        sampler=optuna.samplers.TPESampler(seed=drawn, n_startup_trials=RANDOM),
    )
    always = space.dimensions.keys() - space.owners.keys()
    # TPE looks at what all trials share: the recipe, where a value of it lies outside the space,
    # would hide that key from it for good.
    inner.add_trials([trial for trial in trials if always <= trial.params.keys()])
    return inner


def _drawn(space: Space, trial: Trial) -> dict[str, Any]:
    params: dict[str, Any] = {}
    chosen: dict[str, Any] = {}
    for key in space.dimensions:
        if space.applies(key, chosen):
            params[key] = _suggested(space, trial, key)
            chosen[key] = space.value(key, params[key])
    return params


def _suggested(space: Space, trial: Trial, key: str) -> Any:
    what = space.dimensions[key]
    if isinstance(what, Choice):
        return trial.suggest_categorical(key, what.texts)
    if what.whole:
        low, high, step = int(what.low), int(what.high), int(what.step or 1)
        return trial.suggest_int(key, low, high, log=what.log, step=step)
    return trial.suggest_float(key, what.low, what.high, log=what.log, step=what.step)


def _running(params: Mapping[str, Any], space: Space) -> FrozenTrial:
    """Return a trial that runs from the moment on which it is stored, in one piece."""
    import optuna

    whole = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0)).ask()
    for key in space.dimensions:
        _suggested(space, whole, key)
    return optuna.create_trial(
        state=optuna.trial.TrialState.RUNNING,
        params=dict(params),
        distributions={key: whole.distributions[key] for key in params},
    )


def _key(params: Mapping[str, Any]) -> str:
    return json.dumps(dict(params), sort_keys=True)
