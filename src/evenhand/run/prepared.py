"""What every kind of data becomes before training: a network, and tables in its terms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evenhand.bundle import Architecture, SeriesArchitecture, SeriesReader, TextReader
from evenhand.calibrate import nll
from evenhand.data import Dataset
from evenhand.evaluate.selection import SELECTION, decided_at_half
from evenhand.run.teaching import Teaching
from evenhand.types import FitStatistics, Logits, Predictions, Probs, Role, Scores

if TYPE_CHECKING:
    import torch
    from torch import nn

    from evenhand.losses import Loss
    from evenhand.sampling import Sampler
    from evenhand.training.loop import Score
    from evenhand.training.passes import Table


@dataclass(frozen=True)
class Prepared:
    """A network that fits the data, and the data in its terms.

    Args:
        model: on its device, in float32; has an ``encoder``, a ``head`` and ``shift_C``.
        reader: turns further rows into tables.
        tables: what the network reads, of the rows of each role.
        fit: statistics of the labelled fit rows.
        dtype: of the arithmetic in training.
        loss: with its settings.
        sampler: expected draws of each labelled fit row.
        architecture: how the network is built, no step trained yet.
        truncated: rows of the fit table of which something was cut off.
        said: what the user should know of the rows, a line each.
        teaching: what a teacher says of fit rows, and of rows that follow them in the fit table;
            None without one.
    """

    model: nn.Module
    reader: TextReader | SeriesReader
    tables: Mapping[Role, Table]
    fit: FitStatistics
    dtype: torch.dtype
    loss: Loss
    sampler: Sampler
    architecture: Architecture | SeriesArchitecture
    truncated: int
    said: tuple[str, ...]
    teaching: Teaching | None = None

    def lines(self) -> list[str]:
        """Return what the user should know, a line each."""
        count = sum(p.numel() for p in self.model.parameters())
        device = next(self.model.parameters()).device.type
        precision = str(self.dtype).removeprefix("torch.")
        return [f"model   {count / 1e6:.1f} M parameters, {precision} on {device}", *self.said]

    def scorer(self, dataset: Dataset, metric: Callable[[Predictions], float]) -> Score:
        """Return what scores the tune rows after each pass.

        Args:
            dataset: rows with roles.
            metric: the selection metric.
        """
        from evenhand.training import infer

        half = SELECTION.factory("macro_f1_at_half")

        def score(model: nn.Module, progress: Callable[[int], None]) -> dict[str, Any]:
            table = self.tables[Role.TUNE]
            scores = Logits(infer.logits(model, table, dtype=self.dtype, progress=progress))
            tune = predictions_of(dataset, Role.TUNE, scores)
            return {
                "tune_loss": nll(Probs(tune.probs()), tune.truth_NC, dataset.labels.task),
                "value": metric(tune),
                "macro_f1_half": float(half(tune)),
                "predicted_C": decided_at_half(tune).sum(axis=0).tolist(),
                "spread": float(scores.values_NC.std(axis=0).mean()),
            }

        return score


def predictions_of(dataset: Dataset, role: Role, scores: Scores) -> Predictions:
    """Return the aligned predictions of the rows with ``role``, in the groups of their units."""
    rows = dataset.rows(role)
    return Predictions(
        ids=tuple(dataset.ids[i] for i in rows),
        scores=scores,
        truth_NC=dataset.truth_NC[rows],
        labels=dataset.labels,
        role=role,
        groups_N=dataset.unit_N[rows],
    )
