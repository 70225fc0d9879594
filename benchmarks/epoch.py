"""What an epoch over many recordings costs: seconds, files opened, memory.

    python benchmarks/epoch.py [--recordings 1059] [--frames 131]

Made-up recordings (72 numbers of pose, 2 of trajectory, 15 frames a second) are written, then a run
of two passes is trained on them. An audit hook counts every time that a recording's file is opened:
before training, and in each pass.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

from evenhand import recipes
from evenhand.config import override
from evenhand.run import Screen, Sources, start

RATE = 15


def write(folder: Path, recordings: int, frames: int) -> None:
    """Write the recordings, each of a person of its own, and ``metadata.json``."""
    random = np.random.default_rng(0)
    folder.mkdir()
    for number in range(recordings):
        near = random.random(frames).cumsum() / frames
        np.savez(
            folder / f"r{number:04d}.npz",
            pose=random.normal(size=(frames, 72)).astype(np.float32),
            traj=np.stack([near, random.normal(size=frames)], 1).astype(np.float32),
            label=(near > 0.5 * near[-1]).astype(np.int64),
        )
    about = {"rate": RATE, "dimensions": {"pose": 72, "traj": 2}, "labels": ["away", "near"]}
    (folder / "metadata.json").write_text(json.dumps(about), "utf-8")


def main() -> None:
    """Write, train, count."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--recordings", type=int, default=1059)
    parser.add_argument("--frames", type=int, default=131)
    given = parser.parse_args()
    opened: Counter[str] = Counter()
    stage = ["writing"]
    ends: list[float] = []

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open" and str(arguments[0]).endswith(".npz"):
            opened[stage[0]] += 1

    def say(line: str) -> None:
        if line.startswith("plan "):
            stage[0] = "pass 1"
            ends.append(time.perf_counter())
        elif line.startswith("epoch "):
            ends.append(time.perf_counter())
            stage[0] = f"pass {len(ends)}" if len(ends) < 3 else "after training"
        print(line)

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "recordings"
        write(folder, given.recordings, given.frames)
        sys.addaudithook(hook)
        stage[0] = "before training"
        asked = override(recipes.load("series"), ["train.epochs=2", "report.baselines=false"])
        run = start(Sources(folder), asked, Path(place) / "run", screen=Screen(say=say))
        frames = given.recordings * given.frames
        print(f"{given.recordings:,} recordings, {frames:,} frames")
        for number, seconds in enumerate(np.diff(ends), 1):
            print(f"pass {number}: {seconds:.1f} s, {opened[f'pass {number}']} files opened")
        print(f"before training: {opened['before training']:,} files opened")
        print(f"after training: {opened['after training']:,} files opened")
        print(f"peak memory {run.manifest['peak_memory_bytes'] / 1e9:.2f} GB")


if __name__ == "__main__":
    main()
