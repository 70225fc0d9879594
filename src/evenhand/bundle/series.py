"""A classifier of series as its bundle holds it: network, head, and how streams are scaled."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from evenhand.data.series import Scaler, Windows
from evenhand.durable import json_bytes

if TYPE_CHECKING:
    from evenhand.models.series import SeriesClassifier, WindowTable

KEYS = frozenset(("network", "streams", "head", "auxiliary"))
"""What ``bundle.json`` says of a classifier of series besides what it says of any."""
SCALER = "scaler.json"


@dataclass(frozen=True)
class SeriesReader:
    """Windows to scaled frames.

    Args:
        scaler: mean and spread of the fit rows.
        streams: names, in the network's order.
    """

    scaler: Scaler
    streams: tuple[str, ...]

    def table(self, windows: Windows) -> WindowTable:
        """Return the scaled frames of ``windows``."""
        from evenhand.models.series import WindowTable

        return WindowTable(windows, self.scaler, self.streams)

    @classmethod
    def read(cls, folder: Path, streams: tuple[str, ...]) -> Self:
        """Return the reader that the bundle in ``folder`` holds."""
        return cls(Scaler.from_dict(json.loads((folder / SCALER).read_text("utf-8"))), streams)

    def described(self) -> dict[str, Any]:
        """Return what ``bundle.json`` says of it where no network's own words do."""
        return {"streams": list(self.streams)}

    def files(self) -> dict[str, bytes]:
        """Return the file of the bundle that holds the scaler."""
        return {SCALER: json_bytes(self.scaler.to_dict())}


@dataclass(frozen=True)
class SeriesArchitecture:
    """What is needed to build the network around its weights.

    Args:
        network: name in ``NETWORKS``, and its settings.
        streams: name and width of each stream.
        head: name of the head, and its settings.
        auxiliary: labels of the auxiliary head; 0 has none.
        trained_steps: optimizer steps that made the weights; 0 is untrained.
    """

    network: tuple[str, dict[str, Any]]
    streams: tuple[tuple[str, int], ...]
    head: tuple[str, dict[str, Any]]
    auxiliary: int
    trained_steps: int

    def described(self) -> dict[str, Any]:
        """Return what ``bundle.json`` says of it."""
        return {
            "kind": "series",
            "network": {"name": self.network[0], **self.network[1]},
            "streams": dict(self.streams),
            "head": {"name": self.head[0], **self.head[1]},
            "auxiliary": self.auxiliary,
        }

    def files(self) -> dict[str, bytes]:
        """Return the files that describe the network further: none."""
        return {}

    @classmethod
    def read(cls, described: Mapping[str, Any]) -> Self:
        """Return the architecture that ``bundle.json`` describes."""
        head, network = dict(described["head"]), dict(described["network"])
        return cls(
            network=(network.pop("name"), network),
            streams=tuple(described["streams"].items()),
            head=(head.pop("name"), head),
            auxiliary=described["auxiliary"],
            trained_steps=described["trained_steps"],
        )

    def blank(self, classes: int) -> SeriesClassifier:
        """Return the network, its weights not yet read."""
        from evenhand.models.series import blank

        return blank(
            self.network,
            streams=self.streams,
            head=self.head,
            classes=classes,
            auxiliary=self.auxiliary,
        )

    def reader(self, folder: Path) -> SeriesReader:
        """Return the reader that the bundle in ``folder`` holds."""
        return SeriesReader.read(folder, tuple(name for name, _ in self.streams))
