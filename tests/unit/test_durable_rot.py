"""What is torn, rotten or gone is found, and an older checkpoint takes its place."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save
from torch import nn

from evenhand import durable
from evenhand.training import checkpoint
from evenhand.training.checkpoint import Progress

FILES = {"a.safetensors": save({"a": torch.ones(2)})}


def flipped(content, every=1):
    """Yield ``content`` with one bit flipped, each bit or every so-many-th in turn."""
    for bit in range(0, 8 * len(content), every):
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << bit % 8
        yield bytes(damaged)


def cut(content, every=1):
    """Return shorter beginnings of ``content``."""
    return (content[:size] for size in range(0, len(content), every))


@pytest.mark.parametrize("name", [*FILES, durable.MANIFEST])
def test_every_flipped_bit_and_every_cut_is_found(tmp_path, name):
    durable.write_folder(tmp_path / "d", FILES)
    file = tmp_path / "d" / name
    content = file.read_bytes()
    for damaged in (*flipped(content), *cut(content)):
        file.write_bytes(damaged)
        assert durable.folder_fault(tmp_path / "d"), damaged
    file.write_bytes(content)
    assert durable.folder_fault(tmp_path / "d") is None


@pytest.mark.parametrize("name", FILES)
def test_a_longer_file_is_found(tmp_path, name):
    durable.write_folder(tmp_path / "d", FILES)
    with (tmp_path / "d" / name).open("ab") as handle:
        handle.write(b"\0")
    assert "sha256" in (durable.folder_fault(tmp_path / "d") or "")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return a folder with two sound checkpoints of a network of two numbers."""
    folder = tmp_path_factory.mktemp("run")
    model = nn.Linear(1, 1)
    optimizer = torch.optim.AdamW(model.parameters())
    model(torch.ones(1, 1)).sum().backward()
    optimizer.step()
    average = {"weight": model.weight.detach()}
    for step in (1, 2):
        checkpoint.save(folder, model, optimizer, Progress(step), keep=2, average=average)
    return folder


def file_names() -> list[str]:
    return [
        durable.MANIFEST,
        "model.safetensors",
        "optimizer.safetensors",
        "average.safetensors",
        "state.json",
    ]


def older_is_taken(folder: Path) -> bool:
    path, faults = checkpoint.newest(folder)
    return path == folder / "step-000001" and len(faults) == 1


@pytest.mark.parametrize("name", file_names())
def test_a_rotten_checkpoint_is_passed_over(run, name):
    file = run / "step-000002" / name
    content = file.read_bytes()
    for damaged in (*flipped(content, 29), *cut(content, 17)):
        file.write_bytes(damaged)
        assert older_is_taken(run), damaged
    file.unlink()
    assert older_is_taken(run)
    file.write_bytes(content)
    assert checkpoint.newest(run) == (run / "step-000002", [])


def test_the_list_of_files_is_the_whole_list(run):
    assert sorted(p.name for p in (run / "step-000002").iterdir()) == sorted(file_names())
