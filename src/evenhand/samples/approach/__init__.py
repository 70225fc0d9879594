"""The synthetic sample ``approach``: people near a robot, some of whom will turn to it.

No person is real: what is written comes out of a simulation of walking bodies.
Shapes: T frames, J joints.
"""

from __future__ import annotations

import numpy as np

from evenhand.samples.approach.scene import CLOSE, PER_SESSION, SESSIONS, STILL, Scene, stage
from evenhand.samples.approach.walk import RATE
from evenhand.samples.fetch import Client
from evenhand.samples.sample import Sample
from evenhand.samples.series import DrawnSeries, Form, Recording

FORM = Form(
    rate=RATE,
    labels=("other", "interacting"),
    window=4.0,
    stride=0.6,
    target="horizon",
    horizon=2.0,
    units={"pose": "m", "traj": "m"},
    limits={"pose": 10.0, "traj": 50.0},
    group="session",
)
DECIMALS = 4
"""Kept of a metre: finer than any tracker, coarser than what processors disagree on."""


def draw_approach(seed: int) -> DrawnSeries:
    """Simulate 240 recordings of 48 sessions; the same seed gives the same ones.

    Nobody appears in two sessions, so what keeps sessions in one role keeps people in one.
    """
    scene = stage(seed)
    recordings = tuple(_recording(scene, row) for row in range(len(scene.frames_R)))
    return DrawnSeries(recordings, FORM, (*_LEDGER, f"seed: {seed}"))


def _recording(scene: Scene, row: int) -> Recording:
    length = int(scene.frames_R[row])
    session = f"s{scene.sessions_R[row]:02d}"
    pose_TJ3 = scene.tracked.pose_RTJ3[row, :length]
    at_T2 = scene.tracked.at_RT2[row, :length]
    return Recording(
        name=f"{session}-{row % PER_SESSION}",
        streams={
            "pose": pose_TJ3.reshape(length, -1).round(DECIMALS).astype(np.float32),
            "traj": at_T2.round(DECIMALS).astype(np.float32),
        },
        label_T=scene.label_RT[row, :length].astype(np.uint8),
        record={"session": session, "person": f"p{scene.persons_R[row]:02d}"},
    )


_LEDGER = (
    "read: nothing; every recording is simulated by evenhand",
    f"kept: {SESSIONS * PER_SESSION} recordings of {SESSIONS} sessions; nobody is in two sessions",
    "traj: where the person stands on the floor, m; the robot stands at the origin, x is where it "
    "looks, y to its left",
    "pose: 24 joints, x y z of each, m, from the floor below the person's middle, axes of the room",
    "noise: 2 to 4 cm a joint; what the tracker loses (a limb, a person) stays where it was seen "
    "last; nothing marks such frames",
    f"label: interacting, if within {CLOSE} m of the robot, chest turned to it by less than "
    f"40 degrees, slower than {STILL} m/s, for a second at least; judged on what was truly done",
)


def _draw(seed: int, client: Client) -> DrawnSeries:
    return draw_approach(seed)


SAMPLE = Sample(
    name="approach",
    title="synthetic people near a robot: who will turn to it within 2 s",
    facts="240 recordings, 2 classes, 2.4:1",
    licence="Apache-2.0, as evenhand",
    source="synthetic: a simulation that comes with evenhand, no person was recorded",
    not_for="a robot among people; a model trained on it knows a simulation, not people",
    archive=None,
    settings=(),
    draw=_draw,
)
