"""Fitted calibrators in torch, so that a graph can hold them."""
# Shapes: B rows, C classes, K knots.

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from evenhand.types import Task

if TYPE_CHECKING:
    from evenhand.calibrate import Calibrator


class Calibrated(nn.Module):
    """Logits to the probabilities that a fitted calibrator gives them, in float32.

    Args:
        calibrator: any of ``evenhand.calibrate``.
    """

    def __init__(self, calibrator: Calibrator) -> None:
        super().__init__()
        self.values = calibrator.to_dict()
        self.several = Task(self.values["task"]) is Task.MULTILABEL
        self.rule = RULES[calibrator.name]

    def forward(self, logits_BC: Tensor) -> Tensor:
        """Return probabilities, ``(B, C)``."""
        return self.rule(self, logits_BC)

    def numbers(self, name: str) -> Tensor:
        """Return the values stored under ``name``."""
        return torch.tensor(self.values[name], dtype=torch.float32)

    def spread(self, z_BC: Tensor) -> Tensor:
        """Return sigmoid or softmax of ``z_BC``."""
        return z_BC.sigmoid() if self.several else z_BC.softmax(dim=1)

    def shared(self, z_BC: Tensor) -> Tensor:
        """Return logits on a scale that a constant added to a row does not move."""
        return z_BC if self.several else functional.log_softmax(z_BC, dim=1)

    def odds(self, z_BC: Tensor) -> Tensor:
        """Return each class's log-odds: its logit, or against all others together."""
        if self.several:
            return z_BC
        others_BCC = z_BC.unsqueeze(1) - torch.eye(z_BC.shape[1]) * OUT_OF_REACH
        return z_BC - others_BCC.logsumexp(dim=2)

    def whole(self, p_BC: Tensor) -> Tensor:
        """Return ``p_BC``, each row made to sum to 1 if every row has one label."""
        return p_BC if self.several else p_BC / p_BC.sum(dim=1, keepdim=True)


OUT_OF_REACH = 1e9
"""Taken off a class's own logit where only the others count; ONNX sums no infinities."""


def _none(with_: Calibrated, z_BC: Tensor) -> Tensor:
    return with_.spread(z_BC)


def _temperature(with_: Calibrated, z_BC: Tensor) -> Tensor:
    return with_.spread(z_BC / with_.numbers("temperature"))


def _temperatures(with_: Calibrated, z_BC: Tensor) -> Tensor:
    return with_.spread(with_.shared(z_BC) / with_.numbers("temperatures"))


def _vector(with_: Calibrated, z_BC: Tensor) -> Tensor:
    return with_.spread(with_.shared(z_BC) * with_.numbers("slopes") + with_.numbers("biases"))


def _platt(with_: Calibrated, z_BC: Tensor) -> Tensor:
    bent_BC = with_.odds(z_BC) * with_.numbers("slopes") + with_.numbers("biases")
    return with_.whole(bent_BC.sigmoid())


def _beta(with_: Calibrated, z_BC: Tensor) -> Tensor:
    odds_BC = with_.odds(z_BC)
    left_BC = functional.logsigmoid(odds_BC) * with_.numbers("a")
    right_BC = functional.logsigmoid(-odds_BC) * with_.numbers("b")
    return with_.whole((left_BC - right_BC + with_.numbers("c")).sigmoid())


def _isotonic(with_: Calibrated, z_BC: Tensor) -> Tensor:
    odds_BC = with_.odds(z_BC)
    straight_BC = (odds_BC * with_.numbers("slope")).sigmoid()
    lists: Any = zip(with_.values["knots"], with_.values["values"], strict=True)
    columns = [
        _curve(odds_BC[:, c], torch.tensor(knots), torch.tensor(values))
        if knots
        else straight_BC[:, c]
        for c, (knots, values) in enumerate(lists)
    ]
    return with_.whole(torch.stack(columns, dim=1))


def _curve(x_B: Tensor, knots_K: Tensor, values_K: Tensor) -> Tensor:
    """Return the straight lines between knots as a sum of ramps, held beyond the ends."""
    if len(knots_K) == 1:
        return torch.zeros_like(x_B) + values_K[0]
    widths = (knots_K[1:] - knots_K[:-1]).clamp_min(torch.finfo(torch.float32).tiny)
    climbed = ((x_B.unsqueeze(1) - knots_K[:-1]) / widths).clamp(0, 1)
    return values_K[0] + (climbed * (values_K[1:] - values_K[:-1])).sum(dim=1)


RULES: dict[str, Callable[[Calibrated, Tensor], Tensor]] = {
    "none": _none,
    "temperature": _temperature,
    "per-class-temperature": _temperatures,
    "vector": _vector,
    "platt": _platt,
    "beta": _beta,
    "isotonic": _isotonic,
}
"""Each fitted calibrator by the name that ``to_dict`` gives it."""
