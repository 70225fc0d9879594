"""What of recordings cannot be, or hardly can: units, speeds, clocks, labels.

Every function is pure: it looks at what was measured and yields what is odd.
Shapes: T frames of a recording, D numbers of a stream.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from evenhand.data.series.measures import Clock, Extent, Measure
from evenhand.data.series.records import Stream
from evenhand.data.series.targets import FrameLabels, next_event

Kind = Literal[
    "limit", "speed", "units", "angle", "constant", "unknown", "clock", "short", "future"
]

FASTEST = 100.0
"""m/s; no body, robot or car of a recording moves faster."""
UNLIKE = 300.0
"""Times that one stream may spread as far as another in the same unit."""
TURNS = 20.0
"""Radians; a larger angle is likely one in degrees."""
DRIFT = 0.05
"""Share by which the clock and ``rate`` may differ."""
SHOWN = 5

_METRES = {"m": 1.0, "mm": 1e-3, "cm": 1e-2, "km": 1e3}
_METRES_A_SECOND = {"m/s": 1.0, "mm/s": 1e-3, "cm/s": 1e-2, "km/h": 1 / 3.6}


@dataclass(frozen=True)
class Oddity:
    """Something that cannot be, or hardly can.

    Args:
        kind: which check found it.
        said: one sentence with the numbers.
        advice: what to look at or to change.
    """

    kind: Kind
    said: str
    advice: str

    def __str__(self) -> str:
        """Return both as one line."""
        return f"{self.said}; {self.advice}"


def beyond_limits(
    streams: Sequence[Stream], measures: Mapping[str, Sequence[Measure]], names: Sequence[str]
) -> Iterator[Oddity]:
    """Yield streams with a value beyond the ``limit`` that the user gave."""
    for stream in streams:
        limit = stream.limit
        if limit is None:
            continue
        bad = [
            (m, n) for m, n in zip(measures[stream.name], names, strict=True) if m.largest > limit
        ]
        if bad:
            worst, name = max(bad, key=lambda pair: pair[0].largest)
            yield Oddity(
                "limit",
                f"{stream.name}[{worst.number}] is {_with(worst.largest, stream.unit)} in frame "
                f"{worst.at} of {name!r}, and {_with(limit, stream.unit)} is the limit "
                f"({len(bad):,} of {len(names):,} recordings are beyond it)",
                f"are the values in another unit than {stream.unit!r}?"
                if stream.unit
                else "are the values in another unit than the limit?",
            )


def too_fast(
    streams: Sequence[Stream],
    measures: Mapping[str, Sequence[Measure]],
    names: Sequence[str],
    rate: float,
) -> Iterator[Oddity]:
    """Yield streams in a unit of length or speed that move faster than ``FASTEST``."""
    for stream in streams:
        pairs = list(zip(measures[stream.name], names, strict=True))
        if (metres := _METRES_A_SECOND.get(stream.unit)) is not None:
            worst, name = max(pairs, key=lambda pair: pair[0].largest)
            speed, where = worst.largest * metres, f"frame {worst.at}"
            typical = speed
        elif (metres := _METRES.get(stream.unit)) is not None:
            worst, name = max(pairs, key=lambda pair: pair[0].jump)
            speed, where = (
                worst.jump * rate * metres,
                f"frames {worst.jump_at} to {worst.jump_at + 1}",
            )
            typical = (
                float(np.median([m.step for m, _ in pairs if m.frames] or [0])) * rate * metres
            )
        else:
            continue
        if speed > FASTEST:
            yield Oddity(
                "speed",
                f"{stream.name} moves at {speed:,.0f} m/s ({where} of {name!r}) where its unit is "
                f"{stream.unit!r}",
                "are the values in another unit, such as mm?"
                if typical > FASTEST
                else "does the tracker jump from one thing to another there?",
            )


def wide_angles(
    streams: Sequence[Stream], measures: Mapping[str, Sequence[Measure]], names: Sequence[str]
) -> Iterator[Oddity]:
    """Yield streams in radians with values beyond ``TURNS``."""
    for stream in streams:
        worst, name = max(
            zip(measures[stream.name], names, strict=True), key=lambda pair: pair[0].largest
        )
        if stream.unit in ("rad", "radian", "radians") and worst.largest > TURNS:
            yield Oddity(
                "angle",
                f"{stream.name}[{worst.number}] is {worst.largest:g} rad in frame {worst.at} of "
                f"{name!r}",
                "are these degrees?",
            )


def unlike_spreads(streams: Sequence[Stream], extents: Mapping[str, Extent]) -> Iterator[Oddity]:
    """Yield pairs of streams in one unit of which one spreads ``UNLIKE`` times as far."""
    for unit in dict.fromkeys(stream.unit for stream in streams if stream.unit):
        spreads = {s.name: extents[s.name].spread() for s in streams if s.unit == unit}
        spreads = {name: spread for name, spread in spreads.items() if spread > 0}
        if not spreads:
            continue
        wide, narrow = max(spreads, key=spreads.__getitem__), min(spreads, key=spreads.__getitem__)
        if spreads[wide] > UNLIKE * spreads[narrow]:
            yield Oddity(
                "units",
                f"{wide} spreads over {spreads[wide]:.3g} {unit} and {narrow} over "
                f"{spreads[narrow]:.3g} {unit}, {spreads[wide] / spreads[narrow]:,.0f} times less",
                f"is one of them in another unit than {unit!r}?",
            )


def constant_numbers(streams: Sequence[Stream], extents: Mapping[str, Extent]) -> Iterator[Oddity]:
    """Yield streams with numbers that never change in any recording."""
    for stream in streams:
        extent = extents[stream.name]
        still = np.flatnonzero(extent.high_D == extent.low_D)
        if len(still):
            shown = ", ".join(map(str, still[:SHOWN])) + (", ..." if len(still) > SHOWN else "")
            yield Oddity(
                "constant",
                f"{len(still)} of {stream.width} numbers of {stream.name} never change ({shown})",
                "they tell nothing",
            )


def unmeasured(
    streams: Sequence[Stream], measures: Mapping[str, Sequence[Measure]], names: Sequence[str]
) -> Iterator[Oddity]:
    """Yield streams that recordings lack, and frames of NaN or infinity."""
    for stream in streams:
        found = measures[stream.name]
        lacking = [n for m, n in zip(found, names, strict=True) if not m.frames and not m.unknown]
        if lacking:
            yield Oddity(
                "unknown",
                f"{len(lacking):,} of {len(names):,} recordings lack the stream {stream.name!r} "
                f"({_first(lacking)})",
                "there it counts as not measured",
            )
        masked, total = sum(m.unknown for m in found), sum(m.unknown + m.frames for m in found)
        if masked:
            yield Oddity(
                "unknown",
                f"{masked:,} of {total:,} frames of {stream.name} ({masked / total:.1%}) hold NaN "
                "or infinity",
                "they count as not measured",
            )


def odd_clocks(
    clocks: Sequence[Clock | None], names: Sequence[str], rate: float
) -> Iterator[Oddity]:
    """Yield what the stored time stamps say against ``rate``, and steps that are not even."""
    told = [
        (clock, name) for clock, name in zip(clocks, names, strict=True) if clock and clock.steps
    ]
    if not told:
        return
    step = float(np.median([clock.step for clock, _ in told])) * rate
    # A stamp may count seconds, milliseconds, microseconds or nanoseconds.
    if step > 0 and not any(abs(step / unit - 1) <= DRIFT for unit in (1, 1e3, 1e6, 1e9)):
        yield Oddity(
            "clock",
            f"the time stamps are {step / rate:.4g} apart, and at {rate:g} Hz frames are "
            f"{1 / rate:.4g} s apart",
            "is rate what was recorded?",
        )
    for what, faults in (
        ("do not go forward", [(c.backward, c.steps, n) for c, n in told]),
        ("are not even", [(c.uneven, c.steps, n) for c, n in told]),
    ):
        count, steps = sum(f[0] for f in faults), sum(f[1] for f in faults)
        if count:
            held = [n for bad, _, n in faults if bad]
            yield Oddity(
                "clock",
                f"{count:,} of {steps:,} steps of the time stamps {what} ({_first(held)})",
                "windows count frames: resample to an even rate",
            )


def short_recordings(
    frames_R: Sequence[int], names: Sequence[str], window: int
) -> Iterator[Oddity]:
    """Yield recordings that are shorter than a window."""
    short = [name for frames, name in zip(frames_R, names, strict=True) if frames < window]
    if short:
        yield Oddity(
            "short",
            f"{len(short):,} of {len(names):,} recordings are shorter than a window of {window} "
            f"frames ({_first(short)})",
            "they give none",
        )


def leaking_future(recordings: Sequence[FrameLabels], horizon: int) -> Iterator[Oddity]:
    """Yield what a stored ``future_label`` takes from where it must not.

    It should say whether an event falls into ``(t, t + horizon]``. It leaks when it agrees
    better with ``[t, t + horizon]`` or ``[t, t + horizon)``, which hold the frame's own label;
    and it is made up where it says that nothing comes and the recording ends within the horizon.
    """
    agreed = np.zeros(3)
    looked = made_up = 0
    for frames in recordings:
        total = len(frames.label_T)
        at_T = np.arange(total)
        told_T = (frames.future_T != frames.unlabelled) & (frames.label_T != frames.unlabelled)
        whole_T = told_T & (at_T + horizon < total)
        comes_T = frames.future_T > 0
        event = next_event(frames)
        for i, (first, end) in enumerate(((1, horizon + 1), (0, horizon + 1), (0, horizon))):
            saw_T = event[np.minimum(at_T + first, total)] < at_T + end
            agreed[i] += int((saw_T == comes_T)[whole_T].sum())
        looked += int(whole_T.sum())
        made_up += int((told_T & ~whole_T & ~comes_T).sum())
    if looked and agreed[1:].max() > agreed[0]:
        shown = ("[t, t + H]", "[t, t + H)")[int(agreed[1:].argmax())]
        yield Oddity(
            "future",
            f"future_label equals the label of {shown} in {agreed[1:].max() / looked:.1%} of the "
            f"frames, and that of (t, t + H] in {agreed[0] / looked:.1%}",
            "it holds the frame's own label: series.target=horizon makes it anew",
        )
    if made_up:
        yield Oddity(
            "future",
            f"{made_up:,} frames whose horizon is not fully recorded have a future_label of 0",
            "nobody knows what came: series.target=horizon sets such windows aside",
        )


def _with(value: float, unit: str) -> str:
    return f"{value:,.4g} {unit}".rstrip()


def _first(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")
