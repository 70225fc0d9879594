"""Locks are let go when their holder dies, however it dies."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from evenhand.locks import held, take

HOLD = """
import sys, pathlib
from evenhand.locks import take
assert take(pathlib.Path(sys.argv[1])) is not None
print("held", flush=True)
sys.stdin.read()
"""


def test_a_lock_is_one_holders_until_it_lets_go(tmp_path: Path) -> None:
    first = take(tmp_path / "locks" / "0001.lock")
    assert first is not None
    assert take(tmp_path / "locks" / "0001.lock") is None
    other = take(tmp_path / "locks" / "0002.lock")
    assert other is not None
    other.release()
    first.release()
    again = take(tmp_path / "locks" / "0001.lock")
    assert again is not None
    again.release()


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "one.lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        assert take(path) is None
        child.kill()
        child.wait()
        with held(path):
            assert take(path) is None
