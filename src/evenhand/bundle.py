"""The deployable folder: weights, tokenizer, labels, calibrator and cuts; nothing executable.

```
bundle/  bundle.json  config.json  model.safetensors  tokenizer.json  decision.json  MANIFEST.json
```
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evenhand.data import Schema
from evenhand.decide import Decision
from evenhand.durable import folder_fault, write_folder
from evenhand.errors import BundleError, MissingFileError
from evenhand.extras import need
from evenhand.types import BETWEEN, LabelSpace, Logits

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evenhand.models.text import TextClassifier
    from evenhand.models.tokens import TextTokenizer
    from evenhand.types import Floats

FORMAT = 1
KEYS = frozenset(
    ("format", "labels", "pooling", "head", "layers", "max_length", "trained_steps", "schema")
)
"""What ``bundle.json`` cannot do without."""
_READ_AGAIN = "train again, or copy the bundle again"


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


@dataclass(frozen=True)
class Answers:
    """What a classifier says of some texts.

    Args:
        labels: the label space.
        probs_NC: calibrated probabilities, ``(N, C)``.
        decided_NC: labels given, bool, ``(N, C)``.
    """

    labels: LabelSpace
    probs_NC: Floats
    decided_NC: NDArray[Any]

    def names(self) -> list[list[str]]:
        """Return the names of the labels given to each text."""
        return [
            [name for name, given in zip(self.labels.names, row, strict=True) if given]
            for row in self.decided_NC
        ]

    def frame(self) -> dict[str, list[Any]]:
        """Return columns ``labels`` (names joined by ``|``) and ``p:NAME`` for each label."""
        columns: dict[str, list[Any]] = {"labels": [BETWEEN.join(names) for names in self.names()]}
        for c, name in enumerate(self.labels.names):
            columns[f"p:{name}"] = self.probs_NC[:, c].tolist()
        return columns


class Classifier:
    """A trained model with its own calibrator and cuts: what ``evenhand.load`` returns.

    Args:
        model: the network, in evaluation mode on its device.
        tokenizer: the network's own.
        architecture: how it was built.
        schema: how its training data was read.
        decision: calibrator and cuts.
    """

    def __init__(
        self,
        model: TextClassifier,
        tokenizer: TextTokenizer,
        architecture: Architecture,
        schema: Schema,
        *,
        decision: Decision,
    ) -> None:
        self.model = model
        self.tokenizer = tokenizer
        self.architecture = architecture
        self.schema = schema
        self.decision = decision

    @property
    def labels(self) -> LabelSpace:
        """The labels, in the order of every ``C`` axis."""
        return self.decision.labels

    def logits(
        self, texts: Sequence[str], *, progress: Callable[[int], None] | None = None
    ) -> Logits:
        """Return uncalibrated scores, ``(N, C)``; float32 arithmetic, so neighbours do not matter.

        Args:
            texts: any number, also none.
            progress: called with the number of texts done.
        """
        import numpy as np

        from evenhand.training import infer

        if not texts:
            return Logits(np.empty((0, len(self.labels))))
        table = self.tokenizer.encode(texts, max_length=self.architecture.max_length)
        return Logits(infer.logits(self.model, table, progress=progress))

    def predict(
        self, texts: Sequence[str], *, progress: Callable[[int], None] | None = None
    ) -> Answers:
        """Return probabilities and labels of ``texts``, in their order."""
        scores = self.logits(texts, progress=progress)
        return Answers(self.labels, self.decision.probs(scores), self.decision.decide(scores))


def save(folder: Path, classifier: Classifier) -> None:
    """Write the bundle, whole or not at all.

    Raises:
        BundleError: E402 for a model that no optimizer step has touched.
        WriteError: E106 when the disk is full.
    """
    about = classifier.architecture
    if about.trained_steps < 1:
        raise BundleError(
            "E402",
            "an untrained model is not shipped",
            got="0 optimizer steps",
            fix="train it first",
        )
    from evenhand.models.weights import tensor_content

    described = {
        "format": FORMAT,
        "task": classifier.labels.task.value,
        "labels": list(classifier.labels.names),
        "pooling": about.pooling,
        "head": {"name": about.head[0], **about.head[1]},
        "layers": about.layers,
        "max_length": about.max_length,
        "trained_steps": about.trained_steps,
        "schema": classifier.schema.to_dict(),
    }
    write_folder(
        folder,
        {
            "bundle.json": _json(described),
            "config.json": _json(about.config),
            "model.safetensors": tensor_content(classifier.model.state_dict()),
            "tokenizer.json": classifier.tokenizer.definition.encode("utf-8"),
            "decision.json": _json(classifier.decision.to_dict()),
        },
    )


def find(path: Path) -> Path:
    """Return the bundle folder at ``path``: a bundle, or a run that has one.

    Raises:
        MissingFileError: E401 when there is none.
    """
    for folder in (path, path / "bundle"):
        if (folder / "bundle.json").is_file():
            return folder
    raise MissingFileError(
        "E401",
        "there is no bundle here",
        got=str(path),
        fix="name a run that finished (runs/NAME) or its bundle/ folder",
    )


def load(path: str | Path) -> Classifier:
    """Read a run's bundle, verify every file, and return the classifier.

    Args:
        path: a run folder or a bundle folder.

    Raises:
        MissingFileError: E401 when there is no bundle.
        BundleError: E401 when a file is damaged; E402 when the parts do not belong together.
        MissingExtraError: E104 in an installation that cannot run a network.
    """
    folder = find(Path(path))
    for library in ("torch", "transformers"):
        need("train", library)
    fault = folder_fault(folder)
    if fault is not None:
        raise BundleError("E401", "the bundle is damaged", got=fault, fix=_READ_AGAIN)
    described = _read(folder / "bundle.json")
    decision = Decision.load(folder / "decision.json")
    _refuse_mismatch(described, decision)
    architecture = _architecture(described, _read(folder / "config.json"))
    return _assemble(folder, architecture, Schema.from_dict(described["schema"]), decision)


def _assemble(
    folder: Path, architecture: Architecture, schema: Schema, decision: Decision
) -> Classifier:
    from evenhand.models.fast import quicken
    from evenhand.models.precision import pick_device
    from evenhand.models.text import blank
    from evenhand.models.tokens import TextTokenizer
    from evenhand.models.weights import read_tensors

    model = blank(
        architecture.config,
        pooling=architecture.pooling,
        head=architecture.head,
        layers=architecture.layers,
        classes=len(decision.labels),
    )
    try:
        model.load_state_dict(read_tensors(folder / "model.safetensors"), strict=True)
    except RuntimeError as error:
        raise BundleError(
            "E402",
            "the weights do not fit the network",
            got=str(error).partition("\n")[2].strip()[:160],
            fix=_READ_AGAIN,
        ) from error
    if pick_device().type == "cpu":
        quicken(model.encoder)
    model.to(pick_device()).eval()
    tokenizer = TextTokenizer.from_folder(folder)
    return Classifier(model, tokenizer, architecture, schema, decision=decision)


def _architecture(described: dict[str, Any], config: dict[str, Any]) -> Architecture:
    head = dict(described["head"])
    return Architecture(
        config=config,
        pooling=described["pooling"],
        layers=described["layers"],
        head=(head.pop("name"), head),
        max_length=described["max_length"],
        trained_steps=described["trained_steps"],
    )


def _refuse_mismatch(described: dict[str, Any], decision: Decision) -> None:
    lacking = sorted(KEYS - described.keys())
    if lacking:
        raise BundleError(
            "E402",
            "another version of evenhand wrote the bundle",
            got=f"bundle.json without {', '.join(lacking)}",
            fix="train again with this version, or use the one that wrote it",
        )
    if described["format"] != FORMAT or described["trained_steps"] < 1:
        raise BundleError(
            "E402",
            "the bundle is untrained or of another format",
            got=f"format {described['format']}, {described['trained_steps']} steps",
            fix=_READ_AGAIN,
        )
    if tuple(described["labels"]) != decision.labels.names:
        raise BundleError(
            "E402",
            "the decision belongs to other labels than the weights",
            got=f"{described['labels'][:4]} against {list(decision.labels.names[:4])}",
            fix=_READ_AGAIN,
        )


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode("utf-8")


def _read(file: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return value
