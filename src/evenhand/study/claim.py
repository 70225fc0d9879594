"""A claim on one run of a study, which ends with the process that holds it, however it ends."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def claim(file: Path, *, wait: bool = False) -> Iterator[bool]:
    """Hold ``file`` against all other processes, and say whether it could be had.

    The lock is the kernel's, so that a process that is killed lets go of it at that moment.

    Args:
        file: made if it is not there; it stays, empty.
        wait: until whoever holds it lets go.
    """
    with file.open("ab") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
