"""Samples of series: metadata, windows that are counted, files that are the same every time."""

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evenhand.config import DataConfig, SeriesConfig
from evenhand.data.series import read_series
from evenhand.samples.series import UNLABELLED, DrawnSeries, Form, Recording, npz_bytes

FORESEEN = Form(
    rate=5.0, labels=("no", "yes"), window=0.8, stride=0.4, target="horizon", horizon=0.4
)
MOSTLY = Form(rate=5.0, labels=("a", "b", "c"), window=0.8, stride=0.4, target="majority")


def labels(*values: int) -> np.ndarray:
    return np.array(values, np.uint8)


def recording(name: str, label_T: np.ndarray, **record: str) -> Recording:
    values = np.arange(2 * len(label_T), dtype=np.float32).reshape(-1, 2)
    return Recording(name, {"x": values, "y": values[:, :1]}, label_T, record)


def test_windows_look_ahead_and_never_at_themselves() -> None:
    """Windows of 4 frames from 0, 2, 4; the horizons are the frames 4-5, 6-7, 8-9."""
    label_T = labels(0, 1, 0, 0, 0, 0, 0, 1, 0, 0)
    assert list(FORESEEN.window_labels(label_T)) == [0, 1, 0]


def test_windows_whose_horizon_is_cut_off_do_not_count() -> None:
    assert list(FORESEEN.window_labels(labels(0, 0, 0, 0, 0))) == []
    assert list(FORESEEN.window_labels(labels(0, 0, 0, 0, 0, 1))) == [1]


def test_the_most_frequent_label_wins_and_the_lower_of_equals() -> None:
    none = UNLABELLED
    label_T = labels(2, 2, 1, 1, none, none, none, 2, none, none, none, none)
    assert list(MOSTLY.window_labels(label_T)) == [1, 1, 2, 2]


def test_a_window_of_nought_is_the_whole_recording() -> None:
    whole = Form(rate=5.0, labels=("a", "b"), window=0.0, stride=0.0, target="majority")
    assert list(whole.window_labels(labels(0, 1, 1))) == [1]


@pytest.mark.parametrize("form", [FORESEEN, MOSTLY])
def test_windows_are_counted_as_training_counts_them(form: Form, tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    label_T = random.integers(0, len(form.labels), 200).astype(np.uint8)
    if form is MOSTLY:
        label_T[random.random(200) < 0.6] = UNLABELLED
    for name, content in DrawnSeries((recording("r", label_T),), form, ()).pages().items():
        (tmp_path / name).write_bytes(content)
    read = read_series(
        tmp_path, data=DataConfig(min_rows=1), config=SeriesConfig(), seed=0, share=False
    )
    assert list(form.window_labels(label_T)) == read.truth_NC.argmax(axis=1).tolist()


def test_metadata_says_what_applies_and_nothing_else() -> None:
    drawn = DrawnSeries((recording("r", labels(0, 1), person="p1"),), FORESEEN, ())
    assert json.loads(drawn.pages()["metadata.json"]) == {
        "rate": 5.0,
        "dimensions": {"x": 2, "y": 1},
        "labels": ["no", "yes"],
        "unlabelled": 255,
        "window": 0.8,
        "stride": 0.4,
        "target": "horizon",
        "horizon": 0.4,
        "recordings": {"r": {"person": "p1"}},
    }


def test_metadata_comes_last_and_arrays_read_back() -> None:
    drawn = DrawnSeries((recording("r", labels(0, 1, 1)),), FORESEEN, ())
    pages = drawn.pages()
    assert list(pages) == ["r.npz", "metadata.json"]
    with np.load(io.BytesIO(pages["r.npz"])) as arrays:
        assert arrays["label"].tolist() == [0, 1, 1]
        np.testing.assert_array_equal(arrays["y"], [[0], [2], [4]])


def test_files_do_not_know_when_they_were_made() -> None:
    """The bytes are pinned: a date, a time or a compression would change them."""
    content = npz_bytes({"label": labels(0, 1)})
    assert content == npz_bytes({"label": labels(0, 1)})
    assert content[10:14] == b"\x00\x00\x21\x00"  # midnight, first of January 1980


def test_readme_counts_frames_and_windows_by_role() -> None:
    form = Form(
        rate=5.0, labels=("a", "b"), window=0.4, stride=0.4, target="majority", split="role"
    )
    recordings = (
        recording("r1", labels(0, 0, 1, 1), role="fit"),
        recording("r2", labels(0, 0, UNLABELLED, UNLABELLED), role="report"),
    )
    drawn = DrawnSeries(recordings, form, ())
    pages = drawn.pages()
    files, by_label = drawn.tables(pages)
    assert by_label == [
        "| label | frames | windows (fit) | windows (report) |",
        "|---|---|---|---|",
        "| a | 4 | 1 | 1 |",
        "| b | 2 | 1 | 0 |",
        "| (none) | 2 |  |  |",
    ]
    assert drawn.imbalance() == "of the windows: 2.0:1 (2 to 1 windows)"
    assert files[2].startswith("| `*.npz` | 2 | 8 frames | `")


def test_readme_has_the_hash_that_sha256sum_gives() -> None:
    drawn = DrawnSeries((recording("b", labels(0)), recording("a", labels(1))), MOSTLY, ())
    pages: dict[str, Any] = drawn.pages()
    lines = "".join(f"{hashlib.sha256(pages[n]).hexdigest()}  {n}\n" for n in ("a.npz", "b.npz"))
    assert hashlib.sha256(lines.encode()).hexdigest() in drawn.tables(pages)[0][2]
