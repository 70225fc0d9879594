"""A classifier as one ONNX graph: answers without torch.

```
bundle/  bundle.json  model.onnx  decision.json  parity.json  README.md  MANIFEST.json
         tokenizer.json  golden.json     of texts
         scaler.json                     of series
```
"""
# Shapes: N rows, C classes.

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from evenhand.bundle import golden as golden_texts
from evenhand.bundle.classifier import Answers
from evenhand.bundle.golden import Golden
from evenhand.bundle.onnx_fields import refuse_outside
from evenhand.decide import Decision
from evenhand.durable import json_bytes, write_folder
from evenhand.errors import BundleError
from evenhand.types import Floats, LabelSpace, Logits

if TYPE_CHECKING:
    import onnxruntime

    from evenhand.bundle.classifier import Classifier
    from evenhand.bundle.series import SeriesReader
    from evenhand.bundle.text import TextReader
    from evenhand.data import Schema
    from evenhand.data.series import SeriesSchema

ENGINE = "onnx"
MODEL = "model.onnx"
MADE_FROM = "made_from"
"""Key of ``bundle.json``: SHA-256 of the weights that the graph was made from."""
LOGITS, PROBABILITIES = "logits", "probabilities"
"""Outputs of the graph, float32, ``(B, C)``; the second calibrated."""
SERIES = "series"
FORMAT = 1
KEYS = frozenset(("kind", "engine"))
"""What ``bundle.json`` of a graph says besides what it says of any classifier."""
AGAIN = "export it again: evenhand export RUN --to onnx -o NEW"
BATCH = 16
"""Rows computed at a time: what lies between two operators of a small encoder fits the cache."""


@dataclass(frozen=True)
class OnnxClassifier:
    """A graph with its own calibrator and cuts: what ``evenhand.load`` returns for an export.

    Args:
        session: of onnxruntime.
        reader: turns rows into what the graph reads.
        schema: how its training data was read.
        decision: calibrator and cuts, fitted to what this graph says of the tune rows.
        golden: what it said when it was saved; None of a graph of series or an older bundle.
    """

    session: onnxruntime.InferenceSession
    reader: TextReader | SeriesReader
    schema: Schema | SeriesSchema
    decision: Decision
    golden: Golden | None = None

    @property
    def labels(self) -> LabelSpace:
        """The labels, in the order of every ``C`` axis."""
        return self.decision.labels

    def scores(self, rows: Any, *, progress: Callable[[int], None] | None = None) -> Logits:
        """Return uncalibrated scores, ``(N, C)``; as ``Predictor`` says."""
        from evenhand.sampling.buckets import sorted_batches

        scores_NC = np.empty((len(rows), len(self.labels)))
        if not len(rows):
            return Logits(scores_NC)
        table, done = self.reader.table(rows), 0
        for places_B in sorted_batches(table.lengths(), BATCH):
            scores_NC[places_B] = self._run(table.batch(places_B))
            done += len(places_B)
            if progress is not None:
                progress(done)
        return Logits(scores_NC)

    def predict(self, rows: Any, *, progress: Callable[[int], None] | None = None) -> Answers:
        """Return probabilities and labels of ``rows``, in their order."""
        scores = self.scores(rows, progress=progress)
        return Answers(self.labels, self.decision.probs(scores), self.decision.decide(scores))

    def _run(self, batch: Mapping[str, Any]) -> Floats:
        read = {entry.name for entry in self.session.get_inputs()}
        inputs = {name: array for name, array in batch.items() if name in read}
        return np.asarray(self.session.run([LOGITS], inputs)[0], np.float64)


def save(
    folder: Path,
    graph: bytes,
    classifier: Classifier,
    decision: Decision,
    *,
    made_from: str,
    parity: Any,
    card: str | None,
) -> None:
    """Write the bundle of an exported classifier, whole or not at all.

    Args:
        folder: to write.
        graph: what ``model.onnx`` holds.
        classifier: that the graph was made from.
        decision: fitted to what the graph says of the tune rows.
        made_from: SHA-256 of that classifier's weights.
        parity: how it compares with the classifier, as plain values.
        card: what ``README.md`` says of it, if anything.

    Raises:
        WriteError: E106 when the disk is full.
    """
    about = classifier.architecture.described()
    described = {
        "format": FORMAT,
        "kind": about["kind"],
        "engine": ENGINE,
        MADE_FROM: made_from,
        "task": decision.labels.task.value,
        "labels": list(decision.labels.names),
        **classifier.reader.described(),
        "trained_steps": classifier.architecture.trained_steps,
        "schema": classifier.schema.to_dict(),
    }
    write_folder(
        folder,
        {
            "bundle.json": json_bytes(described),
            MODEL: graph,
            **classifier.reader.files(),
            "decision.json": json_bytes(decision.to_dict()),
            "parity.json": json_bytes(parity),
            **({} if card is None else {"README.md": card.encode("utf-8")}),
            **_remembered(graph, classifier, decision, int8=parity["precision"] == "int8"),
        },
    )


def _remembered(
    graph: bytes, classifier: Classifier, decision: Decision, *, int8: bool
) -> dict[str, bytes]:
    """Return the file of golden texts, answered by the graph; one of series has none."""
    if classifier.architecture.described()["kind"] == SERIES:
        return {}
    saved = OnnxClassifier(session(graph), classifier.reader, classifier.schema, decision)
    allowed = golden_texts.TOLERANCE_INT8 if int8 else golden_texts.TOLERANCE
    return {golden_texts.GOLDEN: Golden.of(saved, tolerance=allowed).content()}


def read(folder: Path, described: Mapping[str, Any], decision: Decision) -> OnnxClassifier:
    """Return the classifier that a sound bundle describes.

    Raises:
        BundleError: E401 for a graph that cannot be run, E402 for one of other labels, E405 for
            one that is not its own.
    """
    graph = (folder / MODEL).read_bytes()
    refuse_outside(graph)
    opened = session(graph)
    outputs = {entry.name: entry.shape for entry in opened.get_outputs()}
    classes = outputs.get(LOGITS, [None, None])[-1]
    if classes != len(decision.labels):
        raise BundleError(
            "E402",
            "the graph belongs to other labels than the decision",
            got=f"{classes} scores a row, {len(decision.labels)} labels",
            fix=AGAIN,
        )
    reader, schema = _reader(folder, described)
    return OnnxClassifier(opened, reader, schema, decision, golden_texts.read(folder))


def _reader(
    folder: Path, described: Mapping[str, Any]
) -> tuple[TextReader | SeriesReader, Schema | SeriesSchema]:
    if described["kind"] == SERIES:
        from evenhand.bundle.series import SeriesReader
        from evenhand.data.series import SeriesSchema

        streams = tuple(described["streams"])
        return SeriesReader.read(folder, streams), SeriesSchema.from_dict(described["schema"])
    from evenhand.bundle.text import TextReader
    from evenhand.data import Schema
    from evenhand.models.tokens import TextTokenizer

    tokenizer = TextTokenizer.from_file(folder, pad_id=described["pad_id"])
    return TextReader(tokenizer, described["max_length"]), Schema.from_dict(described["schema"])


def session(graph: bytes) -> onnxruntime.InferenceSession:
    """Return a session on as many cores as there are, or as ``OMP_NUM_THREADS`` says.

    Raises:
        BundleError: E401 when onnxruntime refuses the graph.
    """
    import onnxruntime
    from onnxruntime.capi import onnxruntime_pybind11_state as faults

    refusals = (
        faults.Fail,
        faults.InvalidArgument,
        faults.InvalidGraph,
        faults.InvalidProtobuf,
        faults.NotImplemented,
        faults.RuntimeException,
    )
    options = onnxruntime.SessionOptions()
    threads = os.environ.get("OMP_NUM_THREADS", "")
    options.intra_op_num_threads = int(threads) if threads.isdigit() else 0
    # Threads that wait by spinning take the processor from whoever else has work.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except refusals as error:
        raise BundleError(
            "E401",
            "the graph of the bundle cannot be run",
            got=str(error).partition("\n")[0][:160],
            fix=AGAIN,
        ) from error
