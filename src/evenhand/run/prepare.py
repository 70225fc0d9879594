"""Before training: every part that a run names is there, and rows become tables and a network."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from evenhand.calibrate import CALIBRATORS
from evenhand.config import Part, RunConfig
from evenhand.data import Dataset
from evenhand.evaluate.selection import SELECTION
from evenhand.extras import need
from evenhand.registry import Registry
from evenhand.run.augmenters import augmenters_with
from evenhand.run.prepare_series import prepare_series
from evenhand.run.prepare_texts import prepare_texts
from evenhand.run.prepared import Prepared
from evenhand.run.remedies import refuse_conflicts
from evenhand.run.teaching import Teaching, refuse_untaught
from evenhand.sampling import SAMPLERS, refuse_small
from evenhand.types import FitStatistics, Role


def check_parts(config: RunConfig) -> None:
    """Raise now for a part that does not exist or settings that it does not take.

    Raises:
        ConfigError: E101 for a name, E102 for a setting.
        MissingExtraError: E104 in an installation that cannot train.
    """
    for library in ("torch", "transformers"):
        need("train", library)
    from evenhand.losses import LOSSES
    from evenhand.models.heads import HEADS
    from evenhand.models.mixing import MIXERS
    from evenhand.models.pooling import POOLINGS
    from evenhand.models.series import NETWORKS
    from evenhand.training.plan import seconds_of
    from evenhand.training.schedule import SCHEDULES
    from evenhand.training.trackers import TRACKERS

    named: list[tuple[Registry[Any], Part]] = [
        (LOSSES, config.loss),
        (SCHEDULES, config.schedule),
        (HEADS, config.model.head),
        (SAMPLERS, config.sampler),
        (MIXERS, config.mix),
        (NETWORKS, config.model.network),
        *((augmenters_with(part.name), part) for part in config.augment),
    ]
    for registry, part in named:
        registry.validate(part.name, part.settings())
    POOLINGS.factory(config.model.pooling)
    TRACKERS.factory(config.report.tracker)
    if config.report.tracker == "tensorboard":
        need("tracking", "tensorboard")
    SELECTION.factory(config.train.metric)
    CALIBRATORS.factory(config.decision.calibrate)
    if config.train.max_time is not None:
        seconds_of(config.train.max_time)
    refuse_conflicts(config)
    refuse_untaught(config)


def prepare(dataset: Dataset, config: RunConfig, teaching: Teaching | None = None) -> Prepared:
    """Build the network on its device, and every role's rows in its terms.

    Args:
        dataset: rows with roles.
        config: the run's settings.
        teaching: what a teacher says of the fit rows and of further ones.

    Raises:
        ConfigError: E105 when loss and task, precision and device, length and backbone, or
            settings and kind of data do not go together.
        MissingFileError: E107 when the backbone is not to be had.
    """
    from evenhand.losses import LOSSES

    truth_NC = dataset.truth(Role.FIT)
    fit = FitStatistics.of(truth_NC, dataset.labels.task)
    loss = LOSSES.build(config.loss.name, fit, settings=config.loss.settings())
    sampler = SAMPLERS.build(
        config.sampler.name, truth_NC, fit.task, settings=config.sampler.settings()
    )
    if config.sampler.name != "natural":
        refuse_small(fit.rows, config.train.batch_size)
    if dataset.windows is not None:
        made = prepare_series(dataset, config, fit=fit, loss=loss, sampler=sampler)
    else:
        further = () if teaching is None else teaching.texts
        made = prepare_texts(dataset, config, fit=fit, loss=loss, sampler=sampler, further=further)
    return replace(made, teaching=teaching)
