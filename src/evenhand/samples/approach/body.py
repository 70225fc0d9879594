"""A body of 24 joints: where they are, given how somebody walks.

Bones keep their length; only directions change. Shapes: R recordings, T frames, J joints.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evenhand.samples.approach.walk import Walks, step_length

Floats = NDArray[np.float64]
Angles = tuple[Floats, Floats]
"""Turn about the upright axis and swing forward, radians, ``(R, T)`` each."""


@dataclass(frozen=True)
class Bone:
    """A joint, the joint that carries it, and where it lies seen from there.

    Args:
        joint: its name.
        parent: name of the joint that carries it; "" for the pelvis.
        part: what turns it.
        offset: ahead, left, up at rest, as a share of the height.
    """

    joint: str
    parent: str
    part: str
    offset: tuple[float, float, float]


BONES = (
    Bone("pelvis", "", "hips", (0.0, 0.0, 0.0)),
    Bone("spine", "pelvis", "trunk", (0.0, 0.0, 0.100)),
    Bone("chest", "spine", "trunk", (0.0, 0.0, 0.115)),
    Bone("neck", "chest", "trunk", (0.0, 0.0, 0.105)),
    Bone("crown", "neck", "head", (0.0, 0.0, 0.130)),
    Bone("nose", "neck", "head", (0.060, 0.0, 0.065)),
    Bone("left_ear", "neck", "head", (0.0, 0.045, 0.070)),
    Bone("right_ear", "neck", "head", (0.0, -0.045, 0.070)),
    Bone("left_shoulder", "neck", "trunk", (0.0, 0.112, -0.020)),
    Bone("right_shoulder", "neck", "trunk", (0.0, -0.112, -0.020)),
    Bone("left_elbow", "left_shoulder", "left_arm", (0.0, 0.0, -0.172)),
    Bone("right_elbow", "right_shoulder", "right_arm", (0.0, 0.0, -0.172)),
    Bone("left_wrist", "left_elbow", "left_forearm", (0.0, 0.0, -0.148)),
    Bone("right_wrist", "right_elbow", "right_forearm", (0.0, 0.0, -0.148)),
    Bone("left_hand", "left_wrist", "left_forearm", (0.0, 0.0, -0.060)),
    Bone("right_hand", "right_wrist", "right_forearm", (0.0, 0.0, -0.060)),
    Bone("left_hip", "pelvis", "hips", (0.0, 0.055, -0.020)),
    Bone("right_hip", "pelvis", "hips", (0.0, -0.055, -0.020)),
    Bone("left_knee", "left_hip", "left_thigh", (0.0, 0.0, -0.245)),
    Bone("right_knee", "right_hip", "right_thigh", (0.0, 0.0, -0.245)),
    Bone("left_ankle", "left_knee", "left_shank", (0.0, 0.0, -0.246)),
    Bone("right_ankle", "right_knee", "right_shank", (0.0, 0.0, -0.246)),
    Bone("left_toe", "left_ankle", "left_foot", (0.110, 0.0, -0.035)),
    Bone("right_toe", "right_ankle", "right_foot", (0.110, 0.0, -0.035)),
)
JOINTS = tuple(bone.joint for bone in BONES)
LEG = 0.491
"""Length of thigh and shank, as a share of the height."""


def joints(walks: Walks, height_R: Floats, swing_R: Floats) -> Floats:
    """Return every joint seen from the floor below the pelvis, m, ``(R, T, J, 3)``.

    Axes are those of the room. The lower foot stands on the floor.
    """
    parts = _parts(walks, height_R[:, None], swing_R[:, None])
    placed: dict[str, Floats] = {"": np.zeros((*walks.speed.shape, 3))}
    for bone in BONES:
        offset = height_R[:, None, None] * np.array(bone.offset)
        placed[bone.joint] = placed[bone.parent] + _turned(offset, *parts[bone.part])
    body_RTJ3 = np.stack([placed[name] for name in JOINTS], axis=2)
    body_RTJ3[..., 2] -= body_RTJ3[..., 2].min(axis=2, keepdims=True)
    return body_RTJ3


def _parts(walks: Walks, height: Floats, swing: Floats) -> dict[str, Angles]:
    stride = np.where(walks.speed > 0, step_length(walks.speed, height), 0)
    stride *= np.minimum(walks.speed / 0.3, 1)
    hip = np.arcsin(np.minimum(stride / (2 * LEG * height), 0.6))
    trunk = (walks.chest, -0.05 * walks.speed - 0.06 * walks.reach - 0.04 * walks.stoop)
    parts = {"hips": (walks.heading, np.zeros_like(hip)), "trunk": trunk}
    parts["head"] = (walks.head, -0.7 * walks.stoop)
    sides = (("left", 0.0, 0.0), ("right", math.pi, 1.0))
    for side, shift, reaching in sides:
        phase = walks.phase + shift
        thigh = hip * (np.cos(phase) + 0.15)
        knee = 0.06 + 2.3 * hip * np.maximum(0, -np.sin(phase + 0.35)) ** 1.4
        parts[f"{side}_thigh"] = (walks.heading, thigh)
        parts[f"{side}_shank"] = (walks.heading, thigh - knee)
        parts[f"{side}_foot"] = (walks.heading, 0.5 * (thigh - knee))
        reach = reaching * walks.reach
        arm = -0.8 * swing * hip * np.cos(phase) * (1 - reach) + 1.15 * reach + 0.5 * walks.stoop
        parts[f"{side}_arm"] = (walks.chest, arm)
        bend = 0.25 + 0.3 * hip + 0.3 * reach + 1.3 * walks.stoop
        parts[f"{side}_forearm"] = (walks.chest, arm + bend)
    return parts


def _turned(offset: Floats, turn: Floats, swing: Floats) -> Floats:
    """Return ``offset`` swung forward (what hangs goes ahead), then turned to the left."""
    ahead = offset[..., 0] * np.cos(swing) - offset[..., 2] * np.sin(swing)
    up = offset[..., 0] * np.sin(swing) + offset[..., 2] * np.cos(swing)
    left = offset[..., 1]
    x = ahead * np.cos(turn) - left * np.sin(turn)
    y = ahead * np.sin(turn) + left * np.cos(turn)
    return np.stack([x, y, np.broadcast_to(up, x.shape)], axis=-1)
