"""Bundles on disk: weights, reader, labels, calibrator and cuts; nothing executable.

```
bundle/  bundle.json  model.safetensors  decision.json  MANIFEST.json
         config.json  tokenizer.json  golden.json     of texts
         scaler.json                                  of series
```

That of an ensemble is in ``ensemble.py``, that of a graph in ``onnx.py``.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from evenhand.bundle import ensemble, golden, onnx, series, text
from evenhand.bundle.classifier import Classifier, Predictor
from evenhand.bundle.hostile import damaged, read_json, refuse_hostile
from evenhand.data import Schema
from evenhand.data.series import SeriesSchema
from evenhand.decide import Decision
from evenhand.durable import (
    Content,
    folder_fault,
    json_bytes,
    make_folder,
    manifest_names,
    write_folder,
)
from evenhand.errors import BundleError, ConfigError, EvenhandError, MissingFileError
from evenhand.extras import need

FORMAT = 1
CARD = "README.md"
"""What the bundle is, is worth and is not for."""
WEIGHTS = "model.safetensors"
"""Every tensor of a network's state."""
KEYS = frozenset(("format", "labels", "trained_steps", "schema"))
"""What ``bundle.json`` cannot do without."""
_IN_THE_NETWORK = (ArithmeticError, RuntimeError, MemoryError)
"""What torch and transformers raise over sizes that cannot be."""
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
            WEIGHTS: tensor_content(classifier.model.state_dict()),
            **classifier.reader.files(),
            "decision.json": json_bytes(classifier.decision.to_dict()),
            **_remembered(classifier),
        },
    )


def files_of(folder: Path) -> dict[str, bytes]:
    """Return name -> content of every file of a bundle but the manifest.

    Raises:
        BundleError: E401 when a file is missing or damaged.
    """
    refuse_damaged(folder)
    return {name: (folder / name).read_bytes() for name in manifest_names(folder)}


def write_files(folder: Path, files: Mapping[str, Content]) -> None:
    """Write a bundle whose files are at hand into a new folder, whole or not at all.

    Raises:
        ConfigError: E109 when something lies there already.
        WriteError: E106 when it cannot be written.
    """
    refuse_used(folder)
    make_folder(folder.absolute().parent)
    write_folder(folder, files)


def add_card(folder: Path, text: str) -> None:
    """Write ``README.md`` into a bundle, whole or not at all; a former one is replaced.

    Raises:
        BundleError: E401 when the bundle is damaged.
        WriteError: E106 when it cannot be written.
    """
    refuse_damaged(folder)
    write_folder(folder, {**copies_of(folder), CARD: text.encode("utf-8")})


def copies_of(folder: Path) -> dict[str, Content]:
    """Return name -> what copies it, for every file of a sound bundle but manifest and card."""
    return {
        name: partial(shutil.copyfile, folder / name)
        for name in manifest_names(folder)
        if name != CARD
    }


def refuse_used(folder: Path) -> None:
    """Raise E109 where ``folder`` is a file, or holds anything."""
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise ConfigError(
            "E109",
            "the output folder is in use",
            got=str(folder),
            fix="choose a folder that is empty or not there",
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
        BundleError: E401 when a file is damaged; E402 when the parts do not belong together;
            E405 for a bundle that is not inert.
        MissingExtraError: E104 in an installation that cannot run a network.
    """
    folder = find(Path(path))
    refuse_hostile(folder)
    described, decision = _sound(folder)
    try:
        if described.get("kind") == ensemble.KIND:
            return ensemble.read(folder, described, decision, member=_load_one)
        return _checked(folder, described, decision)
    except EvenhandError:
        raise
    except (LookupError, TypeError, ValueError, AttributeError, *_IN_THE_NETWORK) as error:
        # What bundle.json and config.json say may be anything, of any kind and size.
        raise BundleError(
            "E402",
            "the bundle does not describe itself as evenhand would",
            got=f"{folder}: {type(error).__name__} {error}"[:200],
            fix=_READ_AGAIN,
        ) from error


def _load_one(folder: Path) -> Predictor:
    """Read the bundle of one member; raises as ``load``."""
    if not (folder / "bundle.json").is_file():
        raise BundleError(
            "E401", "a member of the ensemble is missing", got=str(folder), fix=_READ_AGAIN
        )
    return _checked(folder, *_sound(folder))


def _sound(folder: Path) -> tuple[dict[str, Any], Decision]:
    """Verify every file of a bundle, and return what it says of itself, and its decision."""
    refuse_damaged(folder)
    return read_json(folder / "bundle.json"), Decision.load(folder / "decision.json")


def refuse_damaged(folder: Path) -> None:
    """Raise E401 where a file of the bundle is not what the manifest says."""
    fault = folder_fault(folder)
    if fault is not None:
        raise damaged(fault)


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

    weights = folder / WEIGHTS
    architecture: text.Architecture | series.SeriesArchitecture
    schema: Schema | SeriesSchema
    if _of_series(described):
        architecture = series.SeriesArchitecture.read(described)
        schema = SeriesSchema.from_dict(described["schema"])
    else:
        config = read_json(folder / "config.json")
        _refuse_deeper(config, weights)
        architecture = text.Architecture.read(described, config)
        schema = Schema.from_dict(described["schema"])
    _refuse_larger(architecture, len(decision.labels), weights)
    model = architecture.blank(len(decision.labels))
    try:
        model.load_state_dict(read_tensors(weights), strict=True)
    except (RuntimeError, need("train", "safetensors").SafetensorError) as error:
        raise _unfit(str(error).partition("\n")[2].strip() or str(error)) from error
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


def _refuse_deeper(config: Mapping[str, Any], weights: Path) -> None:
    """Refuse a description of more layers than there are tensors, before they are built."""
    library = need("train", "safetensors")
    try:
        with library.safe_open(weights, framework="pt") as opened:
            tensors = len(opened.keys())
    except library.SafetensorError as error:
        raise _unfit(str(error)) from error
    deep = {k: v for k, v in config.items() if "layer" in k and isinstance(v, int) and v > tensors}
    if deep:
        raise _unfit(f"{next(iter(deep.items()))} in config.json, {tensors} tensors of weights")


def _refuse_larger(
    architecture: text.Architecture | series.SeriesArchitecture, classes: int, weights: Path
) -> None:
    """Refuse a description of more numbers than the weights have bits, before they take memory."""
    import torch

    with torch.device("meta"):
        described = sum(tensor.numel() for tensor in architecture.blank(classes).parameters())
    if described > 8 * weights.stat().st_size:
        size = weights.stat().st_size
        raise _unfit(f"{described:,} numbers described, {size:,} bytes of weights")


def _unfit(got: str) -> BundleError:
    return BundleError("E402", "the weights do not fit the network", got=got[:160], fix=_READ_AGAIN)


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
