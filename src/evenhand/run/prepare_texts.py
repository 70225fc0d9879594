"""What training on texts needs: tokens, and a network on a backbone."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evenhand.bundle import Architecture, TextReader
from evenhand.config import ModelConfig, RunConfig
from evenhand.data import Dataset, find_placeholders
from evenhand.errors import ConfigError, MissingFileError, did_you_mean
from evenhand.run.prepared import Prepared
from evenhand.run.unread import refuse_series_settings
from evenhand.seeds import derive
from evenhand.types import FitStatistics, LabelSpace, Role

if TYPE_CHECKING:
    from evenhand.losses import Loss
    from evenhand.models.text import TextClassifier
    from evenhand.models.tokens import TokenTable
    from evenhand.sampling import Sampler


def prepare_texts(
    dataset: Dataset,
    config: RunConfig,
    *,
    fit: FitStatistics,
    loss: Loss,
    sampler: Sampler,
    further: Sequence[str] = (),
) -> Prepared:
    """Build the network on its device and tokenise every role's texts.

    Args:
        dataset: rows with roles.
        config: the run's settings.
        fit: statistics of the labelled fit rows.
        loss: with its settings.
        sampler: of the labelled fit rows.
        further: texts without labels, which follow the fit rows in their table.

    Raises:
        EvenhandError: as ``prepare``.
    """
    import torch

    from evenhand.models import text
    from evenhand.models.backbones import cut_vocabulary, locate, refuse_frozen, refuse_longer
    from evenhand.models.fast import quicken
    from evenhand.models.precision import pick_device, pick_precision
    from evenhand.models.tokens import TextTokenizer

    refuse_series_settings(config)
    asked = config.model
    texts = {role: _texts(dataset, role) for role in Role if dataset.count(role)}
    texts[Role.FIT] += further
    fit_texts = texts[Role.FIT]
    source = locate(asked.backbone)
    if asked.vocabulary == "data":
        source = cut_vocabulary(source, fit_texts)
    refuse_longer(asked.max_length, source.config())
    refuse_frozen(source, config.optim.frozen_layers)
    plain = TextTokenizer.from_folder(source.folder)
    marks = find_placeholders(fit_texts) if asked.placeholders == "auto" else ()
    tokenizer = plain.with_marks(marks)
    marks = () if tokenizer is plain else marks
    device = pick_device()
    dtype = pick_precision(asked.precision, model_type=source.config()["model_type"], device=device)
    with torch.random.fork_rng():
        torch.manual_seed(derive(config.seed, "init"))
        model = text.pretrained(
            source,
            plain,
            marks,
            pooling=asked.pooling,
            head=(asked.head.name, asked.head.settings()),
            fit=fit,
            prior_bias=asked.prior_bias,
            layers=asked.layers,
        )
    if asked.label_texts is not None:
        text.start_at_labels(model, tokenizer, label_texts(asked.label_texts, dataset.labels))
    if device.type == "cpu":
        quicken(model.encoder)
    tables = {
        role: tokenizer.encode_cached(some, max_length=asked.max_length)
        for role, some in texts.items()
    }
    return Prepared(
        model=model.to(device),
        reader=TextReader(tokenizer, asked.max_length),
        tables=tables,
        fit=fit,
        dtype=dtype,
        loss=loss,
        sampler=sampler,
        architecture=_architecture(model, asked),
        truncated=tables[Role.FIT].truncated,
        said=tuple(_said(tables[Role.FIT], len(fit_texts), marks)),
    )


def label_texts(asked: str, labels: LabelSpace) -> list[str]:
    """Return a text for each label: its name in words, or what a JSON file says of it.

    Raises:
        MissingFileError: E202 when the file is not there.
        ConfigError: E102 when it is no JSON object with a text for every label.
    """
    if asked == "names":
        return [name.replace("_", " ").replace("-", " ") for name in labels.names]
    try:
        said = json.loads(Path(asked).read_text("utf-8"))
    except FileNotFoundError as error:
        raise MissingFileError(
            "E202",
            "there is no such file of label texts",
            got=f"model.label_texts = {asked!r}",
            fix="check the path, or --set model.label_texts=names",
        ) from error
    except (ValueError, OSError) as error:
        raise ConfigError(
            "E102",
            "label texts must be a JSON file",
            got=f"model.label_texts = {asked!r}: {error}",
            fix="name such a file, or --set model.label_texts=names",
        ) from error
    texts = said if isinstance(said, dict) else {}
    for name in (*labels.names, *texts):
        text = texts.get(name)
        if name not in labels.names or not (isinstance(text, str) and text.strip()):
            raise ConfigError(
                "E102",
                "label texts must give every label a text, and nothing else",
                got=f"{asked}: {name!r} = {text!r}",
                fix=did_you_mean(name, labels.names)
                if name not in labels.names
                else f"describe {name!r} in words",
            )
    return [texts[name] for name in labels.names]


def _said(fit: TokenTable, rows: int, marks: Sequence[str]) -> Iterator[str]:
    """Yield what the user should know of the fit rows' tokens, a line each."""
    cut_off = f"{fit.truncated / rows:.1%} of texts cut off"
    yield f"tokens  {fit.lengths().mean():.1f} a text, {cut_off}"
    if marks:
        yield f"marks   kept whole: {', '.join(marks)}"


def _architecture(model: TextClassifier, asked: ModelConfig) -> Architecture:
    return Architecture(
        config=copy.deepcopy(_encoder_config(model)),
        pooling=asked.pooling,
        head=(asked.head.name, asked.head.settings()),
        layers=asked.layers,
        max_length=asked.max_length,
        trained_steps=0,
    )


def _texts(dataset: Dataset, role: Role) -> list[str]:
    return [dataset.texts[i] for i in dataset.rows(role)]


def _encoder_config(model: TextClassifier) -> dict[str, Any]:
    """Return the architecture of a classifier's encoder as ``config.json`` says it.

    Where its weights came from is left out: that may be a folder of this machine.
    """
    config: dict[str, Any] = model.encoder.config.to_dict()  # type: ignore[union-attr, operator]
    return {key: value for key, value in config.items() if key != "_name_or_path"}
