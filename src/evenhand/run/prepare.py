"""What training needs, made from rows and settings: tokens, network, device, precision."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evenhand.calibrate import CALIBRATORS, nll
from evenhand.config import RunConfig
from evenhand.data import Dataset, find_placeholders
from evenhand.evaluate.selection import SELECTION
from evenhand.extras import need
from evenhand.seeds import derive
from evenhand.types import FitStatistics, Logits, Predictions, Probs, Role

if TYPE_CHECKING:
    import torch
    from torch import nn

    from evenhand.models.text import TextClassifier
    from evenhand.models.tokens import TextTokenizer, TokenTable


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
    """

    model: TextClassifier
    tokenizer: TextTokenizer
    tables: Mapping[Role, TokenTable]
    fit: FitStatistics
    dtype: torch.dtype
    marks: tuple[str, ...]

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

    def scorer(
        self, dataset: Dataset, metric: Callable[[Predictions], float]
    ) -> Callable[[nn.Module], Mapping[str, float]]:
        """Return what scores the tune rows after each pass.

        Args:
            dataset: rows with roles.
            metric: the selection metric.
        """
        from evenhand.training import infer

        half = SELECTION.factory("macro_f1_at_half")

        def score(model: nn.Module) -> dict[str, float]:
            scores = Logits(infer.logits(model, self.tables[Role.TUNE], dtype=self.dtype))
            tune = predictions_of(dataset, Role.TUNE, scores)
            loss = nll(Probs(tune.probs()), tune.truth_NC, dataset.labels.task)
            return {"tune_loss": loss, "value": metric(tune), "macro_f1_half": float(half(tune))}

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
    from evenhand.models.pooling import POOLINGS
    from evenhand.training.schedule import SCHEDULES

    LOSSES.validate(config.loss.name, config.loss.settings())
    SCHEDULES.validate(config.schedule.name, config.schedule.settings())
    HEADS.validate(config.model.head.name, config.model.head.settings())
    POOLINGS.factory(config.model.pooling)
    SELECTION.factory(config.train.metric)
    CALIBRATORS.factory(config.decision.calibrate)


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
    from evenhand.models.backbones import locate, refuse_longer
    from evenhand.models.fast import quicken
    from evenhand.models.precision import pick_device, pick_precision
    from evenhand.models.tokens import TextTokenizer

    fit = FitStatistics.of(dataset.truth(Role.FIT), dataset.labels.task)
    LOSSES.build(config.loss.name, fit, settings=config.loss.settings())
    source = locate(config.model.backbone)
    refuse_longer(config.model.max_length, source.config())
    plain = TextTokenizer.from_folder(source.folder)
    fit_texts = _texts(dataset, Role.FIT)
    marks = find_placeholders(fit_texts) if config.model.placeholders == "auto" else ()
    tokenizer = plain.with_marks(marks)
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
        )
    if device.type == "cpu":
        quicken(model.encoder)
    tables = {
        role: tokenizer.encode_cached(_texts(dataset, role), max_length=config.model.max_length)
        for role in Role
        if dataset.count(role)
    }
    return Prepared(model.to(device), tokenizer, tables, fit, dtype, marks)


def predictions_of(dataset: Dataset, role: Role, scores: Logits) -> Predictions:
    """Return the aligned predictions of the rows with ``role``."""
    rows = dataset.rows(role)
    return Predictions(
        ids=tuple(dataset.ids[i] for i in rows),
        scores=scores,
        truth_NC=dataset.truth_NC[rows],
        labels=dataset.labels,
        role=role,
    )


def _texts(dataset: Dataset, role: Role) -> list[str]:
    return [dataset.texts[i] for i in dataset.rows(role)]


def encoder_config(model: TextClassifier) -> dict[str, Any]:
    """Return the architecture of a classifier's encoder as ``config.json`` says it."""
    config: dict[str, Any] = model.encoder.config.to_dict()  # type: ignore[union-attr, operator]
    return config
