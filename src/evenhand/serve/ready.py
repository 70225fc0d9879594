"""A model that has shown, before anybody asks it, that it still answers as it should."""
# Shapes: N texts, C classes.

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evenhand import bundle, stages
from evenhand.bundle import Predictor
from evenhand.bundle.golden import TEXTS
from evenhand.durable import MANIFEST
from evenhand.errors import ServingError
from evenhand.stages import Answer, Pipeline, SecondModel
from evenhand.stages.assembly import models_of

LARGEST_DRIFT = 1e-3
"""Of a probability, between a text alone and the same text among others: enough to tell a model
that mixes its rows from rounding, which was never seen above a thousandth of it."""


@dataclass(frozen=True)
class Model:
    """A pipeline that may be asked.

    Args:
        pipeline: answers texts.
        name: twelve hexadecimal digits of what stands on the disk.
        golden: whether golden texts were asked and matched; False for an older bundle.
        cuts: label -> cut, as the model decides without being told otherwise.
        biases: label -> bias, where each text has exactly one label.
    """

    pipeline: Pipeline
    name: str
    golden: bool
    cuts: Mapping[str, float]
    biases: Mapping[str, float]


def load(path: Path) -> Model:
    """Read what is at ``path`` and put it to the test.

    Raises:
        EvenhandError: E401, E402 and the like as ``stages.load``; E408 when golden texts are
            answered otherwise than when the bundle was saved; E513 when an answer is no answer,
            or depends on its neighbours, or the files changed while they were read.
    """
    name = fingerprint(path)
    model = examined(stages.load(path), name)
    if fingerprint(path) != name:
        raise _refused("the files changed while they were read", got=str(path))
    return model


def examined(pipeline: Pipeline, name: str) -> Model:
    """Return the model when it passes; raises as ``load``."""
    golden = [bundle.check_golden(model) for model in _models(pipeline)]
    together = pipeline.answer(TEXTS)
    alone = [pipeline.answer([text])[0] for text in TEXTS]
    _refuse_odd(pipeline.labels.names, together)
    drift = max(
        abs(one.probabilities[label] - other.probabilities[label])
        for one, other in zip(together, alone, strict=True)
        for label in one.probabilities
    )
    if drift > LARGEST_DRIFT:
        raise _refused("an answer depends on its neighbours", got=f"by {drift:.2g}")
    first = together[0]
    return Model(pipeline, name, all(golden), first.thresholds, first.biases)


def watched(path: Path) -> Path:
    """Return the file that is another one when what is at ``path`` changes."""
    return path if path.is_file() else bundle.find(path) / MANIFEST


def fingerprint(path: Path) -> str:
    """Return a short name for what is at ``path``: of a bundle, of all its files.

    That of a file of stages changes with the file and with each bundle that it names.

    Raises:
        EvenhandError: E401 when there is nothing to read; as ``stages.load`` for a file of stages.
    """
    digest = hashlib.sha256()
    for file in (watched(path), *map(watched, _named(path))):
        try:
            digest.update(file.read_bytes())
        except OSError as error:
            raise _refused("the files cannot be read", got=f"{file}: {error.strerror}") from error
    return digest.hexdigest()[:12]


def _named(path: Path) -> tuple[Path, ...]:
    """Return the bundles that a file of stages names; none where ``path`` is no such file."""
    return models_of(path) if path.is_file() and path.suffix.lower() == ".toml" else ()


def _models(pipeline: Pipeline) -> list[Predictor]:
    """Return every model of ours that answers: the verifier may be one too."""
    verifier = None if pipeline.doubt is None else pipeline.doubt.verifier
    second = [verifier.model] if isinstance(verifier, SecondModel) else []
    return [pipeline.model, *second]


def _refuse_odd(names: Sequence[str], answers: Sequence[Answer]) -> None:
    for answer in answers:
        values = answer.probabilities.values()
        if tuple(answer.probabilities) != tuple(names):
            raise _refused("an answer has other labels than the model", got=f"{len(values)}")
        if not all(math.isfinite(value) and 0 <= value <= 1 for value in values):
            raise _refused("a probability is none", got=f"{max(values)} at most")


def _refused(what: str, *, got: str) -> ServingError:
    return ServingError("E513", what, got=got, fix="copy the bundle again, or train again")
