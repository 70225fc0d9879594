"""Checkpoints: what comes back is what was saved, and what is damaged is passed over."""

import errno
import os

import pytest
import torch
from torch import nn

from evenhand.errors import TrainingError, WriteError
from evenhand.training import checkpoint
from evenhand.training.checkpoint import Progress


def trained(seed: int = 0, steps: int = 3):
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(4, 3), nn.LayerNorm(3), nn.Linear(3, 2))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for _ in range(steps):
        step(model, optimizer)
    return model, optimizer


def step(model, optimizer):
    optimizer.zero_grad()
    model(torch.arange(8.0).reshape(2, 4)).square().sum().backward()
    optimizer.step()


def equal(a, b):
    return all(torch.equal(x, y) for x, y in zip(a.parameters(), b.parameters(), strict=True))


def test_round_trip_to_the_last_bit_and_the_next_step_is_the_same(tmp_path):
    model, optimizer = trained()
    progress = Progress(7, 2, 3, 0.1 + 0.2, 96, [1 / 3, 0.25], 12.5)
    path = checkpoint.save(tmp_path, model, optimizer, progress, keep=2)
    other, its_optimizer = trained(seed=5, steps=0)
    assert checkpoint.load(path, other, its_optimizer) == progress
    assert equal(model, other)
    for mine, its in zip(model.parameters(), other.parameters(), strict=True):
        saved, loaded = optimizer.state[mine], its_optimizer.state[its]
        assert saved.keys() == loaded.keys()
        assert all(torch.equal(saved[name], loaded[name]) for name in saved)
    step(model, optimizer)
    step(other, its_optimizer)
    assert equal(model, other)


def names(folder):
    return sorted(p.name for p in folder.iterdir())


def test_only_the_newest_are_kept(tmp_path):
    model, optimizer = trained()
    for number in (1, 2, 10, 11):
        checkpoint.save(tmp_path, model, optimizer, Progress(step=number), keep=2)
    assert names(tmp_path) == ["step-000010", "step-000011"]


def test_the_newest_sound_checkpoint_is_found(tmp_path):
    model, optimizer = trained()
    paths = [
        checkpoint.save(tmp_path, model, optimizer, Progress(step=n), keep=9) for n in (1, 2, 3)
    ]
    (paths[2] / "state.json").write_text("{}")
    (paths[1] / "MANIFEST.json").unlink()
    found, faults = checkpoint.newest(tmp_path)
    assert found == paths[0]
    assert [("sha256" in f, "missing" in f) for f in faults] == [(True, False), (False, True)]


def test_a_half_written_checkpoint_does_not_count(tmp_path):
    (tmp_path / ".step-000009.01234567.77.part").mkdir()
    assert checkpoint.newest(tmp_path) == (None, [])


def test_a_full_disk_leaves_the_older_checkpoints(tmp_path, monkeypatch):
    model, optimizer = trained()
    kept = checkpoint.save(tmp_path, model, optimizer, Progress(step=1), keep=1)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WriteError, match=r"\[E106\](.|\n)*No space left"):
        checkpoint.save(tmp_path, model, optimizer, Progress(step=2), keep=1)
    assert names(tmp_path) == ["step-000001"]
    assert checkpoint.newest(tmp_path) == (kept, [])


def test_a_damaged_newer_checkpoint_does_not_crowd_out_a_sound_one(tmp_path):
    model, optimizer = trained()
    for number in (1, 5):
        path = checkpoint.save(tmp_path, model, optimizer, Progress(step=number), keep=2)
    (path / "state.json").write_text("{}")
    kept = checkpoint.save(tmp_path, model, optimizer, Progress(step=3), keep=1)
    assert names(tmp_path) == ["step-000003"]
    assert checkpoint.newest(tmp_path) == (kept, [])


def test_a_million_steps_are_more_than_a_few(tmp_path):
    model, optimizer = trained()
    for number in (999_999, 1_000_000):
        checkpoint.save(tmp_path, model, optimizer, Progress(step=number), keep=1)
    assert names(tmp_path) == ["step-1000000"]


def test_averages_come_back(tmp_path):
    model, optimizer = trained()
    average = {"updates": torch.tensor(3), "average.0.weight": torch.rand(3, 4)}
    path = checkpoint.save(tmp_path, model, optimizer, Progress(1), keep=1, average=average)
    found = checkpoint.load_average(path)
    assert found.keys() == average.keys()
    assert all(torch.equal(found[name], average[name]) for name in average)


def test_best_and_stale_follow_from_the_values():
    progress = Progress(epoch=0, batch=4, loss_sum=1.5, rows=9)
    assert (progress.best, progress.best_epoch, progress.stale) == (None, 0, 0)
    for value, expected in [(0.5, (0.5, 1, 0)), (0.75, (0.75, 2, 0)), (0.75, (0.75, 2, 1))]:
        progress.close(value)
        assert (progress.best, progress.best_epoch, progress.stale) == expected
    assert progress == Progress(epoch=3, values=[0.5, 0.75, 0.75])


def test_tidying_leaves_the_newest_sound_checkpoint_and_the_best_weights(tmp_path):
    model, optimizer = trained()
    values = [0.75, 0.5, 0.25]
    for epoch in (1, 2, 3):
        checkpoint.save_best(tmp_path, model, epoch)
    for epoch in (1, 2, 3):
        progress = Progress(step=epoch, values=values[:epoch])
        path = checkpoint.save(tmp_path, model, optimizer, progress, keep=9)
    checkpoint.save_best(tmp_path, model, 9)
    (path / "state.json").write_text("{}")
    checkpoint.tidy(tmp_path)
    assert names(tmp_path) == ["best-0001", "step-000002"]


def test_tidying_without_a_sound_checkpoint_removes_nothing(tmp_path):
    model, _ = trained()
    checkpoint.save_best(tmp_path, model, 1)
    checkpoint.tidy(tmp_path)
    assert names(tmp_path) == ["best-0001"]


def test_the_best_weights_come_back(tmp_path):
    model, _ = trained()
    checkpoint.save_best(tmp_path, model, 2)
    other, _ = trained(seed=5)
    checkpoint.load_best(tmp_path, other, 2)
    assert equal(model, other)


def test_former_best_weights_stay_until_a_checkpoint_names_the_new_ones(tmp_path):
    model, optimizer = trained()
    checkpoint.save_best(tmp_path, model, 1)
    checkpoint.save(tmp_path, model, optimizer, Progress(step=1, values=[0.5]), keep=1)
    checkpoint.save_best(tmp_path, model, 2)
    assert names(tmp_path) == ["best-0001", "best-0002", "step-000001"]
    checkpoint.save(tmp_path, model, optimizer, Progress(step=2, values=[0.5, 0.75]), keep=1)
    assert names(tmp_path) == ["best-0002", "step-000002"]


def test_damaged_best_weights_are_refused(tmp_path):
    model, _ = trained()
    checkpoint.save_best(tmp_path, model, 1)
    file = tmp_path / "best-0001" / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(TrainingError, match=r"\[E302\] the best weights cannot be restored"):
        checkpoint.load_best(tmp_path, model, 1)
