"""A study from plan to trained runs: what is the same for every kind."""

from __future__ import annotations

from collections.abc import Sequence

from evenhand.data import Dataset
from evenhand.run import Run, Screen
from evenhand.run.pace import measure_pace
from evenhand.study.folder import Study
from evenhand.study.work import Training, duration, train_all


def conduct(
    study: Study,
    trainings: Sequence[Training],
    *,
    dataset: Dataset,
    screen: Screen,
    jobs: int = 1,
    dry_run: bool = False,
) -> dict[str, Run] | None:
    """Tell the plan, begin the study or go on with it, and train what is missing.

    Args:
        study: new, or opened.
        trainings: every run that it needs.
        dataset: what its runs read.
        screen: where to speak.
        jobs: processes that work on it.
        dry_run: tell the plan, write nothing.

    Returns:
        The finished runs by name, in the order of ``trainings``; None after a dry run.

    Raises:
        ConfigError: E109 where the folder of a new study is in use.
        DataError: E211 where the data of a begun one has changed.
        EvenhandError: of the first run that fails.
    """
    if study.begun:
        study.refuse_changed(dataset)
    else:
        study.refuse_used()
    missing = [t for t in trainings if not t.over(study)]
    timed = missing if dry_run or not study.begun else ()
    for line in _plan(study, trainings, missing, jobs=jobs, timed=timed):
        screen.say(line)
    if dry_run:
        return None
    if not study.begun:
        study = study.begin(dataset)
    return train_all(study, trainings, screen=screen, jobs=jobs)


def _plan(
    study: Study,
    trainings: Sequence[Training],
    missing: Sequence[Training],
    *,
    jobs: int,
    timed: Sequence[Training],
) -> list[str]:
    """Return what is to be trained, and how long ``timed`` take, by a few steps of the first."""
    lines = [f"plan    {len(trainings)} runs: {_names(trainings)}"]
    if len(missing) < len(trainings):
        lines.append(f"        {len(trainings) - len(missing)} of them are finished")
    if timed:
        pace = measure_pace(study.sources, timed[0].asked)
        lines.append(
            f"        {pace.steps} steps a run, {pace.step_seconds:.2g} s each as just tried: "
            f"about {duration(pace.seconds)} a run, {duration(pace.seconds * len(timed))} in all"
            + (f" by one process, here {jobs}" if jobs > 1 else "")
        )
    return lines


def _names(trainings: Sequence[Training], shown: int = 6) -> str:
    names = [training.name for training in trainings]
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more
