"""The process: a socket, signals, and a stop that answers what was accepted."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

from evenhand.errors import ServingError
from evenhand.serve import ready
from evenhand.serve.app import State, build
from evenhand.serve.batching import Queue
from evenhand.serve.connection import Hurried
from evenhand.serve.keys import Keys, is_loopback, too_open
from evenhand.serve.logs import start_logging, tell
from evenhand.serve.metrics import Metrics
from evenhand.serve.reading import SLOWEST_BODY
from evenhand.serve.reload import Reloader

KEPT = 75
"""Seconds that a connection may be idle: longer than proxies keep theirs, so that none of them
sends a request just when the service hangs up."""
LINGER = 0.5
"""Seconds in which a stopping service still accepts, and ends kept connections by its answers."""
LAST_WORDS = 1.0
"""Seconds that whoever was accepted last has for sending a request."""
BEYOND = SLOWEST_BODY + 5
"""Seconds past the timeout of a request after which a stop waits no longer."""


@dataclass(frozen=True)
class Options:
    """How to serve.

    Args:
        host: address to listen on.
        port: 0 takes a free one.
        key_file: keys, one a line; None asks for none.
        queue: texts that may wait.
        timeout: seconds that a request may wait.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    key_file: Path | None = None
    queue: int = 1024
    timeout: float = 30.0


def serve(path: Path, options: Options) -> int:
    """Answer requests until SIGTERM or SIGINT; return 0 when what was accepted was answered.

    Two signals end the process at once, with exit code 1.

    Raises:
        EvenhandError: before it listens: E511 for an address that cannot be, or that others reach
            without a key; E512 for the key file; E408 and the like as ``ready.load``.
    """
    # Of itself a process dies of SIGHUP, and a reload may be asked for while the model is read.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    if options.key_file is None and not is_loopback(options.host):
        raise ServingError(
            "E511",
            "others could reach the service, and it has no key",
            got=f"--host {options.host} without --key-file",
            fix="openssl rand -hex 32 > keys, then add --key-file keys",
        )
    keys = None if options.key_file is None else Keys.read(options.key_file)
    with _bound(options) as listener:
        model = ready.load(path)
        start_logging()
        if options.key_file is not None and too_open(options.key_file):
            tell("key file readable by others", level=logging.WARNING, fix="chmod 600")
        return asyncio.run(_run(path, model, keys=keys, listener=listener, options=options))


def longest_stop(options: Options) -> int:
    """Return the seconds after which a stop waits no longer for answers."""
    return int(options.timeout + BEYOND)


async def _run(
    path: Path, model: ready.Model, *, keys: Keys | None, listener: socket.socket, options: Options
) -> int:
    metrics = Metrics()
    queue = Queue(model, size=options.queue, timeout=options.timeout, metrics=metrics)
    metrics.watch(lambda: queue.texts)
    metrics.answers(model.name)
    state = State(queue, metrics)
    reloader = Reloader(path, queue, metrics)
    config = uvicorn.Config(
        build(state, keys),
        host=options.host,
        port=options.port,
        http=Hurried,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEPT,
        timeout_graceful_shutdown=longest_stop(options),
    )
    service = Service(config, state)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, service.stop)
    loop.add_signal_handler(signal.SIGHUP, reloader.ask)
    reloading = asyncio.create_task(reloader.work())
    await service.serve([listener])
    reloading.cancel()
    tell("stopped", at_once=service.force_exit)
    if service.force_exit or queue.computing:
        # The end of the interpreter would wait for the model's thread, however long it takes.
        logging.shutdown()
        os._exit(1 if service.force_exit else 0)
    return 0


class Service(uvicorn.Server):
    """uvicorn with a stop that loses nobody, and without raising the signal again at the end.

    Args:
        config: of uvicorn.
        state: what routes share.
    """

    def __init__(self, config: uvicorn.Config, state: State) -> None:
        super().__init__(config)
        self._state = state

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to ``stop``."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so.

        Raises:
            ServingError: E511 when another process was quicker.
        """
        try:
            await super().startup(sockets)
        except OSError as error:
            await self.lifespan.shutdown()
            raise _cannot_listen(self.config.host, self.config.port, error) from error
        model = self._state.queue.model
        for one in sockets or ():
            host, port = one.getsockname()[:2]
            url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
            tell("listening", url=url, model=model.name, golden=model.golden)

    def stop(self) -> None:
        """Begin to stop; asked again, stop at once."""
        if self._state.stopping:
            self.force_exit = self.should_exit = True
            return
        tell("stopping")
        self._state.stopping = True
        asyncio.get_running_loop().call_later(LINGER, setattr, self, "should_exit", True)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept no more, read what was accepted last, answer all of it."""
        last = [one for listener in sockets or () for one in last_connections(listener)]
        for server in self.servers:
            server.close()
        loop = asyncio.get_running_loop()
        for connection in last:
            await loop.connect_accepted_socket(self._protocol, connection)
        if not self.force_exit:
            await asyncio.sleep(LAST_WORDS)
        await super().shutdown(sockets)

    def _protocol(self) -> asyncio.Protocol:
        """Return what speaks HTTP on a connection, as uvicorn makes it for those it accepts."""
        kind: Any = self.config.http_protocol_class
        made: asyncio.Protocol = kind(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return made


def last_connections(listener: socket.socket) -> list[socket.socket]:
    """Return the connections that the system has made and nobody has accepted yet.

    Closing the listener would reset them, although their clients are connected and may have
    sent a request. A backlog of 0 keeps others from joining meanwhile: they are refused.
    """
    asyncio.get_running_loop().remove_reader(listener.fileno())
    listener.listen(0)
    found = []
    with contextlib.suppress(BlockingIOError):
        while True:
            found.append(listener.accept()[0])
    for connection in found:
        connection.setblocking(False)
    return found


@contextmanager
def _bound(options: Options) -> Iterator[socket.socket]:
    """Hold the address from before the model is read, so that a taken port shows at once."""
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    with contextlib.closing(socket.socket(family)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((options.host, options.port))
        except (OSError, OverflowError) as error:
            raise _cannot_listen(options.host, options.port, error) from error
        yield listener


def _cannot_listen(host: str, port: int, error: Exception) -> ServingError:
    return ServingError(
        "E511",
        "the service cannot listen there",
        got=f"{host}:{port}: {error}",
        fix="choose another --port, or a --host that this machine has",
    )
