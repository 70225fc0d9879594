"""SIGTERM and Ctrl-C become a flag, for as long as the context lasts."""

import os
import signal
import threading

import pytest

from evenhand.training.signals import stop_requested


def send(number):
    os.kill(os.getpid(), number)


def work_and_receive(*numbers):
    with stop_requested():
        for number in numbers:
            send(number)


def work_and_fail():
    with stop_requested():
        raise ValueError("on purpose")


@pytest.fixture(autouse=True)
def handlers():
    """Let the tests find handlers of their own, and put those of pytest back."""
    before = {n: signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT)}
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_is_noted_and_nothing_is_interrupted(number):
    with stop_requested() as request:
        assert request.signal is None
        send(number)
        assert request.signal == number


def test_the_first_signal_counts():
    with stop_requested() as request:
        send(signal.SIGINT)
        send(signal.SIGTERM)
        assert request.signal == signal.SIGINT


@pytest.mark.parametrize("first", [signal.SIGTERM, signal.SIGINT])
def test_ctrl_c_after_a_request_ends_at_once(first):
    with pytest.raises(KeyboardInterrupt, match=r"^$"):
        work_and_receive(first, signal.SIGINT)


def test_the_former_handlers_come_back_also_after_an_error():
    def mine(number, frame):
        """Stand in for a handler of the caller's."""

    signal.signal(signal.SIGTERM, mine)
    with pytest.raises(ValueError, match="on purpose"):
        work_and_fail()
    assert signal.getsignal(signal.SIGTERM) is mine
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_what_the_process_ignores_stays_ignored():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with stop_requested() as request:
        send(signal.SIGINT)
        assert request.signal is None
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_another_thread_changes_no_handler():
    found = []

    def work():
        with stop_requested() as request:
            found.append((signal.getsignal(signal.SIGTERM), request.signal))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [(signal.SIG_DFL, None)]
