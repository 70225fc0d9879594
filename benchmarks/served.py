"""A served bundle in a process of its own, and clients that count what becomes of each request.

The clients speak HTTP/1.1 over plain sockets: they know whether a request was sent in full, and
cost little beside the server that they measure.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

START_SECONDS = 120.0
STEP = 0.05
LARGEST_DIFFERENCE = 1e-6


@dataclass
class Served:
    """A server that runs.

    Args:
        process: of ``evenhand serve``.
        log: what it writes to standard error.
        port: on 127.0.0.1.
    """

    process: subprocess.Popen[bytes]
    log: Path
    port: int

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def events(self) -> list[dict[str, Any]]:
        """Return the lines of its log."""
        whole, _, _ = self.log.read_text("utf-8").rpartition("\n")
        return [json.loads(line) for line in whole.splitlines()]

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(START_SECONDS)

    def memory_mb(self) -> float:
        """Return the memory it holds, in 10^6 bytes."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def until(condition: Callable[[], Any], seconds: float = START_SECONDS) -> Any:
    """Return what ``condition`` returns as soon as it is true.

    Raises:
        TimeoutError: when it never is.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(STEP)
    raise TimeoutError(f"nothing after {seconds:g} s")


@contextlib.contextmanager
def serving(bundle: Path, *options: str) -> Iterator[Served]:
    """Run ``evenhand serve`` on a free port; it is killed if it is still there at the end."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        command = [sys.executable, "-m", "evenhand", "serve", str(bundle), "--port", "0", *options]
        with log.open("wb") as file:
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=file)
        try:
            yield Served(process, log, until(lambda: _port(process, log)))
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()


def _port(process: subprocess.Popen[bytes], log: Path) -> int | None:
    said = log.read_text("utf-8")
    if process.poll() is not None:
        raise SystemExit(said)
    for line in said.splitlines(keepends=True):
        if '"listening"' in line and line.endswith("\n"):
            return int(json.loads(line)["url"].rpartition(":")[2])
    return None


@dataclass(frozen=True)
class Reply:
    """An answer: status, headers by small name, and what the body says."""

    status: int
    headers: dict[str, str]
    said: Any


class RefusedError(Exception):
    """The server takes no more connections."""


class LostError(Exception):
    """A request was sent and there was no answer."""


class Client:
    """One connection, opened when it is needed.

    Args:
        port: of the server.
        key: sent with every request.
    """

    def __init__(self, port: int, key: str | None = None) -> None:
        self._port = port
        self._head = f"Authorization: Bearer {key}\r\n" if key else ""
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, path: str, value: Any) -> Reply:
        """Send ``value`` as JSON."""
        return await self.send(path, json.dumps(value).encode())

    async def send(self, path: str, body: bytes | None, kind: str = "application/json") -> Reply:
        """POST ``body``, or GET without one.

        Raises:
            RefusedError: nothing listens.
            LostError: no answer came.
        """
        fresh = self._streams is None
        if self._streams is None:
            try:
                self._streams = await asyncio.open_connection("127.0.0.1", self._port)
            except OSError as error:
                raise RefusedError(str(error)) from error
        reader, writer = self._streams
        head = f"{'GET' if body is None else 'POST'} {path} HTTP/1.1\r\nHost: x\r\n{self._head}"
        length = "" if body is None else f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        try:
            writer.write(f"{head}{length}\r\n".encode() + (body or b""))
            await writer.drain()
            reply = await self._reply(reader)
        except (OSError, asyncio.IncompleteReadError) as error:
            self.close()
            raise LostError(f"{'fresh' if fresh else 'kept'} connection: {error!r}") from error
        if reply.headers.get("connection") == "close":
            self.close()
        return reply

    def close(self) -> None:
        """End the connection."""
        if self._streams is not None:
            self._streams[1].close()
        self._streams = None

    async def _reply(self, reader: asyncio.StreamReader) -> Reply:
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[:-2]
        pairs = (line.partition(":") for line in lines)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        json_kind = "json" in headers.get("content-type", "")
        return Reply(int(first.split()[1]), headers, json.loads(body) if json_kind else body)


@dataclass
class Count:
    """What became of requests.

    Args:
        statuses: how many had which.
        lost: sent, and never answered.
        crossed: answered with what belongs to another text.
        seconds: from sending to answer, of those with status 200.
    """

    statuses: Counter[int] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    crossed: int = 0
    seconds: list[float] = field(default_factory=list)

    def note(self, reply: Reply, known: dict[str, float], seconds: float) -> None:
        """Count an answer, and compare it with what is known of its text."""
        self.statuses[reply.status] += 1
        if reply.status == 200:
            self.seconds.append(seconds)
            self.crossed += difference(reply.said["probabilities"], known) > LARGEST_DIFFERENCE

    def quantile(self, share: float) -> float:
        """Return a quantile of the seconds; not a number without any."""
        ordered = sorted(self.seconds)
        return ordered[int(share * (len(ordered) - 1))] if ordered else float("nan")


def difference(one: dict[str, float], other: dict[str, float]) -> float:
    """Return the largest difference between two answers' probabilities."""
    return max(abs(one[name] - other[name]) for name in other)


def texts(count: int, seed: int = 0) -> list[str]:
    """Return different texts of one to thirty plain words."""
    chance = random.Random(seed)
    words = ("the", "a", "is", "was", "so", "this", "good", "bad", "day", "meal", "train", "walk")
    return [
        f"{n} " + " ".join(chance.choices(words, k=chance.randint(1, 29))) for n in range(count)
    ]


async def learn(port: int, asked: Sequence[str], key: str | None = None) -> list[dict[str, float]]:
    """Return the probabilities of each text, asked alone."""
    client = Client(port, key)
    replies = [await client.ask("/v1/predict", {"text": text}) for text in asked]
    client.close()
    return [reply.said["probabilities"] for reply in replies]


async def closed_loop(port: int, *, clients: int, requests: int, pool: int = 100) -> Count:
    """Let each client ask ``requests`` times, one after the other's answer."""
    count, asked = Count(), texts(pool)
    known = await learn(port, asked)

    async def one(n: int) -> None:
        client = Client(port)
        for k in range(requests):
            place = (n * requests + k * 7) % pool
            start = time.perf_counter()
            try:
                reply = await client.ask("/v1/predict", {"text": asked[place]})
            except (LostError, RefusedError) as error:
                count.lost.append(str(error))
                continue
            count.note(reply, known[place], time.perf_counter() - start)
        client.close()

    await asyncio.gather(*(one(n) for n in range(clients)))
    return count


async def open_loop(port: int, *, rate: float, seconds: float, pool: int = 100) -> Count:
    """Send ``rate`` requests a second, whether or not answers come, on as many connections."""
    count, asked, chance = Count(), texts(pool), random.Random(0)
    known = await learn(port, asked)
    idle: list[Client] = []

    async def one(place: int) -> None:
        client = idle.pop() if idle else Client(port)
        start = time.perf_counter()
        try:
            reply = await client.ask("/v1/predict", {"text": asked[place]})
        except (LostError, RefusedError) as error:
            count.lost.append(str(error))
            return
        count.note(reply, known[place], time.perf_counter() - start)
        idle.append(client)

    tasks, at = [], time.perf_counter()
    end = at + seconds
    while at < end:
        at += chance.expovariate(rate)
        await asyncio.sleep(max(0.0, at - time.perf_counter()))
        tasks.append(asyncio.create_task(one(len(tasks) % pool)))
    await asyncio.gather(*tasks)
    for client in idle:
        client.close()
    return count
