"""Golden texts: what a model said when it was saved, so that it can be asked again elsewhere.

Weights may be whole and still answer otherwise: another version of a library, another
processor, a tokenizer that reads a mark differently. The scores kept are those before
calibration, because behind a calibrator with steps a rounding error may become a jump.
"""
# Shapes: N texts, C classes.

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from evenhand.bundle.ensemble import EnsembleClassifier
from evenhand.durable import json_bytes
from evenhand.errors import BundleError

if TYPE_CHECKING:
    from evenhand.bundle.classifier import Predictor
    from evenhand.types import Floats

GOLDEN = "golden.json"
TOLERANCE = 1e-3
"""Far above what processors differ by in float32, far below what changes an answer."""
TOLERANCE_INT8 = 0.05
"""In int8 the last bit of a float decides between two steps, and the next layer starts from it."""
TEXTS = (
    "The shop opens at nine.",
    "Could you send the second page again, please?",
    "I waited for an hour, and nobody called me back!",
    "We walked along the river, had tea at the old mill, and were home before it rained.",
    "Der Zug um 7:45 fällt heute aus; 会議は三時からです。",
    "[NAME] wrote 😀 12.50 € #1 @ home",
)
"""Nobody's words, of several lengths and scripts."""


@dataclass(frozen=True)
class Golden:
    """Texts, and the scores that the model gave them.

    Args:
        texts: at least one.
        scores_NC: logits or probabilities, as the model's ``scores`` returns them, ``(N, C)``.
        tolerance: difference that is none, as a share of one plus the score's size.
    """

    texts: tuple[str, ...]
    scores_NC: Floats
    tolerance: float = TOLERANCE

    @classmethod
    def of(cls, model: Predictor, *, tolerance: float = TOLERANCE) -> Golden:
        """Return what ``model`` says now of ``TEXTS``."""
        return cls(TEXTS, model.scores(TEXTS).values_NC, tolerance)

    def content(self) -> bytes:
        """Return the file of the bundle."""
        scores = self.scores_NC.tolist()
        return json_bytes({"texts": self.texts, "scores": scores, "tolerance": self.tolerance})

    def check(self, model: Predictor) -> None:
        """Ask ``model`` again.

        Raises:
            BundleError: E408 when a score is another one.
        """
        now_NC = model.scores(self.texts).values_NC
        if now_NC.shape != self.scores_NC.shape:
            raise _changed(f"{now_NC.shape[1]} scores a text, then {self.scores_NC.shape[1]}")
        allowed_NC = self.tolerance * (1 + np.abs(self.scores_NC))
        wrong_NC = ~(np.abs(now_NC - self.scores_NC) <= allowed_NC)
        if wrong_NC.any():
            n, c = (int(place) for place in np.argwhere(wrong_NC)[0])
            then, now = float(self.scores_NC[n, c]), float(now_NC[n, c])
            name = model.labels.names[c]
            raise _changed(f"{now:.6g} for {name!r} of golden text {n + 1}, {then:.6g} when saved")


def read(folder: Path) -> Golden | None:
    """Return what the bundle in ``folder`` remembers; None for an older one.

    Raises:
        BundleError: E402 when the file is not what it should be.
    """
    file = folder / GOLDEN
    if not file.is_file():
        return None
    try:
        stored = json.loads(file.read_text("utf-8"))
        scores_NC = np.array(stored["scores"], np.float64)
        texts, tolerance = tuple(map(str, stored["texts"])), float(stored["tolerance"])
        sound = texts and scores_NC.ndim == 2 and len(texts) == len(scores_NC)
    except (ValueError, KeyError, TypeError) as error:
        raise _unreadable(repr(error)) from error
    if not sound or not 0 <= tolerance < 1:
        raise _unreadable(f"{len(texts)} texts, scores of shape {scores_NC.shape}")
    return Golden(texts, scores_NC, tolerance)


@runtime_checkable
class Remembering(Protocol):
    """A model that knows what it said when it was saved."""

    @property
    def golden(self) -> Golden | None:
        """That, or None."""
        ...


def check_golden(model: Predictor) -> bool:
    """Ask a model, or every member of an ensemble, the golden texts again.

    Returns:
        Whether all of it was asked; False when a part comes from a bundle without golden texts.

    Raises:
        BundleError: E408 when an answer is another one than when the bundle was saved.
    """
    asked = []
    for part in model.members if isinstance(model, EnsembleClassifier) else (model,):
        golden = part.golden if isinstance(part, Remembering) else None
        if golden is not None:
            golden.check(part)
        asked.append(golden is not None)
    return all(asked)


def _changed(got: str) -> BundleError:
    return BundleError(
        "E408",
        "the model does not answer as it did when it was saved",
        got=got,
        fix="install the versions that it was trained with, or train again with these",
    )


def _unreadable(got: str) -> BundleError:
    return BundleError(
        "E402",
        f"{GOLDEN} of the bundle is not readable",
        got=got,
        fix="train again, or copy the bundle again",
    )
