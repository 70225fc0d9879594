"""Two views of each window for pre-training: changed apart, and with other spans hidden."""
# Shapes: B windows of a batch, T frames, E draws of a pass.

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evenhand.data.series.records import Rows
from evenhand.models.series.augmenters import ChangedTable, SeriesAugmenter, augmented_table
from evenhand.models.series.table import INSIDE, WindowTable
from evenhand.seeds import derive, generator

FIRST, END = "first_B", "end_B"
"""Inputs that say where a window lies, so that overlapping ones are known."""


def input_of(view: int, name: str) -> str:
    """Return the name of an input of view 0 or 1."""
    return f"{view}:{name}"


def hidden_of(stream: str) -> str:
    """Return the name of the input that says which frames are hidden and rebuilt, ``(B, T)``."""
    return f"{stream}:hidden_BT"


@dataclass(frozen=True)
class Hiding:
    """How much of a view is hidden.

    Args:
        share: of the frames of each stream, about, in (0, 1).
        span: frames hidden at a time, >= 1; fewer in short windows.
    """

    share: float
    span: int

    def draw(self, frames: int, random: np.random.Generator) -> NDArray[np.bool_]:
        """Return which of a window's frames are hidden, ``(frames,)``; spans may overlap."""
        hidden_T = np.zeros(frames, bool)
        asked = max(round(self.share * frames), 1)
        span = min(self.span, asked)
        for first in random.integers(frames - span + 1, size=max(round(asked / span), 1)):
            hidden_T[first : first + span] = True
        return hidden_T


@dataclass(frozen=True)
class ViewTable:
    """The draws of a pass, each as two views.

    Args:
        views: the windows as each view changes them.
        hiding: what is hidden of them then, stream by stream.
        seed: of what is hidden.
    """

    views: tuple[ChangedTable, ChangedTable]
    hiding: Hiding
    seed: int

    def lengths(self) -> Rows:
        """Return the frames of each draw, ``(E,)``."""
        return self.views[0].lengths()

    def batch(self, draws_B: Rows) -> dict[str, NDArray[Any]]:
        """Return ``0:NAME`` and ``1:NAME`` for each input NAME of a window, and what is hidden.

        ``0:STREAM:hidden_BT`` is True where a network is not shown what it is to rebuild; the
        values still stand in ``0:STREAM:values_BTD``. ``first_B`` and ``end_B`` are the window's
        frames among all.
        """
        windows = self.views[0].table.windows
        rows_B = self.views[0].rows_E[draws_B]
        inputs: dict[str, NDArray[Any]] = {
            FIRST: windows.first_N[rows_B],
            END: windows.end_N[rows_B],
        }
        for v, view in enumerate(self.views):
            seen = view.batch(draws_B)
            inputs |= {input_of(v, name): values for name, values in seen.items()}
            for s, stream in enumerate(view.table.streams):
                hidden_BT = np.zeros_like(seen[INSIDE])
                for b, (draw, frames) in enumerate(
                    zip(draws_B.tolist(), seen[INSIDE].sum(axis=1).tolist(), strict=True)
                ):
                    place = int(view.rows_E[draw]), int(view.copies_E[draw])
                    random = generator(self.seed, "hidden", v, s, view.epoch, *place)
                    hidden_BT[b, :frames] = self.hiding.draw(frames, random)
                inputs[input_of(v, hidden_of(stream))] = hidden_BT
        return inputs


def view_table(
    table: WindowTable,
    augmenters: Sequence[SeriesAugmenter],
    hiding: Hiding,
    *,
    seed: int,
    epoch: int,
    rows_E: Rows,
) -> ViewTable:
    """Return the draws of a pass as two views each, a function of ``(seed, epoch, row, copy)``."""
    one, other = (
        augmented_table(table, augmenters, seed=derive(seed, "view", v), epoch=epoch, rows_E=rows_E)
        for v in range(2)
    )
    return ViewTable((one, other), hiding, seed)
