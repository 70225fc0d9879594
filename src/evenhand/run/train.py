"""From data to bundle: what ``evenhand train`` does, in order."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evenhand.config import RunConfig, parse_config
from evenhand.data import Dataset
from evenhand.data.ledger import Ledger
from evenhand.data.split_file import save_split, split_hash
from evenhand.decide import Costs
from evenhand.durable import make_folder, write_json, write_text
from evenhand.errors import DataError, MissingFileError, TrainingError, WriteError
from evenhand.evaluate.gates import refuse_unknown_labels
from evenhand.models.presets import preset_for, with_preset
from evenhand.run import provenance
from evenhand.run.card import write_card
from evenhand.run.conclude import REPORTING, conclude, texts_for_report
from evenhand.run.deciding import check_demands, costs_of, kept_costs
from evenhand.run.diagnose import findings_of
from evenhand.run.engine import Engine, assemble
from evenhand.run.folder import NOT_FINITE, Layout, Run
from evenhand.run.prepare import check_parts, prepare
from evenhand.run.prepared import Prepared
from evenhand.run.provenance import Stopwatch
from evenhand.run.remedies import refuse_idle
from evenhand.run.report import report_run
from evenhand.run.screen import Screen
from evenhand.run.sound import read_sound
from evenhand.run.sources import Sources
from evenhand.run.teaching import Teaching, teaching_of
from evenhand.run.unchanged import changed_data, changed_setting
from evenhand.toml import read_toml, to_toml
from evenhand.types import FitStatistics, Role

if TYPE_CHECKING:
    from evenhand.training.hooks import Hook

FILES = (("decision", "costs"), ("distill", "teacher"), ("distill", "unlabelled"))
"""Settings that name a file."""
_ENDS = {"E301": NOT_FINITE, "E305": "signal"}


@dataclass
class Job:
    """A run in the making.

    Args:
        sources: what is read.
        config: what is asked, defaults filled in.
        layout: where it goes.
        screen: where it speaks.
        watch: seconds spent.
        costs: of errors, if the run file names any.
        hooks: who else is told of every step and pass.
        teaching: what a teacher says, if the run file names one; known when the rows are.
    """

    sources: Sources
    config: RunConfig
    layout: Layout
    screen: Screen
    watch: Stopwatch
    costs: Costs | None
    hooks: Sequence[Hook] = ()
    teaching: Teaching | None = None


@dataclass(frozen=True)
class Ready:
    """A run that can start: all that can be wrong with it has been looked for.

    Args:
        job: the run.
        asked: nested settings, files by their whole paths.
        dataset: its rows.
        prepared: its network, and its rows in the network's terms.
        engine: its loop.
    """

    job: Job
    asked: dict[str, Any]
    dataset: Dataset
    prepared: Prepared
    engine: Engine


def start(
    sources: Sources,
    asked: dict[str, Any],
    out: str | Path,
    *,
    screen: Screen,
    hooks: Sequence[Hook] = (),
    drawn: bool = True,
) -> Run:
    """Train from scratch into the new folder ``out``.

    Everything that can be wrong with settings, parts or rows is found before ``out`` exists.

    Args:
        sources: what to read.
        asked: nested settings, as in a run file.
        out: a folder that is empty or not there.
        screen: where to speak.
        hooks: who else is told of every step and pass; what one raises ends the run there.
        drawn: leave a report, too; not where nobody will see the folder.

    Raises:
        EvenhandError: with the code of what is wrong.
    """
    ready = make_ready(sources, asked, out, screen=screen, hooks=hooks)
    _lay_out(ready.job, ready.asked, ready.dataset, used=ready.engine.used)
    return _finish(ready.job, ready.dataset, ready.prepared, ready.engine, drawn=drawn)


def make_ready(
    sources: Sources,
    asked: dict[str, Any],
    out: str | Path,
    *,
    screen: Screen,
    hooks: Sequence[Hook] = (),
) -> Ready:
    """Do all of ``start`` that writes nothing; its arguments.

    Raises:
        EvenhandError: with the code of what is wrong.
    """
    asked = located(asked)
    config = settled(asked, source="the run file or --set", screen=screen)
    layout = Layout(Path(out))
    layout.refuse_used()
    check_parts(config)
    job = Job(sources, config, layout, screen, Stopwatch(), costs_of(config), hooks)
    dataset = read_rows(job)
    refuse_unknown_labels(config.gates.model_dump(), dataset.labels)
    for line in check_demands(config, dataset, job.costs):
        screen.say(line)
    prepared = prepared_for(job, dataset)
    engine = assemble(config, dataset, prepared, layout=layout, screen=screen)
    rows = engine.loop.passes.rows
    refuse_idle(config, passes=ceil(engine.plan.steps(rows) / engine.plan.pass_steps(rows)))
    return Ready(job, asked, dataset, prepared, engine)


def resume(out: str | Path, *, screen: Screen, hooks: Sequence[Hook] = ()) -> Run:
    """Go on with the run in ``out`` from its newest sound checkpoint.

    Args:
        out: the run's folder.
        screen: where to speak.
        hooks: as for ``start``; they are told of what is done from here on.

    Raises:
        MissingFileError: E302 when no run was started there, or it is finished.
        TrainingError: E303 when the settings or the data are no longer what they were.
    """
    layout = Layout(Path(out))
    if not layout.manifest.is_file():
        raise MissingFileError(
            "E302", "there is no run to go on with", got=str(out), fix="start one without --resume"
        )
    if "ensemble" in read_sound(layout.manifest):
        raise MissingFileError(
            "E302",
            "that is no run of one model, but an ensemble",
            got=str(out),
            fix=f"evenhand ensemble --resume {out}",
        )
    if layout.finished:
        raise MissingFileError(
            "E302", "that run is finished", got=str(out), fix=f"evenhand evaluate {out}"
        )
    config = settled(read_toml(layout.asked), source=str(layout.asked), screen=screen)
    manifest = read_sound(layout.manifest, "sources", "sha256", "seconds")
    resolved = read_sound(layout.resolved, "train")
    if (setting := changed_setting(config, resolved)) is not None:
        raise _changed("the settings are", f"{layout.asked}: {setting}", fix="undo the change")
    job = Job(
        Sources.from_dict(manifest["sources"]),
        config,
        layout,
        screen,
        Stopwatch(manifest["seconds"]),
        costs_of(config),
        hooks,
    )
    if job.costs != kept_costs(layout):
        got = f"{config.decision.costs} has changed"
        raise _changed("the costs are", got, fix="undo the change")
    check_parts(config)
    dataset = read_rows(job)
    if (files := changed_data(dataset, manifest["sha256"])) is not None:
        raise _changed("the data is", files, fix="restore the files")
    _hear_teacher(job, dataset)
    _refuse_other_teaching(job.teaching, manifest.get("distill"))
    prepared = prepared_for(job, dataset)
    engine = assemble(config, dataset, prepared, layout=layout, screen=screen)
    return _finish(job, dataset, prepared, engine)


def trained(
    sources: Sources,
    asked: Mapping[str, Any],
    out: Path,
    *,
    screen: Screen,
    hooks: Sequence[Hook] = (),
) -> Run:
    """Return the run in ``out``: as it is if finished, else gone on with, else trained.

    Raises:
        EvenhandError: as ``start`` and ``resume``.
    """
    layout = Layout(out)
    if layout.finished:
        return Run(out)
    if layout.manifest.is_file():
        return resume(out, screen=screen, hooks=hooks)
    return start(sources, dict(asked), out, screen=screen, hooks=hooks)


def _lay_out(job: Job, asked: dict[str, Any], dataset: Dataset, *, used: dict[str, Any]) -> None:
    """Make the run folder and write what training starts from, or leave nothing behind."""
    layout = job.layout
    existed = layout.root.exists()
    try:
        for folder in (layout.root, layout.checkpoints, layout.predictions("tune").parent):
            make_folder(folder)
        write_json(layout.resolved, used)
        write_text(layout.asked, to_toml(asked))
        save_split(layout.split, dataset)
        _write_manifest(job, dataset)
    except WriteError:
        shutil.rmtree(layout.root, ignore_errors=True)
        if existed:
            layout.root.mkdir(exist_ok=True)
        raise


def located(asked: dict[str, Any]) -> dict[str, Any]:
    """Return the settings with files by their whole paths, so that they are found again."""
    for section, key in FILES:
        values = asked.get(section)
        if isinstance(values, dict) and isinstance(values.get(key), str):
            asked = {**asked, section: {**values, key: str(Path(values[key]).absolute())}}
    return asked


def settled(asked: dict[str, Any], *, source: str, screen: Screen) -> RunConfig:
    """Check the settings; put in what the backbone's family wants where nobody said anything."""
    config = parse_config(asked, source=source)
    preset = preset_for(asked, backbone=config.model.backbone)
    if preset is None:
        return config
    screen.say(preset.line())
    return parse_config(with_preset(asked, preset), source=source)


def _config_hash(config: RunConfig) -> str:
    return hashlib.sha256(config.model_dump_json().encode()).hexdigest()


def read_rows(job: Job) -> Dataset:
    """Read the rows of a run and say what was found.

    Raises:
        DataError: E209 where there are no tune rows; as ``Sources.read`` otherwise.
    """
    with job.watch.stage("reading"):
        dataset = job.sources.read(job.config)
    if not dataset.count(Role.TUNE):
        raise DataError(
            "E209",
            "there are no tune rows, so nothing can choose an epoch or a cut",
            got=f"{dataset.count(Role.FIT)} fit rows",
            fix="pass --tune FILE, or more rows",
        )
    for line in (*dataset.schema.describe().splitlines(), *dataset.ledger.lines()):
        job.screen.say(line)
    roles = ", ".join(f"{dataset.count(role):,} {role}" for role in Role)
    job.screen.say(f"roles   {roles}")
    for note in dataset.notes:
        job.screen.say(f"note: {note}")
    return dataset


def _hear_teacher(job: Job, dataset: Dataset) -> None:
    """Read what the teacher says, if the run file names one, and say so."""
    with job.watch.stage("reading"):
        job.teaching = teaching_of(job.config, dataset)
    for line in () if job.teaching is None else job.teaching.lines():
        job.screen.say(line)


def _refuse_other_teaching(teaching: Teaching | None, stored: Mapping[str, Any] | None) -> None:
    """Raise E303 where the teacher's file or the unlabelled rows are not what they were."""
    was = {} if stored is None else stored["sha256"]
    now = {} if teaching is None else teaching.sha256
    changed = [name for name in now if now[name] != was.get(name)]
    if changed:
        got = ", ".join(f"the file of distill.{name} has changed" for name in changed)
        raise _changed("the teacher is", got, fix="restore the files")


def _changed(what: str, got: str, *, fix: str) -> TrainingError:
    return TrainingError(
        "E303",
        f"{what} no longer what the run was started with",
        got=got,
        fix=f"{fix}, or start a new run with another --out",
    )


def prepared_for(job: Job, dataset: Dataset) -> Prepared:
    """Hear the teacher, if the run file names one, and build what training needs. Says so."""
    if job.teaching is None:
        _hear_teacher(job, dataset)
    with job.watch.stage("preparing"):
        prepared = prepare(dataset, job.config, job.teaching)
    for line in prepared.lines():
        job.screen.say(line)
    return prepared


def _finish(
    job: Job, dataset: Dataset, prepared: Prepared, engine: Engine, *, drawn: bool = True
) -> Run:
    from evenhand.training.checkpoint import tidy

    engine.loop.hooks = (*engine.loop.hooks, *job.hooks)
    try:
        with job.watch.stage("training"):
            progress = engine.run()
    except TrainingError as error:
        facts = {**engine.facts(), "stopped": _ENDS.get(error.code, error.code), "fault": error.got}
        _write_manifest(job, dataset, facts=facts)
        raise
    rows = conclude(
        dataset, prepared, job.config, layout=job.layout, watch=job.watch, steps=progress.step
    )
    _write_manifest(job, dataset, facts=engine.facts())
    tidy(job.layout.checkpoints)
    findings = [finding.to_dict() for finding in findings_of(job.layout.root)]
    if drawn:
        with job.watch.stage(REPORTING):
            report_run(
                job.layout,
                rows,
                metrics=Run(job.layout.root).metrics,
                findings=findings,
                texts=texts_for_report(dataset, job.config),
            )
    _write_manifest(job, dataset, facts=engine.facts())
    write_card(job.layout, job.config.card, findings=findings)
    write_json(job.layout.findings, findings)
    return Run(job.layout.root)


def _ledger(job: Job, dataset: Dataset) -> Ledger:
    """Return where every row of every file went, unlabelled ones last."""
    further = None if job.teaching is None else job.teaching.count
    return Ledger((*dataset.ledger.files, *(() if further is None else (further,))))


def _write_manifest(job: Job, dataset: Dataset, *, facts: dict[str, Any] | None = None) -> None:
    write_json(
        job.layout.manifest,
        {
            "sources": job.sources.to_dict(),
            "sha256": {"split": split_hash(dataset), **dataset.sha256},
            "rows": {role.value: dataset.count(role) for role in Role},
            "fit": FitStatistics.of(dataset.truth(Role.FIT), dataset.labels.task).to_dict(),
            "ledger": _ledger(job, dataset).to_dict(),
            "distill": job.teaching and job.teaching.to_dict(),
            "costs": job.costs and job.costs.to_dict(),
            "seed": job.config.seed,
            "config_sha256": _config_hash(job.config),
            "versions": provenance.versions(),
            "machine": provenance.machine(),
            "seconds": job.watch.seconds,
            "peak_memory_bytes": provenance.peak_memory_bytes(),
            "facts": facts or {},
        },
    )
