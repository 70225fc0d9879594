"""The sample ``watch``: which exercise of the shoulder somebody does, from a watch.

Shapes: T frames, D channels.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from evenhand.samples.fetch import Archive, Client, fetch, read_members
from evenhand.samples.inert import MALFORMED, read_array, read_inert, read_objects, unreadable
from evenhand.samples.sample import Sample
from evenhand.samples.series import DrawnSeries, Form, Recording

ARCHIVE = Archive(
    registry="pypi",
    package="seglearn",
    version="1.2.5",
    file="seglearn-1.2.5-py3-none-any.whl",
    sha256="ec6b952c85c9627050102854b372d85951563d3b990df677d7c55547e87413dd",
)
CHANNELS = ["ax", "ay", "az", "wx", "wy", "wz"]
LABELS = ["PEN", "ABD", "FEL", "IR", "ER", "TRAP", "ROW"]
FORM = Form(
    rate=50.0,
    labels=tuple(map(str.lower, LABELS)),
    window=4.0,
    stride=2.0,
    target="majority",
    units={"acc": "g", "gyro": "rad/s"},
    limits={"acc": 16.0, "gyro": 35.0},
    group="person",
)
SIDES = ("left", "right")


def parse_npy(content: bytes) -> tuple[Recording, ...]:
    """Read an NPY file that holds one dict: recordings, their exercise, person and side.

    Raises:
        FetchError: E108 when it holds anything else.
    """
    stream = io.BytesIO(content)
    try:
        version = np.lib.format.read_magic(stream)
        shape, _, kind = np.lib.format.read_array_header_1_0(stream)
    except ValueError as error:
        raise unreadable(str(error)) from error
    if (version, shape, kind) != ((1, 0), (), np.dtype("O")):
        raise unreadable(f"an NPY file of {kind} and shape {shape}")
    try:
        (table,) = read_objects(read_inert(stream.read()))
        if (table["X_labels"], table["y_labels"]) != (CHANNELS, LABELS):
            raise ValueError(f"{table['X_labels']}, {table['y_labels']}")
        return tuple(_recordings(table))
    except MALFORMED as error:
        raise unreadable(f"no table of exercises: {type(error).__name__} {error}") from error


def _recordings(table: Mapping[str, Any]) -> Iterator[Recording]:
    exercises, people, sides = (read_array(table[key]) for key in ("y", "subject", "side"))
    for node, exercise, number, side in zip(table["X"], exercises, people, sides, strict=True):
        values_TD = read_array(node).astype(np.float32)
        person, arm, label = f"p{number:02d}", SIDES[int(side)], FORM.labels[exercise]
        yield Recording(
            name=f"{person}-{arm}-{label}",
            streams={"acc": values_TD[:, :3], "gyro": values_TD[:, 3:]},
            label_T=np.full(len(values_TD), exercise, np.uint8),
            record={"person": person, "side": arm},
        )


def _draw(seed: int, client: Client) -> DrawnSeries:
    members = read_members(
        fetch(ARCHIVE, client=client), lambda name: name == "seglearn/data/watch_dataset.npy"
    )
    recordings = parse_npy(next(iter(members.values())))
    people = {recording.record["person"] for recording in recordings}
    ledger = (
        f"read and kept: {len(recordings)} recordings of {len(people)} people, none set aside; "
        "each is about 20 repetitions of one exercise with one arm",
        "label: the exercise, the same for every frame of a recording: pendulum, abduction, "
        "forward elevation, internal rotation, external rotation, trapezius extension, upright row",
        "numbers: float64 there, float32 here",
        "the source is pickled: it was read without running anything that it names",
    )
    return DrawnSeries(recordings, FORM, ledger)


SAMPLE = Sample(
    name="watch",
    title="exercises of the shoulder, watch at the wrist",
    facts="140 recordings of 10 people, 7 classes, 1.6:1",
    licence="BSD 3-clause",
    source=(
        "Burns et al. 2018, Shoulder physiotherapy exercise recognition, arXiv:1802.01489; in the "
        "wheel of seglearn 1.2.5"
    ),
    not_for="medical use: 10 healthy people, one watch",
    archive=ARCHIVE,
    settings=(),
    draw=_draw,
)
