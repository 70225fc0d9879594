"""A claim is one process's alone, and ends with it."""

import signal
import subprocess
import sys

from evenhand.locks import claim

HOLD = """
import sys
from pathlib import Path
from evenhand.locks import claim
with claim(Path(sys.argv[1])) as mine:
    print(mine, flush=True)
    sys.stdin.read()
"""


def test_second_claim_is_told_no_and_a_dead_holder_lets_go(tmp_path):
    file = tmp_path / "run.lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "True\n"
    with claim(file) as mine:
        assert not mine
    holder.send_signal(signal.SIGKILL)
    with claim(file, wait=True) as mine:
        assert mine
    holder.communicate()


def test_claim_ends_with_its_block(tmp_path):
    for _ in range(2):
        with claim(tmp_path / "run.lock") as mine:
            assert mine
