"""A finished run written as ONNX: its cuts chosen anew, and what the change cost."""
# Shapes: N rows.

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from evenhand.bundle import CARD, WEIGHTS, Classifier
from evenhand.bundle import onnx as onnx_bundle
from evenhand.bundle.onnx import OnnxClassifier
from evenhand.data import Dataset
from evenhand.decide import Decision
from evenhand.decide.decision import fit_and_crossfit
from evenhand.durable import file_sha256, write_bytes
from evenhand.export import (
    Measured,
    Parity,
    eased,
    measure_parity,
    quantised,
    summary,
    to_onnx,
    with_probabilities,
)
from evenhand.run.deciding import settings_as_decided
from evenhand.run.folder import Run
from evenhand.run.prepared import predictions_of
from evenhand.run.reread import decided_rows, measured_role, reread, settings_of
from evenhand.sampling.buckets import sorted_batches
from evenhand.types import Predictions, Role

NEIGHBOURS = 64
"""Rows that are answered by themselves and beside others, to see whether it matters."""
SHOWN = 128
"""Tune rows that show how large activations are."""
ONE_FILE = ".onnx"
"""Ends the name of an export that is the graph alone."""


@dataclass(frozen=True)
class Exported:
    """A graph, its decision, and how it compares.

    Args:
        classifier: that it was made from.
        graph: the bytes of ``model.onnx``.
        decision: fitted to what the graph says of the tune rows.
        parity: with gates.
        made_from: SHA-256 of the run's weights.
        card: that of the run's bundle; None where it has none.
    """

    classifier: Classifier
    graph: bytes
    decision: Decision
    parity: Parity
    made_from: str
    card: str | None

    def save(self, path: Path) -> None:
        """Write a bundle, or the graph alone where ``path`` ends in ``.onnx``.

        Raises:
            WriteError: E106.
        """
        if path.suffix == ONE_FILE:
            write_bytes(path, self.graph)
            return
        onnx_bundle.save(
            path,
            self.graph,
            self.classifier,
            self.decision,
            made_from=self.made_from,
            parity=self.parity.to_dict(),
            card=None if self.card is None else self.card + summary.section(self.parity),
        )


def export(
    folder: str | Path, *, int8: bool = False, say: Callable[[str], None] = lambda _: None
) -> Exported:
    """Write a run's network as ONNX, fit its decision anew, and compare the two.

    The cuts are chosen on the run's tune rows as the graph scores them, as the run chose its own.
    Compared are the report rows, or else the tune rows, each decided by cuts that others chose.

    Args:
        folder: of a finished run whose data lies where it lay.
        int8: make matrices and embeddings small.
        say: is told what is going on.

    Raises:
        BundleError: E404 when the network cannot be written so.
        ConfigError: E110 for an ensemble.
        DataError: E211 when the data is no longer what it was.
        MissingFileError: E401 without a finished run, E202 when its data is gone.
        MissingExtraError: E104 without the extra ``export``.
    """
    run = Run(folder)
    run.refuse_ensemble("export")
    dataset, classifier = reread(run), cast(Classifier, run.classifier)
    say("writing the graph")
    graph = to_onnx(classifier, dataset.contents(dataset.rows(Role.TUNE)[:2]))
    if int8:
        graph = quantised(eased(graph, _batches(classifier, dataset)))
    light = OnnxClassifier(
        onnx_bundle.session(graph.SerializeToString()),
        classifier.reader,
        dataset.schema,
        run.decision,
    )
    say("scoring the rows that are measured")
    decision, after = _decided(run, dataset, light)
    content = with_probabilities(graph, decision.calibrator).SerializeToString()
    parity = measure_parity(
        Measured(*decided_rows(run, after.rows.role)),
        after,
        precision="int8" if int8 else "float32",
        megabytes=len(content) / 1e6,
        neighbours=_moved_by_neighbours(
            replace(light, decision=decision), dataset, after.rows.role
        ),
    )
    card = run.layout.bundle / CARD
    said = card.read_text("utf-8") if card.is_file() else None
    weights = file_sha256(run.layout.bundle / WEIGHTS)
    return Exported(classifier, content, decision, parity, weights, said)


def _batches(classifier: Classifier, dataset: Dataset) -> list[Mapping[str, NDArray[Any]]]:
    """Return inputs of tune rows, which show how large activations are."""
    rows = dataset.rows(Role.TUNE)[:SHOWN]
    reader: Any = classifier.reader
    table = reader.table(dataset.contents(rows))
    return [table.batch(places) for places in sorted_batches(table.lengths(), onnx_bundle.BATCH)]


def _decided(run: Run, dataset: Dataset, light: OnnxClassifier) -> tuple[Decision, Measured]:
    """Choose the cuts on the tune rows as the graph scores them, and decide the measured rows."""
    config = settings_of(run)
    tune = _scored(light, dataset, Role.TUNE)
    asked = settings_as_decided(config, run.decision)
    decision, crossed = fit_and_crossfit(tune, seed=config.seed, strict=False, **asked)
    if measured_role(run) is Role.TUNE:
        return decision, Measured(tune, crossed.decided_NC, crossed.probs_NC)
    report = _scored(light, dataset, Role.REPORT)
    probs_NC, decided_NC = decision.probs(report.scores), decision.decide(report.scores)
    return decision, Measured(report, decided_NC, probs_NC)


def _scored(light: OnnxClassifier, dataset: Dataset, role: Role) -> Predictions:
    return predictions_of(dataset, role, light.scores(dataset.contents(dataset.rows(role))))


def _moved_by_neighbours(light: OnnxClassifier, dataset: Dataset, role: Role) -> float:
    """Return by how much a probability moves when a row is answered alone."""
    rows = dataset.rows(role)[:NEIGHBOURS]
    together_NC = light.predict(dataset.contents(rows)).probs_NC
    alone_NC = np.concatenate(
        [light.predict(dataset.contents(rows[i : i + 1])).probs_NC for i in range(len(rows))]
    )
    return float(np.abs(together_NC - alone_NC).max())
