"""What a served bundle withstands: fuzz, crowds, overload, stops, reloads; and how quick it is.

    python benchmarks/soak.py BUNDLE [--only fuzz,crowd,...] [--scale 1.0]

Every section starts the real server in a process of its own. The exit code is 1 when a promise
was broken. ``--scale 0.1`` does a tenth of everything.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from evenhand.durable import MANIFEST, json_bytes, write_folder
from served import (
    Client,
    LostError,
    RefusedError,
    Served,
    closed_loop,
    difference,
    learn,
    open_loop,
    serving,
    texts,
    until,
)

KEY = "0123456789abcdef0123456789abcdef"
Row = tuple[str, str, bool]
"""What was done, what came of it, and whether the promise held."""
TOO_LARGE = """\
[checks]
negative_data_rejection.expected-statuses = [400, 401, 404, 405, 413, 415, 422, 429]
positive_data_acceptance.expected-statuses = [200, 413, 429]
"""
"""For schemathesis: that a body is too large is an answer to what fits and to what does not."""
FUZZERS = 10
NONE = 599
"""Counted as a status where there was no answer, or no problem document."""
ODD: tuple[Any, ...] = (
    None, True, 0, -1, 1e308, 10**60, "", "\0", "😀" * 50, "x" * 70_000, [], {}, [[[]]],
    {"text": None}, "\u202e", " ", "thresholds", 0.5, "NaN",
)  # fmt: skip
RAW = (b"\xff", b"\x00", b'"\\ud800"', b"NaN", b"1e999", b"-Infinity", b"[" * 3000, b"}", b"\\u00")


def fuzzed(chance: random.Random, labels: list[str]) -> tuple[str, bytes, str]:
    """Return route, body and content type of a request that is likely to be wrong."""
    cuts = {chance.choice([*labels, "none"]): chance.choice([0.5, 0, 1, *ODD])}
    item: dict[str, Any] = {"text": chance.choice(["a quiet day", *ODD])}
    if chance.random() < 0.5:
        item[chance.choice(["thresholds", "top_k", "text", "x"])] = chance.choice([cuts, *ODD])
    path = chance.choice(["/v1/predict", "/v1/batch"])
    value: Any = item if path == "/v1/predict" else {"items": [item] * chance.randint(0, 5)}
    if chance.random() < 0.1:
        value = chance.choice(ODD)
    body = bytearray(json.dumps(value).encode())
    for _ in range(chance.choice([0, 0, 1, 2, 8])):
        at = chance.randint(0, len(body))
        how = chance.random()
        if how < 0.4:
            body[at : at + 1] = chance.choice(RAW)
        elif how < 0.7:
            del body[at : at + chance.randint(1, 20)]
        else:
            body[at:at] = bytes([chance.randint(0, 255)])
    kind = "application/json" if chance.random() < 0.95 else chance.choice(["text/plain", "", "x"])
    return path, bytes(body), kind


async def fuzz(port: int, requests: int) -> Counter[int]:
    """Send that many requests, most of them wrong; return how many had which status."""
    statuses: Counter[int] = Counter()

    async def one(seed: int) -> None:
        client, chance = Client(port), random.Random(seed)
        labels = (await client.send("/v1/labels", None)).said["labels"]
        for _ in range(requests // FUZZERS):
            try:
                reply = await client.send(*fuzzed(chance, labels))
            except LostError:
                statuses[NONE] += 1
                continue
            problem = reply.status != 200 and reply.said.get("status") == reply.status
            statuses[reply.status if reply.status == 200 or problem else NONE] += 1
        client.close()

    await asyncio.gather(*(one(seed) for seed in range(FUZZERS)))
    return statuses


def by_hand(bundle: Path, scale: float) -> Row:
    """Send fuzzed bodies."""
    with serving(bundle) as server:
        statuses = asyncio.run(fuzz(server.port, int(10_000 * scale)))
        told = ", ".join(f"{n} x {status}" for status, n in sorted(statuses.items()))
        return f"{statuses.total():,} fuzzed requests", told, max(statuses) < 500


def schemathesis(bundle: Path, scale: float) -> Row:
    """Let schemathesis make requests out of the OpenAPI document."""
    with serving(bundle) as server:
        done = conform(server, examples=max(5, int(300 * scale)))
        lines = [line.strip() for line in done.stdout.splitlines() if " generated" in line]
        what = lines[0] if lines else done.stdout[-300:]
        return "schemathesis, all checks", what, done.returncode == 0


def conform(
    server: Served,
    *,
    examples: int,
    key: str | None = None,
    phases: str = "examples,coverage,fuzzing",
) -> subprocess.CompletedProcess[str]:
    """Run schemathesis against a server; return the finished process."""
    command = [str(Path(sys.executable).with_name("st")), "--no-color", "run"]
    command += [f"{server.url}/openapi.json", "--max-examples", str(examples), "--checks", "all"]
    command += ["--seed", "1", "--no-shrink", "--warnings", "off", "--phases", phases]
    command += ["-H", f"Authorization: Bearer {key}"] if key else []
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "schemathesis.toml").write_text(TOO_LARGE, "utf-8")
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)


def crowd(bundle: Path, scale: float) -> Row:
    """256 clients, 40 requests each."""
    clients, requests = max(8, int(256 * scale)), 40
    with serving(bundle) as server:
        start = time.perf_counter()
        count = asyncio.run(closed_loop(server.port, clients=clients, requests=requests))
        seconds = time.perf_counter() - start
        told = f"{dict(count.statuses)}, {len(count.lost)} lost, {count.crossed} crossed"
        told += f", {count.statuses.total() / seconds:.0f} a second"
        held = count.statuses == {200: clients * requests} and not count.lost and not count.crossed
        return f"{clients} clients x {requests} requests", told, held


async def beside(port: int, rounds: int) -> float:
    """Return the largest change of an answer by its neighbours."""
    asked, client = texts(rounds, seed=3), Client(port)
    known = await learn(port, asked)
    loud = ["", "x" * 60_000, "😀" * 5_000, "\0" * 100, "a " * 20_000, "[PAD] [MASK] [SEP]"]
    chance, worst = random.Random(1), 0.0
    for text, alone in zip(asked, known, strict=True):
        items = [{"text": chance.choice(loud)} for _ in range(chance.randint(0, 12))]
        place = chance.randint(0, len(items))
        items.insert(place, {"text": text})
        reply = await client.ask("/v1/batch", {"items": items})
        worst = max(worst, difference(reply.said["answers"][place]["probabilities"], alone))
    client.close()
    return worst


def neighbours(bundle: Path, scale: float) -> Row:
    """Set texts beside the worst neighbours that there are."""
    rounds = max(10, int(60 * scale))
    with serving(bundle) as server:
        worst = asyncio.run(beside(server.port, rounds))
        what = f"{rounds} texts beside hostile neighbours"
        return what, f"largest change of a probability {worst:.1e}", worst <= 1e-6


def capacity(port: int) -> float:
    """Return requests a second that 32 clients get answered."""
    start = time.perf_counter()
    count = asyncio.run(closed_loop(port, clients=32, requests=20))
    return count.statuses.total() / (time.perf_counter() - start)


def overload(bundle: Path, scale: float) -> Row:
    """Five times as many requests as can be answered."""
    with serving(bundle, "--queue", "128") as server:
        most = capacity(server.port)
        count = asyncio.run(open_loop(server.port, rate=5 * most, seconds=max(2, 15 * scale)))
        after = asyncio.run(closed_loop(server.port, clients=1, requests=5))
        told = f"{most:.0f} a second can be answered: {count.statuses[200]} answered, "
        told += f"{count.statuses[429]} told to come back, {len(count.lost)} lost, "
        told += f"{count.crossed} crossed; p99 of the answered {count.quantile(0.99):.2f} s"
        held = set(count.statuses) <= {200, 429} and not count.lost and not count.crossed
        return "overload x 5", told, held and after.statuses == {200: 5}


def latency(bundle: Path, scale: float) -> Row:
    """Half of what can be answered."""
    with serving(bundle) as server:
        most = capacity(server.port)
        count = asyncio.run(open_loop(server.port, rate=most / 2, seconds=max(3, 20 * scale)))
        told = f"{most / 2:.0f} a second: p50 {1000 * count.quantile(0.5):.0f} ms, "
        told += f"p99 {1000 * count.quantile(0.99):.0f} ms; {server.memory_mb():.0f} MB held"
        return "latency at half load", told, count.statuses.keys() == {200} and not count.lost


async def until_stopped(
    server: Served, clients: int, *, after: float, number: int = signal.SIGTERM
) -> tuple[Counter[str], int]:
    """Ask without pause from many connections, stop the server meanwhile; count what came."""
    told: Counter[str] = Counter()
    asked = texts(20)

    async def one(n: int) -> None:
        client = Client(server.port)
        while True:
            try:
                reply = await client.ask("/v1/predict", {"text": asked[n % 20]})
            except RefusedError:
                return
            except LostError as error:
                told[f"lost: {error}"] += 1
                return
            told[str(reply.status)] += 1

    loops = [asyncio.create_task(one(n)) for n in range(clients)]
    await asyncio.sleep(after)
    server.process.send_signal(number)
    await asyncio.gather(*loops)
    return told, server.process.wait(60)


def stops(bundle: Path, scale: float) -> Row:
    """SIGTERM while 64 clients ask."""
    trials = max(1, int(20 * scale))
    told: Counter[str] = Counter()
    codes: Counter[int] = Counter()
    for trial in range(trials):
        with serving(bundle) as server:
            seen, code = asyncio.run(until_stopped(server, 64, after=0.3 + 0.1 * (trial % 5)))
        told += seen
        codes[code] += 1
    held = set(told) == {"200"} and set(codes) == {0}
    return f"SIGTERM under load x {trials}", f"{dict(told)}, exit codes {dict(codes)}", held


def variant(bundle: Path, to: Path, cut: float | None) -> None:
    """Write a copy of a bundle whose first label has another cut; None writes a damaged one."""
    files: dict[str, Any] = {
        file.relative_to(bundle).as_posix(): partial(os.link, file)
        for file in bundle.rglob("*")
        if file.is_file() and file.name != MANIFEST
    }
    decision = json.loads((bundle / "decision.json").read_text("utf-8"))
    cuts = decision.get("thresholds") or decision["biases"]
    next(iter(cuts.values()))["value"] = 0.5 if cut is None else cut
    write_folder(to, files | {"decision.json": json_bytes(decision)})
    if cut is None:
        (to / "decision.json").write_text("{}")


async def while_reloading(server: Served, change: Callable[[], None], seen: Counter[str]) -> None:
    """Ask from eight connections while ``change`` runs; every answer must be whole."""
    ended = asyncio.Event()

    async def one(n: int) -> None:
        client = Client(server.port)
        while not ended.is_set():
            reply = await client.ask("/v1/predict", {"text": f"{n} quiet days"})
            first = next(iter((reply.said["thresholds"] or reply.said["biases"]).values()))
            seen[f"{reply.headers['x-model']} {first}"] += 1
        client.close()

    async def changing() -> None:
        await asyncio.to_thread(change)
        ended.set()

    await asyncio.gather(changing(), *(one(n) for n in range(8)))


def reloads(bundle: Path, scale: float) -> Row:
    """Replace the bundle under load; every tenth replacement is damaged and must be refused."""
    rounds, seen = max(2, int(100 * scale)), Counter[str]()
    with tempfile.TemporaryDirectory(
        dir=bundle.parent if os.access(bundle.parent, os.W_OK) else None
    ) as folder:
        source, place = Path(folder) / "source", Path(folder) / "bundle"
        shutil.copytree(bundle, source)
        variant(source, place, 0.25)
        with serving(place) as server:
            before = server.memory_mb()

            def change() -> None:
                for n in range(1, rounds + 1):
                    variant(source, place, None if n % 10 == 0 else 0.25 + n / 1000)
                    server.process.send_signal(signal.SIGHUP)
                    until(lambda n=n: outcomes(server).total() >= n)

            asyncio.run(while_reloading(server, change, seen))
            found, after = outcomes(server), server.memory_mb()
    whole = len({pair.split()[0] for pair in seen}) == len(seen)
    told = f"{dict(found)}, {seen.total()} answers meanwhile from {len(seen)} bundles, "
    told += f"{before:.0f} MB before, {after:.0f} MB after"
    held = found["reload refused"] >= rounds // 10 and found["reloaded"] >= rounds * 0.8
    return f"{rounds} reloads under load", told, held and whole


def outcomes(server: Served) -> Counter[str]:
    """Return how many bundles were taken and refused so far."""
    named = (event["event"] for event in server.events())
    return Counter(name for name in named if name in ("reloaded", "reload refused"))


SECTIONS = {
    "fuzz": by_hand,
    "schema": schemathesis,
    "crowd": crowd,
    "neighbours": neighbours,
    "overload": overload,
    "latency": latency,
    "stops": stops,
    "reloads": reloads,
}


def main() -> None:
    """Run the sections and print a row of a table for each."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--only", default=",".join(SECTIONS), help="sections, comma between")
    parser.add_argument("--scale", type=float, default=1.0, help="share of everything")
    given = parser.parse_args()
    bundle = given.bundle if (given.bundle / MANIFEST).is_file() else given.bundle / "bundle"
    print("| what | came of it | |\n|---|---|---|", flush=True)
    broken = 0
    for name in given.only.split(","):
        what, told, held = SECTIONS[name](bundle, given.scale)
        broken += not held
        print(f"| {what} | {told} | {'held' if held else 'BROKEN'} |", flush=True)
    raise SystemExit(1 if broken else 0)


if __name__ == "__main__":
    main()
