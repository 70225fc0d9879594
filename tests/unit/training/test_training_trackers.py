"""Trackers: what TensorBoard reads is what history.jsonl holds, once each."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from evenhand.errors import ConfigError, MissingExtraError, WriteError
from evenhand.training.trackers import TRACKERS

GUIDE = Path(__file__).parents[3] / "docs" / "howto" / "trackers.md"


def step(number, loss=None):
    loss = 1 / number if loss is None else loss
    return {"kind": "step", "step": number, "epoch": 1, "loss": loss, "lr": 0.25, "grad_norm": 2.0}


def epoch(number, *, at):
    return {
        "kind": "epoch", "step": at, "epoch": number, "fit_loss": 0.5, "tune_loss": 0.25,
        "metric": "tuned_macro_f1", "value": 0.75, "best": True, "predicted_C": [3, 4],
    }  # fmt: skip


def told(folder, records, *, done=0, name="tensorboard"):
    tracker = TRACKERS.build(name, folder, settings={})
    tracker.on_start(steps=8, done=done)
    for record in records:
        if record["kind"] == "step":
            tracker.on_step(record, rows=4)
        else:
            tracker.on_epoch(record)
    tracker.on_end("all done")


def read(folder):
    events = EventAccumulator(str(folder / "tensorboard"))
    events.Reload()
    return {
        tag: [(e.step, e.value) for e in events.Scalars(tag)] for tag in events.Tags()["scalars"]
    }


def test_every_number_of_a_record_is_a_scalar(tmp_path):
    told(tmp_path, [step(1, 0.5), step(2, 0.125), epoch(1, at=2)])
    assert read(tmp_path) == {
        "step/loss": [(1, 0.5), (2, 0.125)],
        "step/lr": [(1, 0.25), (2, 0.25)],
        "step/grad_norm": [(1, 2.0), (2, 2.0)],
        "epoch/fit_loss": [(2, 0.5)],
        "epoch/tune_loss": [(2, 0.25)],
        "epoch/value": [(2, 0.75)],
    }


@pytest.mark.parametrize("torn", [0, 5])
def test_a_resumed_run_tells_no_step_twice(tmp_path, torn):
    told(tmp_path, [step(1), step(2), epoch(1, at=2), step(3, 7.0), step(4, 7.0), epoch(2, at=4)])
    (first,) = (tmp_path / "tensorboard").iterdir()
    first.write_bytes(first.read_bytes()[: first.stat().st_size - torn])
    told(tmp_path, [step(3, 0.5), step(4, 0.25), epoch(2, at=4)], done=2)
    found = read(tmp_path)
    assert found["step/loss"] == [(1, 1.0), (2, 0.5), (3, 0.5), (4, 0.25)]
    assert found["epoch/value"] == [(2, 0.75), (4, 0.75)]


def test_a_run_that_starts_again_begins_anew(tmp_path):
    told(tmp_path, [step(1, 7.0), step(2, 7.0)])
    told(tmp_path, [step(1, 0.5)])
    assert read(tmp_path)["step/loss"] == [(1, 0.5)]


def test_what_is_told_is_on_disk_before_the_end(tmp_path):
    tracker = TRACKERS.build("tensorboard", tmp_path, settings={})
    tracker.on_start(steps=2, done=0)
    tracker.on_step(step(1), rows=4)
    assert read(tmp_path)["step/loss"] == [(1, 1.0)]


def test_none_writes_nothing(tmp_path):
    told(tmp_path, [step(1), epoch(1, at=1)], name="none")
    assert not list(tmp_path.iterdir())


def test_an_unknown_tracker_is_refused():
    with pytest.raises(ConfigError, match=r"no tracker of that name(.|\n)*'tensorboard'"):
        TRACKERS.factory("tensorbord")


def test_without_the_package_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(MissingExtraError, match=r"\[E104\](.|\n)*evenhand\[tracking\]"):
        TRACKERS.build("tensorboard", tmp_path, settings={})


def test_a_place_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "tensorboard").write_bytes(b"")
    with pytest.raises(WriteError, match=r"\[E106\](.|\n)*tensorboard"):
        told(tmp_path, [step(1)])


def test_neither_tensorflow_nor_torch_is_imported(tmp_path):
    (tmp_path / "tensorflow.py").write_text("raise RuntimeError('imported')")
    code = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1])\n"
        "from evenhand.training.trackers import TRACKERS\n"
        "tracker = TRACKERS.build('tensorboard', Path(sys.argv[1]), settings={})\n"
        "tracker.on_start(steps=1, done=0)\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    assert list((tmp_path / "tensorboard").iterdir())


def test_the_example_of_the_guide_works(tmp_path, monkeypatch):
    monkeypatch.setattr(TRACKERS, "_factories", dict(TRACKERS._factories))
    example, use = re.findall(r"```python\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    assert "report.tracker" in use
    assert len([line for line in example.splitlines() if line]) <= 15
    exec(compile(example, str(GUIDE), "exec"), {})
    told(tmp_path, [step(1), epoch(1, at=1), epoch(2, at=2)], name="table")
    assert (tmp_path / "passes.csv").read_text() == "1,0.25,0.75\n2,0.25,0.75\n"
    assert TRACKERS.describe("table").startswith("Write a line after every pass")
