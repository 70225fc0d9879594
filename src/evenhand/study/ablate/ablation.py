"""What each technique is worth on these rows: one change at a time, all else equal.

Base and technique are trained from the same seeds on the same rows, and decided by cuts that
other rows chose. What only changes the decision is decided again and not trained again.
"""
# Shapes: N rows, C classes, S seeds, R resamples.

from __future__ import annotations

import re
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evenhand.combine import fit_ensemble
from evenhand.combine.evidence import answer_of
from evenhand.config import RunConfig, override, parse_config
from evenhand.data import Dataset
from evenhand.durable import write_json, write_text
from evenhand.errors import ConfigError
from evenhand.evaluate.systems import Question, decide_measured
from evenhand.run import Run, Screen
from evenhand.run.deciding import settings_as_decided
from evenhand.run.ensemble import member_of
from evenhand.run.prepare import check_parts
from evenhand.run.reread import measured_role, settings_of
from evenhand.sampling import SAMPLERS, refuse_small
from evenhand.study.ablate.effects import DIVERGED, Answer, Effects, Trial
from evenhand.study.ablate.page import page_of
from evenhand.study.ablate.techniques import ENSEMBLE, Technique, named
from evenhand.study.conduct import conduct
from evenhand.study.folder import Study
from evenhand.study.work import Training
from evenhand.types import FitStatistics, Role

BASE = "base"


def ablate(study: Study, *, screen: Screen, jobs: int = 1, dry_run: bool = False) -> Effects | None:
    """Train the base and every technique that is not trained yet, and measure what each changes.

    Args:
        study: new, or opened; ``options`` hold ``try``, names of techniques, and ``seeds``.
        screen: where to speak.
        jobs: processes that work on it.
        dry_run: tell the plan, write nothing.

    Returns:
        The effects, written to the study's folder; None after a dry run.

    Raises:
        EvenhandError: before any training for names, settings and data that cannot be; then of
            the first run that fails.
    """
    plan = Plan.of(study)
    for technique, reason in plan.unfit:
        screen.say(f"note: {technique.name} is not for this data: {reason}")
    trainings = plan.trainings(study)
    runs = conduct(
        study,
        trainings,
        dataset=plan.dataset,
        screen=screen,
        jobs=jobs,
        dry_run=dry_run,
    )
    if runs is None:
        return None
    config = settings_of(runs[trainings[0].name])
    found = Effects.of(
        plan.trials(study, runs),
        level=config.report.level,
        resamples=config.report.resamples,
        seed=config.seed,
    )
    write_text(study.root / "table.csv", found.table())
    write_text(study.root / "effects.html", page_of(found.to_dict()))
    write_json(study.result, found.to_dict())
    return found


@dataclass(frozen=True)
class Plan:
    """What an ablation tries.

    Args:
        seeds: of every technique; the first is the run file's.
        trained: techniques that need runs of their own.
        decided: those that the base's runs answer.
        unfit: those that this data or the base rules out, and why.
        dataset: the rows.
    """

    seeds: tuple[int, ...]
    trained: tuple[Technique, ...]
    decided: tuple[Technique, ...]
    unfit: tuple[tuple[Technique, str], ...]
    dataset: Dataset

    @classmethod
    def of(cls, study: Study) -> Plan:
        """Read the rows and sort out what can be tried on them."""
        base = parse_config(study.asked, source="the run file or --set")
        dataset = study.sources.read(base)
        techniques = named(study.options["try"], study.asked)
        count = int(study.options["seeds"])
        judged = [(t, _reason(t, study.asked, dataset, seeds=count)) for t in techniques]
        fit = [t for t, reason in judged if not reason]
        return cls(
            seeds=tuple(range(base.seed, base.seed + count)),
            trained=tuple(t for t in fit if not (t.decides_only or t.name == ENSEMBLE)),
            decided=tuple(t for t in fit if t.decides_only or t.name == ENSEMBLE),
            unfit=tuple((t, reason) for t, reason in judged if reason),
            dataset=dataset,
        )

    def trainings(self, study: Study) -> list[Training]:
        """Return the base's runs, then those of each technique, a seed each, on the same split."""
        split = parse_config(study.asked, source="the run file").split_seed
        changes = [(BASE, dict(study.asked))]
        changes += [(t.name, t.changed(study.asked)) for t in self.trained]
        return [
            Training(
                _folder(name, seed),
                override(asked, [f"seed={seed}", f"data.split_seed={split}"]),
                may_diverge=name != BASE,
            )
            for name, asked in changes
            for seed in self.seeds
        ]

    def trials(self, study: Study, runs: Mapping[str, Run]) -> list[Trial]:
        """Return what base and techniques answered, the base first."""
        base = [runs[_folder(BASE, seed)] for seed in self.seeds]
        as_is = Technique(BASE, {}, "the run file as it is")
        trials = [self._trial(t, study, runs) for t in (as_is, *self.trained)]
        for technique in self.decided:
            if technique.name == ENSEMBLE:
                answers = [_mean_of(base)] * len(base)
            else:
                answers = [_decided_again(run, technique) for run in base]
            trials.append(Trial(technique, answers, 0.0))
        trials += [Trial(technique, [], 0.0, reason) for technique, reason in self.unfit]
        return trials

    def _trial(self, technique: Technique, study: Study, runs: Mapping[str, Run]) -> Trial:
        """Return what a technique's own runs answered; nothing where one of them diverged."""
        named = {seed: _folder(technique.name, seed) for seed in self.seeds}
        faults = [
            f"seed {seed}, {study.run(name).divergence}"
            for seed, name in named.items()
            if name not in runs
        ]
        if faults:
            reason = f"the loss or its gradient was not finite: {'; '.join(faults)}"
            return Trial(technique, [], 0.0, reason, DIVERGED)
        found = [runs[name] for name in named.values()]
        seconds = statistics.fmean(run.manifest["seconds"]["training"] for run in found)
        return Trial(technique, [_decided_again(run, None) for run in found], seconds)


def _folder(name: str, seed: int) -> str:
    return f"{re.sub(r'[^a-z0-9.=_]+', '-', name.lower()).strip('-')}-seed-{seed}"


def _reason(technique: Technique, asked: Mapping[str, Any], dataset: Dataset, *, seeds: int) -> str:
    """Return why a technique cannot be tried on this base and these rows; nothing if it can."""
    from evenhand.losses import LOSSES

    if technique.name == ENSEMBLE:
        return "" if seeds > 1 else "it is the mean over --seeds 2 or more"
    config = parse_config(technique.changed(asked), source=f"the technique {technique.name!r}")
    truth_NC, task = dataset.truth(Role.FIT), dataset.labels.task
    try:
        check_parts(config)
        LOSSES.build(
            config.loss.name, FitStatistics.of(truth_NC, task), settings=config.loss.settings()
        )
        SAMPLERS.build(config.sampler.name, truth_NC, task, settings=config.sampler.settings())
        if config.sampler.name != "natural":
            refuse_small(len(truth_NC), config.train.batch_size)
    except ConfigError as error:
        if error.code != "E105":
            raise
        return error.what
    return _of_other_rows(technique, config, dataset)


def _of_other_rows(technique: Technique, config: RunConfig, dataset: Dataset) -> str:
    """Return why a technique of texts cannot be tried on series; nothing if it can."""
    if dataset.windows is None:
        return ""
    from evenhand.models.series import SERIES_AUGMENTERS

    if any(part.name not in SERIES_AUGMENTERS.names() for part in config.augment):
        return "it changes texts, and these rows are windows of series"
    texts_only = {"model.pooling", "model.backbone", "optim.layer_decay"}
    if texts_only & technique.settings.keys():
        return "only networks of texts have it"
    return ""


def _decided_again(run: Run, technique: Technique | None) -> Answer:
    """Decide a run's rows by its own settings, or by those that a technique changes."""
    config = settings_of(run)
    if technique is None and measured_role(run) is Role.REPORT:
        rows = run.predictions(Role.REPORT)
        return Answer(rows, run.decision.decide(rows.scores))
    settings: dict[str, Any] = dict(settings_as_decided(config, run.decision))
    if technique is not None:
        change = technique.settings.items()
        settings |= {key.removeprefix("decision."): value for key, value in change}
    report = run.predictions(Role.REPORT) if measured_role(run) is Role.REPORT else None
    tune = run.predictions(Role.TUNE)
    question = Question(settings=settings, seed=config.seed)
    decided_NC, _ = decide_measured(tune, report, question, {})
    return Answer(report or tune, decided_NC)


def _mean_of(runs: Sequence[Run]) -> Answer:
    """Return what the average of every seed's run answers, all of it fitted on other rows."""
    members = [member_of(run, run.folder.name, settings_of(run)) for run in runs]
    first = members[0]
    ensemble = fit_ensemble(members, "average", settings=first.settings, seed=first.seed)
    whole = answer_of(ensemble)
    return Answer(whole.rows, whole.decided_NC)
