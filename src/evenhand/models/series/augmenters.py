"""Augmenters of series: a window becomes another one that deserves the same label.

Only fit windows are ever changed, after they are scaled; sizes are in spreads of the fit rows.
Importing this module imports no torch.
"""
# Shapes: B windows of a batch, T frames of a window, D numbers of a stream, E draws of a pass.

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from evenhand.data.series.records import Float32s, Rows
from evenhand.errors import ConfigError
from evenhand.models.series.table import INSIDE, WindowTable, known_of, values_of
from evenhand.registry import Registry
from evenhand.seeds import copies, generator

Share = Annotated[float, Field(gt=0, le=1, description="share of windows that are changed")]
Size = Annotated[float, Field(gt=0, le=10)]


@dataclass(frozen=True)
class Window:
    """One window of a batch; augmenters write into its arrays.

    Args:
        values: of each stream, float32, ``(T, D)``, 0 where they are not known.
        known: of each stream, bool, ``(T,)``.
    """

    values: tuple[Float32s, ...]
    known: tuple[NDArray[np.bool_], ...]

    def present(self) -> list[int]:
        """Return the streams of which some frame is known."""
        return [s for s, known_T in enumerate(self.known) if known_T.any()]

    def hide(self, stream: int, frames: slice = slice(None)) -> None:
        """Make frames of a stream unknown."""
        self.values[stream][frames] = 0
        self.known[stream][frames] = False


class SeriesAugmenter(Protocol):
    """What an augmenter of series is once its settings are fixed."""

    @property
    def least(self) -> int:
        """Streams without which it has nothing to do."""
        ...

    def __call__(self, window: Window, random: np.random.Generator, /) -> None:
        """Change the window in place, or leave it; the result depends on these two alone."""
        ...


SERIES_AUGMENTERS: Registry[SeriesAugmenter] = Registry(
    "augmenter of series", {}, section="augment"
)


@dataclass(frozen=True)
class Jitter:
    """Adds Gaussian noise to every known number.

    Args:
        share: of windows that are changed.
        size: standard deviation of the noise, in spreads.
    """

    share: float
    size: float
    least: ClassVar[int] = 1

    def __call__(self, window: Window, random: np.random.Generator) -> None:
        """Change the window in place, or leave it."""
        if random.random() >= self.share:
            return
        for values_TD, known_T in zip(window.values, window.known, strict=True):
            noise_TD = random.standard_normal(values_TD.shape, dtype=np.float32)
            values_TD += self.size * noise_TD * known_T[:, None]


@dataclass(frozen=True)
class Scale:
    """Multiplies each stream's distance from the mean by one factor.

    Args:
        share: of windows that are changed.
        size: standard deviation of the factor's logarithm.
    """

    share: float
    size: float
    least: ClassVar[int] = 1

    def __call__(self, window: Window, random: np.random.Generator) -> None:
        """Change the window in place, or leave it."""
        if random.random() >= self.share:
            return
        for values_TD in window.values:
            values_TD *= np.float32(np.exp(self.size * random.standard_normal()))


@dataclass(frozen=True)
class TimeMask:
    """Hides spans of frames of all streams at once.

    A span that would leave nothing known is left out.

    Args:
        share: of windows that are changed.
        spans: how many.
        longest: share of a window that a span covers at most.
    """

    share: float
    spans: int
    longest: float
    least: ClassVar[int] = 1

    def __call__(self, window: Window, random: np.random.Generator) -> None:
        """Change the window in place, or leave it."""
        if random.random() >= self.share:
            return
        frames = len(window.known[0])
        for _ in range(self.spans):
            length = int(random.integers(1, max(round(self.longest * frames), 1) + 1))
            first = int(random.integers(frames - length + 1))
            span = slice(first, first + length)
            if any(known_T.sum() > known_T[span].sum() for known_T in window.known):
                for stream in range(len(window.known)):
                    window.hide(stream, span)


@dataclass(frozen=True)
class StreamMask:
    """Hides one stream of a window that has at least two.

    Args:
        share: of windows that are changed.
    """

    share: float
    least: ClassVar[int] = 2

    def __call__(self, window: Window, random: np.random.Generator) -> None:
        """Change the window in place, or leave it."""
        present = window.present()
        if random.random() < self.share and len(present) > 1:
            window.hide(present[int(random.integers(len(present)))])


@dataclass(frozen=True)
class ChangedTable:
    """The draws of a pass, each window changed as its own seed says.

    Args:
        table: the windows as they are.
        augmenters: the first one first.
        seed: the run's seed.
        epoch: of this pass, from 0.
        rows_E: window of each draw.
        copies_E: how many earlier draws of the pass were the same window.
    """

    table: WindowTable
    augmenters: Sequence[SeriesAugmenter]
    seed: int
    epoch: int
    rows_E: Rows
    copies_E: Rows

    def lengths(self) -> Rows:
        """Return the frames of each draw, ``(E,)``."""
        return self.table.lengths()[self.rows_E]

    def batch(self, draws_B: Rows) -> dict[str, NDArray[Any]]:
        """Return the network's inputs for these draws, as ``WindowTable.batch`` names them."""
        inputs = self.table.batch(self.rows_E[draws_B])
        lengths_B = inputs[INSIDE].sum(axis=1)
        streams = self.table.streams
        for b, draw in enumerate(draws_B.tolist()):
            inside = slice(int(lengths_B[b]))
            window = Window(
                tuple(inputs[values_of(stream)][b, inside] for stream in streams),
                tuple(inputs[known_of(stream)][b, inside] for stream in streams),
            )
            place = int(self.rows_E[draw]), int(self.copies_E[draw])
            for k, augmenter in enumerate(self.augmenters):
                augmenter(window, generator(self.seed, "augment", k, self.epoch, *place))
        return inputs


def augmented_table(
    table: WindowTable,
    augmenters: Sequence[SeriesAugmenter],
    *,
    seed: int,
    epoch: int,
    rows_E: Rows,
) -> ChangedTable:
    """Return the draws of a pass with the augmenters applied in turn.

    Augmenter ``k`` draws from ``(seed, k, epoch, row, copy)``. So a row differs from epoch to
    epoch and from copy to copy, and is the same in a resumed run and in any batch.
    """
    return ChangedTable(table, tuple(augmenters), seed, epoch, rows_E, copies(rows_E))


def refuse_idle(augmenters: Sequence[SeriesAugmenter], streams: tuple[str, ...]) -> None:
    """Raise for an augmenter that has nothing to do on windows of these streams.

    Raises:
        ConfigError: E105.
    """
    for augmenter in augmenters:
        if augmenter.least > len(streams):
            raise ConfigError(
                "E105",
                "a window's only stream is never hidden",
                got=f"augment = stream-mask, streams: {', '.join(streams)}",
                fix="leave out stream-mask; time-mask hides part of a stream",
            )


@SERIES_AUGMENTERS.register("jitter")
def jitter(
    *,
    share: Share = 0.5,
    size: Annotated[Size, Field(description="spread of the noise, in spreads")] = 0.05,
) -> SeriesAugmenter:
    """Add noise to every number: no measurement is exact."""
    return Jitter(share, size)


@SERIES_AUGMENTERS.register("scale")
def scale(
    *,
    share: Share = 0.5,
    size: Annotated[Size, Field(description="spread of the factor's logarithm")] = 0.1,
) -> SeriesAugmenter:
    """Stretch or shrink each stream around its mean by one factor: people differ in size."""
    return Scale(share, size)


@SERIES_AUGMENTERS.register("time-mask")
def time_mask(
    *,
    share: Share = 0.5,
    spans: Annotated[int, Field(ge=1, le=20, description="spans of a window")] = 1,
    longest: Annotated[
        float, Field(gt=0, le=0.5, description="share of the window that a span covers at most")
    ] = 0.2,
) -> SeriesAugmenter:
    """Hide spans of time in all streams, as a camera that is blocked for a moment."""
    return TimeMask(share, spans, longest)


@SERIES_AUGMENTERS.register("stream-mask")
def stream_mask(*, share: Share = 0.2) -> SeriesAugmenter:
    """Hide one whole stream, never the last: a sensor may fail."""
    return StreamMask(share)
