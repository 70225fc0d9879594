"""The recordings of the sample ``approach``: sessions, people, tracks, labels.

Shapes: R recordings, T frames at most, J joints.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evenhand.samples.approach.body import joints
from evenhand.samples.approach.plan import REACH, Person, Planner
from evenhand.samples.approach.tracker import Tracked, track
from evenhand.samples.approach.walk import Walks, walk
from evenhand.seeds import generator

Floats = NDArray[np.float64]

SESSIONS = 48
PER_SESSION = 5
FRAMES = (60, 200)
CLOSE = 1.5
TOWARD = math.radians(40)
STILL = 0.5
"""The rule of the label: at most so far (m), chest turned so well, slower than this (m/s)."""

SETTLED, PAUSE = 5, 3
"""Frames that it must last at least; gaps of so many frames and fewer do not end it."""


@dataclass(frozen=True)
class Scene:
    """All recordings, padded to the longest.

    Args:
        sessions_R: number of the session of each recording.
        persons_R: number of the person.
        people_R: who it is.
        frames_R: frames of each recording.
        walks: what was truly done.
        body_RTJ3: true joints from the floor below the pelvis, m.
        tracked: what was measured.
        label_RT: whether the person interacts.
    """

    sessions_R: NDArray[np.int64]
    persons_R: NDArray[np.int64]
    people_R: tuple[Person, ...]
    frames_R: NDArray[np.int64]
    walks: Walks
    body_RTJ3: Floats
    tracked: Tracked
    label_RT: NDArray[np.bool_]


def stage(seed: int) -> Scene:
    """Simulate every recording of the sample; the same seed gives the same one."""
    random = generator(seed, "sample:approach:people")
    sessions_R = np.repeat(np.arange(SESSIONS), PER_SESSION)
    persons_R = _persons(random)
    everybody = [_person(random) for _ in range(int(persons_R.max()) + 1)]
    people = tuple(everybody[number] for number in persons_R)
    frames_R = random.integers(FRAMES[0], FRAMES[1] + 1, len(people))
    starts = [_start(random) for _ in people]
    plans = [
        Planner(person, generator(seed, "sample:approach:plan", number)).plan(start, 26.0)
        for number, (person, start) in enumerate(zip(people, starts, strict=True))
    ]
    motion = generator(seed, "sample:approach:motion")
    walks = walk(people, plans, starts, frames=FRAMES[1], random=motion)
    heights_R = np.array([person.height for person in people])
    swings_R = np.array([person.swing for person in people])
    body = joints(walks, heights_R, swings_R)
    offsets = random.normal(0, 0.05, (SESSIONS, 2))[sessions_R]
    tracked = track(body, walks.at, offsets, generator(seed, "sample:approach:tracker"))
    left = np.where(walks.gone.any(axis=1), walks.gone.argmax(axis=1), FRAMES[1])
    frames_R = np.minimum(frames_R, np.maximum(left, FRAMES[0]))
    return Scene(sessions_R, persons_R, people, frames_R, walks, body, tracked, interacting(walks))


def interacting(walks: Walks) -> NDArray[np.bool_]:
    """Say when people interact: near, chest toward the robot, (almost) standing, for a second.

    Gaps of 0.6 s and less are closed first, then spells of less than 1 s left out.
    """
    distance = np.hypot(walks.at[..., 0], walks.at[..., 1])
    toward = np.arctan2(-walks.at[..., 1], -walks.at[..., 0])
    off = np.abs((walks.chest - toward + math.pi) % (2 * math.pi) - math.pi)
    met_RT = (distance <= CLOSE) & (off <= TOWARD) & (walks.speed < STILL)
    closed_RT = ~_lasting(~met_RT, PAUSE + 1)
    return _lasting(closed_RT, SETTLED)


def _lasting(flags_RT: NDArray[np.bool_], shortest: int) -> NDArray[np.bool_]:
    """Return ``flags`` without the spells that are shorter than so many frames."""
    steps = np.diff(np.pad(flags_RT, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    rows, starts = np.nonzero(steps == 1)
    _, ends = np.nonzero(steps == -1)
    kept = ends - starts >= shortest
    steps = np.zeros_like(steps)
    steps[rows[kept], starts[kept]] = 1
    steps[rows[kept], ends[kept]] = -1
    return np.asarray(steps.cumsum(axis=1)[:, :-1] > 0)


def _persons(random: np.random.Generator) -> NDArray[np.int64]:
    """Return who is recorded: one or two people a session, nobody in two sessions."""
    numbers: list[int] = []
    for _ in range(SESSIONS):
        first = numbers[-1] + 1 if numbers else 0
        pair = random.integers(0, 2, PER_SESSION) * int(random.random() < 0.5)
        numbers += [first + int(second) for second in np.sort(pair - pair.min())]
    return np.array(numbers)


def _person(random: np.random.Generator) -> Person:
    return Person(
        height=float(np.clip(random.normal(1.71, 0.09), 1.5, 1.98)),
        pace=float(np.clip(random.normal(1.2, 0.14), 0.85, 1.6)),
        interest=float(random.beta(3, 4.1)),
        lead=float(random.uniform(1.2, 2.8)),
        swing=float(random.uniform(0.6, 1.3)),
    )


def _start(random: np.random.Generator) -> tuple[float, float]:
    bearing = random.uniform(-1.9, 1.9)
    distance = REACH if random.random() < 0.85 else random.uniform(2.5, REACH)
    return float(distance * math.cos(bearing)), float(distance * math.sin(bearing))
