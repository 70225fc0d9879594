"""The run folder: what lies where, and what a finished run offers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from evenhand.decide import Decision
from evenhand.errors import ConfigError, MissingFileError
from evenhand.predictions import load_predictions
from evenhand.run.sound import read_sound
from evenhand.types import Predictions, Role

if TYPE_CHECKING:
    from evenhand.bundle import Answers, Predictor

NOT_FINITE = "non-finite"
"""Why a run has stopped whose loss or gradient became NaN or infinite."""


def megabytes(folder: Path) -> float:
    """Return the size of all files in ``folder``, in 10^6 bytes."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


@dataclass(frozen=True)
class Layout:
    """Names of the files in a run folder.

    Args:
        root: the folder.
    """

    root: Path
    command: ClassVar[str] = "train"
    """Of evenhand, with which what lies there goes on."""

    @property
    def asked(self) -> Path:
        """What was asked, as a run file."""
        return self.root / "run.toml"

    @property
    def resolved(self) -> Path:
        """What was used, defaults filled in."""
        return self.root / "resolved.json"

    @property
    def manifest(self) -> Path:
        """Data hashes, versions, seed, timings, hardware."""
        return self.root / "manifest.json"

    @property
    def split(self) -> Path:
        """Row id -> role."""
        return self.root / "split.parquet"

    @property
    def history(self) -> Path:
        """One line a step and a line an epoch."""
        return self.root / "history.jsonl"

    @property
    def checkpoints(self) -> Path:
        """Where training can go on."""
        return self.root / "checkpoints"

    @property
    def decision(self) -> Path:
        """Calibrator and cuts."""
        return self.root / "decision.json"

    @property
    def metrics(self) -> Path:
        """Every figure, with intervals."""
        return self.root / "metrics.json"

    @property
    def findings(self) -> Path:
        """What the doctor says of the run."""
        return self.root / "findings.json"

    @property
    def finished(self) -> bool:
        """Whether the run came to its end; what it writes last is there."""
        return self.findings.is_file()

    @property
    def divergence(self) -> str | None:
        """What was not finite on the step that ended the run; None where nothing was."""
        if self.finished or not self.manifest.is_file():
            return None
        facts = read_sound(self.manifest, "facts")["facts"]
        return str(facts["fault"]) if facts.get("stopped") == NOT_FINITE else None

    @property
    def report(self) -> Path:
        """The page to read."""
        return self.root / "report.html"

    @property
    def markdown(self) -> Path:
        """The same as text."""
        return self.root / "report.md"

    @property
    def bundle(self) -> Path:
        """What is deployed."""
        return self.root / "bundle"

    @property
    def bundle_mb(self) -> float:
        """Size of what is deployed, in 10^6 bytes."""
        return megabytes(self.bundle)

    def predictions(self, name: str) -> Path:
        """The stored scores ``name``: a role, or ``tfidf-`` and a role."""
        return self.root / "predictions" / f"{name}.parquet"

    def refuse_used(self) -> None:
        """Raise when something already lies there, so that no run writes over another.

        What a run leaves that was killed before it had written its manifest is nothing: it had
        not begun to train, and cannot be resumed.

        Raises:
            ConfigError: E109.
        """
        if self.root.exists() and not (self.root.is_dir() and self._is_unused()):
            raise ConfigError(
                "E109",
                "the output folder is in use",
                got=str(self.root),
                fix=f"choose another --out, or go on with: "
                f"evenhand {self.command} --resume {self.root}",
            )

    def _is_unused(self) -> bool:
        begun = {self.asked, self.resolved, self.split}
        empty = {self.checkpoints, self.predictions("tune").parent}
        found = set(self.root.iterdir())
        own = self.asked not in found or self.resolved in found
        return own and all(
            path in begun or (path in empty and not any(path.iterdir())) or path.suffix == ".part"
            for path in found
        )


class Run:
    """A finished run.

    Args:
        folder: as ``evenhand train --out`` left it.

    Raises:
        MissingFileError: E401 when no finished run lies there.
    """

    def __init__(self, folder: str | Path) -> None:
        self.layout = Layout(Path(folder))
        if not self.layout.metrics.is_file():
            raise MissingFileError(
                "E401",
                "no finished run lies here",
                got=str(folder),
                fix=f"train one: evenhand train DATA --out {folder} (or --resume {folder})",
            )

    @property
    def folder(self) -> Path:
        """Where the run lies."""
        return self.layout.root

    @cached_property
    def metrics(self) -> dict[str, Any]:
        """What ``metrics.json`` holds: figures with intervals, baselines beside them."""
        return read_sound(self.layout.metrics, "systems", "labels", "task", "per_class")

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """What ``manifest.json`` holds: hashes, versions, timings."""
        return read_sound(self.layout.manifest, "sources", "sha256", "rows", "seconds", "seed")

    @property
    def members(self) -> Sequence[Mapping[str, Any]]:
        """What the manifest says of the members of an ensemble; none of a run of one model."""
        found: Sequence[Mapping[str, Any]] = self.manifest.get("ensemble", {}).get("members", ())
        return found

    def refuse_ensemble(self, what: str) -> None:
        """Raise where this is an ensemble and ``what`` needs one model of its own.

        Raises:
            ConfigError: E110.
        """
        if self.members:
            raise ConfigError(
                "E110",
                f"an ensemble has no network of its own to {what}",
                got=str(self.folder),
                fix=f"name one of its members, such as {self.members[0]['folder']}",
            )

    @cached_property
    def decision(self) -> Decision:
        """Calibrator and cuts."""
        return Decision.load(self.layout.decision)

    @cached_property
    def classifier(self) -> Predictor:
        """The trained model, read from the bundle."""
        from evenhand import bundle

        return bundle.load(self.folder)

    def predictions(self, role: Role | str) -> Predictions:
        """Return the stored scores of the tune or report rows.

        Raises:
            MissingFileError: E202 when the run has no rows of that role.
        """
        return load_predictions(self.layout.predictions(Role(role).value))

    def predict(self, rows: Any) -> Answers:
        """Return probabilities and labels of texts, or of windows of series."""
        return self.classifier.predict(rows)
