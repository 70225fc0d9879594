"""Remedies for imbalance, taken together: one at a time, and what they do to the priors."""
# Shapes: N fit rows, C classes.

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evenhand.config import RunConfig
from evenhand.errors import ConfigError
from evenhand.losses import HARD_TARGETS, Loss, corrects, shift_of
from evenhand.models.mixing import needs_soft_targets
from evenhand.sampling import Sampler, effective_prior, prior_shift
from evenhand.types import FitStatistics, Floats, Task, Truth

SHOWN = 3
IDLE_SAMPLERS = {
    ("weighted", "cap"): 1,
    ("weighted", "power"): 0,
    ("square-root", "cap"): 1,
    ("oversample", "most"): 1,
}
"""Settings of samplers under which each row is drawn once, as without a sampler."""


def corrections(config: RunConfig) -> list[str]:
    """Return every part of a run that corrects imbalance by itself, in words."""
    found = []
    if config.sampler.name != "natural":
        found.append(f"sampler {config.sampler.name}")
    loss = corrects(config.loss.name, config.loss.settings())
    if loss is not None:
        found.append(loss)
    if config.mix.name == "smote":
        found.append("mix smote")
    return found


def refuse_conflicts(config: RunConfig) -> None:
    """Raise where parts undo or hide each other.

    Raises:
        ConfigError: E105 for stacked corrections that were not allowed, for unfreezing where
            nothing is frozen, for mixing with a loss that cannot take soft targets, for mixing
            together with R-Drop or without a second row, and for a sampler that its own
            settings undo.
    """
    _refuse_undone_sampler(config)
    stacked = corrections(config)
    if len(stacked) > 1 and not config.train.allow_stacked:
        raise ConfigError(
            "E105",
            "two corrections for the same imbalance over-correct it",
            got=" + ".join(stacked),
            fix="keep one, or --set train.allow_stacked=true",
        )
    if config.optim.unfreeze_every and config.optim.frozen_layers == 0:
        raise ConfigError(
            "E105",
            "nothing is frozen that could be unfrozen",
            got=f"optim.unfreeze_every = {config.optim.unfreeze_every}, optim.frozen_layers = 0",
            fix="--set optim.frozen_layers=all",
        )
    soft = needs_soft_targets(config.mix.name, config.mix.settings())
    if soft and config.loss.name in HARD_TARGETS:
        raise ConfigError(
            "E105",
            "this mixing needs a loss that takes targets between 0 and 1",
            got=f"mix.name = {config.mix.name!r}, loss.name = {config.loss.name!r}",
            fix="--set mix.name=none, or --set loss.name=auto",
        )
    if config.mix.name != "none" and config.train.r_drop > 0:
        raise ConfigError(
            "E105",
            "R-Drop compares two passes over the same rows, which mixing makes different",
            got=f"mix.name = {config.mix.name!r}, train.r_drop = {config.train.r_drop}",
            fix="--set mix.name=none, or --set train.r_drop=0",
        )
    if config.mix.name != "none" and config.train.batch_size == 1:
        raise ConfigError(
            "E105",
            "mixing needs a second row in the batch",
            got=f"mix.name = {config.mix.name!r}, train.batch_size = 1",
            fix="--set mix.name=none, or --set train.batch_size=32",
        )


def refuse_idle(config: RunConfig, *, passes: int) -> None:
    """Raise for what would begin only after the run has ended.

    Args:
        config: the run's settings.
        passes: over the fit rows that are planned; the last may be cut short by ``max_steps``.

    Raises:
        ConfigError: E105 for a progressive sampler with a single pass, which is natural, and for
            a first layer that would be unfrozen after the last pass.
    """
    planned = f"{passes} {'pass is' if passes == 1 else 'passes are'} planned"
    if config.sampler.name == "progressive" and passes == 1:
        raise ConfigError(
            "E105",
            "a progressive sampler begins as the data are, and goes on in later passes",
            got=f"sampler.name = 'progressive', {planned}",
            fix="plan more passes (train.epochs, train.max_steps), or --set sampler=class-aware",
        )
    if config.optim.unfreeze_every >= passes:
        raise ConfigError(
            "E105",
            "no layer would be unfrozen before the run ends",
            got=f"optim.unfreeze_every = {config.optim.unfreeze_every}, {planned}",
            fix="plan more passes (train.epochs, train.max_steps), or --set optim.unfreeze_every=0",
        )


def _refuse_undone_sampler(config: RunConfig) -> None:
    name = config.sampler.name
    for key, value in config.sampler.settings().items():
        if IDLE_SAMPLERS.get((name, key)) == value:
            raise ConfigError(
                "E105",
                "the sampler's own setting undoes it: each row would be drawn once",
                got=f"sampler.name = {name!r}, sampler.{key} = {value}",
                fix=f"--set sampler.name=natural, or leave sampler.{key} at its default",
            )


@dataclass(frozen=True)
class Priors:
    """How far a run's remedies move the scores off the data, and how to move them back.

    Args:
        fit: counts of the fit rows.
        truth_NC: truth of the fit rows.
        loss: with its settings.
        sampler: expected draws of each fit row.
        truth_share: of all that is learnt in a pass, how much is the truth. What a teacher says
            of a text does not depend on how often it is drawn, so sampling moves no scores there;
            a loss moves both alike.
    """

    fit: FitStatistics
    truth_NC: Truth
    loss: Loss
    sampler: Sampler
    truth_share: float = 1.0

    def natural(self) -> Floats:
        """Return the share of each label among the fit rows, ``(C,)``."""
        return effective_prior(self.truth_NC, np.ones(len(self.truth_NC)))

    def shift(self, share: float) -> Floats:
        """Return what is to be subtracted from the logits of the model, ``(C,)``.

        Args:
            share: 0 in the first pass, 1 in the last.
        """
        drawn_C = prior_shift(self.truth_NC, self.sampler(share), self.fit.task)
        return self.truth_share * drawn_C + shift_of(self.loss, len(drawn_C))

    def effective(self, share: float) -> Floats:
        """Return the shares of the labels that training behaves as if it saw, ``(C,)``."""
        natural_C = np.clip(self.natural(), 1e-12, 1 - 1e-12)
        shift_C = self.shift(share)
        if self.fit.task is Task.MULTILABEL:
            odds_C = np.log(natural_C) - np.log1p(-natural_C) + shift_C
            effective_C: Floats = 1 / (1 + np.exp(-odds_C))
            return effective_C
        weights_C = natural_C * np.exp(shift_C)
        shares_C: Floats = weights_C / weights_C.sum()
        return shares_C

    def lines(self, names: Sequence[str]) -> list[str]:
        """Say how the rarest labels' shares are moved; nothing where they are not."""
        if not np.any(self.shift(1.0)):
            return []
        natural_C, effective_C = self.natural(), self.effective(1.0)
        rarest = np.argsort(natural_C, kind="stable")[:SHOWN]
        moved = ", ".join(f"{names[c]} {natural_C[c]:.1%} -> {effective_C[c]:.1%}" for c in rarest)
        return [f"prior   as trained: {moved}; undone before calibration"]
