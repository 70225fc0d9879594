"""Pre-trained encoders of series on disk, and how one becomes the start of a classifier.

```
pretrained/  encoder.json  model.safetensors  scaler.json  MANIFEST.json
```
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evenhand.data.series import Scaler, SeriesSchema
from evenhand.durable import folder_fault, json_bytes, write_folder
from evenhand.errors import BundleError, MissingFileError
from evenhand.models.series.networks import NETWORKS

if TYPE_CHECKING:
    from torch import Tensor, nn

    from evenhand.models.series import SeriesClassifier

FORMAT = 1
ABOUT, WEIGHTS, SCALER = "encoder.json", "model.safetensors", "scaler.json"
RATES = ("dropout", "stream_dropout")
"""Settings of a network that may differ: they change no weight's meaning."""
SHOWN = 4
_AGAIN = "pre-train again: evenhand pretrain DATA --out FOLDER"


@dataclass(frozen=True)
class Setup:
    """What weights of an encoder are meant for.

    Args:
        network: name in ``NETWORKS``, and its settings.
        streams: name, width and unit of each.
        rate: frames a second, Hz.
        scale: ``series.scale`` of the scaler.
    """

    network: tuple[str, dict[str, Any]]
    streams: tuple[tuple[str, int, str], ...]
    rate: float
    scale: str

    @classmethod
    def of(
        cls, network: str, settings: Mapping[str, Any], schema: SeriesSchema, scale: str
    ) -> Setup:
        """Return the setup of a run, the network's defaults filled in."""
        return cls(
            (network, NETWORKS.validate(network, settings)),
            tuple((stream.name, stream.width, stream.unit) for stream in schema.streams),
            schema.rate,
            scale,
        )

    def facts(self) -> dict[str, Any]:
        """Return what must be the same, by the key that says it."""
        name, settings = self.network
        fixed = {f"model.network.{k}": v for k, v in settings.items() if k not in RATES}
        return {
            "streams": ", ".join(f"{stream} ({width})" for stream, width, _ in self.streams),
            "series.rate": self.rate,
            "series.scale": self.scale,
            "model.network.name": name,
            **fixed,
        }

    def units(self) -> dict[str, str]:
        """Return the units that are known."""
        return {f"unit of {stream}": unit for stream, _, unit in self.streams if unit}


@dataclass(frozen=True)
class Pretrained:
    """An encoder that has seen recordings without their labels.

    Args:
        folder: where it was read.
        setup: what its weights are meant for.
        scaler: by which its frames were scaled.
        recordings: name -> SHA-256 of its frames, of every recording that it learnt from.
        steps: optimizer steps that it learnt.
        measured: how well it did, by name.
    """

    folder: Path
    setup: Setup
    scaler: Scaler
    recordings: Mapping[str, str]
    steps: int
    measured: Mapping[str, float]

    def save(self, tensors: Mapping[str, Tensor]) -> None:
        """Write it with the encoder's ``tensors`` into ``folder``, whole or not at all.

        Raises:
            WriteError: E106 when it cannot be written.
        """
        from evenhand.models.weights import tensor_content

        name, settings = self.setup.network
        about = {
            "format": FORMAT,
            "network": {"name": name, **settings},
            "streams": [list(stream) for stream in self.setup.streams],
            "rate": self.setup.rate,
            "scale": self.setup.scale,
            "steps": self.steps,
            "measured": dict(self.measured),
            "recordings": dict(self.recordings),
        }
        write_folder(
            self.folder,
            {
                WEIGHTS: tensor_content(tensors),
                SCALER: json_bytes(self.scaler.to_dict()),
                ABOUT: json_bytes(about),
            },
        )

    @classmethod
    def read(cls, path: Path) -> Pretrained:
        """Return what ``save`` wrote, every file checked.

        Args:
            path: the folder, or that of ``evenhand pretrain --out``.

        Raises:
            MissingFileError: E401 when there is none.
            BundleError: E401 when a file is damaged, E402 when another version wrote it.
        """
        folder = next((f for f in (path, path / "pretrained") if (f / ABOUT).is_file()), None)
        if folder is None or not (folder / WEIGHTS).is_file():
            raise MissingFileError(
                "E401",
                "there is no pre-trained network here",
                got=f"model.pretrained = {str(path)!r}",
                fix="name the --out of evenhand pretrain; an unfinished one goes on with --resume",
            )
        fault = folder_fault(folder)
        if fault is not None:
            raise BundleError("E401", "the pre-trained network is damaged", got=fault, fix=_AGAIN)
        about = json.loads((folder / ABOUT).read_text("utf-8"))
        if about.get("format") != FORMAT:
            raise BundleError(
                "E402",
                "another version of evenhand wrote the pre-trained network",
                got=f"format {about.get('format')}",
                fix=_AGAIN,
            )
        network = dict(about["network"])
        return cls(
            folder,
            Setup(
                (network.pop("name"), network),
                tuple((name, width, unit) for name, width, unit in about["streams"]),
                about["rate"],
                about["scale"],
            ),
            Scaler.from_dict(json.loads((folder / SCALER).read_text("utf-8"))),
            about["recordings"],
            about["steps"],
            about["measured"],
        )

    def refuse_other(self, setup: Setup) -> None:
        """Raise unless these weights are meant for ``setup``.

        A unit counts where both sides know it.

        Raises:
            BundleError: E402 with every setting that differs.
        """
        ours, theirs = setup.facts(), self.setup.facts()
        differing = [k for k in {**ours, **theirs} if ours.get(k) != theirs.get(k)]
        here, there = setup.units(), self.setup.units()
        differing += [k for k in here.keys() & there.keys() if here[k] != there[k]]
        if differing:
            ours, theirs = ours | here, theirs | there
            raise BundleError(
                "E402",
                "the pre-trained network is another one than this run asks for",
                got="; ".join(f"{k}: {ours.get(k)} here, {theirs.get(k)} there" for k in differing),
                fix="ask for what it was pre-trained with, or pre-train again with these settings",
            )

    def refuse_seen(self, measured: Mapping[str, str], *, fix: str) -> list[str]:
        """Raise where it has learnt from recordings on which a run is to choose or measure.

        Args:
            measured: name -> SHA-256 of the frames of such recordings.
            fix: how to pre-train without them.

        Returns:
            A sentence where names are the same but frames are not.

        Raises:
            BundleError: E403 with their names.
        """
        frames = set(self.recordings.values())
        seen = [name for name, digest in measured.items() if digest in frames]
        if seen:
            raise BundleError(
                "E403",
                "the pre-trained network has learnt from recordings that this run measures on",
                got=f"{len(seen)} of {len(measured)} tune and report recordings: {_some(seen)}",
                fix=fix,
            )
        named = [name for name in measured if name in self.recordings]
        return (
            [f"note: pre-training knew other recordings by the names {_some(named)}"]
            if named
            else []
        )


@dataclass(frozen=True)
class Loaded:
    """What a classifier got from a pre-trained network.

    Args:
        source: where from.
        loaded: name of a tensor -> its shape, of those that were replaced.
        new: likewise, of those that start at random.
    """

    source: Path
    loaded: Mapping[str, tuple[int, ...]]
    new: Mapping[str, tuple[int, ...]]

    def lines(self) -> list[str]:
        """Return a table of what was loaded and what is new: a line a module."""
        rows = [
            (what, module, len(shapes), sum(map(math.prod, shapes)))
            for what, tensors in (("loaded", self.loaded), ("new", self.new))
            for module, shapes in _by_module(tensors).items()
        ]
        width = max(len(module) for _, module, _, _ in rows)
        head = f"start   {len(self.loaded)} tensors from {self.source}"
        table = [
            f"  {what:<6} {module:<{width}}  {count:>3} tensors  {numbers:>9,} numbers"
            for what, module, count, numbers in rows
        ]
        return [head, *table]


def load_pretrained(model: SeriesClassifier, pretrained: Pretrained) -> Loaded:
    """Put the weights of a pre-trained encoder into ``model``; heads stay new.

    Args:
        model: a classifier of series.
        pretrained: as read from its folder.

    Raises:
        BundleError: E402 when a tensor is missing, left over or of another shape; nothing is
            loaded then.
    """
    from evenhand.models.weights import read_tensors

    stored = read_tensors(pretrained.folder / WEIGHTS)
    own = encoder_tensors(model)
    here, there = ({n: tuple(t.shape) for n, t in side.items()} for side in (own, stored))
    faults = [f"{n} is missing" for n in here if n not in there]
    faults += [f"{n} is left over" for n in there if n not in here]
    faults += [
        f"{n} is {there[n]}, not {here[n]}" for n in here if n in there and here[n] != there[n]
    ]
    if faults:
        raise BundleError(
            "E402",
            "the pre-trained weights do not fit the network",
            got=f"{len(faults)} tensors: {_some(faults)}",
            fix="ask for the network that was pre-trained, or pre-train again",
        )
    model.load_state_dict({**model.state_dict(), **stored}, strict=True)
    every = {name: tuple(p.shape) for name, p in model.named_parameters()}
    return Loaded(pretrained.folder, here, {n: s for n, s in every.items() if n not in here})


def encoder_tensors(model: nn.Module) -> dict[str, Tensor]:
    """Return the tensors of ``model.encoder`` by their names in the model."""
    state = model.state_dict()
    return {name: tensor for name, tensor in state.items() if name.startswith("encoder.")}


def _by_module(tensors: Mapping[str, tuple[int, ...]]) -> dict[str, list[tuple[int, ...]]]:
    modules: dict[str, list[tuple[int, ...]]] = {}
    for name, shape in tensors.items():
        depth = 2 if name.startswith("encoder.") else 1
        modules.setdefault(".".join(name.split(".")[:depth]), []).append(shape)
    return modules


def _some(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
