"""Pre-training from a folder to a start for training: what is learnt from, resumed, refused."""

import json

import numpy as np
import pytest
import torch

from evenhand.cli import main
from evenhand.config import parse_config
from evenhand.durable import folder_fault
from evenhand.errors import (
    BundleError,
    ConfigError,
    MissingFileError,
    StoppedBySignal,
    TrainingError,
)
from evenhand.models.pretraining import Pretrained
from evenhand.run import Screen, Sources, pretrain
from evenhand.run.prepare import prepare
from evenhand.run.pretrained import recordings_of
from evenhand.training.hooks import read_history
from evenhand.training.loop import Loop
from tiny_series import frames_of, windows_of, write_recordings

ROLES = ("fit", "fit", "fit", "fit", "tune", "tune", "report", "report")
ASKED = {
    "model": {"network": {"name": "cnn", "channels": 8, "dropout": 0.0}},
    "optim": {"lr": 0.01},
    "train": {"epochs": 4, "batch_size": 16, "checkpoint_every": 1, "keep": 9},
}


@pytest.fixture
def folder(tmp_path):
    return write_recordings(tmp_path / "data", roles=ROLES)


def asked(**sections):
    return {**ASKED, **{k: {**ASKED.get(k, {}), **v} for k, v in sections.items()}}


def run(folder, out, screen=None, **sections):
    return pretrain.pretrain(Sources(folder), asked(**sections), out, screen=screen or Screen())


def prepared(folder, **sections):
    config = parse_config(asked(**sections), source="test")
    return prepare(Sources(folder).read(config), config)


def tensors(out):
    from evenhand.models.weights import read_tensors

    return read_tensors(out / "pretrained" / "model.safetensors")


def test_it_learns_from_the_fit_recordings_alone_and_says_how_well(folder, tmp_path):
    said = []
    found = run(folder, tmp_path / "p", Screen(say=said.append))
    assert found.faults() == []
    made = Pretrained.read(tmp_path / "p")
    assert list(made.recordings) == ["a", "b", "c", "d"]
    assert made.steps == 8
    assert made.measured["known_again"] == found.known_again
    assert made.setup.streams == (("pose", 5, ""), ("traj", 2, ""))
    assert made.setup.network == (
        "cnn",
        {"channels": 8, "layers": 3, "kernel": 5, "dropout": 0.0, "stream_dropout": 0.0},
    )
    assert all(name.startswith("encoder.") for name in tensors(tmp_path / "p"))
    assert any(line.startswith("pass 4/4  loss ") for line in said)
    assert said[-1] == f"learnt from 4 recordings; written to {tmp_path / 'p' / 'pretrained'}"


def test_other_rows_and_all_labels_change_nothing(folder, tmp_path):
    run(folder, tmp_path / "p")
    random = np.random.default_rng(9)
    for name in "efgh":
        arrays = dict(np.load(folder / f"{name}.npz"))
        arrays["pose"] = random.standard_normal(arrays["pose"].shape).astype(np.float32)
        np.savez(folder / f"{name}.npz", **arrays)
    for name in "abcd":
        arrays = dict(np.load(folder / f"{name}.npz"))
        np.savez(folder / f"{name}.npz", **{**arrays, "label": arrays["label"][::-1]})
    run(folder, tmp_path / "q")
    one, other = tensors(tmp_path / "p"), tensors(tmp_path / "q")
    assert all(torch.equal(one[name], other[name]) for name in one)


CHANGES = [
    {"pretrain": {"mask": 0.6}},
    {"pretrain": {"span": 0.2}},
    {"pretrain": {"contrast": 2.0}},
    {"pretrain": {"temperature": 1.0}},
    {"series": {"scale": "none"}},
]


@pytest.mark.parametrize("change", [{}, *CHANGES, {"augment": "jitter"}, {"seed": 1}], ids=str)
def test_every_setting_changes_what_is_learnt(folder, tmp_path, change):
    short = {"train": {"epochs": 1, "max_steps": 2}}
    given = {k: v for k, v in change.items() if isinstance(v, dict)}
    weights = []
    for name, sections in (("p", {}), ("q", given)):
        values = asked(**short, **sections)
        if name == "q":
            values |= {k: v for k, v in change.items() if not isinstance(v, dict)}
        layout = pretrain.PretrainLayout(tmp_path / name)
        config = parse_config(values, source="test")
        lesson = pretrain.assemble(*pretrain.read(Sources(folder), config, layout, Screen()))
        layout.checkpoints.mkdir(parents=True)
        lesson.engine.run()
        weights.append(lesson.model.state_dict())
    same = all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
    assert same == (change == {})


def test_a_run_that_was_broken_off_goes_on_to_the_same_weights(folder, tmp_path, monkeypatch):
    run(folder, tmp_path / "p")
    whole = Loop._step

    def broken(self, progress, examples, group):
        if progress.step == 5:
            raise StoppedBySignal(15, self.folder.parent, step=progress.step)
        whole(self, progress, examples, group)

    monkeypatch.setattr(Loop, "_step", broken)
    with pytest.raises(StoppedBySignal, match=rf"evenhand pretrain --resume {tmp_path / 'q'}"):
        run(folder, tmp_path / "q")
    monkeypatch.undo()
    assert not (tmp_path / "q" / "pretrained").exists()
    pretrain.resume(tmp_path / "q", screen=Screen())
    one, other = tensors(tmp_path / "p"), tensors(tmp_path / "q")
    assert all(torch.equal(one[name], other[name]) for name in one)
    histories = [read_history(tmp_path / n / "history.jsonl") for n in "pq"]
    assert histories[0] == histories[1]
    with pytest.raises(MissingFileError, match=r"\[E302\] that pre-training is finished"):
        pretrain.resume(tmp_path / "q", screen=Screen())


def test_where_nothing_was_begun_nothing_goes_on(tmp_path):
    with pytest.raises(MissingFileError, match=r"\[E302\] there is no pre-training to go on with"):
        pretrain.resume(tmp_path, screen=Screen())


@pytest.mark.parametrize("what", ["settings", "data"])
def test_it_does_not_go_on_with_other_settings_or_data(folder, tmp_path, monkeypatch, what):
    monkeypatch.setattr(pretrain, "_finish", lambda *_: None)
    run(folder, tmp_path / "p")
    if what == "settings":
        file = tmp_path / "p" / "run.toml"
        file.write_text(file.read_text().replace("lr = 0.01", "lr = 0.02"))
        said = r"optim\.lr is 0\.02 and was 0\.01"
    else:
        write_recordings(tmp_path / "other", ["a"], seed=5)
        (tmp_path / "other" / "a.npz").replace(folder / "a.npz")
        said = r"a\.npz|data"
    with pytest.raises(TrainingError, match=rf"\[E303\](.|\n)*{said}"):
        pretrain.resume(tmp_path / "p", screen=Screen())


def test_a_folder_in_use_is_left_alone(folder, tmp_path):
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "mine.txt").write_text("mine")
    with pytest.raises(ConfigError, match=r"\[E109\](.|\n)*evenhand pretrain --resume"):
        run(folder, tmp_path / "p")


def test_windows_that_all_overlap_cannot_be_told_apart_and_nothing_is_written(tmp_path):
    short = write_recordings(tmp_path / "short", "abc", roles=("fit", "tune", "report"), frames=45)
    with pytest.raises(
        TrainingError, match=r"\[E307\] pre-training has coll(.|\n)*100\.0% by chance"
    ):
        run(short, tmp_path / "p", series={"window": 2.5, "stride": 0.1}, train={"epochs": 1})
    assert not (tmp_path / "p" / "pretrained").exists()


def test_texts_and_batches_of_one_are_refused(folder, tmp_path):
    rows = "\n".join(f"text number {i},{'ab'[i % 2]}" for i in range(60))
    (tmp_path / "rows.csv").write_text(f"text,label\n{rows}\n")
    with pytest.raises(ConfigError, match=r"\[E105\] only networks of series are pre-trained"):
        run(tmp_path / "rows.csv", tmp_path / "p")
    with pytest.raises(ConfigError, match=r"\[E105\](.|\n)*train\.batch_size = 1"):
        run(folder, tmp_path / "p", train={"batch_size": 1})
    assert not (tmp_path / "p").exists()


def test_training_starts_at_its_weights_and_its_scaler(folder, tmp_path):
    run(folder, tmp_path / "p")
    other = write_recordings(tmp_path / "more", ["i", "j", "k"], roles=ROLES[3:6], seed=7)
    model = {"pretrained": str(tmp_path / "p")}
    got = prepared(other, model=model)
    source = tensors(tmp_path / "p")
    state = got.model.state_dict()
    assert all(torch.equal(state[name], source[name]) for name in source)
    made = Pretrained.read(tmp_path / "p")
    assert got.reader.scaler.mean["pose"].tolist() == made.scaler.mean["pose"].tolist()
    assert got.reader.scaler.mean["pose"][0] != prepared(other).reader.scaler.mean["pose"][0]
    assert any(line.startswith("start   ") for line in got.lines())
    assert any(line.split()[:2] == ["new", "head"] for line in got.lines())


def test_a_network_of_other_settings_is_refused(folder, tmp_path):
    run(folder, tmp_path / "p")
    network = {"name": "cnn", "channels": 9}
    with pytest.raises(BundleError, match=r"\[E402\](.|\n)*channels: 9 here, 8 there"):
        prepared(folder, model={"network": network, "pretrained": str(tmp_path / "p")})


def test_a_recording_that_was_learnt_from_is_no_measure_whatever_its_name(folder, tmp_path):
    run(folder, tmp_path / "p")
    model = {"pretrained": str(tmp_path / "p")}
    names = ("x", "y", "renamed")
    other = write_recordings(tmp_path / "more", names, roles=("fit", "tune", "report"), seed=7)
    (other / "renamed.npz").write_bytes((folder / "c.npz").read_bytes())
    with pytest.raises(
        BundleError,
        match=r"\[E403\](.|\n)*1 of 2 tune and report recordings: renamed\n.*split_seed=3",
    ):
        prepared(other, model=model, data={"split_seed": 3})


def test_another_recording_of_the_same_name_is_said(folder, tmp_path):
    run(folder, tmp_path / "p")
    other = write_recordings(tmp_path / "more", ["x", "a"], roles=("fit", "tune"), seed=7)
    got = prepared(other, model={"pretrained": str(tmp_path / "p")})
    assert "note: pre-training knew other recordings by the names a" in got.lines()


def test_recordings_are_known_by_their_frames():
    windows = windows_of(frames_of())
    found = recordings_of(windows)
    assert list(found) == ["r0", "r1", "r2"]
    assert len(set(found.values())) == 3
    assert recordings_of(windows_of(frames_of(), stride=2)) == found
    assert recordings_of(windows.take(np.array([0]))) == {"r0": found["r0"]}
    frames = frames_of()
    frames.known["traj"][-1] ^= True
    assert recordings_of(windows_of(frames))["r2"] != found["r2"]
    assert recordings_of(windows_of(frames))["r0"] == found["r0"]


def test_the_command(folder, tmp_path, capsys):
    out = tmp_path / "p"
    settings = ["model.network=cnn", "model.network.channels=8", "train.epochs=3", "optim.lr=0.01"]
    given = [word for setting in settings for word in ("--set", setting)]
    assert main(["pretrain", str(folder), "--out", str(out), *given]) == 0
    assert f"--set model.pretrained={out}" in capsys.readouterr().out
    assert folder_fault(out / "pretrained") is None
    assert json.loads((out / "pretrain.json").read_text())["seed"] == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["DATA"], "[E110]"),
        (["DATA", "--out", "OUT", "--set", "loss=focal"], "[E105] pre-training does not read"),
        (["DATA", "--out", "OUT", "--set", "model.head.name=mlp"], "[E105] pre-training does not"),
        (["DATA", "--out", "OUT", "--set", "optim.ema=0.9"], "[E105] pre-training does not read"),
        (["--resume", "OUT", "--set", "seed=1"], "[E110]"),
    ],
)
def test_commands_that_cannot_be(folder, tmp_path, capsys, words, said):
    places = {"DATA": str(folder), "OUT": str(tmp_path / "p")}
    assert main(["pretrain", *(places.get(word, word) for word in words)]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "p").exists()
