"""Bundles on disk: weights, reader, labels, calibrator and cuts; nothing executable.

```
bundle/  bundle.json  model.safetensors  decision.json  MANIFEST.json
         config.json  tokenizer.json  golden.json     of texts
         scaler.json                                  of series
```

That of an ensemble is in ``ensemble.py``, that of a graph in ``onnx.py``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from evenhand.bundle import ensemble, golden, onnx, series, text
from evenhand.bundle.classifier import Classifier, Predictor
from evenhand.data import Schema
from evenhand.data.series import SeriesSchema
from evenhand.decide import Decision
from evenhand.durable import folder_fault, json_bytes, write_folder
from evenhand.errors import BundleError, MissingFileError
from evenhand.extras import need

FORMAT = 1
KEYS = frozenset(("format", "labels", "trained_steps", "schema"))
"""What ``bundle.json`` cannot do without."""
_READ_AGAIN = "train again, or copy the bundle again"


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
        **about.described(),
        "trained_steps": about.trained_steps,
        "schema": classifier.schema.to_dict(),
    }
    write_folder(
        folder,
        {
            "bundle.json": json_bytes(described),
            **about.files(),
            "model.safetensors": tensor_content(classifier.model.state_dict()),
            **classifier.reader.files(),
            "decision.json": json_bytes(classifier.decision.to_dict()),
            **_remembered(classifier),
        },
    )


def _remembered(classifier: Classifier) -> dict[str, bytes]:
    """Return the file of golden texts; a model of series has none."""
    if not isinstance(classifier.reader, text.TextReader):
        return {}
    return {golden.GOLDEN: golden.Golden.of(classifier).content()}


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


def load(path: str | Path) -> Predictor:
    """Read a run's bundle, verify every file, and return the classifier.

    Args:
        path: a run folder or a bundle folder, of a model or of an ensemble.

    Raises:
        MissingFileError: E401 when there is no bundle.
        BundleError: E401 when a file is damaged; E402 when the parts do not belong together.
        MissingExtraError: E104 in an installation that cannot run a network.
    """
    folder = find(Path(path))
    described, decision = _sound(folder)
    if described.get("kind") == ensemble.KIND:
        return ensemble.read(folder, described, decision, member=_load_one)
    return _checked(folder, described, decision)


def _load_one(folder: Path) -> Predictor:
    """Read the bundle of one member; raises as ``load``."""
    if not (folder / "bundle.json").is_file():
        raise BundleError(
            "E401", "a member of the ensemble is missing", got=str(folder), fix=_READ_AGAIN
        )
    return _checked(folder, *_sound(folder))


def _sound(folder: Path) -> tuple[dict[str, Any], Decision]:
    """Verify every file of a bundle, and return what it says of itself, and its decision."""
    fault = folder_fault(folder)
    if fault is not None:
        raise BundleError("E401", "the bundle is damaged", got=fault, fix=_READ_AGAIN)
    return _read(folder / "bundle.json"), Decision.load(folder / "decision.json")


def _checked(folder: Path, described: dict[str, Any], decision: Decision) -> Predictor:
    _refuse_mismatch(described, decision)
    if described.get("engine") == onnx.ENGINE:
        return onnx.read(folder, described, decision)
    for library in ("torch", "transformers"):
        need("train", library)
    return _assemble(folder, described, decision)


def _assemble(folder: Path, described: dict[str, Any], decision: Decision) -> Classifier:
    from evenhand.models.fast import quicken
    from evenhand.models.precision import pick_device
    from evenhand.models.weights import read_tensors

    architecture: text.Architecture | series.SeriesArchitecture
    schema: Schema | SeriesSchema
    if _of_series(described):
        architecture = series.SeriesArchitecture.read(described)
        schema = SeriesSchema.from_dict(described["schema"])
    else:
        architecture = text.Architecture.read(described, _read(folder / "config.json"))
        schema = Schema.from_dict(described["schema"])
    model = architecture.blank(len(decision.labels))
    try:
        model.load_state_dict(read_tensors(folder / "model.safetensors"), strict=True)
    except RuntimeError as error:
        raise BundleError(
            "E402",
            "the weights do not fit the network",
            got=str(error).partition("\n")[2].strip()[:160],
            fix=_READ_AGAIN,
        ) from error
    if pick_device().type == "cpu" and not _of_series(described):
        quicken(model.encoder)
    model.to(pick_device()).eval()
    return Classifier(
        model,
        architecture.reader(folder),
        architecture,
        schema,
        decision=decision,
        golden=golden.read(folder),
    )


def _of_series(described: dict[str, Any]) -> bool:
    """Whether the bundle reads series; older bundles do not say, and read texts."""
    return described.get("kind") == "series"


def _further_keys(described: dict[str, Any]) -> frozenset[str]:
    """Return what ``bundle.json`` says of a bundle of this kind besides what it says of any."""
    if described.get("engine") == onnx.ENGINE:
        return onnx.KEYS | ({"streams"} if _of_series(described) else {"max_length", "pad_id"})
    return series.KEYS if _of_series(described) else text.KEYS


def _refuse_mismatch(described: dict[str, Any], decision: Decision) -> None:
    needed = KEYS | _further_keys(described)
    lacking = sorted(needed - described.keys())
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


def _read(file: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return value
