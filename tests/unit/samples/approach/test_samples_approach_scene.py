"""The simulation obeys the body, the floor and the clock; the label obeys its rule."""

import math
from dataclasses import fields, replace

import numpy as np
import pytest

from evenhand.samples.approach.body import BONES, JOINTS
from evenhand.samples.approach.plan import REACH
from evenhand.samples.approach.scene import FRAMES, Scene, interacting, stage
from evenhand.samples.approach.walk import BRAKE, CLEARANCE, GROW, RATE, TURN, Walks


@pytest.fixture(scope="module")
def scene() -> Scene:
    return stage(0)


def recorded(scene: Scene) -> np.ndarray:
    return np.arange(FRAMES[1])[None] < scene.frames_R[:, None]


def test_size_and_share_of_interaction(scene: Scene) -> None:
    assert len(scene.frames_R) == 240
    assert scene.frames_R.min() >= 60
    assert scene.frames_R.max() <= 200
    assert 29_000 < scene.frames_R.sum() < 33_000
    assert 0.165 < scene.label_RT[recorded(scene)].mean() < 0.195
    nobody = ~(scene.label_RT & recorded(scene)).any(axis=1)
    assert 0.2 < nobody.mean() < 0.45


def test_nobody_is_in_two_sessions(scene: Scene) -> None:
    sessions = {}
    for person, session in zip(scene.persons_R, scene.sessions_R, strict=True):
        assert sessions.setdefault(person, session) == session
    assert len(set(scene.sessions_R)) == 48
    assert 48 < len(sessions) < 96


def test_nobody_walks_faster_than_people_do(scene: Scene) -> None:
    moved = np.diff(scene.walks.at, axis=1)[recorded(scene)[:, 1:]] * RATE
    assert np.hypot(*moved.T).max() < 2.0
    assert scene.walks.speed.min() >= 0


def test_speed_and_heading_change_as_fast_as_legs_allow(scene: Scene) -> None:
    change = np.diff(scene.walks.speed, axis=1) * RATE
    assert change.max() <= GROW + 1e-9
    assert change.min() >= -BRAKE - 1e-9
    assert np.abs(np.diff(scene.walks.heading, axis=1)).max() * RATE <= TURN + 1e-9


def test_measured_speed_is_that_of_people(scene: Scene) -> None:
    moved = np.diff(scene.tracked.at_RT2, axis=1)[recorded(scene)[:, 1:]] * RATE
    assert np.hypot(*moved.T).max() < 2.7
    assert np.percentile(np.hypot(*moved.T), 99) < 1.8


def test_people_stay_in_sight_and_out_of_the_robot(scene: Scene) -> None:
    distance = np.hypot(*np.moveaxis(scene.walks.at, -1, 0))[recorded(scene)]
    assert distance.min() >= CLEARANCE - 1e-9
    assert distance.max() < REACH + 0.1


def test_bones_keep_their_length(scene: Scene) -> None:
    heights_R = np.array([person.height for person in scene.people_R])
    place = {name: number for number, name in enumerate(JOINTS)}
    for bone in BONES[1:]:
        ends = scene.body_RTJ3[:, :, [place[bone.joint], place[bone.parent]]]
        length_RT = np.linalg.norm(ends[:, :, 0] - ends[:, :, 1], axis=-1)
        true_R = heights_R * math.hypot(*bone.offset)
        np.testing.assert_allclose(length_RT, np.broadcast_to(true_R[:, None], length_RT.shape))


def test_the_lower_foot_stands_on_the_floor(scene: Scene) -> None:
    np.testing.assert_allclose(scene.body_RTJ3[..., 2].min(axis=2), 0, atol=1e-12)


def test_limbs_move_no_faster_than_limbs_do(scene: Scene) -> None:
    joints_RTJ2 = scene.body_RTJ3[..., :2] + scene.walks.at[:, :, None]
    moved = np.linalg.norm(np.diff(joints_RTJ2, axis=1), axis=-1)[recorded(scene)[:, 1:]] * RATE
    fastest = dict(zip(JOINTS, moved.max(axis=0), strict=True))
    assert fastest["crown"] < 2.5
    assert fastest["right_hand"] < 4.5
    assert fastest["left_ankle"] < 6.5


def standing(frames: int, at: tuple[float, float] = (1.0, 0.0), chest: float = math.pi) -> Walks:
    """Return somebody who stands before the robot and looks at it."""
    level = {field.name: np.zeros((1, frames)) for field in fields(Walks)}
    return Walks(
        **{
            **level,
            "at": np.tile(np.array(at), (1, frames, 1)),
            "chest": np.full((1, frames), chest),
            "gone": np.zeros((1, frames), bool),
        }
    )


def test_standing_before_the_robot_is_interaction() -> None:
    assert interacting(standing(5)).tolist() == [[True] * 5]


def test_less_than_a_second_is_none() -> None:
    assert not interacting(standing(4)).any()


@pytest.mark.parametrize(
    ("at", "chest", "expected"),
    [
        ((1.5, 0.0), math.pi, True),
        ((1.51, 0.0), math.pi, False),
        ((0.0, -1.0), math.pi / 2, True),
        ((0.0, -1.0), -math.pi / 2, False),
        ((1.0, 0.0), math.pi - math.radians(39.9), True),
        ((1.0, 0.0), -math.pi + math.radians(39.9), True),
        ((1.0, 0.0), math.pi - math.radians(40.1), False),
    ],
)
def test_near_and_turned_to_the_robot(
    at: tuple[float, float], chest: float, expected: bool
) -> None:
    assert interacting(standing(5, at, chest)).all() == expected
    assert interacting(standing(5, at, chest)).any() == expected


@pytest.mark.parametrize(("gap", "kept"), [(3, True), (4, False)])
def test_a_short_pause_does_not_end_it(gap: int, kept: bool) -> None:
    """Five frames of standing, some of walking, five of standing."""
    speed = np.zeros((1, 10 + gap))
    speed[:, 5 : 5 + gap] = 0.5
    label = interacting(replace(standing(10 + gap), speed=speed))[0].tolist()
    assert label == [True] * 5 + [kept] * gap + [True] * 5
