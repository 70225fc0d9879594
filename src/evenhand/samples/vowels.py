"""The sample ``japanese-vowels``: who of nine men said /ae/.

Shapes: T frames, D coefficients.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from evenhand.errors import DataError
from evenhand.samples.fetch import Archive, Client, fetch, read_members
from evenhand.samples.sample import Sample
from evenhand.samples.series import DrawnSeries, Form, Recording

ARCHIVE = Archive(
    registry="pypi",
    package="aeon",
    version="1.6.0",
    file="aeon-1.6.0-py3-none-any.whl",
    sha256="d05227086706f80111ac5fee8de4d5d3115bb3bcfd1c786c8629393055816409",
)
FORM = Form(
    rate=156.25,
    labels=tuple(f"speaker_{number}" for number in range(1, 10)),
    window=0.0,
    stride=0.0,
    target="majority",
    split="split",
)
STREAM = "cepstrum"
ROLES = {"train": "fit", "test": "report"}


def parse_ts(content: bytes, *, part: str) -> Iterator[Recording]:
    """Read a ``.ts`` file: a head of ``@`` lines, then ``dimension:...:dimension:class`` lines.

    A dimension is a list of numbers with commas. ``@dimensions`` and ``@classLabel`` of the head
    say how many dimensions and which classes there are.

    Args:
        content: of the file.
        part: train or test; names of recordings start with it.

    Raises:
        DataError: E204 for a line of another form, with its number.
    """
    lines = content.decode("utf-8").splitlines()
    head = {words[0].casefold(): words[1:] for line in lines if (words := line.split())}
    number = 0
    for place, line in enumerate(lines, 1):
        if line.strip() and line.lstrip()[0] not in "#@":
            number += 1
            yield _recording(f"{part}-{number:03d}", line, head, place)


def _recording(name: str, line: str, head: dict[str, list[str]], place: int) -> Recording:
    try:
        *dimensions, label = line.strip().split(":")
        values_TD = np.array([d.split(",") for d in dimensions], np.float64).T
        position = head["@classlabel"][1:].index(label)
        if len(dimensions) != int(head["@dimensions"][0]):
            raise ValueError(f"{len(dimensions)} dimensions")
    except (KeyError, IndexError, ValueError) as error:
        raise DataError(
            "E204",
            "that is not a .ts file with classes",
            got=f"{name.partition('-')[0]}, line {place}: {error}",
            fix="report this as a defect of evenhand",
        ) from error
    return Recording(
        name=name,
        streams={STREAM: values_TD.astype(np.float32)},
        label_T=np.full(len(values_TD), position, np.uint8),
        record={"split": ROLES[name.partition("-")[0]]},
    )


def _draw(seed: int, client: Client) -> DrawnSeries:
    folder = "aeon/datasets/data/JapaneseVowels/JapaneseVowels"
    names = {f"{folder}_{part.upper()}.ts": part for part in ROLES}
    members = read_members(fetch(ARCHIVE, client=client), names.__contains__)
    recordings = [
        recording
        for name, part in names.items()
        for recording in parse_ts(members[name], part=part)
    ]
    ledger = (
        f"read and kept: {len(recordings)} recordings, none set aside; each is one utterance",
        f"{STREAM}: 12 LPC cepstrum coefficients every 6.4 ms, of 25.6 ms each",
        "label: the speaker, the same for every frame, so nothing keeps speakers in one role",
        "the split is the source's own: the test utterances are of other occasions; "
        "rows that choose are drawn from those to fit",
    )
    return DrawnSeries(tuple(recordings), FORM, ledger)


SAMPLE = Sample(
    name="japanese-vowels",
    title="who of nine men said /ae/",
    facts="270 + 370 recordings, 9 classes, 1:1 (test 3.7:1)",
    licence="CC BY 4.0 (UCI; the package names none)",
    source=(
        "Kudo, Toyama and Shimbo 1999, Multidimensional Curve Classification Using "
        "Passing-Through Regions, Pattern Recognition Letters 20 (UCI 128); in the wheel of aeon "
        "1.6.0"
    ),
    not_for="telling people apart by their voice: nine men, two vowels",
    archive=ARCHIVE,
    settings=(),
    draw=_draw,
)
