"""Answer files larger than memory: memory, rows a second, kills, and the time said to be left.

The classifier is a stub of trivial cost, so that reading and writing are what is measured: counted
characters times fixed weights, through a decision of the ordinary kind.

    python benchmarks/stream.py [--rows 100000 1000000 10000000] [--kills 20] [--ending csv]

With ``--bundle B`` a classifier of texts answers the files of ``--rows`` instead of the stub.
"""

from __future__ import annotations

import argparse
import hashlib
import math
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

import evenhand
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


def answer(source: Path, out: Path, bundle: Path | None) -> None:
    """Answer a file, or go on."""
    model = Counted() if bundle is None else evenhand.load(bundle)
    name = str(bundle or "stub")
    answer_stream(Question(model, open_rows(str(source)), name), out, resume=True, screen=Screen())


def measured(source: Path, out: Path, bundle: Path | None) -> None:
    """Answer a file and print seconds, peak memory, and by how much the time left was off.

    The time left is told by the clock on the wall and by that of the processor: on a machine that
    others use too, only the second is steady.
    """
    processor = Gauge(Screen(), "answering", clock=time.process_time)
    told: dict[Callable[[], float], list[tuple[float, float, float]]]
    told = {time.monotonic: [], time.process_time: []}
    at = Gauge.at

    def noted(gauge: Gauge, share: float, rows: int = 0) -> None:
        at(gauge, share, rows)
        if not rows:
            return
        at(processor, share, rows)
        for (clock, estimates), asked in zip(told.items(), (gauge, processor), strict=True):
            left = asked.left()
            if left is not None:
                estimates.append((share, clock(), left))

    Gauge.at = noted  # type: ignore[method-assign]
    begun = time.monotonic()
    answer(source, out, bundle)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(time.monotonic() - begun, peak, *(e for c, t in told.items() for e in errors(t, c())))


def errors(told: Sequence[tuple[float, float, float]], ended: float) -> tuple[float, float]:
    """Return by what part of all the time left was off at 1 %, and at most after that.

    Both are NaN where the file was answered before anything could be said.
    """
    off = [
        abs(at + left - ended) / (ended - told[0][1]) for share, at, left in told if share > 0.01
    ]
    return (off[0], max(off)) if off else (math.nan, math.nan)


def child(*arguments: object) -> subprocess.Popen[str]:
    """Start this program in another process."""
    command = [sys.executable, __file__, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def sizes(folder: Path, rows: Sequence[int], ending: str, bundle: Path | None) -> None:
    """Print time and memory for files of several sizes."""
    for count in rows:
        source, out = folder / "in.csv", folder / f"out.{ending}"
        write_rows(source, count)
        asked = () if bundle is None else ("--bundle", bundle)
        process = child("--measure", source, out, *asked)
        seconds, peak, *off = map(float, process.communicate()[0].split())
        read, written = (path.stat().st_size / MIB for path in (source, out))
        print(f"{count:>10,} rows  {read:.0f} MiB read  {written:.0f} MiB written", flush=True)
        print(f"  {seconds:.1f} s  {count / seconds:,.0f} rows/s  peak {peak:.1f} MiB")
        print("  time left: off by {:.1%} of all at 1 %, by {:.1%} at most later".format(*off))
        print("  of the processor: {:.1%} and {:.1%}".format(*off[2:]), flush=True)
        out.unlink()
        source.unlink()


def rows_kept(out: Path) -> int:
    """Return how many rows of an unfinished output count."""
    found = Beside(out).found()
    return found.place.rows if found else 0


def kills(folder: Path, rows: int, times: int, ending: str) -> int:
    """Kill at random rows and go on; return how many outputs equal the uninterrupted one."""
    source, whole = folder / "in.csv", folder / f"whole.{ending}"
    write_rows(source, rows)
    child("--answer", source, whole).wait()
    expected, equal = sha256(whole), 0
    moments = random.Random(SEED)
    for trial in range(times):
        out = folder / f"out.{ending}"
        after, seconds = moments.randrange(rows), moments.uniform(0, 0.4)
        process = child("--answer", source, out)
        while process.poll() is None and rows_kept(out) < after:
            time.sleep(0.01)
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        killed, kept = process.wait() == -signal.SIGKILL, rows_kept(out)
        child("--answer", source, out).wait()
        same = sha256(out) == expected and [p.name for p in folder.glob("*out*")] == [out.name]
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
    parser.add_argument("--bundle", type=Path, help="answers the files of --rows")
    parser.add_argument("--measure", nargs=2, type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--answer", nargs=2, type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        return measured(*given.measure, given.bundle)
    if given.answer:
        return answer(*given.answer, given.bundle)
    with tempfile.TemporaryDirectory() as name:
        sizes(Path(name), given.rows, given.ending, given.bundle)
        equal = kills(Path(name), given.kill_rows, given.kills, given.ending)
    print(f"{equal} of {given.kills} outputs that were gone on with equal the uninterrupted one")
    raise SystemExit(equal < given.kills)


if __name__ == "__main__":
    main()
