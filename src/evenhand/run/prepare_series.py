"""What training on series needs: scaled windows and a network that reads them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from evenhand.bundle import SeriesArchitecture, SeriesReader
from evenhand.config import RunConfig
from evenhand.data import Dataset
from evenhand.data.series import Scaler, SeriesSchema, Windows
from evenhand.errors import ConfigError
from evenhand.run.prepared import Prepared
from evenhand.run.pretrained import read_pretrained, refuse_frozen
from evenhand.run.unread import OF_PRETRAINING, refuse_text_settings, set_among
from evenhand.seeds import derive
from evenhand.types import FitStatistics, Role

if TYPE_CHECKING:
    from evenhand.losses import Loss
    from evenhand.models.series import SeriesClassifier
    from evenhand.models.series.table import Streams
    from evenhand.sampling import Sampler

FORETOLD = ("horizon", "any", "future")
"""Targets that are not the window's own label, so that this one can be learnt beside them."""


def prepare_series(
    dataset: Dataset, config: RunConfig, *, fit: FitStatistics, loss: Loss, sampler: Sampler
) -> Prepared:
    """Build the network on its device over windows that are scaled by the fit rows.

    Raises:
        ConfigError: E105 for settings that only texts read, or that do not go with an auxiliary
            head; E102 for settings that the network does not take.
        BundleError: E402 when ``model.pretrained`` holds another network.
    """
    from evenhand.models.precision import pick_device, pick_precision
    from evenhand.models.pretraining import load_pretrained

    refuse_text_settings(config)
    refuse_frozen(config)
    refuse_pretraining_settings(config)
    windows, schema = series_of(dataset)
    streams = tuple((stream.name, stream.width) for stream in schema.streams)
    auxiliary = len(schema.names) if _learns_present(config, schema) else 0
    refuse_with_auxiliary(config, auxiliary)
    fit_windows = windows.take(dataset.rows(Role.FIT))
    pretrained, said = read_pretrained(config, dataset, windows, schema)
    scaler = _scaler(config, fit_windows) if pretrained is None else pretrained.scaler
    network, head = config.model.network, config.model.head
    model = _new_model(config, streams, fit=fit, auxiliary=auxiliary)
    if pretrained is not None:
        said += load_pretrained(model, pretrained).lines()
    device = pick_device()
    asked = "float32" if config.model.precision == "auto" else config.model.precision
    reader = SeriesReader(scaler, tuple(name for name, _ in streams))
    tables = {
        role: reader.table(windows.take(dataset.rows(role))) for role in Role if dataset.count(role)
    }
    return Prepared(
        model=model.to(device),
        reader=reader,
        tables=tables,
        fit=fit,
        dtype=pick_precision(asked, model_type=network.name, device=device),
        loss=loss,
        sampler=sampler,
        architecture=SeriesArchitecture(
            network=(network.name, network.settings()),
            streams=streams,
            head=(head.name, head.settings()),
            auxiliary=auxiliary,
            trained_steps=0,
        ),
        truncated=0,
        said=(*_said(fit_windows, schema), *said),
    )


def series_of(dataset: Dataset) -> tuple[Windows, SeriesSchema]:
    """Return the windows of a data set of series, and how they were made."""
    if dataset.windows is None or not isinstance(dataset.schema, SeriesSchema):
        raise TypeError("this data set holds texts")
    return dataset.windows, dataset.schema


def refuse_pretraining_settings(config: RunConfig) -> None:
    """Raise for settings of ``evenhand pretrain`` in a run that starts at random.

    Raises:
        ConfigError: E105.
    """
    changed = set_among(config, OF_PRETRAINING)
    if changed and config.model.pretrained is None:
        raise ConfigError(
            "E105",
            "only evenhand pretrain reads that setting, and this run starts at random",
            got=f"{changed[0]} is set, model.pretrained is not",
            fix=f"leave out {changed[0]}, or --set model.pretrained=FOLDER",
        )


def refuse_with_auxiliary(config: RunConfig, auxiliary: int) -> None:
    """Raise for what cannot be learnt beside the present label.

    Raises:
        ConfigError: E105 for mixing and for R-Drop.
    """
    mixes = config.mix.name != "none"
    if auxiliary and (mixes or config.train.r_drop > 0):
        named = f"mix.name = {config.mix.name!r}" if mixes else "train.r_drop > 0"
        raise ConfigError(
            "E105",
            "the present label is learnt from the rows as they are, neither mixed nor doubled",
            got=f"{named}, series.auxiliary = {config.series.auxiliary}",
            fix="--set series.auxiliary=0, or leave out the other",
        )


def present_labels(dataset: Dataset) -> np.ndarray:
    """Return the present label of each fit row, int64, -1 where it is unknown."""
    windows, _ = series_of(dataset)
    current_N = windows.take(dataset.rows(Role.FIT)).current_N
    return np.where(np.isnan(current_N), -1, np.nan_to_num(current_N)).astype(np.int64)


def _learns_present(config: RunConfig, schema: SeriesSchema) -> bool:
    """Say whether the present label is learnt beside a foretold one. Raises E105 for no such."""
    weight = config.series.auxiliary
    if schema.target in FORETOLD:
        return weight > 0
    if weight and set_among(config, ["series.auxiliary"]):
        raise ConfigError(
            "E105",
            "the present label is the target, and is not learnt a second time beside it",
            got=f"series.auxiliary = {weight}, target = {schema.target!r}",
            fix="leave out series.auxiliary, or foretell: --set series.target=horizon",
        )
    return False


def _new_model(
    config: RunConfig, streams: Streams, *, fit: FitStatistics, auxiliary: int
) -> SeriesClassifier:
    """Return the network as the run's seed draws it."""
    import torch

    from evenhand.models.series import build

    network, head = config.model.network, config.model.head
    with torch.random.fork_rng():
        torch.manual_seed(derive(config.seed, "init"))
        return build(
            (network.name, network.settings()),
            streams,
            (head.name, head.settings()),
            fit=fit,
            prior_bias=config.model.prior_bias,
            auxiliary=auxiliary,
        )


def _scaler(config: RunConfig, fit: Windows) -> Scaler:
    return Scaler.fit(fit) if config.series.scale == "standard" else Scaler.plain(fit)


def _said(fit: Windows, schema: SeriesSchema) -> Iterator[str]:
    lengths_N = fit.lengths()
    frames = f"{lengths_N.mean():.0f} frames ({schema.seconds(1) * lengths_N.mean():.1f} s)"
    recordings = len(np.unique(fit.recording_N))
    yield f"windows {frames} each, from {recordings:,} fit recordings"
