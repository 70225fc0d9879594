"""What training needs, made from rows and settings: tokens, network, device, precision."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evenhand.augment import AUGMENTERS
from evenhand.calibrate import CALIBRATORS, nll
from evenhand.config import Part, RunConfig
from evenhand.data import Dataset, find_placeholders
from evenhand.errors import ConfigError, MissingFileError, did_you_mean
from evenhand.evaluate.selection import SELECTION, decided_at_half
from evenhand.extras import need
from evenhand.registry import Registry
from evenhand.run.remedies import refuse_conflicts
from evenhand.sampling import SAMPLERS, refuse_small
from evenhand.seeds import derive
from evenhand.types import (
    FitStatistics,
    LabelSpace,
    Logits,
    Predictions,
    Probs,
    Role,
)

if TYPE_CHECKING:
    import torch
    from torch import nn

    from evenhand.losses import Loss
    from evenhand.models.text import TextClassifier
    from evenhand.models.tokens import TextTokenizer, TokenTable
    from evenhand.sampling import Sampler
    from evenhand.training.loop import Score


@dataclass(frozen=True)
class Prepared:
    """A network that fits the data, and the data in its terms.

    Args:
        model: on its device, in float32.
        tokenizer: with the placeholders of the data added.
        tables: tokens of the rows of each role.
        fit: statistics of the fit rows.
        dtype: of the arithmetic in training.
        marks: placeholders that became one token each.
        loss: with its settings.
        sampler: expected draws of each fit row.
    """

    model: TextClassifier
    tokenizer: TextTokenizer
    tables: Mapping[Role, TokenTable]
    fit: FitStatistics
    dtype: torch.dtype
    marks: tuple[str, ...]
    loss: Loss
    sampler: Sampler

    def lines(self) -> list[str]:
        """Return what the user should know, a line each."""
        fit = self.tables[Role.FIT]
        tokens = fit.lengths().mean()
        millions = sum(p.numel() for p in self.model.parameters()) / 1e6
        device = next(self.model.parameters()).device.type
        precision = str(self.dtype).removeprefix("torch.")
        lines = [
            f"model   {millions:.1f} M parameters, {precision} on {device}",
            f"tokens  {tokens:.1f} a text, {fit.truncated / self.fit.rows:.1%} of texts cut off",
        ]
        if self.marks:
            lines.append(f"marks   kept whole: {', '.join(self.marks)}")
        return lines

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


def check_parts(config: RunConfig) -> None:
    """Raise now for a part that does not exist or settings that it does not take.

    Raises:
        ConfigError: E101 for a name, E102 for a setting.
        MissingExtraError: E104 in an installation that cannot train.
    """
    for library in ("torch", "transformers"):
        need("train", library)
    from evenhand.losses import LOSSES
    from evenhand.models.heads import HEADS
    from evenhand.models.mixing import MIXERS
    from evenhand.models.pooling import POOLINGS
    from evenhand.training.plan import seconds_of
    from evenhand.training.schedule import SCHEDULES
    from evenhand.training.trackers import TRACKERS

    named: list[tuple[Registry[Any], Part]] = [
        (LOSSES, config.loss),
        (SCHEDULES, config.schedule),
        (HEADS, config.model.head),
        (SAMPLERS, config.sampler),
        (MIXERS, config.mix),
        *((AUGMENTERS, part) for part in config.augment),
    ]
    for registry, part in named:
        registry.validate(part.name, part.settings())
    POOLINGS.factory(config.model.pooling)
    TRACKERS.factory(config.report.tracker)
    if config.report.tracker == "tensorboard":
        need("tracking", "tensorboard")
    SELECTION.factory(config.train.metric)
    CALIBRATORS.factory(config.decision.calibrate)
    if config.train.max_time is not None:
        seconds_of(config.train.max_time)
    refuse_conflicts(config)


def prepare(dataset: Dataset, config: RunConfig) -> Prepared:
    """Build the network on its device and tokenise every role's texts.

    Raises:
        ConfigError: E105 when loss and task, precision and device, or length and backbone do
            not go together.
        MissingFileError: E107 when the backbone is not to be had.
    """
    import torch

    from evenhand.losses import LOSSES
    from evenhand.models import text
    from evenhand.models.backbones import cut_vocabulary, locate, refuse_longer
    from evenhand.models.fast import quicken
    from evenhand.models.precision import pick_device, pick_precision
    from evenhand.models.tokens import TextTokenizer

    truth_NC = dataset.truth(Role.FIT)
    fit = FitStatistics.of(truth_NC, dataset.labels.task)
    loss = LOSSES.build(config.loss.name, fit, settings=config.loss.settings())
    sampler = SAMPLERS.build(
        config.sampler.name, truth_NC, fit.task, settings=config.sampler.settings()
    )
    if config.sampler.name != "natural":
        refuse_small(fit.rows, config.train.batch_size)
    fit_texts = _texts(dataset, Role.FIT)
    source = locate(config.model.backbone)
    if config.model.vocabulary == "data":
        source = cut_vocabulary(source, fit_texts)
    refuse_longer(config.model.max_length, source.config())
    plain = TextTokenizer.from_folder(source.folder)
    marks = find_placeholders(fit_texts) if config.model.placeholders == "auto" else ()
    tokenizer = plain.with_marks(marks)
    marks = () if tokenizer is plain else marks
    device = pick_device()
    dtype = pick_precision(
        config.model.precision, model_type=source.config()["model_type"], device=device
    )
    head = config.model.head
    with torch.random.fork_rng():
        torch.manual_seed(derive(config.seed, "init"))
        model = text.pretrained(
            source,
            plain,
            marks,
            pooling=config.model.pooling,
            head=(head.name, head.settings()),
            fit=fit,
            prior_bias=config.model.prior_bias,
            layers=config.model.layers,
        )
    if config.model.label_texts is not None:
        text.start_at_labels(
            model, tokenizer, label_texts(config.model.label_texts, dataset.labels)
        )
    if device.type == "cpu":
        quicken(model.encoder)
    tables = {
        role: tokenizer.encode_cached(_texts(dataset, role), max_length=config.model.max_length)
        for role in Role
        if dataset.count(role)
    }
    return Prepared(model.to(device), tokenizer, tables, fit, dtype, marks, loss, sampler)


def predictions_of(dataset: Dataset, role: Role, scores: Logits) -> Predictions:
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


def _texts(dataset: Dataset, role: Role) -> list[str]:
    return [dataset.texts[i] for i in dataset.rows(role)]


def encoder_config(model: TextClassifier) -> dict[str, Any]:
    """Return the architecture of a classifier's encoder as ``config.json`` says it."""
    config: dict[str, Any] = model.encoder.config.to_dict()  # type: ignore[union-attr, operator]
    return config
