"""One optimizer step: forward, backward, clip, move; smaller portions where memory is short."""
# Shapes: B examples of a part, C classes, D width of a pooled vector.

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn

from evenhand.errors import TrainingError
from evenhand.losses.consistency import consistency
from evenhand.models.fast import clear_gradients
from evenhand.models.mixing import Mixer
from evenhand.sampling.buckets import Rows
from evenhand.seeds import derive
from evenhand.training.ema import Average
from evenhand.training.guard import first_fault
from evenhand.training.infer import to_device
from evenhand.training.objective import Objective
from evenhand.training.optim import clip_gradients
from evenhand.training.passes import Pass
from evenhand.types import Truth


@dataclass(frozen=True)
class Measured:
    """What a step showed.

    Args:
        loss: mean over the rows of the step, nats a label decision.
        norm: joint norm of all gradients before clipping.
        auxiliary: share of the loss that is not the main labels': the gap of R-Drop, or the
            present label beside a foretold one; in [0, 1].
    """

    loss: float
    norm: float
    auxiliary: float = 0.0


@dataclass(frozen=True)
class Present:
    """The present label, learnt beside the one that is foretold.

    Args:
        labels_N: position of each fit row's present label, int64; -1 where it is unknown.
        weight: of its cross-entropy in the loss, > 0.
    """

    labels_N: Rows
    weight: float

    def values(self, logits_BA: Tensor, rows_B: Rows) -> Tensor:
        """Return the weighted loss of each row, nats, ``(B,)``; 0 where it is unknown."""
        labels_B = torch.from_numpy(self.labels_N[rows_B]).to(logits_BA.device)
        return self.weight * torch.nn.functional.cross_entropy(
            logits_BA.float(), labels_B, ignore_index=-1, reduction="none"
        )


@dataclass
class Stepper:
    """Makes optimizer steps over a model.

    Args:
        model: on its device, in float32.
        optimizer: over the parameters that learn; its groups know their ``initial_lr``.
        targets_NC: what the loss reads of the fit rows: their truth, or a teacher beside it.
        dtype: of the arithmetic.
        clip: largest gradient norm.
        seed: the run's seed.
        mixer: mixes pooled vectors and targets while training; None does not.
        r_drop: weight of the gap between two dropout passes, beside the mean of their losses
            (twice the paper's alpha, which stands beside their sum); 0 makes one pass.
        average: moving average of the weights; None keeps none.
        present: learnt by the model's auxiliary head; None leaves that out.
        pieces: portions that a batch is cut into; doubled whenever memory runs out.
    """

    model: nn.Module
    optimizer: torch.optim.Optimizer
    targets_NC: Truth
    dtype: torch.dtype
    clip: float
    seed: int
    mixer: Mixer | None = None
    r_drop: float = 0.0
    average: Average | None = None
    present: Present | None = None
    pieces: int = 1
    _gap: float = field(default=0.0, init=False)

    def step(
        self,
        number: int,
        examples: Pass,
        group: Sequence[Rows],
        *,
        objective: Objective,
        share: float,
    ) -> Measured:
        """Make step ``number`` over the batches of ``group``, as one mean over all their rows.

        Where memory runs out the batches are cut in two and the step begins again: the rows of
        the step, their weights and the mean stay what they were. Only what looks at a batch as a
        whole (a mixer, a loss in ``losses.BATCHWISE``) then sees the smaller portions.

        Args:
            number: optimizer steps done before this one.
            examples: the pass.
            group: positions in the pass, a batch each.
            objective: loss and reduction at this point of the run.
            share: of the peak learning rate.

        Raises:
            TrainingError: E301 when loss or gradient is not finite, naming what; E306 when a
                single row does not fit into memory.
        """
        for settings in self.optimizer.param_groups:
            settings["lr"] = settings["initial_lr"] * share
        while True:
            parts = [p for rows in group for p in np.array_split(rows, self.pieces) if len(p)]
            try:
                measured = self._gradients(number, examples, parts, objective)
                break
            except RuntimeError as error:
                if not out_of_memory(error):
                    raise
                self._halve(max(map(len, parts)), error)
        self.optimizer.step()
        if self.average is not None:
            self.average.update()
        return measured

    def _gradients(
        self, number: int, examples: Pass, parts: Sequence[Rows], objective: Objective
    ) -> Measured:
        clear_gradients(self.model)
        self._gap = 0.0
        rows = sum(map(len, parts))
        values = [
            self._backward(number, i, examples, part_B, objective=objective, rows=rows)
            for i, part_B in enumerate(parts)
        ]
        loss = sum(float(values_B.sum()) for values_B in values) / rows
        norm = clip_gradients(self.model, self.clip)
        if not (math.isfinite(loss) and math.isfinite(norm)):
            drawn = examples.rows_E[np.concatenate(parts)]
            raise TrainingError(
                "E301",
                f"the loss or its gradient is not finite at step {number + 1}",
                got=first_fault(self.model, torch.cat(values), drawn),
                fix="start again with a lower optim.lr or model.precision=float32; a resumed run "
                "fails at the same step",
            )
        return Measured(loss, norm, self._gap / rows / loss if loss > 0 else 0.0)

    def _backward(
        self,
        number: int,
        part: int,
        examples: Pass,
        part_B: Rows,
        *,
        objective: Objective,
        rows: int,
    ) -> Tensor:
        device = next(self.model.parameters()).device
        torch.manual_seed(derive(self.seed, "dropout", number, part))
        inputs = to_device(examples.table, examples.entries_E[part_B], device)
        with torch.autocast(device.type, torch.bfloat16, enabled=self.dtype is torch.bfloat16):
            values_B = self._values(inputs, examples.rows_E[part_B], objective)
        objective.reduce(values_B, None, rows).backward()  # type: ignore[no-untyped-call]
        return values_B.detach()

    def _values(self, inputs: dict[str, Tensor], rows_B: Rows, objective: Objective) -> Tensor:
        device = next(iter(inputs.values())).device
        targets_BC = torch.from_numpy(self.targets_NC[rows_B]).to(device)
        if self.present is not None:
            logits_BC, present_BA = self.model.forward_both(**inputs)  # type: ignore[operator]
            gap_B = self.present.values(present_BA, rows_B)
            self._gap += float(gap_B.detach().sum())
            return objective.values(logits_BC, targets_BC) + gap_B
        if self.r_drop > 0:
            twice = {name: torch.cat((values, values)) for name, values in inputs.items()}
            first_BC, second_BC = self.model(**twice).chunk(2)
            gap_B = consistency(first_BC, second_BC, targets_BC, objective.task)
            both_B = objective.values(first_BC, targets_BC) + objective.values(
                second_BC, targets_BC
            )
            gap_B = self.r_drop / objective.decisions() * gap_B
            self._gap += float(gap_B.detach().sum())
            return both_B / 2 + gap_B
        if self.mixer is None:
            return objective.values(self.model(**inputs), targets_BC)
        mixed = _Mixed(self.mixer, targets_BC)
        logits_BC = self.model(**inputs, mix=mixed)
        return objective.values(logits_BC, mixed.targets_BC)

    def _halve(self, largest: int, error: RuntimeError) -> None:
        clear_gradients(self.model)
        if largest < 2:
            raise TrainingError(
                "E306",
                "a single row does not fit into memory",
                got=str(error).partition("\n")[0][:160],
                fix="shorten the rows (model.max_length, series.window), or take a smaller network",
            ) from error
        self.pieces *= 2
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


class _Mixed:
    """Mixes vectors once and remembers the targets that belong to the mixture."""

    def __init__(self, mixer: Mixer, targets_BC: Tensor) -> None:
        self._mixer = mixer
        self.targets_BC = targets_BC

    def __call__(self, vectors_BD: Tensor) -> Tensor:
        """Return the mixed vectors."""
        seed = int(torch.randint(2**62, ()))
        generator = torch.Generator(vectors_BD.device).manual_seed(seed)
        vectors_BD, self.targets_BC = self._mixer(vectors_BD, self.targets_BC, generator)
        return vectors_BD


def out_of_memory(error: RuntimeError) -> bool:
    """Say whether an error of torch's means that memory ran out, on CPU or CUDA."""
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)
