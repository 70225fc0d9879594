"""Walks people along their legs: position, speed, and where body and head are turned.

All recordings go forward together, 20 steps a second.
Shapes: R recordings, P legs at most, T frames.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields

import numpy as np
from numpy.typing import NDArray

from evenhand.samples.approach.plan import REACH, Leg, Person

Floats = NDArray[np.float64]

RATE = 5.0
"""Frames a second."""

STEPS = 4
"""Steps of the simulation a frame."""

STEP = 1 / (RATE * STEPS)
GROW, BRAKE = 0.9, 1.5
"""Largest gain and loss of walking speed, m/s each second."""

TURN = 1.9
"""Fastest turn of the body, radians a second."""

CLEARANCE = 0.6
"""Nobody comes nearer to the middle of the robot, m: who walks at it slides along it."""

ARRIVED = 0.12
PASSED = 0.35
"""Metres from a goal at which it counts as reached by one who stops, and by one who walks on."""

GLANCES = 0.07
"""Glances at the robot that mean nothing, a second."""


@dataclass(frozen=True)
class Walks:
    """What people truly did; arrays ``(R, T)`` unless said, angles in radians.

    Args:
        at: position on the floor, m, ``(R, T, 2)``.
        speed: m/s.
        heading: where the hips point.
        chest: where the chest points.
        head: where the nose points.
        phase: of the gait; 2 pi is two steps.
        reach: of one arm, 0..1.
        stoop: of the head, 0..1.
        gone: whether the person has left the robot's sight.
    """

    at: Floats
    speed: Floats
    heading: Floats
    chest: Floats
    head: Floats
    phase: Floats
    reach: Floats
    stoop: Floats
    gone: NDArray[np.bool_]


def walk(
    people: Sequence[Person],
    plans: Sequence[Sequence[Leg]],
    starts: Sequence[tuple[float, float]],
    *,
    frames: int,
    random: np.random.Generator,
) -> Walks:
    """Let everybody follow the plan for ``frames`` frames.

    Speed changes by at most 0.9 m/s a second upwards and 1.5 downwards, the body turns by at
    most 1.9 rad/s, and the cadence is the speed divided by the step length.
    """
    crowd = _Crowd(people, plans, starts, random)
    seen: list[tuple[NDArray[np.generic], ...]] = []
    for _ in range(frames):
        seen.append(crowd.look())
        for _ in range(STEPS):
            crowd.step()
    stacked = [np.stack(column, axis=1) for column in zip(*seen, strict=True)]
    return Walks(**dict(zip((f.name for f in fields(Walks)), stacked, strict=True)))


def step_length(speed: Floats, height: Floats) -> Floats:
    """Return the length of a step, m: 0.41 of the height at 1.35 m/s, less when slower."""
    return np.asarray(0.41 * height * (np.maximum(speed, 0.05) / 1.35) ** 0.42)


class _Crowd:
    """Where all people are now."""

    def __init__(
        self,
        people: Sequence[Person],
        plans: Sequence[Sequence[Leg]],
        starts: Sequence[tuple[float, float]],
        random: np.random.Generator,
    ) -> None:
        count = len(people)
        self.legs = _columns(plans)
        self.last = np.array([len(legs) - 1 for legs in plans])
        self.now = np.zeros(count, np.int64)
        self.stayed = np.zeros(count)
        self.height = np.array([person.height for person in people])
        self.at = np.array(starts, np.float64)
        goals = np.stack([self.legs["goal_x"][:, 0], self.legs["goal_y"][:, 0]], axis=1)
        self.heading = _bearing(goals - self.at)
        self.speed = self.legs["pace"][:, 0].copy()
        self.phase = random.uniform(0, 2 * math.pi, count)
        self.chest, self.head = np.zeros(count), np.zeros(count)
        self.reach, self.stoop = np.zeros(count), np.zeros(count)
        self.glance = np.zeros(count)
        self.drift = np.zeros(count)
        self.random = random

    def look(self) -> tuple[NDArray[np.generic], ...]:
        """Return a copy of the state, in the order of ``Walks``."""
        gone = (self.now == self.last) & (np.hypot(*self.at.T) > REACH)
        chest = self.heading + self.chest
        head = chest + self.head
        state = (self.at, self.speed, self.heading, chest, head, self.phase)
        return tuple(map(np.copy, (*state, self.reach, self.stoop, gone)))

    def step(self) -> None:
        """Go forward by one step."""
        rows = np.arange(len(self.now))
        leg = {name: values[rows, self.now] for name, values in self.legs.items()}
        way = np.stack([leg["goal_x"], leg["goal_y"]], axis=1) - self.at
        distance = np.hypot(*way.T)
        stops = leg["stay"] > 0
        there = distance < np.where(stops, ARRIVED, PASSED)
        standing = stops & ((self.stayed > 0) | there)
        self._turn(leg, way, standing)
        self._move(leg, distance, standing)
        self._attend(leg, standing)
        self.stayed = np.where(standing, self.stayed + STEP, 0)
        done = np.where(stops, standing & (self.stayed >= leg["stay"]), there)
        self.now = np.minimum(self.now + done, self.last)
        self.stayed = np.where(done, 0, self.stayed)

    def _turn(self, leg: dict[str, Floats], way: Floats, standing: NDArray[np.bool_]) -> None:
        facing = np.where(np.isnan(leg["facing"]), self.heading, leg["facing"])
        self.drift += STEP * (-self.drift / 1.5 + self.random.normal(0, 0.25, len(way)) / STEP**0.5)
        wanted = np.where(standing, facing, _bearing(way) + 0.3 * self.drift)
        self.off = _wrap(wanted - self.heading)
        self.heading = self.heading + STEP * np.clip(3.0 * self.off, -TURN, TURN)

    def _move(self, leg: dict[str, Floats], distance: Floats, standing: NDArray[np.bool_]) -> None:
        arriving = np.minimum(leg["pace"], 0.12 + 0.6 * distance)
        slowed = np.where(leg["stay"] > 0, arriving, leg["pace"])
        wanted = np.where(standing, 0.0, slowed * np.maximum(0.15, np.cos(self.off)))
        change = np.clip(wanted - self.speed, -BRAKE * STEP, GROW * STEP)
        self.speed = np.maximum(self.speed + change, 0)
        self.phase += math.pi * STEP * self.speed / step_length(self.speed, self.height)
        ahead = np.stack([np.cos(self.heading), np.sin(self.heading)], axis=1)
        self.at = self.at + STEP * self.speed[:, None] * ahead
        radius = np.maximum(np.hypot(*self.at.T), 1e-6)
        self.at = self.at * np.maximum(CLEARANCE / radius, 1)[:, None]

    def _attend(self, leg: dict[str, Floats], standing: NDArray[np.bool_]) -> None:
        starts = self.random.random(len(self.now)) < GLANCES * STEP
        length = self.random.uniform(0.4, 1.3, len(self.now))
        self.glance = np.where(starts, length, np.maximum(self.glance - STEP, 0))
        robot = _wrap(_bearing(-self.at) - self.heading)
        visible = np.abs(robot) < 2.0
        look = np.where(visible, leg["look"], 0.0)
        chest = 0.55 * look * np.clip(robot, -1.1, 1.1) + 0.25 * self.drift
        self.chest += STEP / 0.5 * (chest - self.chest)
        gaze = np.maximum(look, np.where(visible & (self.glance > 0), 0.9, 0.0))
        head = gaze * np.clip(_wrap(robot - self.chest), -1.2, 1.2) + 0.5 * self.drift
        self.head += STEP / 0.25 * (head - self.head)
        for name in ("reach", "stoop"):
            level = np.where(standing, leg[name], 0.0)
            setattr(self, name, getattr(self, name) + STEP / 0.4 * (level - getattr(self, name)))


def _columns(plans: Sequence[Sequence[Leg]]) -> dict[str, Floats]:
    width = max(map(len, plans))
    rows = [[_numbers(leg) for leg in (*legs, *[legs[-1]] * (width - len(legs)))] for legs in plans]
    names = ("goal_x", "goal_y", "pace", "stay", "facing", "look", "reach", "stoop")
    return dict(zip(names, np.moveaxis(np.array(rows), 2, 0), strict=True))


def _numbers(leg: Leg) -> tuple[float, ...]:
    (x, y), pace, stay, facing, *rest = astuple(leg)
    return (x, y, pace, stay, math.nan if facing is None else facing, *rest)


def _bearing(way: Floats) -> Floats:
    return np.arctan2(way[:, 1], way[:, 0])


def _wrap(angle: Floats) -> Floats:
    return (angle + math.pi) % (2 * math.pi) - math.pi
