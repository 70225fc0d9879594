import csv
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evenhand import durable
from evenhand.errors import ConfigError, FetchError, WriteError
from evenhand.samples import SAMPLES, find_sample, write_sample
from evenhand.samples.fetch import OFFLINE, Archive, Client
from evenhand.samples.sample import Sample
from evenhand.samples.series import DrawnSeries, Form, Recording
from evenhand.samples.texts import DrawnTexts, LabelledText

NAMES = [
    "tweets",
    "reuters-r52",
    "reuters-r8",
    "spamassassin",
    "triage",
    "approach",
    "hapt",
    "japanese-vowels",
    "watch",
]
ROWS = (
    LabelledText("a-1", 'says "no", then goes', ("rare",)),
    LabelledText("a-2", "x", ("common",)),
    LabelledText("a-3", "y", ("common",)),
)


def draw_toy(seed: int, client: Client) -> DrawnTexts:
    files = {"train.csv": ROWS, "test.csv": ROWS[:1]}
    return DrawnTexts(files=files, labels=("common", "rare"), ledger=(f"seed {seed}",))


def draw_offline(seed: int, client: Client) -> DrawnTexts:
    raise FetchError("E108", "toy could not be fetched", got="no route", fix=OFFLINE)


TOY = Sample(
    name="toy",
    title="toys",
    facts="3 + 1 rows, 2 classes, 2:1",
    licence="MIT",
    source="this test",
    not_for="anything",
    archive=Archive("npm", "toy", "1.0", "toy-1.0.tgz", "0" * 64),
    settings=("data.min_rows=1",),
    draw=draw_toy,
)


def draw_walks(seed: int, client: Client) -> DrawnSeries:
    form = Form(rate=2.0, labels=("a", "b"), window=1.0, stride=1.0, target="majority")
    steps_T = np.arange(4, dtype=np.float32)[:, None]
    label_T = np.array([0, 0, 1, 1], np.uint8)
    recordings = tuple(Recording(name, {"x": steps_T}, label_T, {}) for name in ("r1", "r2"))
    return DrawnSeries(recordings, form, ("made up",))


WALKS = replace(TOY, name="walks", archive=None, settings=(), draw=draw_walks)


def test_files_and_next_command(tmp_path: Path) -> None:
    folder = tmp_path / "my toys"
    command = write_sample(TOY, folder)
    assert sorted(path.name for path in folder.iterdir()) == ["README.md", "test.csv", "train.csv"]
    assert command == (
        f"evenhand train '{folder}/train.csv' --report '{folder}/test.csv' "
        "--set data.min_rows=1 --out runs/toy"
    )


def test_csv_reads_back(tmp_path: Path) -> None:
    write_sample(TOY, tmp_path)
    with (tmp_path / "train.csv").open(encoding="utf-8", newline="") as handle:
        read = list(csv.DictReader(handle))
    assert read[0] == {"id": "a-1", "text": 'says "no", then goes', "label": "rare"}
    assert [row["label"] for row in read] == ["rare", "common", "common"]


def test_readme_says_what_the_files_are(tmp_path: Path) -> None:
    write_sample(TOY, tmp_path, seed=5)
    page = (tmp_path / "README.md").read_text(encoding="utf-8")
    digest = hashlib.sha256((tmp_path / "train.csv").read_bytes()).hexdigest()
    assert f"| train.csv | 3 | `{digest}` |" in page
    assert "| common | 2 | 0 |\n| rare | 1 | 1 |" in page
    assert "2.0:1 (2 to 1 rows)" in page
    assert "- Licence: MIT" in page
    assert f"toy 1.0 from npm, sha256 `{'0' * 64}`" in page
    assert "- seed 5" in page


def test_a_copy_of_the_same_sample_is_replaced(tmp_path: Path) -> None:
    write_sample(TOY, tmp_path)
    (tmp_path / "train.csv").write_text("older", encoding="utf-8")
    write_sample(TOY, tmp_path)
    assert (tmp_path / "train.csv").read_text(encoding="utf-8").startswith("id,text,label\n")


def test_foreign_files_are_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"E109(.|\n)*train.csv\n  fix: .*sample toy -o"):
        write_sample(TOY, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["train.csv"]
    assert (tmp_path / "train.csv").read_text(encoding="utf-8") == "mine"


def test_a_copy_of_another_sample_is_not_overwritten(tmp_path: Path) -> None:
    write_sample(TOY, tmp_path)
    with pytest.raises(ConfigError, match="E109"):
        write_sample(replace(TOY, name="toy-2"), tmp_path)


def test_nothing_is_written_when_nothing_was_fetched(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="evenhand sample triage -o DIR"):
        write_sample(replace(TOY, draw=draw_offline), tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_triage_is_written_in_the_json_form(tmp_path: Path) -> None:
    command = write_sample(SAMPLES["triage"], tmp_path, seed=3)
    assert command == (
        f"evenhand train {tmp_path}/train.json --tune {tmp_path}/valid.json --out runs/triage"
    )
    records = json.loads((tmp_path / "valid.json").read_text(encoding="utf-8"))
    assert len(records) == 103
    assert set(records[0]) == {"id", "text", "labels"}
    assert next(iter(records[0]["labels"])) == "neutral"
    assert {value for record in records for value in record["labels"].values()} == {0, 1}


def test_roll_call() -> None:
    assert list(SAMPLES) == NAMES
    first, _, rest = SAMPLES["tweets"].line().partition("tweet-like texts ")
    assert (first, rest) == (
        "tweets          ",
        "by intensity of feeling: 4,200 rows, 5 classes, 13.6:1; MIT",
    )


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_every_archive_is_pinned(sample: Sample) -> None:
    if sample.archive is not None:
        assert len(bytes.fromhex(sample.archive.sha256)) == 32
        assert sample.archive.version in sample.archive.file


def test_unknown_sample_gets_a_hint() -> None:
    assert find_sample("tweets") is SAMPLES["tweets"]
    with pytest.raises(ConfigError, match=r"E101(.|\n)*did you mean 'tweets'\?"):
        find_sample("twets")


def test_series_are_written_with_their_metadata(tmp_path: Path) -> None:
    folder = tmp_path / "my walks"
    command = write_sample(WALKS, folder)
    assert command == f"evenhand train '{folder}' --recipe series --out runs/walks"
    assert sorted(path.name for path in folder.iterdir()) == [
        "README.md",
        "metadata.json",
        "r1.npz",
        "r2.npz",
    ]
    with np.load(folder / "r1.npz") as arrays:
        assert {name: arrays[name].dtype.str for name in arrays.files} == {
            "x": "<f4",
            "label": "|u1",
        }
    assert "of the windows: 1.0:1 (2 to 2 windows)" in (folder / "README.md").read_text("utf-8")


def test_recordings_of_others_are_not_mixed_with_the_samples(tmp_path: Path) -> None:
    """Every NPZ file of a folder counts as a recording, even beside a copy of the sample."""
    write_sample(WALKS, tmp_path)
    for number in range(5):
        (tmp_path / f"mine-{number}.npz").touch()
    with pytest.raises(
        ConfigError, match=r"E109(.|\n)*recordings that are not(.|\n)*mine-2.npz and 2 more\n"
    ):
        write_sample(WALKS, tmp_path)


def test_recordings_do_not_disturb_a_sample_of_texts(tmp_path: Path) -> None:
    (tmp_path / "mine.npz").touch()
    write_sample(TOY, tmp_path)
    assert (tmp_path / "train.csv").is_file()


def test_a_copy_that_was_broken_off_can_be_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``metadata.json``, without which nothing is read, would have come last."""
    whole = durable.write_bytes

    def stop(path: Path, content: durable.Content) -> None:
        if path.name == "r2.npz":
            raise WriteError("E106", "the disk is full", got=str(path), fix="make room")
        whole(path, content)

    monkeypatch.setattr(durable, "write_bytes", stop)
    with pytest.raises(WriteError, match="E106"):
        write_sample(WALKS, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["README.md", "r1.npz"]
    monkeypatch.undo()
    write_sample(WALKS, tmp_path)
    assert (tmp_path / "metadata.json").is_file()
