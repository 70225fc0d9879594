"""What watches a run."""

import pytest

from evenhand.errors import WriteError
from evenhand.training.hooks import Display, HistoryFile, read_history


def step(number):
    return {"kind": "step", "step": number, "epoch": 1, "loss": 1 / number, "lr": 0.1}


EPOCH = {
    "kind": "epoch", "step": 3, "epoch": 1, "fit_loss": 0.5, "tune_loss": 0.25,
    "metric": "tuned_macro_f1", "value": 0.75, "macro_f1_half": 0.625, "best": True,
}  # fmt: skip


def write(path, numbers, *, after=0):
    history = HistoryFile(path, step=after)
    for number in numbers:
        history.on_step(step(number), rows=2)
    history.on_end("done")


def test_records_come_back_as_they_were(tmp_path):
    path = tmp_path / "history.jsonl"
    history = HistoryFile(path, step=0)
    history.on_start(steps=3, done=0)
    history.on_step(step(3), rows=2)
    history.on_epoch(EPOCH)
    history.on_end("done")
    assert read_history(path) == [step(3), EPOCH]


def test_a_new_run_starts_with_an_empty_file(tmp_path):
    write(tmp_path / "h", [1, 2])
    write(tmp_path / "h", [1])
    assert read_history(tmp_path / "h") == [step(1)]


def test_a_resumed_file_equals_an_uninterrupted_one(tmp_path):
    write(tmp_path / "whole", [1, 2, 3, 4])
    write(tmp_path / "torn", [1, 2, 3])
    with (tmp_path / "torn").open("a") as handle:
        handle.write('{"kind": "st')
    write(tmp_path / "torn", [3, 4], after=2)
    assert (tmp_path / "torn").read_bytes() == (tmp_path / "whole").read_bytes()


def test_no_file_is_no_history(tmp_path):
    assert read_history(tmp_path / "none") == []


def test_a_value_that_is_no_number_is_not_written(tmp_path):
    history = HistoryFile(tmp_path / "h", step=0)
    with pytest.raises(ValueError, match="not JSON compliant"):
        history.on_step(step(1) | {"loss": float("nan")}, rows=2)
    history.on_end("stopped")
    assert read_history(tmp_path / "h") == []


def test_a_full_disk_is_said_in_three_lines(tmp_path):
    history = HistoryFile(tmp_path / "h", step=0)
    (tmp_path / "h").unlink()
    (tmp_path / "h").symlink_to("/dev/full")
    with pytest.raises(WriteError, match=r"\[E106\](.|\n)*h: No space left on device"):
        history.on_step(step(1), rows=2)


def test_the_display_says_what_a_pass_gave():
    said = []
    display = Display(said.append, live=False, epochs=2, every=0)
    display.on_start(steps=6, done=0)
    display.on_step(step(1), rows=4)
    display.on_epoch(EPOCH)
    display.on_end("all done")
    assert said[0].startswith("  step 1/6  loss 1.0000  lr 1.0e-01  ")
    assert said[1] == (
        "epoch 1/2  fit loss 0.5000  tune loss 0.2500  tuned_macro_f1 0.7500"
        "  macro-F1 at 0.5 0.6250  best so far"
    )
    assert said[2] == "all done"


def test_plain_lines_are_rare():
    said = []
    display = Display(said.append, live=False, epochs=1, every=3600)
    display.on_start(steps=9, done=0)
    for number in range(1, 9):
        display.on_step(step(number), rows=1)
    assert said == []
