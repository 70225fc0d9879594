"""A text classifier as its bundle holds it: encoder, pooling, head, tokenizer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from evenhand.durable import json_bytes

if TYPE_CHECKING:
    from evenhand.models.text import TextClassifier
    from evenhand.models.tokens import TextTokenizer, TokenTable

KEYS = frozenset(("pooling", "head", "layers", "max_length"))
"""What ``bundle.json`` says of a text classifier besides what it says of any."""


@dataclass(frozen=True)
class TextReader:
    """Texts to token ids.

    Args:
        tokenizer: the network's own.
        max_length: tokens kept of a text.
    """

    tokenizer: TextTokenizer
    max_length: int

    def table(self, texts: Sequence[str]) -> TokenTable:
        """Return the token ids of ``texts``."""
        return self.tokenizer.encode(texts, max_length=self.max_length)

    def described(self) -> dict[str, Any]:
        """Return what ``bundle.json`` says of it where no network's own words do."""
        return {"max_length": self.max_length, "pad_id": self.tokenizer.pad_id}

    def files(self) -> dict[str, bytes]:
        """Return the files of the bundle that hold the tokenizer."""
        return {"tokenizer.json": self.tokenizer.definition.encode("utf-8")}


@dataclass(frozen=True)
class Architecture:
    """What is needed to build the network around its weights.

    Args:
        config: the encoder's ``config.json``.
        pooling: name of the pooling.
        head: name of the head, and its settings.
        layers: top layers whose states are averaged.
        max_length: tokens kept of a text.
        trained_steps: optimizer steps that made the weights; 0 is untrained.
    """

    config: dict[str, Any]
    pooling: str
    head: tuple[str, dict[str, Any]]
    layers: int
    max_length: int
    trained_steps: int

    def described(self) -> dict[str, Any]:
        """Return what ``bundle.json`` says of it."""
        return {
            "kind": "text",
            "pooling": self.pooling,
            "head": {"name": self.head[0], **self.head[1]},
            "layers": self.layers,
            "max_length": self.max_length,
        }

    def files(self) -> dict[str, bytes]:
        """Return the files of the bundle that describe the encoder."""
        return {"config.json": json_bytes(self.config)}

    @classmethod
    def read(cls, described: Mapping[str, Any], config: dict[str, Any]) -> Self:
        """Return the architecture that ``bundle.json`` and ``config.json`` describe."""
        head = dict(described["head"])
        return cls(
            config=config,
            pooling=described["pooling"],
            layers=described["layers"],
            head=(head.pop("name"), head),
            max_length=described["max_length"],
            trained_steps=described["trained_steps"],
        )

    def blank(self, classes: int) -> TextClassifier:
        """Return the network, its weights not yet read."""
        from evenhand.models.text import blank

        return blank(
            self.config, pooling=self.pooling, head=self.head, layers=self.layers, classes=classes
        )

    def reader(self, folder: Path) -> TextReader:
        """Return the reader that the bundle in ``folder`` holds."""
        from evenhand.models.tokens import TextTokenizer

        return TextReader(TextTokenizer.from_folder(folder), self.max_length)
