"""The mixers: none, mixup of whatever meets, and SMOTE among rows of a rare label."""
# Shapes: B examples, D width of the pooled vector, C classes.

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from evenhand.models.mixing import MIXERS, Mixer


@dataclass(frozen=True)
class Untouched:
    """Leaves every example as it is."""

    soft_targets = False

    def __call__(
        self, vectors_BD: Tensor, targets_BC: Tensor, generator: torch.Generator, /
    ) -> tuple[Tensor, Tensor]:
        """Return what was given."""
        return vectors_BD, targets_BC


@dataclass(frozen=True)
class Mixup:
    """Moves each example, vector and targets alike, towards a random one of the batch.

    Args:
        alpha: of the Beta distribution from which each example's own share is drawn.
    """

    alpha: float
    soft_targets = True

    def __call__(
        self, vectors_BD: Tensor, targets_BC: Tensor, generator: torch.Generator, /
    ) -> tuple[Tensor, Tensor]:
        """Return ``between`` of each example and its partner."""
        seed = torch.randint(2**62, (), generator=generator, device=generator.device)
        random = np.random.default_rng(int(seed))
        rows, device = len(vectors_BD), vectors_BD.device
        partners_B = torch.from_numpy(random.permutation(rows)).to(device)
        own_B = torch.from_numpy(random.beta(self.alpha, self.alpha, size=rows)).to(device)
        mixed_BD = between(vectors_BD, vectors_BD[partners_B], own_B)
        return mixed_BD, between(targets_BC, targets_BC[partners_B], own_B)


def between(own_BX: Tensor, other_BX: Tensor, share_B: Tensor) -> Tensor:
    """Return ``share * own + (1 - share) * other``, row by row, computed in float32.

    NaN on either side stays NaN, except that a row whose share is 1 is itself, whatever the other
    holds.

    Args:
        own_BX: any float type.
        other_BX: of that shape and type.
        share_B: in [0, 1].
    """
    # Rounded to half precision, the vectors' share would no longer be that of the targets.
    share_B1 = share_B.to(torch.promote_types(own_BX.dtype, torch.float32)).unsqueeze(1)
    mixed_BX = share_B1 * own_BX + (1 - share_B1) * other_BX
    return torch.where(share_B1 == 1, own_BX, mixed_BX.to(own_BX.dtype))


@dataclass(frozen=True)
class Smote:
    """Moves the vectors of rows with a rare label towards their nearest fellow; targets stay.

    Args:
        rare: a label is rare whose share in the batch is below this.
    """

    rare: float
    soft_targets = False

    def __call__(
        self, vectors_BD: Tensor, targets_BC: Tensor, generator: torch.Generator, /
    ) -> tuple[Tensor, Tensor]:
        """Return ``x + u (x' - x)``, ``u`` uniform in [0, 1), and the targets as they are.

        A row without a rare label, or alone in the batch with its rarest one, stays as it is.
        """
        fellows_BB = rare_fellows(targets_BC, self.rare)
        x_BD = vectors_BD.detach().float()
        gaps_BB = torch.cdist(x_BD, x_BD, compute_mode="donot_use_mm_for_euclid_dist")
        nearest_B = gaps_BB.masked_fill(~fellows_BB, torch.inf).argmin(dim=1)
        steps_B = torch.rand(len(x_BD), generator=generator, device=generator.device)
        steps_B = steps_B.to(vectors_BD.device) * fellows_BB.any(dim=1)
        return between(vectors_BD, vectors_BD[nearest_B], 1 - steps_B), targets_BC


def rare_fellows(targets_BC: Tensor, rare: float) -> Tensor:
    """Return whether another row bears the label that is rarest among those of a row.

    Args:
        targets_BC: 1 where a label is present, NaN where unknown.
        rare: nobody is a fellow of a row whose rarest label has this share of the rows that
            know it, or more.

    Returns:
        Boolean, row by other row, ``(B, B)``; false on the diagonal.
    """
    present_BC = targets_BC == 1
    known_C = (~targets_BC.isnan()).sum(dim=0).clamp_min(1)
    shares_BC = torch.where(present_BC, present_BC.sum(dim=0) / known_C, torch.inf)
    share_B, rarest_B = shares_BC.min(dim=1)
    fellows_BB = present_BC.T[rarest_B] & (share_B < rare).unsqueeze(1)
    return fellows_BB.fill_diagonal_(False)


@MIXERS.register("none")
def none() -> Mixer:
    """Every example as it is."""
    return Untouched()


@MIXERS.register("mixup")
def mixup(
    *,
    alpha: Annotated[
        float, Field(ge=0.01, le=10, description="small: near one of the two; 1: anywhere between")
    ] = 0.2,
) -> Mixer:
    """Each example moved towards a random other, and its targets with it.

    A mixed label is unknown where it is unknown in either. Towards ``alpha = 0`` each example is
    one of the two.

    References:
        Zhang et al. 2018, arXiv:1710.09412; Verma et al. 2019, arXiv:1806.05236 (hidden states).
    """
    return Mixup(alpha)


@MIXERS.register("smote")
def smote(
    *,
    rare: Annotated[
        float, Field(gt=0, le=1, description="share of the batch below which a label is rare")
    ] = 0.1,
) -> Mixer:
    """Rows of a rare label moved towards the nearest of that label; their targets stay.

    References:
        Chawla et al. 2002, arXiv:1106.1813, with one neighbour, of the batch.
    """
    return Smote(rare)
