"""What a tracker makes of people: noise, an offset of its own, and joints that it loses.

A tracker has no NaN: a joint or a person that it does not see stays where it was last seen.
Shapes: R recordings, T frames, J joints.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

PARTS = ((4, 5, 6, 7), (10, 12, 14), (11, 13, 15), (18, 20, 22), (19, 21, 23))
"""Joints that are lost together: head, arms, legs."""

LOST = 0.012
BLIND = 0.006
"""Chance a frame that a part is lost, and that the whole person is."""

SPELL = (2, 9)
"""Frames for which it stays lost."""


@dataclass(frozen=True)
class Tracked:
    """What was measured, and which frames were not: ``seen`` is False where all stood still."""

    pose_RTJ3: Floats
    at_RT2: Floats
    seen_RT: NDArray[np.bool_]


def track(
    pose_RTJ3: Floats, at_RT2: Floats, offset_R2: Floats, random: np.random.Generator
) -> Tracked:
    """Measure true joints (from the floor below the pelvis) and true positions.

    The noise of a joint is 2 cm a frame near by, 4 cm at 6 m, and half of it lasts for about
    a second; a position is filtered (alpha-beta) and goes on at its last speed while nobody
    is seen.
    """
    distance = np.hypot(at_RT2[..., 0], at_RT2[..., 1])
    spread = (0.014 + 0.003 * distance)[..., None, None]
    noise = random.normal(size=pose_RTJ3.shape)
    slow = random.normal(size=pose_RTJ3.shape)
    for frame in range(1, slow.shape[1]):
        slow[:, frame] = 0.8 * slow[:, frame - 1] + 0.6 * slow[:, frame]
    measured = pose_RTJ3 + spread * (noise + slow)
    rows, frames = distance.shape
    seen_RT = ~_spells(random, (rows, frames), BLIND, 3)
    known = np.repeat(seen_RT[..., None], pose_RTJ3.shape[2], axis=2)
    for part in PARTS:
        known[..., part] &= ~_spells(random, (rows, frames), LOST, SPELL[1])[..., None]
    raw = at_RT2 + offset_R2[:, None] + random.normal(0, 0.04, at_RT2.shape)
    return Tracked(_held(measured, known), _filtered(raw, seen_RT), seen_RT)


def _spells(
    random: np.random.Generator, shape: tuple[int, int], chance: float, longest: int
) -> NDArray[np.bool_]:
    """Return where something is lost: spells of 2 frames and more that start by chance."""
    starts = random.random(shape) < chance
    starts[:, 0] = False
    length = random.integers(SPELL[0], longest + 1, shape) * starts
    lost = np.zeros(shape, bool)
    left = np.zeros(shape[0], np.int64)
    for frame in range(1, shape[1]):
        left = np.maximum(left - 1, length[:, frame])
        lost[:, frame] = left > 0
    return lost


def _held(values_RTJ3: Floats, known_RTJ: NDArray[np.bool_]) -> Floats:
    """Return values where what is not known keeps its last known value."""
    frame_T = np.arange(values_RTJ3.shape[1])[None, :, None]
    last_RTJ = np.maximum.accumulate(np.where(known_RTJ, frame_T, 0), axis=1)
    return np.take_along_axis(values_RTJ3, last_RTJ[..., None], axis=1)


def _filtered(raw_RT2: Floats, seen_RT: NDArray[np.bool_]) -> Floats:
    at, speed = raw_RT2[:, 0].copy(), np.zeros_like(raw_RT2[:, 0])
    out = np.empty_like(raw_RT2)
    for frame in range(raw_RT2.shape[1]):
        at = at + speed * (frame > 0)
        miss = np.where(seen_RT[:, frame, None], raw_RT2[:, frame] - at, 0)
        at, speed = at + 0.7 * miss, speed + 0.35 * miss
        out[:, frame] = at
    return out
