"""A trained model that answers: labels and probabilities of texts, or of windows of series."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from evenhand.decide import Decision
from evenhand.types import BETWEEN, LabelSpace, Logits, Probs

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import nn

    from evenhand.bundle.golden import Golden
    from evenhand.bundle.series import SeriesArchitecture, SeriesReader
    from evenhand.bundle.text import Architecture, TextReader
    from evenhand.data import Schema
    from evenhand.data.series import SeriesSchema
    from evenhand.types import Floats


@dataclass(frozen=True)
class Answers:
    """What a classifier says of some rows.

    Args:
        labels: the label space.
        probs_NC: calibrated probabilities, ``(N, C)``.
        decided_NC: labels given, bool, ``(N, C)``.
    """

    labels: LabelSpace
    probs_NC: Floats
    decided_NC: NDArray[Any]

    def names(self) -> list[list[str]]:
        """Return the names of the labels given to each row."""
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


class Predictor(Protocol):
    """What ``evenhand.load`` returns, whatever answers inside."""

    @property
    def decision(self) -> Decision:
        """Calibrator and cuts."""
        ...

    @property
    def schema(self) -> Schema | SeriesSchema:
        """How the training data was read."""
        ...

    @property
    def labels(self) -> LabelSpace:
        """The labels, in the order of every ``C`` axis."""
        ...

    def scores(self, rows: Any, *, progress: Callable[[int], None] | None = None) -> Logits | Probs:
        """Return what the decision reads, ``(N, C)``; no row's scores depend on another row.

        Args:
            rows: texts, or the windows of series (``evenhand.data.series.Windows``); any number,
                also none.
            progress: called with the number of rows done.
        """
        ...

    def predict(self, rows: Any, *, progress: Callable[[int], None] | None = None) -> Answers:
        """Return probabilities and labels of ``rows``, in their order."""
        ...


class Classifier:
    """A trained model with its own calibrator and cuts, in torch.

    Args:
        model: the network, in evaluation mode on its device.
        reader: turns rows into what the network reads.
        architecture: how the network was built.
        schema: how its training data was read.
        decision: calibrator and cuts.
        golden: what it said when it was saved; None of a model of series, of an older bundle,
            and before it is saved.
    """

    def __init__(
        self,
        model: nn.Module,
        reader: TextReader | SeriesReader,
        architecture: Architecture | SeriesArchitecture,
        schema: Schema | SeriesSchema,
        *,
        decision: Decision,
        golden: Golden | None = None,
    ) -> None:
        self.model = model
        self.reader = reader
        self.architecture = architecture
        self.schema = schema
        self.decision = decision
        self.golden = golden

    @property
    def labels(self) -> LabelSpace:
        """The labels, in the order of every ``C`` axis."""
        return self.decision.labels

    def logits(self, rows: Any, *, progress: Callable[[int], None] | None = None) -> Logits:
        """Return uncalibrated scores, ``(N, C)``; float32 arithmetic, so neighbours do not matter.

        Args:
            rows: texts, or the windows of series (``evenhand.data.series.Windows``); any number,
                also none.
            progress: called with the number of rows done.
        """
        import numpy as np

        from evenhand.training import infer

        if not len(rows):
            return Logits(np.empty((0, len(self.labels))))
        return Logits(infer.logits(self.model, self.reader.table(rows), progress=progress))

    def scores(self, rows: Any, *, progress: Callable[[int], None] | None = None) -> Logits:
        """Return what the decision reads, ``(N, C)``: here logits, of an ensemble probabilities."""
        return self.logits(rows, progress=progress)

    def predict(self, rows: Any, *, progress: Callable[[int], None] | None = None) -> Answers:
        """Return probabilities and labels of ``rows``, in their order."""
        scores = self.logits(rows, progress=progress)
        return Answers(self.labels, self.decision.probs(scores), self.decision.decide(scores))
