"""Answer files larger than memory: memory, rows a second, kills, and the time said to be left.

The classifier is a stub of trivial cost, so that reading and writing are what is measured: counted
characters times fixed weights, through a decision of the ordinary kind.

    python benchmarks/stream.py [--rows 100000 1000000 10000000] [--kills 20] [--ending csv]
"""

from __future__ import annotations

import argparse
import hashlib
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from evenhand.bundle import Answers
from evenhand.data.portions import open_rows
from evenhand.data.schema import Layout, Schema
from evenhand.decide import Decision, fit_decision
from evenhand.run.predict_gauge import Gauge
from evenhand.run.predict_state import Beside
from evenhand.run.predict_stream import Question, answer_stream
from evenhand.run.screen import Screen
from evenhand.types import Floats, LabelSpace, Logits, Predictions, Role, Task

NAMES = ("complaint", "praise", "question")
WORDS = ("where", "is", "my", "parcel", "late", "and", "the", "box", "open", "thanks", "nothing")
SCHEMA = Schema("text", Layout.NAME, ("label",), NAMES, Task.MULTILABEL, ("id", "text", "label"))
Told = Callable[[int], None] | None
SEED, MIB = 1, 2**20


class Counted:
    """A small linear model: how often each of 64 kinds of character stands in a text."""

    schema = SCHEMA

    def __init__(self) -> None:
        self._weights_VC = np.random.default_rng(SEED).normal(size=(64, len(NAMES)))
        self.decision = self._decided()

    @property
    def labels(self) -> LabelSpace:
        """The labels, in the order of every ``C`` axis."""
        return self.decision.labels

    def scores(
        self, rows: Sequence[str], *, progress: Callable[[int], None] | None = None
    ) -> Logits:
        """Return logits, ``(N, C)``."""
        counts_NV = np.zeros((len(rows), 64))
        for n, text in enumerate(rows):
            codes = np.frombuffer(text.encode(), np.uint8)
            counts_NV[n] = np.bincount(codes & 63, minlength=64)
        if progress is not None:
            progress(len(rows))
        return Logits(counts_NV @ self._weights_VC / 8)

    def predict(
        self, rows: Sequence[str], *, progress: Callable[[int], None] | None = None
    ) -> Answers:
        """Return probabilities and labels."""
        scores = self.scores(rows, progress=progress)
        return Answers(self.labels, self.decision.probs(scores), self.decision.decide(scores))

    def _decided(self) -> Decision:
        draw = np.random.default_rng(SEED)
        values_NC: Floats = draw.normal(size=(200, len(NAMES)))
        truth_NC = (values_NC + draw.normal(size=values_NC.shape) > 0).astype(np.float32)
        space = LabelSpace(NAMES, Task.MULTILABEL)
        ids = tuple(map(str, range(200)))
        return fit_decision(Predictions(ids, Logits(values_NC), truth_NC, space, Role.TUNE))


def write_rows(path: Path, rows: int) -> None:
    """Write a CSV of short texts, some with commas, quotes and line ends."""
    draw = random.Random(SEED)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("id,text,amount\n")
        for start in range(0, rows, 10_000):
            texts = [" ".join(draw.choices(WORDS, k=draw.randint(3, 12))) for _ in range(10_000)]
            texts[7] = f'"{texts[7]}, he said ""no""\nand left"'
            stop = min(rows, start + 10_000)
            file.write("".join(f"{i},{texts[i - start]},=1+{i % 9}\n" for i in range(start, stop)))


def sha256(path: Path) -> str:
    """Return the hash of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def answer(source: Path, out: Path, screen: Screen) -> None:
    """Answer a file, or go on."""
    answer_stream(
        Question(Counted(), open_rows(str(source)), "stub"), out, resume=True, screen=screen
    )


def measured(source: Path, out: Path) -> None:
    """Answer a file and print what it took: seconds, peak memory, and errors of the time left."""
    estimates: list[tuple[float, float, float]] = []
    told = Gauge.at

    def noted(gauge: Gauge, share: float, rows: int = 0) -> None:
        told(gauge, share, rows)
        left = gauge.left()
        if rows and left is not None:
            estimates.append((share, time.monotonic(), left))

    Gauge.at = noted  # type: ignore[method-assign]
    begun = time.monotonic()
    answer(source, out, Screen())
    ended = time.monotonic()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    answering = ended - estimates[0][1]
    errors = [abs(at + left - ended) / answering for share, at, left in estimates if share >= 0.01]
    print(f"{ended - begun:.1f} {peak:.1f} {max(errors):.4f} {errors[0]:.4f}")


def child(*arguments: object) -> subprocess.Popen[str]:
    """Start this program in another process."""
    command = [sys.executable, __file__, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def sizes(folder: Path, rows: Sequence[int], ending: str) -> None:
    """Print time and memory for files of several sizes."""
    for count in rows:
        source, out = folder / "in.csv", folder / f"out.{ending}"
        write_rows(source, count)
        process = child("--measure", source, out)
        seconds, peak, worst, first = map(float, process.communicate()[0].split())
        read, written = (path.stat().st_size / MIB for path in (source, out))
        print(f"{count:>10,} rows  {read:.0f} MiB read  {written:.0f} MiB written", flush=True)
        print(f"  {seconds:.1f} s  {count / seconds:,.0f} rows/s  peak {peak:.1f} MiB")
        print(f"  time left: off by {first:.1%} of all at 1 %, by {worst:.1%} at most later")
        out.unlink()
        source.unlink()


def kills(folder: Path, rows: int, times: int, ending: str) -> int:
    """Kill at random moments and go on; return how many outputs equal the uninterrupted one."""
    source, whole = folder / "in.csv", folder / f"whole.{ending}"
    write_rows(source, rows)
    begun = time.monotonic()
    child("--answer", source, whole).wait()
    seconds, expected, equal = time.monotonic() - begun, sha256(whole), 0
    moments = random.Random(SEED)
    for trial in range(times):
        out = folder / f"out.{ending}"
        process = child("--answer", source, out)
        time.sleep(moments.uniform(0.3, 0.95) * seconds)
        process.send_signal(signal.SIGKILL)
        killed = process.wait() == -signal.SIGKILL
        found = Beside(out).found()
        kept = found.place.rows if found else 0
        child("--answer", source, out).wait()
        same = sha256(out) == expected and [p.name for p in folder.glob("out*")] == [out.name]
        equal += same
        where = f"{kept:,} of {rows:,} rows kept" if killed else "after the end"
        print(f"kill {trial + 1:2} ({where}): {'equal' if same else 'NOT'}", flush=True)
        out.unlink()
    return equal


def main() -> None:
    """Measure, kill, and print a line each."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, nargs="*", default=[100_000, 1_000_000, 10_000_000])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--kill-rows", type=int, default=200_000)
    parser.add_argument("--ending", default="csv")
    parser.add_argument("--measure", nargs=2, type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--answer", nargs=2, type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        return measured(*given.measure)
    if given.answer:
        return answer(*given.answer, Screen())
    with tempfile.TemporaryDirectory() as name:
        sizes(Path(name), given.rows, given.ending)
        equal = kills(Path(name), given.kill_rows, given.kills, given.ending)
    print(f"{equal} of {given.kills} outputs that were gone on with equal the uninterrupted one")
    raise SystemExit(equal < given.kills)


if __name__ == "__main__":
    main()
