"""SIGTERM and Ctrl-C as a request: the loop ends its step, writes a checkpoint and leaves."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

REQUESTS = (signal.SIGTERM, signal.SIGINT)


@dataclass
class StopRequest:
    """Whether somebody asked the run to stop.

    Args:
        signal: the first one that came; None while none has.
    """

    signal: int | None = None

    def receive(self, number: int, frame: FrameType | None) -> None:
        """Note the signal; a second Ctrl-C is meant at once.

        Raises:
            KeyboardInterrupt: on SIGINT after any request.
        """
        if self.signal is not None and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.signal = self.signal or number


@contextmanager
def stop_requested() -> Iterator[StopRequest]:
    """Let SIGTERM and SIGINT set a flag for as long as the context lasts.

    The former handlers come back afterwards. A signal that the process ignores stays ignored.
    Outside the main thread, where Python delivers no signal, the flag never rises.
    """
    request = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield request
        return
    before = {n: signal.getsignal(n) for n in REQUESTS}
    taken = {n: h for n, h in before.items() if h is not None and h != signal.SIG_IGN}
    try:
        for number in taken:
            signal.signal(number, request.receive)
        yield request
    finally:
        for number, handler in taken.items():
            signal.signal(number, handler)
