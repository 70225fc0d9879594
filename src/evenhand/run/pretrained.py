"""A run that starts at a pre-trained encoder: the right one, and none that has seen too much."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from evenhand.config import RunConfig
from evenhand.data import Dataset
from evenhand.data.series import SeriesSchema, Windows
from evenhand.errors import ConfigError
from evenhand.models.pretraining import Pretrained, Setup
from evenhand.types import Role


def read_pretrained(
    config: RunConfig, dataset: Dataset, windows: Windows, schema: SeriesSchema
) -> tuple[Pretrained | None, list[str]]:
    """Return what ``model.pretrained`` names, and what is to be said of it; None if unset.

    Raises:
        MissingFileError: E401 when there is none.
        BundleError: E401 for a damaged one, E402 for one of another network, streams, rate or
            scale, E403 for one that has learnt from recordings of tune or report rows.
    """
    if config.model.pretrained is None:
        return None, []
    pretrained = Pretrained.read(Path(config.model.pretrained))
    network = config.model.network
    setup = Setup.of(network.name, network.settings(), schema, config.series.scale)
    pretrained.refuse_other(setup)
    measured = recordings_of_roles(dataset, windows, Role.TUNE, Role.REPORT)
    fix = (
        "pre-train on this run's fit rows: evenhand pretrain with the same data and "
        f"--set data.split_seed={config.split_seed}"
    )
    return pretrained, pretrained.refuse_seen(measured, fix=fix)


def recordings_of_roles(dataset: Dataset, windows: Windows, *roles: Role) -> dict[str, str]:
    """Return the recordings of the rows with these roles, as ``recordings_of`` does."""
    rows = np.concatenate([dataset.rows(role) for role in roles])
    return recordings_of(windows.take(rows))


def recordings_of(windows: Windows) -> dict[str, str]:
    """Return name -> SHA-256 of the frames of every recording that ``windows`` look into.

    The same frames give the same digest in whatever folder and under whatever name they lie.
    """
    frames = windows.frames
    found = {}
    for recording in np.unique(windows.recording_N):
        part = slice(*frames.starts_R[recording : recording + 2])
        digest = hashlib.sha256()
        for stream, values_FD in frames.values.items():
            digest.update(f"{stream} {values_FD.shape[1]}".encode())
            digest.update(np.ascontiguousarray(values_FD[part]).data)
            digest.update(np.packbits(frames.known[stream][part]).data)
        found[frames.names[recording]] = digest.hexdigest()
    return found


def refuse_frozen(config: RunConfig) -> None:
    """Raise for layers that are frozen before they have learnt anything.

    Raises:
        ConfigError: E105.
    """
    frozen = config.optim.frozen_layers
    if frozen != 0 and config.model.pretrained is None:
        raise ConfigError(
            "E105",
            "layers that start at random learn nothing while they are frozen",
            got=f"optim.frozen_layers = {frozen}, model.pretrained is not set",
            fix="--set optim.frozen_layers=0, or --set model.pretrained=FOLDER",
        )
