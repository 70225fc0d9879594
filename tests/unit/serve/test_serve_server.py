"""What happens at the edges of a service's life."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from evenhand.cli import main
from evenhand.errors import ServingError
from evenhand.serve import Options, ready, serve
from evenhand.serve.server import last_connections, longest_stop

STUCK = """
import os, signal, sys, threading
from pathlib import Path
from evenhand.serve import Options, ready, serve, server
from hashed import Hashed, tried

def stuck(texts):
    if texts == ["stuck"]:
        os.kill(os.getpid(), signal.SIGTERM)
        threading.Event().wait()

model = tried(Hashed(hold=stuck))
ready.load = lambda path: model
server.longest_stop = lambda options: int(sys.argv[1])
sys.exit(serve(Path("bundle"), Options(port=0)))
"""


ASKED = (
    b"POST /v1/predict HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n"
    b'Content-Length: 17\r\n\r\n{"text": "stuck"}'
)


@pytest.fixture(autouse=True)
def hangup():
    """Leave SIGHUP to the next test as it was."""
    before = signal.getsignal(signal.SIGHUP)
    yield
    signal.signal(signal.SIGHUP, before)


def test_who_is_connected_when_a_service_stops_is_not_reset():
    async def stopping():
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.setblocking(False)
            clients = [socket.create_connection(listener.getsockname()) for _ in range(5)]
            for client in clients:
                client.sendall(b"asked")
            found = last_connections(listener)
        return clients, found

    clients, found = asyncio.run(stopping())
    assert len(found) == 5
    for connection in found:
        connection.setblocking(True)
        assert connection.recv(5) == b"asked"
        connection.sendall(b"answered")
    assert [client.recv(8) for client in clients] == [b"answered"] * 5
    for one in (*clients, *found):
        one.close()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", ""])
def test_a_host_that_others_reach_needs_a_key(tmp_path, host):
    with pytest.raises(ServingError, match=r"\[E511\] others could reach the service"):
        serve(tmp_path, Options(host=host))


def test_an_address_that_this_machine_does_not_have(tmp_path):
    keys = tmp_path / "keys"
    keys.write_text("0123456789abcdef")
    with pytest.raises(ServingError, match=r"\[E511\] the service cannot listen there"):
        serve(tmp_path, Options(host="192.0.2.1", key_file=keys))


def test_a_stop_waits_for_whoever_may_still_be_answered():
    assert longest_stop(Options(timeout=30.0)) == 45


def test_a_reload_that_is_asked_for_too_early_harms_nothing(tmp_path, monkeypatch):
    def reading(_):
        os.kill(os.getpid(), signal.SIGHUP)
        raise KeyError("read on")

    monkeypatch.setattr(ready, "load", reading)
    with pytest.raises(KeyError, match="read on"):
        serve(tmp_path, Options(port=0))


@pytest.mark.parametrize(("signals", "code"), [(1, 0), (2, 1)])
def test_a_stop_ends_the_process_though_the_model_never_does(signals, code):
    """The model gets a text, asks for the stop, and is never heard of again."""
    paths = [str(Path(__file__).parents[2]), *sys.path]
    process = subprocess.Popen(
        [sys.executable, "-c", STUCK, "1" if signals == 1 else "60"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
        stderr=subprocess.PIPE,
    )
    try:
        address = urlsplit(json.loads(process.stderr.readline())["url"])
        with socket.create_connection((address.hostname, address.port)) as client:
            client.sendall(ASKED)
            while b'"stopping"' not in process.stderr.readline():
                assert process.poll() is None
            for _ in range(signals - 1):
                process.send_signal(signal.SIGTERM)
            assert process.wait(60) == code
        at_once = f'"stopped", "at_once": {"true" if signals == 2 else "false"}'
        assert at_once.encode() in process.stderr.read()
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("seconds", ["nan", "inf", "3601", "0"])
def test_a_timeout_that_is_none(capsys, seconds):
    assert main(["serve", "bundle", "--timeout", seconds]) == 2
    said = capsys.readouterr().err
    assert said.startswith("[E110]")
    assert "--timeout" in said
