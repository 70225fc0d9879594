"""Workers of a search may be killed at any moment: nothing is lost, and nothing counted twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import optuna
import pytest

from evenhand.cli import main
from evenhand.study.search.processes import Workers

TRIALS = 3
MOST = 120.0
"""Seconds after which a process that should have come somewhere is given up."""

Command = Callable[..., list[str]]


@pytest.fixture(scope="session")
def tune_command(
    labelled_file: Path, tiny: dict[str, object], tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., list[str]]:
    """Return a maker of the arguments of a tiny search of three trials."""
    space = tmp_path_factory.mktemp("space") / "own.toml"
    space.write_text('"optim.lr" = { low = 1e-3, high = 2e-2, log = true }\n', "utf-8")
    settings = tiny | {"report.baselines": "false"}

    def make(out: Path, *options: str) -> list[str]:
        named = [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
        asked = ["--trials", str(TRIALS), "--space", str(space), "--pruner", "none"]
        return ["tune", str(labelled_file), "--out", str(out), *asked, *named, *options]

    return make


@contextmanager
def running(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "evenhand", *command],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        if process.stderr is not None:
            process.stderr.close()


def said(process: subprocess.Popen[bytes]) -> str:
    """Wait for the end of a process and return what it said on standard error."""
    return process.communicate()[1].decode()


def wait_for(
    reached: Callable[[], bool], process: subprocess.Popen[bytes], *, what: str = "that"
) -> None:
    """Wait until something has happened; fail where the process ends before, or time is up."""
    given_up = time.monotonic() + MOST
    while not reached():
        assert process.poll() is None, said(process)
        assert time.monotonic() < given_up, f"{what} did not happen"
        time.sleep(0.005)


def passes(folder: Path, number: int) -> int:
    """Return how many passes of a trial stand in its history."""
    history = folder / "trials" / f"{number:04d}" / "history.jsonl"
    return history.read_bytes().count(b'"kind": "epoch"') if history.is_file() else 0


def tried(folder: Path) -> list[tuple[Any, ...]]:
    storage = optuna.storages.RDBStorage(f"sqlite:///{folder / 'study.db'}")
    name = json.loads((folder / "study.json").read_text("utf-8"))["name"]
    trials = optuna.load_study(study_name=name, storage=storage).trials
    storage.engine.dispose()
    return [(t.number, t.state.name, t.params, t.value, t.intermediate_values) for t in trials]


def children(process: int) -> list[int]:
    """Return the processes that a process has started."""
    found = []
    for task in Path(f"/proc/{process}/task").iterdir():
        found += (task / "children").read_text("utf-8").split()
    return [int(child) for child in found]


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory, tune_command: Command) -> Path:
    """Return the folder of a search that nobody disturbed; nobody may change it."""
    out = tmp_path_factory.mktemp("whole") / "s"
    assert main(tune_command(out)) == 0
    return out


def test_a_killed_search_goes_on_to_what_it_would_have_been(
    whole: Path, tmp_path: Path, tune_command: Command
) -> None:
    """Killed within trial after trial: each is taken up where it stood, every value the same."""
    out, command = tmp_path / "killed" / "s", tune_command(tmp_path / "killed" / "s")
    for trial, done in ((0, 1), (1, 0)):
        begun = out / "trials" / f"{trial:04d}" / "manifest.json"
        with running(command) as process:
            wait_for(
                lambda trial=trial, done=done, begun=begun: (
                    begun.is_file() and passes(out, trial) >= done
                ),
                process,
            )
            process.kill()
        command = ["tune", "--resume", str(out)]
    assert main(command) == 0
    assert tried(out) == tried(whole)
    for name in ("best.toml", "best/history.jsonl", "best/metrics.json"):
        assert (out / name).read_bytes() == (whole / name).read_bytes()
    assert not list(out.glob("trials/**/*.safetensors"))


def test_workers_that_are_killed_are_replaced_until_all_trials_are_complete(
    tmp_path: Path, tune_command: Command
) -> None:
    out = tmp_path / "jobs" / "s"
    with running(tune_command(out, "--jobs", "2")) as process:
        wait_for(lambda: passes(out, 0) > 0, process)
        killed = children(process.pid)
        for victim in killed:
            os.kill(victim, signal.SIGKILL)
        assert not said(process)
        assert process.returncode == 0
    assert killed
    ended = tried(out)
    assert [number for number, *_ in ended] == list(range(TRIALS))
    assert {state for _, state, *_ in ended} == {"COMPLETE"}
    figures = json.loads((out / "search.json").read_text("utf-8"))
    assert len(figures["trials"]) == TRIALS


def test_two_commands_on_one_search_share_its_trials(
    whole: Path, tmp_path: Path, tune_command: Command
) -> None:
    out = tmp_path / "two" / "s"
    with running(tune_command(out)) as first:
        wait_for((out / "study.json").is_file, first)
        with running(tune_command(out)) as second:
            for process in (first, second):
                assert not said(process)
                assert process.returncode == 0
    ended = tried(out)
    assert [number for number, *_ in ended] == list(range(TRIALS))
    assert {state for _, state, *_ in ended} == {"COMPLETE"}
    assert ended[0] == tried(whole)[0]
    assert (out / "best" / "findings.json").is_file()


def test_a_search_that_is_asked_to_stop_does_so_at_a_checkpoint(
    whole: Path, tmp_path: Path, tune_command: Command
) -> None:
    out = tmp_path / "stopped" / "s"
    with running(tune_command(out, "--set", "train.checkpoint_every=1")) as process:
        wait_for(lambda: passes(out, 1) > 0, process)
        process.send_signal(signal.SIGTERM)
        last = said(process)
    # Between two trials there is nothing to save, and the signal ends the process as it would any.
    if process.returncode > 0:
        assert process.returncode == 128 + signal.SIGTERM
        assert f"fix: evenhand tune --resume {out}" in last
    assert main(["tune", "--resume", str(out)]) == 0
    assert [row[3] for row in tried(out)] == [row[3] for row in tried(whole)]


def test_workers_end_with_the_command_that_started_them(
    tmp_path: Path, tune_command: Command
) -> None:
    out = tmp_path / "orphans" / "s"
    with running(tune_command(out, "--jobs", "2")) as process:
        wait_for(lambda: passes(out, 0) > 0, process)
        workers = children(process.pid)
        assert workers
        process.kill()
        given_up = time.monotonic() + MOST
        while any(map(_alive, workers)):
            assert time.monotonic() < given_up, "a worker outlived its command"
            time.sleep(0.005)
    assert main(["tune", "--resume", str(out)]) == 0
    assert len(tried(out)) == TRIALS


def _alive(process: int) -> bool:
    """Say whether a process still runs: one that is dead and not yet waited for does not."""
    try:
        state = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def test_workers_have_their_share_of_the_cores_and_are_told_the_storage_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    url = "postgresql://me:word@host/db"
    workers = Workers(tmp_path, 3, lambda: 0, url)
    assert workers._environment({})["OMP_NUM_THREADS"] == "2"
    assert workers._environment({"OMP_NUM_THREADS": "5"})["OMP_NUM_THREADS"] == "5"
    assert url in workers._environment({}).values()
    assert "word" not in " ".join(workers._command())


def test_workers_that_die_at_once_are_not_replaced_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from evenhand.errors import TrainingError

    dying = [sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"]
    workers = Workers(tmp_path, 1, lambda: 0)
    monkeypatch.setattr(Workers, "_command", lambda self: dying)
    with pytest.raises(TrainingError, match=r"\[E308\].*(?s:.)*25 in a row, the last by signal 9"):
        workers.work()


@pytest.mark.parametrize("code", [0, 2])
def test_the_exit_code_of_a_worker_is_passed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    monkeypatch.setattr(
        Workers, "_command", lambda self: [sys.executable, "-c", f"raise SystemExit({code})"]
    )
    assert Workers(tmp_path, 2, lambda: 0).work() == code
