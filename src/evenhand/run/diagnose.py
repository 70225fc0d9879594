"""The doctor at a run's side: while it trains, and afterwards from its folder."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from evenhand.diagnose import Finding, Patient, diagnose, live
from evenhand.errors import MissingFileError
from evenhand.predictions import load_predictions
from evenhand.run.folder import Layout
from evenhand.training.hooks import Record, read_history
from evenhand.types import FitStatistics, Predictions


def findings_of(folder: str | Path) -> list[Finding]:
    """Return what is wrong with the run in ``folder``, finished or not, most urgent first.

    Raises:
        MissingFileError: E401 when no run lies there.
    """
    return diagnose(patient_of(folder))


def patient_of(folder: str | Path) -> Patient:
    """Return what the doctor may read of the run in ``folder``; what is not there is unknown.

    Raises:
        MissingFileError: E401 when no run lies there.
    """
    layout = Layout(Path(folder))
    if not layout.manifest.is_file():
        raise MissingFileError(
            "E401",
            "no run lies here",
            got=str(folder),
            fix=f"train one: evenhand train DATA --out {folder}",
        )
    manifest = _read(layout.manifest)
    history = read_history(layout.history)
    finished = layout.metrics.is_file()
    return Patient(
        config=_read(layout.resolved),
        fit=FitStatistics.from_dict(manifest["fit"]),
        steps=[record for record in history if record["kind"] == "step"],
        epochs=[record for record in history if record["kind"] == "epoch"],
        tune=_stored(layout, "tune"),
        report=_stored(layout, "report"),
        decision=_read(layout.decision) if layout.decision.is_file() else None,
        systems=_read(layout.metrics)["systems"] if finished else (),
        facts=manifest.get("facts", {}),
        rows=manifest["rows"],
    )


class LiveDoctor:
    """A hook that says after each pass what goes wrong, each thing once.

    Args:
        config: every setting, as in ``resolved.json``.
        fit: counts of the fit rows.
        rows: number of rows of each role.
        history: file of the records so far; read when the run begins or goes on.
        facts: what is known beforehand.
        say: prints one line.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        fit: FitStatistics,
        *,
        rows: Mapping[str, int],
        history: Path,
        facts: Mapping[str, Any],
        say: Callable[[str], None],
    ) -> None:
        self._config, self._fit, self._rows = config, fit, rows
        self._facts, self._say = facts, say
        self._history = history
        self._records: list[Record] = []
        self._said: set[str] = set()

    def on_start(self, *, steps: int, done: int) -> None:
        """Take in what an interrupted run has recorded."""
        self._records = [r for r in read_history(self._history) if r["step"] <= done]

    def on_step(self, record: Record, rows: int) -> None:
        """Note the step."""
        self._records.append(record)

    def on_epoch(self, record: Record) -> None:
        """Judge the run so far."""
        self._records.append(record)
        patient = Patient(
            config=self._config,
            fit=self._fit,
            steps=[r for r in self._records if r["kind"] == "step"],
            epochs=[r for r in self._records if r["kind"] == "epoch"],
            facts=self._facts,
            rows=self._rows,
        )
        for finding in live(patient):
            if finding.code not in self._said:
                self._said.add(finding.code)
                self._say(f"{finding.severity} {finding.code}: {finding.title}; {finding.evidence}")

    def on_end(self, reason: str) -> None:
        """Nothing more to say."""


def _stored(layout: Layout, name: str) -> Predictions | None:
    file = layout.predictions(name)
    return load_predictions(file) if file.is_file() else None


def _read(file: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return value
