"""The parts of a training run, put together: what the settings name becomes a loop."""

from __future__ import annotations

import os
from collections import ChainMap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from evenhand.augment import AUGMENTERS
from evenhand.augment.passes import effect
from evenhand.bundle import SeriesArchitecture, TextReader
from evenhand.config import RunConfig
from evenhand.data import Dataset
from evenhand.errors import ConfigError
from evenhand.evaluate.selection import SELECTION
from evenhand.models.source import BYTES_TYPE
from evenhand.run.diagnose import LiveDoctor
from evenhand.run.folder import Layout
from evenhand.run.prepare_series import present_labels
from evenhand.run.prepared import Prepared
from evenhand.run.remedies import Priors, corrections
from evenhand.run.screen import Screen
from evenhand.sampling.further import with_further
from evenhand.types import Floats, Role

if TYPE_CHECKING:
    from torch import nn

    from evenhand.sampling.buckets import Rows
    from evenhand.training.checkpoint import Progress
    from evenhand.training.hooks import Display, Hook
    from evenhand.training.loop import Loop
    from evenhand.training.passes import Passes, Table
    from evenhand.training.plan import Plan
    from evenhand.training.step import Present, Stepper

HEAD_RATIO = 10
"""How much faster new parameters learn than pretrained ones where nobody said."""
CUBLAS = "CUBLAS_WORKSPACE_CONFIG"
LOOKED_AT = 500
"""Fit texts on which it is measured what augmentation changes."""


@dataclass
class Engine:
    """A loop that is ready to run, and where it takes up.

    Args:
        loop: everything set.
        layout: of the run folder.
        screen: where it speaks.
        known: facts that do not depend on how training goes.
        used: every setting as it is used, for ``resolved.json``.
        display: shows progress; None is the display of training.
    """

    loop: Loop
    layout: Layout
    screen: Screen
    known: dict[str, Any]
    used: dict[str, Any]
    display: type[Display] | None = None

    @property
    def plan(self) -> Plan:
        """How long and in what portions."""
        return self.loop.plan

    def run(self) -> Progress:
        """Train from the newest sound checkpoint, or from the start, to the end."""
        from evenhand.training import checkpoint
        from evenhand.training.hooks import Display, HistoryFile

        loop, say = self.loop, self.screen.say
        path, faults = checkpoint.newest(self.layout.checkpoints)
        for fault in faults:
            say(f"note: a checkpoint is passed over: {fault}")
        progress = checkpoint.Progress()
        if path is not None:
            progress = checkpoint.load(path, loop.model, loop.stepper.optimizer)
            if loop.stepper.average is not None:
                loop.stepper.average.load(checkpoint.load_average(path))
            say(f"going on from step {progress.step}")
        rows = self.plan.batch_size * self.plan.accumulate
        say(f"plan    {self.plan.epochs} passes, {loop.steps()} steps of {rows} rows")
        shown = self.display or Display
        loop.hooks = (
            HistoryFile(self.layout.history, step=progress.step),
            shown(say, live=self.screen.live, epochs=self.plan.epochs),
            *loop.hooks,
        )
        return loop.run(progress)

    def facts(self) -> dict[str, Any]:
        """Return what only the run itself can know, for the doctor."""
        return {**self.known, **self.loop.facts}


def assemble(
    config: RunConfig, dataset: Dataset, prepared: Prepared, *, layout: Layout, screen: Screen
) -> Engine:
    """Build the loop of a run; nothing is written, and every conflict shows here.

    Raises:
        ConfigError: E105 where schedule, warm-up, plan or freezing do not go together.
    """
    from evenhand.training.loop import Loop
    from evenhand.training.objective import Objective
    from evenhand.training.schedule import SCHEDULES

    _refuse_uncertain(config, prepared)
    passes = _passes(config, dataset, prepared)
    plan = plan_of(config, passes.rows)
    schedule = SCHEDULES.build(
        config.schedule.name,
        plan.steps(passes.rows),
        plan.pass_steps(passes.rows),
        settings=config.schedule.settings(),
    )
    priors = _priors(dataset, prepared)
    for line in priors.lines(dataset.labels.names):
        screen.say(line)
    if config.model.prior_bias:
        _start_shifted(prepared.model, priors.shift(0.0))
    metric: Any = SELECTION.factory(config.train.metric)
    loop = Loop(
        stepper=_stepper(config, dataset, prepared, epochs=plan.epochs),
        objective=Objective(prepared.loss, dataset.labels.task, len(dataset.labels)),
        schedule=schedule,
        plan=plan,
        passes=passes,
        score=prepared.scorer(dataset, metric),
        folder=layout.checkpoints,
        hooks=(),
        before_pass=_before_pass(
            config, prepared.model, priors, share=lambda epoch: plan.share(epoch, passes.rows)
        ),
    )
    known = {
        "planned_steps": loop.steps(),
        "truncated_share": prepared.truncated / len(prepared.tables[Role.FIT].lengths()),
        "corrections": corrections(config),
        "natural_prior": priors.natural().tolist(),
        "effective_prior": priors.effective(1.0).tolist(),
        "learning_share": _learning_share(config, prepared, epochs=plan.epochs),
        "data_share": dataset.share,
        **_augmented(passes, prepared),
        **_streams(prepared),
    }
    used = config.model_dump(mode="json")
    used["train"]["epochs"] = plan.epochs
    rows = {role.value: dataset.count(role) for role in Role}
    doctor = LiveDoctor(
        used,
        prepared.fit,
        names=dataset.labels.names,
        rows=rows,
        history=layout.history,
        facts=ChainMap(loop.facts, known),
        say=screen.say,
    )
    loop.hooks = (doctor, *_trackers(config, layout))
    return Engine(loop, layout, screen, known, used)


def _priors(dataset: Dataset, prepared: Prepared) -> Priors:
    teaching = prepared.teaching
    return Priors(
        prepared.fit,
        dataset.truth(Role.FIT),
        prepared.loss,
        prepared.sampler,
        truth_share=1.0 if teaching is None else teaching.truth_share,
    )


def _refuse_uncertain(config: RunConfig, prepared: Prepared) -> None:
    """Raise where CUDA cannot be made deterministic any more: cuBLAS reads this once."""
    device = next(prepared.model.parameters()).device.type
    if config.train.deterministic and device == "cuda" and CUBLAS not in os.environ:
        raise ConfigError(
            "E105",
            "a deterministic run on CUDA needs a setting of the environment",
            got=f"train.deterministic = true, {CUBLAS} is not set",
            fix=f"{CUBLAS}=:4096:8 evenhand train ...",
        )


def plan_of(config: RunConfig, rows: int) -> Plan:
    """Return how long to train; where nobody said, by the number of draws of a pass."""
    from evenhand.training.plan import Plan, enough_epochs, seconds_of

    train = config.train
    plan = Plan(
        epochs=train.epochs or 1,
        batch_size=train.batch_size,
        accumulate=train.accumulate,
        patience=train.patience,
        checkpoint_every=train.checkpoint_every,
        keep=train.keep,
        lr=config.optim.lr,
        seed=config.seed,
        metric=train.metric,
        max_steps=train.max_steps,
        steps_per_epoch=train.steps_per_epoch,
        max_seconds=None if train.max_time is None else seconds_of(train.max_time),
        deterministic=train.deterministic,
    )
    if train.epochs is None:
        plan = replace(plan, epochs=enough_epochs(plan.pass_steps(rows)))
    return plan


def _passes(config: RunConfig, dataset: Dataset, prepared: Prepared) -> Passes:
    from evenhand.training.passes import Passes

    table = prepared.tables[Role.FIT]
    if dataset.windows is not None:
        return Passes(table, prepared.sampler, config.seed, changed=_changed(config, table))
    further = () if prepared.teaching is None else prepared.teaching.texts
    texts = [*(dataset.texts[i] for i in dataset.rows(Role.FIT)), *further]
    return Passes(
        table=table,
        sampler=with_further(prepared.sampler, len(further)),
        seed=config.seed,
        texts=texts if config.augment else (),
        augmenters=[AUGMENTERS.build(p.name, settings=p.settings()) for p in config.augment],
        encode=cast(TextReader, prepared.reader).table,
    )


def _changed(config: RunConfig, table: Table) -> Callable[[int, Rows], Table] | None:
    """Return what makes the changed windows of a pass; None where nothing changes them."""
    if not config.augment:
        return None
    from evenhand.models.series import SERIES_AUGMENTERS, WindowTable, augmented_table
    from evenhand.models.series.augmenters import refuse_idle

    chosen = [SERIES_AUGMENTERS.build(p.name, settings=p.settings()) for p in config.augment]
    windows = cast(WindowTable, table)
    refuse_idle(chosen, windows.streams)
    return lambda epoch, rows_E: augmented_table(
        windows, chosen, seed=config.seed, epoch=epoch, rows_E=rows_E
    )


def _stepper(config: RunConfig, dataset: Dataset, prepared: Prepared, *, epochs: int) -> Stepper:
    from evenhand.models.mixing import MIXERS
    from evenhand.training.ema import Average
    from evenhand.training.optim import adamw
    from evenhand.training.step import Stepper

    optim, mix, teaching = config.optim, config.mix, prepared.teaching
    learning = _learning(config, prepared, epochs=epochs)
    return Stepper(
        model=prepared.model,
        optimizer=adamw(
            prepared.model,
            lr=optim.lr,
            head_lr=_head_lr(config, prepared),
            weight_decay=optim.weight_decay,
            layer_decay=optim.layer_decay,
            learning=learning,
        ),
        targets_NC=dataset.truth(Role.FIT) if teaching is None else teaching.targets_NC,
        dtype=prepared.dtype,
        clip=optim.clip,
        seed=config.seed,
        mixer=None if mix.name == "none" else MIXERS.build(mix.name, settings=mix.settings()),
        r_drop=config.train.r_drop,
        average=Average(prepared.model, decay=optim.ema, learning=learning)
        if optim.ema > 0
        else None,
        present=_present(config, dataset, prepared),
    )


def _head_lr(config: RunConfig, prepared: Prepared) -> float:
    """Return the peak rate of what is not in the encoder.

    The rates of ``bytes`` and of networks of series are those of new weights already, also where
    series go on from pre-training: ten times as much is too fast for a head.
    """
    optim, about = config.optim, prepared.architecture
    if optim.head_lr is not None:
        return optim.head_lr
    new = isinstance(about, SeriesArchitecture) or about.config["model_type"] == BYTES_TYPE
    return optim.lr if new else HEAD_RATIO * optim.lr


def _present(config: RunConfig, dataset: Dataset, prepared: Prepared) -> Present | None:
    """Return the present labels that an auxiliary head learns; None without such a head."""
    from evenhand.training.step import Present

    about = prepared.architecture
    if not isinstance(about, SeriesArchitecture) or not about.auxiliary:
        return None
    return Present(present_labels(dataset), config.series.auxiliary)


def _trackers(config: RunConfig, layout: Layout) -> tuple[Hook, ...]:
    from evenhand.training.trackers import TRACKERS

    return (TRACKERS.build(config.report.tracker, layout.root, settings={}),)


def _before_pass(
    config: RunConfig, model: nn.Module, priors: Priors, *, share: Callable[[int], float]
) -> Callable[[int], None]:
    """Return what happens before each pass: who may learn, and which prior shift is undone."""
    import torch

    from evenhand.models.depth import set_trainable

    optim = config.optim

    def before(epoch: int) -> None:
        set_trainable(
            model, frozen=optim.frozen_layers, unfreeze_every=optim.unfreeze_every, epoch=epoch
        )
        shift_C = model.get_buffer("shift_C")
        shift_C.copy_(torch.from_numpy(priors.shift(share(epoch))))

    return before


def _start_shifted(model: nn.Module, shift_C: Floats) -> None:
    """Move the head's prior bias to where remedies move the best scores."""
    import torch

    bias_C = model.get_parameter("head.output.bias")
    with torch.no_grad():
        bias_C.add_(torch.from_numpy(shift_C).to(bias_C))


def _learning_share(config: RunConfig, prepared: Prepared, *, epochs: int) -> float:
    """Return the share of the model's numbers that learn in some pass."""
    learning = _learning(config, prepared, epochs=epochs)
    sizes = [(p.numel(), name in learning) for name, p in prepared.model.named_parameters()]
    return sum(n for n, learns in sizes if learns) / sum(n for n, _ in sizes)


def _learning(config: RunConfig, prepared: Prepared, *, epochs: int) -> frozenset[str]:
    """Return the names of the parameters that learn in some pass: those of the last."""
    from evenhand.models.depth import learning_names

    return learning_names(
        prepared.model,
        frozen=config.optim.frozen_layers,
        unfreeze_every=config.optim.unfreeze_every,
        epoch=epochs - 1,
    )


def _streams(prepared: Prepared) -> dict[str, Any]:
    """Return the streams that are read, by which the doctor knows a run on series."""
    about = prepared.architecture
    if not isinstance(about, SeriesArchitecture):
        return {}
    return {"streams": [name for name, _ in about.streams]}


def _augmented(passes: Passes, prepared: Prepared) -> dict[str, Any]:
    """Return the share of texts that augmentation changes, and that the tokenizer undoes."""
    if not passes.augmenters or not isinstance(prepared.reader, TextReader):
        return {}
    reader = prepared.reader

    def encode(texts: Sequence[str]) -> list[list[int]]:
        table = reader.table(texts)
        return [ids.tolist() for ids in np.split(table.ids, table.starts[1:-1])]

    found = effect(passes.augmenters, passes.texts[:LOOKED_AT], encode, seed=passes.seed)
    return {"augmented": {"changed": found.changed, "undone": found.undone}}
