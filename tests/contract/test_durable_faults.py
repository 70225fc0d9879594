"""Whatever call to the system fails, and however, a write leaves the old content or the new.

Every change that ``durable`` makes to the disk passes through one function. Here it is replaced by
one that lets the k-th call go wrong, for k = 1, 2, ... until none is left. Then a reader looks at
what is there, and another process writes again.
"""

from __future__ import annotations

import errno
import itertools
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from evenhand import durable
from evenhand.errors import WriteError
from evenhand.run.predict_stream import answer_stream
from evenhand.training import checkpoint
from evenhand.training.checkpoint import Progress
from evenhand.training.hooks import HistoryFile, read_history
from odd_even import question

EXACTNESS = Path(__file__).parents[2] / "docs" / "explanation" / "exactness.md"
KILLED, NOBODY = 137, 999_999_999
FREES_SPACE = (os.unlink, os.rmdir, os.ftruncate)


class Faulty:
    """Stands in for ``durable._system`` and lets the k-th call that can go wrong do so.

    A disk that is full or dead stays so. A full one lets go of things; a short write is no
    error, and can only happen to a write.
    """

    def __init__(self, fault: str, k: int) -> None:
        self.fault, self.left, self.struck = fault, k, False

    def __call__(self, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        call = no_wait if call is os.fsync else call
        if self._can_fail(call):
            self.left -= 1
            if self.left == 0:
                self.struck = True
                return self._strike(call, args)
            if self.struck and self.fault in ("disk full", "dead disk"):
                raise self._error()
        return call(*args, **kwargs)

    def _can_fail(self, call: Callable[..., Any]) -> bool:
        if self.fault == "short write":
            return call is os.write
        return self.fault != "disk full" or call not in FREES_SPACE

    def _strike(self, call: Callable[..., Any], args: Any) -> Any:
        half = self._half(call, args)
        if self.fault == "short write":
            return half
        if self.fault == "kill":
            os._exit(KILLED)
        raise self._error()

    def _half(self, call: Callable[..., Any], args: Any) -> Any:
        """Do the first half of a call that writes; nothing of any other."""
        if call is os.write:
            return os.write(args[0], bytes(args[1])[: len(args[1]) // 2])
        if isinstance(call, partial) or call.__name__ == "write":
            call(*args)
            os.truncate(args[0], args[0].stat().st_size // 2)
        return None

    def _error(self) -> OSError:
        number = errno.ENOSPC if self.fault == "disk full" else errno.EIO
        return OSError(number, os.strerror(number))


def no_wait(descriptor: int) -> None:
    """Stand in for fsync, whose effect only a power cut would show."""


@dataclass(frozen=True)
class Operation:
    """Something that ``durable`` promises to do whole or not at all.

    Args:
        prepare: makes what stands there before.
        act: the write; may be done again.
        state: what a reader finds.
        points: calls to the system, those of them that a full disk may fail, writes.
    """

    prepare: Callable[[Path], object]
    act: Callable[[Path], object]
    state: Callable[[Path], object]
    points: tuple[int, int, int]


OLD, NEW = {"a": b"old", "inner/b": b"1" * 40}, {"a": b"new and longer", "c": b"2" * 60}


def writing(content: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(content)

    return write


def file_of(folder: Path) -> object:
    file = folder / "f"
    return file.read_bytes() if file.exists() else None


def folder_of(folder: Path) -> object:
    return contents(folder / "d") if (folder / "d").exists() else None


def contents(path: Path) -> dict[str, bytes]:
    assert durable.folder_fault(path) is None
    return {str(p.relative_to(path)): p.read_bytes() for p in path.rglob("*") if p.is_file()}


def remove(folder: Path) -> None:
    durable.write_bytes(folder / "f", b"")
    if (folder / "d").exists():
        durable.remove_folder(folder / "d")


def network(weight: float) -> tuple[nn.Module, torch.optim.Optimizer]:
    model = nn.Linear(2, 1)
    nn.init.constant_(model.weight, weight)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
    model(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    return model, optimizer


FORMER, LATTER = network(1.0), network(2.0)


def save(folder: Path, step: int, values: list[float], what: Any = LATTER) -> None:
    average = {"weight": what[0].weight.detach()}
    checkpoint.save(folder, *what, Progress(step=step, values=values), keep=1, average=average)


def prepare_run(folder: Path) -> None:
    checkpoint.save_best(folder, FORMER[0], 1)
    save(folder, 2, [0.5], FORMER)


def standing(folder: Path) -> object:
    """Return what a resumed run would start from: a checkpoint and the best weights it names."""
    path, _ = checkpoint.newest(folder)
    assert path is not None
    values = json.loads((path / "state.json").read_bytes())["values"]
    best = folder / f"best-{values.index(max(values)) + 1:04d}"
    return path.name, contents(path), contents(best)


def next_pass(folder: Path) -> None:
    checkpoint.save_best(folder, LATTER[0], 2)
    save(folder, 4, [0.5, 0.75])


def step(number: int) -> dict[str, Any]:
    return {"kind": "step", "step": number, "loss": 1 / number}


def steps(*numbers: int, after: int) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        history = HistoryFile(folder / "h", step=after)
        for number in numbers:
            history.on_step(step(number), rows=1)

    return write


def prepare_rows(folder: Path) -> None:
    (folder / "in.csv").write_text("text,n\na,1\nb,2\nc,3\nd,4\n", encoding="utf-8")
    for ending in ("csv", "parquet"):
        (folder / f"out.{ending}").write_bytes(b"former")


def answer(ending: str) -> Callable[[Path], object]:
    """Return what answers four rows in two portions, and goes on where it was interrupted."""
    return lambda f: answer_stream(question(f / "in.csv"), f / f"out.{ending}", resume=True)


OPERATIONS = {
    "write_bytes, new": Operation(
        lambda f: None, lambda f: durable.write_bytes(f / "f", b"new" * 9), file_of, (5, 5, 1)
    ),
    "write_bytes": Operation(
        lambda f: (f / "f").write_bytes(b"former" * 9),
        lambda f: durable.write_bytes(f / "f", b"new"),
        file_of,
        (5, 5, 1),
    ),
    "write_bytes by a function": Operation(
        lambda f: (f / "f").write_bytes(b"former"),
        lambda f: durable.write_bytes(f / "f", writing(b"new" * 9)),
        file_of,
        (5, 5, 0),
    ),
    "write_folder, new": Operation(
        lambda f: None, lambda f: durable.write_folder(f / "d", NEW), folder_of, (15, 15, 3)
    ),
    "write_folder": Operation(
        lambda f: durable.write_folder(f / "d", OLD),
        lambda f: durable.write_folder(f / "d", NEW),
        folder_of,
        (20, 15, 3),
    ),
    "remove_folder": Operation(
        lambda f: durable.write_folder(f / "d", OLD), remove, folder_of, (10, 5, 0)
    ),
    "checkpoint.save": Operation(
        prepare_run, lambda f: save(f, 4, [0.5, 0.25]), standing, (30, 24, 2)
    ),
    "checkpoint.save again": Operation(
        prepare_run, lambda f: save(f, 2, [0.5]), standing, (29, 23, 2)
    ),
    "save_best": Operation(prepare_run, next_pass, standing, (45, 36, 3)),
    "history": Operation(
        steps(1, 2, after=0), steps(3, after=2), lambda f: read_history(f / "h"), (7, 7, 2)
    ),
    "answers": Operation(
        prepare_rows, answer("csv"), lambda f: (f / "out.csv").read_bytes(), (42, 39, 7)
    ),
    "answers in Parquet": Operation(
        prepare_rows, answer("parquet"), lambda f: (f / "out.parquet").read_bytes(), (47, 43, 7)
    ),
}
FAULTS = ("kill", "disk full", "I/O error", "dead disk", "short write")


def act_in_child(operation: Operation, place: Path, faulty: Faulty) -> bool:
    """Do the write in a child process, which dies at the fault; say whether it came to its end."""
    child = os.fork()
    if child:
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert code in (0, KILLED)
        faulty.struck = code == KILLED
        return code == 0
    code = 1
    try:
        durable._system = faulty
        operation.act(place)
        code = 0
    finally:
        os._exit(code)


def act_as_another(operation: Operation, place: Path, faulty: Faulty) -> bool:
    """Do the write as a process that is dead afterwards; say whether it reported success."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(durable, "_system", faulty)
        patch.setattr(os, "getpid", lambda: NOBODY)
        try:
            operation.act(place)
        except WriteError:
            return False
    return True


def parts(folder: Path) -> list[str]:
    return [p.name for p in folder.iterdir() if p.name.endswith(".part")]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", no_wait)


@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", OPERATIONS)
def test_every_fault_leaves_the_old_or_the_new(name: str, fault: str, tmp_path: Path) -> None:
    operation = OPERATIONS[name]
    operation.prepare(tmp_path)
    old = operation.state(tmp_path)
    operation.act(tmp_path)
    new = operation.state(tmp_path)
    for k in itertools.count(1):
        faulty = Faulty(fault, k)
        place = tmp_path / f"at-{k}"
        place.mkdir()
        operation.prepare(place)
        done = (act_in_child if fault == "kill" else act_as_another)(operation, place, faulty)
        found = operation.state(place)
        assert found in (old, new), k
        assert found == new or not done, k
        assert not (fault == "disk full" and parts(place)), k
        operation.act(place)
        assert operation.state(place) == new, k
        assert not parts(place), k
        if not faulty.struck:
            break
    calls, full, writes = operation.points
    assert k - 1 == {"disk full": full, "short write": writes}.get(fault, calls)


def test_the_sweep_is_as_large_as_the_documentation_says() -> None:
    counted = [operation.points for operation in OPERATIONS.values()]
    total = sum(3 * calls + full + writes for calls, full, writes in counted)
    assert f"{total} places" in EXACTNESS.read_text("utf-8")
