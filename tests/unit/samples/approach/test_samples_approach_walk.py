"""How one person walks, is built and is measured; worked out by hand."""

import math

import numpy as np
import pytest

from evenhand.samples.approach.body import JOINTS, LEG, joints
from evenhand.samples.approach.plan import Leg, Person, Planner
from evenhand.samples.approach.tracker import track
from evenhand.samples.approach.walk import Walks, step_length, walk
from evenhand.seeds import generator

SOMEBODY = Person(height=1.7, pace=1.2, interest=0.5, lead=2.0, swing=1.0)


def alone(*legs: Leg, frames: int, start: tuple[float, float] = (5.0, 0.0)) -> Walks:
    random = generator(0, "test")
    return walk([SOMEBODY], [legs], [start], frames=frames, random=random)


def test_a_goal_is_reached_and_kept() -> None:
    walks = alone(Leg((2.0, 0.0), 1.2, stay=60.0), frames=60)
    assert math.dist(walks.at[0, -1], (2.0, 0.0)) < 0.25
    assert walks.speed[0, -1] == 0
    assert walks.speed.max() <= 1.2


def test_walking_takes_as_long_as_the_way_at_that_pace() -> None:
    """6 m at 1.2 m/s are 25 frames; wandering and the turn at the end cost little."""
    walks = alone(Leg((-1.0, 3.0), 1.2), Leg((-5.0, 3.0), 1.2), frames=60, start=(5.0, 3.0))
    passed = int(np.argmax(walks.at[0, :, 0] < -1.0))
    assert 25 <= passed <= 29


def test_who_is_told_to_turn_turns_while_staying() -> None:
    walks = alone(Leg((3.0, 0.0), 1.2, stay=60.0, facing=0.5), frames=80)
    assert walks.heading[0, -1] == pytest.approx(0.5, abs=0.05)


def test_nobody_walks_through_the_robot() -> None:
    walks = alone(Leg((-5.0, 0.05), 1.2), frames=60)
    assert np.hypot(*walks.at[0].T).min() == pytest.approx(0.6)
    assert walks.at[0, -1, 0] < -4


def test_looking_turns_head_and_chest_to_the_robot() -> None:
    """From (0, 3) with the body along x the robot is at -90 degrees."""
    leg = Leg((0.0, 3.0), 1.0, stay=60.0, facing=0.0, look=1.0)
    walks = alone(leg, frames=60, start=(0.0, 3.0))
    late = slice(30, 60)
    assert walks.head[0, late].mean() == pytest.approx(-math.pi / 2, abs=0.25)
    assert -0.95 < walks.chest[0, late].mean() < -0.55


def test_a_reach_is_made_only_while_staying() -> None:
    leg = Leg((3.0, 0.0), 1.2, stay=60.0, reach=0.8)
    walks = alone(leg, frames=60)
    assert walks.reach[0, walks.speed[0] > 0.9].max() < 0.01
    assert walks.reach[0, -1] == pytest.approx(0.8, abs=0.01)


def test_step_length() -> None:
    assert step_length(np.array(1.35), np.array(1.7)) == pytest.approx(0.41 * 1.7)
    assert step_length(np.array(0.6), np.array(1.7)) < 0.41 * 1.7


def body_of(walks: Walks) -> dict[str, np.ndarray]:
    placed = joints(walks, np.array([SOMEBODY.height]), np.array([SOMEBODY.swing]))
    return {name: placed[0, :, number] for number, name in enumerate(JOINTS)}


def test_a_standing_body_has_the_height_of_the_person() -> None:
    body = body_of(alone(Leg((5.0, 0.0), 1.0, stay=60.0, facing=0.0), frames=40))
    assert body["crown"][-1, 2] == pytest.approx(1.7, rel=0.02)
    np.testing.assert_allclose(body["pelvis"][:, :2], 0)


def test_feet_are_a_step_apart_when_it_is_longest() -> None:
    walks = alone(Leg((-60.0, 4.0), 1.2), frames=40, start=(5.0, 4.0))
    body = body_of(walks)
    apart = np.linalg.norm((body["left_ankle"] - body["right_ankle"])[10:, :2], axis=1)
    step = step_length(walks.speed[:, 10:], np.array(SOMEBODY.height)).max()
    assert apart.max() == pytest.approx(step, rel=0.35)
    assert apart.max() < 2 * LEG * SOMEBODY.height


def test_left_is_left() -> None:
    """Facing along x, left is along y."""
    body = body_of(alone(Leg((5.0, 0.0), 1.0, stay=60.0, facing=0.0), frames=60))
    assert body["left_shoulder"][-1, 1] > 0.1
    assert body["nose"][-1, 0] > 0.05


def measured(at: np.ndarray, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    pose = np.ones((len(at), at.shape[1], 24, 3))
    tracked = track(pose, at, np.zeros((len(at), 2)), generator(seed, "test"))
    return tracked.pose_RTJ3, tracked.at_RT2, tracked.seen_RT


def test_noise_grows_with_the_distance() -> None:
    """(0.014 + 0.003 d) times the root of two: 2.1 cm at 0.3 m, 4.5 cm at 6 m."""
    for distance, spread in ((0.3, 0.0149), (6.0, 0.032)):
        pose, _, _ = measured(np.full((20, 200, 2), (distance, 0.0)))
        assert (pose - 1).std() == pytest.approx(spread * 2**0.5, rel=0.1)


def test_what_is_not_seen_stays_where_it_was() -> None:
    pose, _, seen = measured(np.full((20, 200, 2), (2.0, 0.0)))
    rows, frames = np.nonzero(~seen)
    assert len(rows) > 20
    np.testing.assert_array_equal(pose[rows, frames], pose[rows, frames - 1])
    moved = (np.diff(pose, axis=1) != 0).any(axis=-1)
    assert 0.9 < moved.mean() < 0.99


def test_the_first_frame_is_always_seen() -> None:
    _, _, seen = measured(np.full((200, 5, 2), (2.0, 0.0)))
    assert seen[:, 0].all()


def test_the_filter_follows_who_walks_evenly() -> None:
    at = np.stack([np.linspace(5, -5, 50), np.zeros(50)], axis=1)[None].repeat(40, axis=0)
    _, followed, _ = measured(at)
    assert np.abs((followed - at)[:, 10:].mean(axis=0)).max() < 0.05


@pytest.mark.parametrize("seed", range(20))
def test_plans_lead_out_of_sight_and_never_into_the_robot(seed: int) -> None:
    legs = Planner(SOMEBODY, generator(seed, "test")).plan((4.0, 4.0), 26.0)
    assert math.hypot(*legs[-1].goal) == pytest.approx(7.0)
    assert min(math.hypot(*leg.goal) for leg in legs) >= 0.75


def test_who_approaches_faces_the_robot_and_notices_it_first() -> None:
    """An approach is: a part of another way, a look at the robot on that way, the stop."""
    eager = Person(height=1.7, pace=1.2, interest=1.0, lead=2.0, swing=1.0)
    away, notice, stop, *_ = Planner(eager, generator(1, "test")).plan((5.0, 3.0), 1.0)
    assert (away.look, away.stay) == (0, 0)
    assert notice.look >= 0.75
    assert notice.pace < 1.2
    assert 0.75 <= math.hypot(*stop.goal) <= 1.25
    toward = math.atan2(-stop.goal[1], -stop.goal[0])
    assert stop.facing is not None
    assert abs(stop.facing - toward) <= 0.25
