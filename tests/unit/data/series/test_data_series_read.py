"""Folders to a data set: every window with its label, its role, and an account of the others."""

import json
from pathlib import Path

import numpy as np
import pytest

from evenhand.config import DataConfig, SeriesConfig
from evenhand.data.ledger import Ledger
from evenhand.data.series import read_series, read_series_like, read_windows
from evenhand.data.series.targets import CUT_OFF
from evenhand.data.split_file import split_hash
from evenhand.durable import file_sha256
from evenhand.errors import DataError, EvenhandError
from evenhand.types import Role


def read(path, *, tune=None, report=None, data=None, seed=0, share=True, **config):
    return read_series(
        path,
        tune=tune,
        report=report,
        data=DataConfig(**(data or {})),
        config=SeriesConfig(**{"window": 1.0, "stride": 0.5, **config}),
        seed=seed,
        share=share,
    )


def recordings_of(dataset, role):
    names = dataset.windows.frames.names
    return {names[r] for r in dataset.windows.recording_N[dataset.rows(role)]}


def refused(code, *parts, **given):
    with pytest.raises(EvenhandError, match=rf"\[{code}\]") as error:
        read(**given)
    for part in parts:
        assert part in str(error.value)
    return error.value


def test_every_window_has_its_frames_its_label_and_its_name(write, many):
    path = write(many, horizon=1, labels=["no", "yes"])
    dataset = read(path)
    windows = dataset.windows
    assert len(dataset) == len(windows) == 12 * 9
    for row, name in enumerate(dataset.ids):
        recording, _, second = name.partition("@")
        first = round(float(second) * 10)
        held = many[recording]
        at = slice(windows.first_N[row], windows.end_N[row])
        np.testing.assert_array_equal(
            windows.frames.values["pose"][at], held["pose"][first : first + 10]
        )
        np.testing.assert_array_equal(
            windows.frames.values["traj"][at], held["traj"][first : first + 10]
        )
        ahead = held["label"][first + 10 : first + 20]
        assert len(ahead) == 10
        assert dataset.truth_NC[row].tolist() == [float(not any(ahead)), float(any(ahead))]
        assert windows.current_N[row] == held["label"][first + 9]
        assert dataset.texts[row] == f"{recording} {second}-{first / 10 + 1:g} s"
    assert dataset.labels.names == ("no", "yes")


def test_recordings_never_cross_roles_and_labels_keep_their_shares(write, walk):
    random = np.random.default_rng(0)
    files = {f"r{i:02}": walk(seed=i, label=random.random(60) < 0.04) for i in range(40)}
    dataset = read(write(files, horizon=0.5))
    homes = [recordings_of(dataset, role) for role in Role]
    assert sum(map(len, homes)) == 40
    assert len(set.union(*homes)) == 40
    shares = [dataset.truth(role)[:, 1].mean() for role in Role]
    assert max(shares) - min(shares) < 0.05
    assert dataset.count(Role.FIT) / len(dataset) == pytest.approx(0.7, abs=0.04)


@pytest.mark.parametrize("where", ["metadata", "setting"])
def test_groups_never_cross_roles(write, many, where):
    persons = {name: {"person": f"p{i // 3}"} for i, name in enumerate(many)}
    said = {"group": "person"} if where == "metadata" else {}
    data = {} if where == "metadata" else {"group": "person"}
    for seed in range(5):
        dataset = read(write(many, recordings=persons, **said), data=data, seed=seed)
        homes = {}
        for role in Role:
            for name in recordings_of(dataset, role):
                assert homes.setdefault(persons[name]["person"], role) is role
        assert set(homes.values()) == set(Role)
        assert len(np.unique(dataset.unit_N)) == 4


def test_recordings_of_equal_content_stay_together(write, many):
    files = {**many, "copy": many["r05"]}
    for seed in range(4):
        dataset = read(write(files), seed=seed)
        assert [{"r05", "copy"} <= recordings_of(dataset, r) for r in Role].count(True) == 1
    assert "files of equal content: copy.npz and r05.npz" in dataset.notes


def test_a_key_of_the_recordings_says_the_role(write, many):
    parts = ["train"] * 8 + ["dev"] * 2 + ["test"] * 2
    for key, said in (("part", {"split": "part"}), ("split", {}), ("fold", {})):
        records = {name: {key: part} for name, part in zip(many, parts, strict=True)}
        data = {"split": "fold"} if key == "fold" else {}
        dataset = read(write(many, name=key, recordings=records, **said), data=data)
        assert [len(recordings_of(dataset, role)) for role in Role] == [8, 2, 2]
        assert dataset.schema.split == key
    drawn = read(write(many, name=key, recordings=records), data={"split": "none"})
    assert drawn.schema.split is None


def test_a_key_of_fit_and_report_alone_gives_up_some_fit_recordings(write, many):
    parts = ["train"] * 9 + ["test"] * 3
    records = {name: {"split": part} for name, part in zip(many, parts, strict=True)}
    dataset = read(write(many, recordings=records))
    assert recordings_of(dataset, Role.REPORT) == {"r09", "r10", "r11"}
    assert len(recordings_of(dataset, Role.TUNE)) in (1, 2)


def test_a_word_that_is_no_role_is_refused(write, many):
    records = {name: {"split": "train"} for name in many} | {"r03": {"split": "practice"}}
    path = write(many, recordings=records)
    refused("E209", "'practice' (key 'split' of recording 'r03')", path=path)
    path = write(many, name="lacks", recordings={"r00": {"split": "train"}})
    refused("E209", "a recording names no role", path=path)
    path = write(many, name="test", recordings={name: {"split": "test"} for name in many})
    refused("E209", "leaves no recording to fit", path=path)
    refused("E205", "did you mean 'split'?", path=path, data={"split": "splitt"})


def test_folders_of_their_own_have_the_roles_given(write, walk):
    fit = write({f"a{i}": walk(seed=i) for i in range(4)})
    tune = write({"b": walk(seed=9)}, name="tune")
    report = write({"c": walk(seed=10)}, name="report")
    dataset = read(fit, tune=tune, report=report)
    assert [recordings_of(dataset, role) for role in Role] == [
        {"a0", "a1", "a2", "a3"},
        {"b"},
        {"c"},
    ]
    assert set(dataset.sha256) == {
        str(folder / name)
        for folder, names in (
            (fit, ["metadata.json", "a0.npz", "a1.npz", "a2.npz", "a3.npz"]),
            (tune, ["metadata.json", "b.npz"]),
            (report, ["metadata.json", "c.npz"]),
        )
        for name in names
    }
    assert dataset.sha256[str(tune / "b.npz")] == file_sha256(tune / "b.npz")
    refused("E105", "data.split", path=fit, tune=tune, data={"split": "part"})


def test_recordings_of_one_name_in_two_folders_are_told_apart(write, walk):
    fit = write({"a": walk(seed=1), "b": walk(seed=2)})
    tune = write({"a": walk(seed=3)}, name="tune")
    dataset = read(fit, tune=tune)
    assert {name.partition("@")[0] for name in dataset.ids} == {"fit/a", "fit/b", "tune/a"}
    assert len(set(dataset.ids)) == len(dataset)
    assert len(np.unique(dataset.unit_N)) == 3


def test_one_folder_or_one_file_for_two_roles_is_refused(write, walk):
    fit = write({"a": walk(seed=1), "b": walk(seed=2)})
    tune = write({"x": walk(seed=1)}, name="tune")
    refused("E208", "is given for both", path=fit, tune=str(fit))
    refused("E208", "a.npz and", "x.npz are equal", path=fit, tune=tune)
    records = {"a": {"split": "train"}, "b": {"split": "train"}, "c": {"split": "test"}}
    path = write({"a": walk(seed=1), "b": walk(seed=2), "c": walk(seed=1)}, recordings=records)
    refused("E208", "a.npz and", "c.npz are equal", path=path)


def test_a_group_with_recordings_in_two_given_roles_is_noted(write, walk):
    fit = write({"a": walk(seed=1), "b": walk(seed=2)}, group="who", recordings={"a": {"who": "p"}})
    tune = write({"c": walk(seed=3)}, name="tune", recordings={"c": {"who": "p"}})
    dataset = read(fit, tune=tune)
    assert "1 of 'who' have both fit and tune recordings" in dataset.notes
    assert "1 of 3 recordings have no 'who' (such as b)" in dataset.notes


@pytest.mark.parametrize(
    ("other", "code", "part"),
    [
        ({"rate": 20}, "E231", "rate = 20.0, and there 10.0"),
        ({"units": {"traj": "mm"}}, "E231", "units.traj = 'mm', and there 'm'"),
        ({"dimensions": {"pose": 4, "traj": 2}}, "E233", "the stream 'pose' is not 3 numbers"),
        ({"unlabelled": 9}, "E231", "unlabelled = 9, and there 255"),
        ({"labels": ["yes", "no"]}, "E213", "'yes', 'no' and 'no', 'yes'"),
    ],
)
def test_a_folder_that_was_recorded_otherwise_is_refused(write, walk, other, code, part):
    said = {"units": {"traj": "m"}, "labels": ["no", "yes"]}
    fit = write({"a": walk(seed=1), "b": walk(seed=2)}, **said)
    wide = (
        {**walk(seed=3), "pose": np.ones((60, 4), np.float32)}
        if "dimensions" in other
        else walk(seed=3)
    )
    refused(code, part, path=fit, tune=write({"c": wide}, name="tune", **{**said, **other}))


def test_what_is_no_folder_of_series_is_refused(write, walk, tmp_path):
    fit = write({"a": walk(seed=1), "b": walk(seed=2)})
    refused("E202", "that is no folder of series", path=fit, tune=tmp_path / "absent")
    (tmp_path / "rows.csv").write_text("text,label\na,b\n")
    refused("E202", "rows.csv", path=fit, tune=str(tmp_path / "rows.csv"))


def test_the_ledger_counts_every_window_of_every_file(write, many, walk):
    files = {**many, "short": walk(5), "dark": walk(label=np.full(60, 255))}
    path = write(files, horizon=1)
    dataset = read(path)
    assert all(
        file.read == file.kept + sum(aside.rows for aside in file.aside.values())
        for file in dataset.ledger.files
    )
    by_file = {Path(file.path).stem: file for file in dataset.ledger.files}
    assert len(by_file) == 14
    assert (by_file["r03"].read, by_file["r03"].kept) == (11, 9)
    assert by_file["r03"].aside[CUT_OFF].examples == ("r03@4.5", "r03@5")
    assert by_file["r03"].role is next(r for r in Role if "r03" in recordings_of(dataset, r))
    assert (by_file["short"].read, by_file["short"].kept) == (1, 0)
    assert (by_file["dark"].read, by_file["dark"].kept) == (11, 0)
    assert sum(file.kept for file in dataset.ledger.files) == len(dataset)
    assert Ledger.from_dict(json.loads(json.dumps(dataset.ledger.to_dict()))) == dataset.ledger
    lines = dataset.ledger.lines()
    assert sum(line.startswith(str(path)) for line in lines) == 3
    assert any("set aside: the recording is shorter than a window (short@0)" in x for x in lines)


def test_damaged_recordings_are_refused_or_counted_never_zeros(write, many):
    path = write(many)
    held = bytearray((path / "r04.npz").read_bytes())
    held[500] ^= 1
    (path / "r04.npz").write_bytes(held)
    refused("E232", "r04.npz is damaged", path=path)
    dataset = read(path, corrupt="skip")
    assert "r04" not in dataset.windows.frames.names
    assert not any(name.startswith("r04@") for name in dataset.ids)
    (count,) = (file for file in dataset.ledger.files if file.path.endswith("r04.npz"))
    assert (count.read, count.kept, list(count.aside)) == (
        1, 0, ["the recording is damaged (series.corrupt = skip)"],
    )  # fmt: skip
    assert any("set aside: r04.npz is damaged" in note for note in dataset.notes)


def test_nan_is_refused_or_masked_and_counted(write, many):
    many["r02"]["traj"][7:9] = np.nan
    path = write(many)
    refused("E233", "recording 'r02' holds NaN", "--set series.nan=mask", path=path)
    dataset = read(path, nan="mask")
    frames = dataset.windows.frames
    at = frames.starts_R[frames.names.index("r02")]
    assert frames.known["traj"][at + 6 : at + 10].tolist() == [True, False, False, True]
    assert not frames.values["traj"][at + 7 : at + 9].any()
    assert frames.known["pose"].all()
    assert any("2 of 720 frames of traj (0.3%) hold NaN" in note for note in dataset.notes)


def test_a_recording_without_a_stream_is_kept_and_noted(write, many):
    many["r02"] = {"traj": many["r02"]["traj"], "label": many["r02"]["label"]}
    dataset = read(write(many))
    assert any(
        n.startswith("1 of 12 recordings lack the stream 'pose' (r02)") for n in dataset.notes
    )
    frames = dataset.windows.frames
    at = frames.starts_R[frames.names.index("r02")]
    assert not frames.known["pose"][at : at + 60].any()


def test_a_value_beyond_its_limit_is_refused(write, many):
    many["r02"]["traj"][7, 1] = 1000
    path = write(many, units={"traj": "m/s"}, limits={"traj": 10})
    refused("E234", "traj[1] is 1,000 m/s in frame 7 of 'r02', and 10 m/s is the limit", path=path)
    looked_at = read(path, share=False)
    assert [oddity.kind for oddity in looked_at.oddities] == ["limit", "speed"]
    dataset = read(write(many, units={"traj": "m/s"}))
    assert any("traj moves at 1,000 m/s (frame 7 of 'r02')" in note for note in dataset.notes)


def test_a_rare_label_is_refused_and_min_rows_lets_it_pass(write, many):
    path = write(many, labels=["no", "yes", "never"])
    error = refused("E207", "'never' has 0 of 132", path=path)
    assert error.fix.startswith("add recordings with it")
    few = write({**many, "z": {**many["r00"], "label": [0] * 50 + [2] * 10}}, name="few")
    error = refused("E207", "'2' has 1 of 143 (z@5)", path=few)
    assert error.fix.endswith("--set data.min_rows=1")
    assert len(read(few, data={"min_rows": 1})) == 143


def test_a_role_without_any_window_is_refused_with_the_reason(write, walk):
    fit = write({"a": walk(seed=1), "b": walk(seed=2)}, horizon=1)
    tune = write({"c": walk(15)}, name="tune")
    refused("E209", "role 'tune'", f"2: {CUT_OFF}", path=fit, tune=tune)


def test_too_few_recordings_for_three_roles_are_refused(write, walk):
    refused("E209", "the split leaves no row", path=write({"a": walk(seed=1), "b": walk(seed=2)}))


def test_a_sample_draws_windows_of_every_role_and_says_so(write, many):
    whole, some = read(write(many)), read(write(many), data={"sample": 30})
    assert some.count(Role.FIT) == 30
    assert set(some.ids) < set(whole.ids)
    for role in Role:
        assert recordings_of(some, role) <= recordings_of(whole, role)
    assert any("not a result" in note for note in some.notes)
    assert some.share == pytest.approx(len(some) / len(whole))
    for row, name in enumerate(some.ids):
        other = whole.ids.index(name)
        assert some.windows.first_N[row] == whole.windows.first_N[other]
        assert some.truth_NC[row].tolist() == whole.truth_NC[other].tolist()


def test_the_same_seed_gives_the_same_rows_and_another_one_others(write, many):
    path = write(many)
    hashes = {seed: split_hash(read(path, seed=seed)) for seed in range(6)}
    assert hashes[3] == split_hash(read(path, seed=3))
    assert len(set(hashes.values())) > 1


def test_without_sharing_out_every_row_keeps_the_role_given(write, many):
    assert set(read(write(many), share=False).roles) == {Role.FIT}


def test_windows_of_a_folder_without_labels_or_metadata(write, many, walk):
    schema = read(write(many, horizon=1, units={"traj": "m"})).schema
    new = write(
        {"x": {k: v for k, v in walk(25).items() if k != "label"}, "y": walk(5)}, name="new"
    )
    found = read_windows(new, schema)
    assert found.ids == ("x@0", "x@0.5", "x@1", "x@1.5")
    assert found.texts[1] == "x 0.5-1.5 s"
    np.testing.assert_array_equal(found.windows.end_N, [10, 15, 20, 25])
    assert np.isnan(found.windows.current_N).all()
    assert [(file.read, file.kept) for file in found.ledger.files] == [(4, 4), (1, 0)]
    assert any("1 of 2 recordings are shorter than a window" in note for note in found.notes)
    assert str(new / "x.npz") in found.sha256
    (new / "metadata.json").unlink()
    assert read_windows(new, schema).ids == found.ids


def test_windows_of_a_folder_in_another_unit_are_refused(write, many):
    schema = read(write(many, units={"traj": "m"})).schema
    with pytest.raises(DataError, match=r"\[E231\] this folder was not recorded as the one"):
        read_windows(write(many, name="new", units={"traj": "mm"}), schema)


def test_windows_do_not_need_sound_labels_or_every_stream(write, many, walk):
    schema = read(write(many)).schema
    new = write({"x": {"pose": walk(10)["pose"], "label": np.full(10, 0.5)}}, name="new")
    found = read_windows(new, schema)
    assert found.ids == ("x@0",)
    assert not found.windows.frames.known["traj"].any()


def test_answers_need_neither_labels_nor_groups_and_miss_none(write, many, walk):
    people = {name: {"person": name} for name in many}
    schema = read(write(many, group="person", recordings=people)).schema
    assert read_windows(write({"x": walk(10)}, name="new"), schema).notes == ()


def test_a_labelled_folder_for_a_model_that_exists(write, many, walk):
    schema = read(write(many, labels=["no", "yes"], horizon=1)).schema
    other = write({"x": walk(40, label=np.zeros(40))}, name="other")
    dataset = read_series_like(other, schema, Role.REPORT)
    assert set(dataset.roles) == {Role.REPORT}
    assert dataset.truth_NC.tolist() == [[1, 0]] * 5
    assert dataset.labels.names == ("no", "yes")
    assert "no report row has yes" in dataset.notes
    with pytest.raises(DataError, match=r"\[E206\] a frame has a label beyond 0 to 1"):
        read_series_like(
            write({"x": walk(40, label=np.full(40, 2))}, name="more"), schema, Role.REPORT
        )


def test_what_is_odd_is_told_once_as_records_and_once_as_notes(write, many):
    for arrays in many.values():
        arrays["traj"] *= 1000
    dataset = read(write(many, units={"pose": "m", "traj": "m"}))
    assert {oddity.kind for oddity in dataset.oddities} >= {"speed"}
    for oddity in dataset.oddities:
        assert dataset.notes.count(str(oddity)) == 1
    assert len(set(dataset.notes)) == len(dataset.notes)


def in_parts(write, walk, *, name, **metadata):
    """Write twelve recordings with a file for each stream and one for labels, the same in all."""
    files, records = {}, {}
    for i in range(12):
        arrays = walk(seed=i, label=np.arange(60) // 10 % 2)
        files |= {f"r{i:02}-{part}": {part: content} for part, content in arrays.items()}
        records[f"r{i:02}"] = {"files": [f"r{i:02}-{part}.npz" for part in arrays]} | {
            key: value[i] for key, value in metadata.items()
        }
    return write(files, name=name, recordings=records)


def test_files_of_labels_alone_may_be_equal_in_recordings_of_all_roles(write, walk):
    dataset = read(in_parts(write, walk, name="drawn"))
    assert len(np.unique(dataset.unit_N)) == 12
    assert not [note for note in dataset.notes if "equal content" in note]
    parts = ["train"] * 8 + ["dev"] * 2 + ["test"] * 2
    dataset = read(in_parts(write, walk, name="keyed", split=parts))
    assert [len(recordings_of(dataset, role)) for role in Role] == [8, 2, 2]


@pytest.mark.parametrize("stream", ["pose", "traj"])
def test_one_stream_is_read_of_recordings_with_a_file_a_stream(write, walk, stream):
    path = in_parts(write, walk, name="parts")
    dataset = read(path, streams=(stream,))
    assert list(dataset.windows.frames.values) == [stream]
    assert dataset.ids == read(path).ids
    assert len(read_windows(path, dataset.schema).ids) == len(dataset)
    assert len(read_series_like(path, dataset.schema, Role.REPORT)) == len(dataset)
