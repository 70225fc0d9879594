"""The folder of a study: what it asks, the runs that it needs, and what it found.

```
STUDY/  study.json     what was asked, and hashes of the data
        runs/NAME/     one run each, whole or to be gone on with
        result.json    what the runs say together
```
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evenhand.data import Dataset
from evenhand.durable import make_folder, write_json
from evenhand.errors import ConfigError, DataError, MissingFileError
from evenhand.run.folder import Layout
from evenhand.run.sound import read_sound
from evenhand.run.sources import Sources


@dataclass(frozen=True)
class Study:
    """A question, and where its answer grows.

    Args:
        kind: the command that asks it.
        root: its folder.
        sources: what all runs read.
        asked: nested settings that all runs share, as in a run file.
        options: of the command, plain values for JSON.
        sha256: of the data by source; empty before ``begin``.
    """

    kind: str
    root: Path
    sources: Sources
    asked: Mapping[str, Any]
    options: Mapping[str, Any]
    sha256: Mapping[str, str]

    @classmethod
    def open(cls, root: str | Path, kind: str) -> Study:
        """Return the study that was begun in ``root``.

        Raises:
            MissingFileError: E302 where no study of this kind was begun.
        """
        file = Path(root) / "study.json"
        if not file.is_file():
            raise MissingFileError(
                "E302",
                "there is no study to go on with",
                got=str(root),
                fix=f"start one: evenhand {kind} DATA --out {root}",
            )
        stored = read_sound(file, "kind", "sources", "asked", "options", "sha256")
        if stored["kind"] != kind:
            raise MissingFileError(
                "E302",
                "another kind of study lies there",
                got=f"{root} is of evenhand {stored['kind']}",
                fix=f"evenhand {stored['kind']} --resume {root}",
            )
        return cls(
            kind,
            Path(root),
            Sources.from_dict(stored["sources"]),
            stored["asked"],
            stored["options"],
            stored["sha256"],
        )

    @property
    def begun(self) -> bool:
        """Whether the folder knows of the study."""
        return bool(self.sha256)

    def refuse_used(self) -> None:
        """Raise when something lies in the folder already.

        What a study leaves that was killed before it had begun is nothing.

        Raises:
            ConfigError: E109.
        """
        runs = self.root / "runs"
        if not self.root.exists():
            return
        if not self.root.is_dir() or any(
            found != runs or any(runs.iterdir()) for found in self.root.iterdir()
        ):
            raise ConfigError(
                "E109",
                "the output folder is in use",
                got=str(self.root),
                fix=f"choose another --out, or go on with: evenhand {self.kind} --resume "
                f"{self.root}",
            )

    def begin(self, dataset: Dataset) -> Study:
        """Write down what is asked, of which data.

        Raises:
            WriteError: E106 when it cannot be written.
        """
        begun = replace(self, sha256=dict(dataset.sha256))
        make_folder(self.root)
        make_folder(self.root / "runs")
        stored = {
            "kind": self.kind,
            "sources": self.sources.to_dict(),
            "asked": self.asked,
            "options": self.options,
            "sha256": begun.sha256,
        }
        write_json(self.root / "study.json", stored)
        return begun

    def refuse_changed(self, dataset: Dataset) -> None:
        """Raise when the data is no longer what the study was begun on.

        Files are known by what they hold: a study goes on from any folder, and calls them by
        their whole paths then.

        Raises:
            DataError: E211 naming the file.
        """
        known = set(self.sha256.values())
        changed = [name for name, digest in dataset.sha256.items() if digest not in known]
        if changed:
            raise DataError(
                "E211",
                "the data is no longer what the study was begun on",
                got=", ".join(changed),
                fix="restore the files, or begin another study with another --out",
            )

    @property
    def result(self) -> Path:
        """What the runs say together."""
        return self.root / "result.json"

    def run(self, name: str) -> Layout:
        """Return where the run ``name`` lies."""
        return Layout(self.root / "runs" / name)
