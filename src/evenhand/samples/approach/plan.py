"""What each simulated person means to do: a list of legs from point to point.

Frame of the room: metres on the floor, the robot at the origin, x where it looks, y to its left.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

Point = tuple[float, float]

REACH = 6.2
"""Radius within which people are tracked, m."""

NEAR = (0.75, 1.25)
"""Where people stop who want something of the robot, m from it."""


@dataclass(frozen=True)
class Person:
    """What stays the same about somebody.

    Args:
        height: m.
        pace: preferred walking speed, m/s.
        interest: chance that an activity is an approach, 0..1.
        lead: seconds of looking at the robot before the path bends toward it.
        swing: of the arms, as a share of the usual.
    """

    height: float
    pace: float
    interest: float
    lead: float
    swing: float


@dataclass(frozen=True)
class Leg:
    """One thing to do: go to a point, then stay a while.

    Args:
        goal: where, m.
        pace: how fast at most, m/s.
        stay: seconds at the goal; 0 walks on without slowing down.
        facing: direction of the body while staying, radians; None keeps the one of arrival.
        look: how much head and chest turn to the robot on the way and while staying, 0..1.
        reach: how far an arm goes out to the robot while staying, 0..1.
        stoop: how far the head goes down, over a telephone, 0..1.
    """

    goal: Point
    pace: float
    stay: float = 0.0
    facing: float | None = None
    look: float = 0.0
    reach: float = 0.0
    stoop: float = 0.0


@dataclass
class Planner:
    """Draws the legs of one recording, one activity after another."""

    person: Person
    random: np.random.Generator
    at: Point = (0.0, 0.0)
    legs: list[Leg] = field(default_factory=list)
    seconds: float = 0.0

    def plan(self, start: Point, seconds: float) -> list[Leg]:
        """Return legs that take about ``seconds``, then lead out of the robot's sight."""
        self.at = start
        while self.seconds < seconds:
            self._activity()()
        self._walk(self._edge(), look=0.0)
        return self.legs

    def _activity(self) -> Callable[[], None]:
        if self.random.random() < self.person.interest:
            return self._approach
        others = (self._pass, self._pass_curious, self._swerve, self._wait, self._errand)
        return others[self.random.choice(len(others), p=(0.28, 0.18, 0.2, 0.19, 0.15))]

    def _approach(self) -> None:
        """Walk as if passing, notice the robot, and only then turn to it."""
        self._set_off()
        self._notice()
        bearing = self._draw(-1.1, 1.1)
        spot = _polar(self._draw(*NEAR), bearing)
        facing = math.atan2(-spot[1], -spot[0]) + self._draw(-0.25, 0.25)
        reach = self._draw(0.4, 1.0) if self.random.random() < 0.7 else 0.0
        self._stop(spot, self._draw(2.5, 8.0), facing=facing, look=1.0, reach=reach)

    def _pass(self) -> None:
        """Walk by, near or far, and look or not."""
        self._set_off()
        self._walk(self._beyond(), look=0.0)

    def _pass_curious(self) -> None:
        """Notice the robot, look, slow down, and go on all the same."""
        self._set_off()
        self._notice()
        self._walk(self._beyond(), look=self._some_look())

    def _swerve(self) -> None:
        """Come straight at the robot, and go round it."""
        side = self.random.choice((-1, 1)) * self._draw(0.35, 0.9)
        bearing = math.atan2(self.at[1], self.at[0])
        self._walk(_polar(self._draw(1.6, 2.4), bearing), look=self._some_look())
        self._walk(_polar(self._draw(1.1, 1.6), bearing + side * 1.6), look=self._some_look())
        self._walk(_polar(self._draw(3.0, 5.0), bearing + side * 3.4), look=0.0)

    def _wait(self) -> None:
        """Stand as near as one who interacts, turned elsewhere."""
        bearing = self._draw(-1.5, 1.5)
        spot = _polar(self._draw(0.9, 2.2), bearing)
        to_robot = bearing + math.pi
        turned = to_robot + self.random.choice((-1, 1)) * self._draw(1.2, math.pi)
        stoop = float(self.random.random() < 0.6) * self._draw(0.5, 1.0)
        self._set_off()
        self._stop(spot, self._draw(2.0, 6.0), facing=turned, look=self._some_look(), stoop=stoop)

    def _errand(self) -> None:
        """Stop at a shelf further off."""
        spot = _polar(self._draw(2.6, 4.8), self._draw(-1.6, 1.6))
        self._stop(spot, self._draw(1.5, 5.0), facing=self._draw(-math.pi, math.pi))

    def _set_off(self) -> None:
        """Walk a part of a line that would lead past the robot."""
        x, y = self._beyond()
        part = self._draw(0.25, 0.5)
        self._walk((self.at[0] + part * (x - self.at[0]), self.at[1] + part * (y - self.at[1])))

    def _notice(self) -> None:
        """Go on along the line, slower, looking at the robot: a leg that ends before it bends."""
        x, y = self._beyond()
        pace = self.person.pace * self._draw(0.65, 0.95)
        length = pace * self.person.lead * self._draw(0.7, 1.3)
        whole = max(math.hypot(x - self.at[0], y - self.at[1]), 1e-6)
        part = min(length / whole, 0.6)
        goal = (self.at[0] + part * (x - self.at[0]), self.at[1] + part * (y - self.at[1]))
        self._add(Leg(_outside(goal, 1.3), pace, look=self._draw(0.75, 1.0)))

    def _beyond(self) -> Point:
        """Return a point on the other side, so that the line there misses the robot."""
        bearing = math.atan2(self.at[1], self.at[0])
        distance = math.hypot(*self.at)
        miss = self.random.choice((-1, 1)) * self._draw(0.9, 3.0)
        turn = math.asin(min(0.95, abs(miss) / max(distance, 1.0))) * math.copysign(1, miss)
        length = distance + self._draw(1.5, 3.5)
        heading = bearing + math.pi + turn
        far = (self.at[0] + length * math.cos(heading), self.at[1] + length * math.sin(heading))
        return _within(far, REACH - 0.6)

    def _edge(self) -> Point:
        x, y = self._beyond()
        return _polar(REACH + 0.8, math.atan2(y, x))

    def _some_look(self) -> float:
        return self._draw(0.4, 1.0) if self.random.random() < 0.5 else 0.0

    def _walk(self, goal: Point, look: float = 0.0) -> None:
        self._add(Leg(_outside(goal, 1.0), self.person.pace * self._draw(0.85, 1.15), look=look))

    def _stop(
        self,
        goal: Point,
        stay: float,
        *,
        facing: float,
        look: float = 0.0,
        reach: float = 0.0,
        stoop: float = 0.0,
    ) -> None:
        pace = self.person.pace * self._draw(0.8, 1.05)
        self._add(Leg(goal, pace, stay, facing, look, reach, stoop))

    def _add(self, leg: Leg) -> None:
        self.seconds += math.dist(self.at, leg.goal) / (0.8 * leg.pace) + leg.stay
        self.at = leg.goal
        self.legs.append(leg)

    def _draw(self, low: float, high: float) -> float:
        return float(self.random.uniform(low, high))


def _polar(distance: float, bearing: float) -> Point:
    return distance * math.cos(bearing), distance * math.sin(bearing)


def _outside(point: Point, radius: float) -> Point:
    distance = math.hypot(*point)
    return point if distance >= radius else _polar(radius, math.atan2(point[1], point[0]))


def _within(point: Point, radius: float) -> Point:
    distance = math.hypot(*point)
    return point if distance <= radius else _polar(radius, math.atan2(point[1], point[0]))
