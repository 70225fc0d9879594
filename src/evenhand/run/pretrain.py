"""``evenhand pretrain``: an encoder of series learns from the fit rows without their labels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from evenhand.config import RunConfig, parse_config
from evenhand.data import Dataset
from evenhand.data.series import Scaler
from evenhand.data.split_file import split_hash
from evenhand.durable import make_folder, write_json, write_text
from evenhand.errors import ConfigError, MissingFileError, StoppedBySignal, TrainingError
from evenhand.models.pretraining import Pretrained, Setup, encoder_tensors
from evenhand.models.series import NETWORKS, SERIES_AUGMENTERS, WindowTable
from evenhand.models.series.augmenters import refuse_idle
from evenhand.models.series.views import Hiding, view_table
from evenhand.run import provenance
from evenhand.run.engine import Engine, plan_of
from evenhand.run.folder import Layout
from evenhand.run.prepare import check_parts
from evenhand.run.prepare_series import series_of
from evenhand.run.pretrained import recordings_of_roles
from evenhand.run.provenance import Stopwatch
from evenhand.run.screen import Screen
from evenhand.run.sound import read_sound
from evenhand.run.sources import Sources
from evenhand.run.train import Job, read_rows
from evenhand.run.unchanged import changed_data, changed_setting
from evenhand.run.unread import refuse_text_settings
from evenhand.seeds import derive, generator
from evenhand.toml import read_toml, to_toml
from evenhand.types import Role

if TYPE_CHECKING:
    from evenhand.models.series.pretrainer import Pretrainer
    from evenhand.models.series.views import ViewTable
    from evenhand.sampling.buckets import Rows
    from evenhand.training.pretraining import Health

LOOKED_AT = 1024
"""Fit windows on which passes are compared, at most."""


@dataclass(frozen=True)
class PretrainLayout(Layout):
    """Names of the files in a folder of pre-training; what goes on from it is in ``pretrained``."""

    command: ClassVar[str] = "pretrain"

    @property
    def manifest(self) -> Path:
        """Sources, data hashes, versions and machine."""
        return self.root / "pretrain.json"

    @property
    def pretrained(self) -> Path:
        """The encoder that ``model.pretrained`` takes."""
        return self.root / "pretrained"


@dataclass
class Lesson:
    """Pre-training that is ready to run.

    Args:
        engine: a loop over a ``Pretrainer``.
        looked_at: fit windows as fixed views, on which passes are compared.
        pretrained: what is written at the end; its steps and figures not yet known.
    """

    engine: Engine
    looked_at: ViewTable
    pretrained: Pretrained

    @property
    def model(self) -> Pretrainer:
        """The network that learns."""
        from evenhand.models.series.pretrainer import Pretrainer

        model = self.engine.loop.model
        if not isinstance(model, Pretrainer):
            raise TypeError(f"{type(model).__name__} instead of a Pretrainer")
        return model


def pretrain(
    sources: Sources, asked: Mapping[str, Any], out: str | Path, *, screen: Screen
) -> Health:
    """Pre-train from scratch into the new folder ``out``.

    Args:
        sources: what to read; only the fit rows are learnt from.
        asked: nested settings, as in a run file.
        out: a folder that is empty or not there.
        screen: where to speak.

    Returns:
        How well the encoder does on fit windows.

    Raises:
        TrainingError: E307 when it tells no window from another; nothing can be loaded then.
        EvenhandError: with the code of what else is wrong.
    """
    config = parse_config(asked, source="the run file or --set")
    layout = PretrainLayout(Path(out))
    layout.refuse_used()
    job, dataset = read(sources, config, layout, screen)
    lesson = assemble(job, dataset)
    make_folder(layout.root)
    make_folder(layout.checkpoints)
    write_json(layout.resolved, lesson.engine.used)
    write_text(layout.asked, to_toml(dict(asked)))
    _write_manifest(job, dataset)
    return _finish(lesson, layout, screen)


def resume(out: str | Path, *, screen: Screen) -> Health:
    """Go on with the pre-training in ``out`` from its newest sound checkpoint.

    Raises:
        MissingFileError: E302 when none was started there, or it is finished.
        TrainingError: E303 when the settings or the data are no longer what they were.
    """
    layout = PretrainLayout(Path(out))
    if not layout.manifest.is_file():
        raise MissingFileError(
            "E302",
            "there is no pre-training to go on with",
            got=str(out),
            fix="start one without --resume",
        )
    if layout.pretrained.is_dir():
        raise MissingFileError(
            "E302",
            "that pre-training is finished",
            got=str(out),
            fix=f"evenhand train DATA --set model.pretrained={out}",
        )
    config = parse_config(read_toml(layout.asked), source=str(layout.asked))
    manifest = read_sound(layout.manifest, "sources", "sha256")
    changed = changed_setting(config, read_sound(layout.resolved, "train"))
    job, dataset = read(Sources.from_dict(manifest["sources"]), config, layout, screen)
    changed = changed or changed_data(dataset, manifest["sha256"])
    if changed is not None:
        raise TrainingError(
            "E303",
            "settings or data are no longer those that the pre-training was started with",
            got=changed,
            fix="undo the change, or start anew with another --out",
        )
    return _finish(assemble(job, dataset), layout, screen)


def read(
    sources: Sources, config: RunConfig, layout: Layout, screen: Screen
) -> tuple[Job, Dataset]:
    """Read the rows and refuse what cannot be pre-trained; says what was found.

    Raises:
        ConfigError: E105 for rows of texts, settings that only texts read, batches of one.
        EvenhandError: as ``read_rows`` and ``check_parts`` otherwise.
    """
    check_parts(config)
    job = Job(sources, config, layout, screen, Stopwatch(), None)
    dataset = read_rows(job)
    if dataset.windows is None:
        raise ConfigError(
            "E105",
            "only networks of series are pre-trained here; the backbones of texts come so",
            got=f"{sources.data}: rows of texts",
            fix="name a folder with metadata.json and NPZ files",
        )
    refuse_text_settings(config)
    if config.train.batch_size == 1:
        raise ConfigError(
            "E105",
            "a window is told from the others of its batch, so there must be others",
            got="train.batch_size = 1",
            fix="--set train.batch_size=32",
        )
    return job, dataset


def assemble(job: Job, dataset: Dataset) -> Lesson:
    """Build the loop; nothing is written, and every conflict shows here.

    Raises:
        ConfigError: E105 where schedule and plan, or augmenters and streams, do not go together.
    """
    from evenhand.models.precision import pick_device, pick_precision
    from evenhand.sampling import SAMPLERS
    from evenhand.training.loop import Loop
    from evenhand.training.objective import Objective
    from evenhand.training.optim import adamw
    from evenhand.training.passes import Passes
    from evenhand.training.pretraining import PretrainDisplay, PretrainStepper, scorer
    from evenhand.training.schedule import SCHEDULES

    config = job.config
    table, looked_at, make = _tables(config, dataset)
    sampler = SAMPLERS.build("natural", dataset.truth(Role.FIT), dataset.labels.task, settings={})
    passes = Passes(table, sampler, config.seed, changed=make)
    plan = replace(plan_of(config, passes.rows), metric="loss on fixed views, negative")
    device = pick_device()
    asked = "float32" if config.model.precision == "auto" else config.model.precision
    dtype = pick_precision(asked, model_type=config.model.network.name, device=device)
    model = _model(config, dataset).to(device)
    optim = config.optim
    loop = Loop(
        stepper=PretrainStepper(
            model=model,
            optimizer=adamw(model, lr=optim.lr, weight_decay=optim.weight_decay),
            targets_NC=dataset.truth(Role.FIT),
            dtype=dtype,
            clip=optim.clip,
            seed=config.seed,
        ),
        objective=Objective(lambda logits_BC, _: logits_BC, dataset.labels.task, 1),
        schedule=SCHEDULES.build(
            config.schedule.name,
            plan.steps(passes.rows),
            plan.pass_steps(passes.rows),
            settings=config.schedule.settings(),
        ),
        plan=plan,
        passes=passes,
        score=scorer(looked_at, batch_size=plan.batch_size, dtype=dtype),
        folder=job.layout.checkpoints,
        hooks=(),
    )
    used = config.model_dump(mode="json")
    used["train"]["epochs"] = plan.epochs
    engine = Engine(loop, job.layout, job.screen, {}, used, PretrainDisplay)
    return Lesson(engine, looked_at, _pretrained(job, dataset, table.scaler))


def _tables(
    config: RunConfig, dataset: Dataset
) -> tuple[WindowTable, ViewTable, Callable[[int, Rows], ViewTable]]:
    """Return the fit windows, some of them as fixed views, and what makes the views of a pass."""
    windows, schema = series_of(dataset)
    fit = windows.take(dataset.rows(Role.FIT))
    scaler = Scaler.fit(fit) if config.series.scale == "standard" else Scaler.plain(fit)
    table = WindowTable(fit, scaler, tuple(stream.name for stream in schema.streams))
    chosen = [SERIES_AUGMENTERS.build(p.name, settings=p.settings()) for p in config.augment]
    refuse_idle(chosen, table.streams)
    span = max(round(config.pretrain.span * schema.rate), 1)
    hiding = Hiding(config.pretrain.mask, span)

    def make(epoch: int, rows_E: Rows, seed: int = config.seed) -> ViewTable:
        return view_table(table, chosen, hiding, seed=seed, epoch=epoch, rows_E=rows_E)

    shuffled = generator(config.seed, "look").permutation(len(table))
    looked_at = make(0, shuffled[:LOOKED_AT], derive(config.seed, "look"))
    return table, looked_at, make


def _model(config: RunConfig, dataset: Dataset) -> Pretrainer:
    import torch

    from evenhand.models.series.pretrainer import Pretrainer

    _, schema = series_of(dataset)
    streams = tuple((stream.name, stream.width) for stream in schema.streams)
    network = config.model.network
    with torch.random.fork_rng():
        torch.manual_seed(derive(config.seed, "init"))
        return Pretrainer(
            NETWORKS.build(network.name, streams, settings=network.settings()),
            streams,
            contrast=config.pretrain.contrast,
            temperature=config.pretrain.temperature,
        )


def _pretrained(job: Job, dataset: Dataset, scaler: Scaler) -> Pretrained:
    windows, schema = series_of(dataset)
    network = job.config.model.network
    return Pretrained(
        folder=PretrainLayout(job.layout.root).pretrained,
        setup=Setup.of(network.name, network.settings(), schema, job.config.series.scale),
        scaler=scaler,
        recordings=recordings_of_roles(dataset, windows, Role.FIT),
        steps=0,
        measured={},
    )


def _finish(lesson: Lesson, layout: PretrainLayout, screen: Screen) -> Health:
    from evenhand.training.checkpoint import tidy
    from evenhand.training.pretraining import health

    engine = lesson.engine
    try:
        progress = engine.run()
    except StoppedBySignal as stopped:
        raise StoppedBySignal(
            stopped.signal, stopped.folder, step=stopped.step, command=layout.command
        ) from stopped
    stepper = engine.loop.stepper
    found = health(
        lesson.model, lesson.looked_at, batch_size=engine.plan.batch_size, dtype=stepper.dtype
    )
    found.refuse_collapse()
    pretrained = replace(lesson.pretrained, steps=progress.step, measured=found.to_dict())
    pretrained.save(encoder_tensors(lesson.model))
    tidy(layout.checkpoints)
    screen.say(
        f"learnt from {len(pretrained.recordings):,} recordings; written to {layout.pretrained}"
    )
    return found


def _write_manifest(job: Job, dataset: Dataset) -> None:
    write_json(
        job.layout.manifest,
        {
            "sources": job.sources.to_dict(),
            "sha256": {"split": split_hash(dataset), **dataset.sha256},
            "rows": {role.value: dataset.count(role) for role in Role},
            "seed": job.config.seed,
            "versions": provenance.versions(),
            "machine": provenance.machine(),
        },
    )
