"""The doctor at a run's side: while it trains, and afterwards from its folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from evenhand.diagnose import Finding, Patient, diagnose, live
from evenhand.errors import ConfigError
from evenhand.run.files import (
    read_config,
    read_decision,
    read_scores,
    read_systems,
    read_windows_part,
    refuse_foreign,
)
from evenhand.run.folder import Layout
from evenhand.run.sound import read_object, sound
from evenhand.training.hooks import Record, read_history
from evenhand.types import FitStatistics


def findings_of(folder: str | Path) -> list[Finding]:
    """Return what is wrong with the run in ``folder``, finished or not, most urgent first.

    Raises:
        EvenhandError: E401 when no run lies there, or a file of it is damaged.
    """
    return diagnose(patient_of(folder))


def patient_of(folder: str | Path) -> Patient:
    """Return what the doctor may read of the run in ``folder``; what is not there is unknown.

    Raises:
        EvenhandError: E401 when no run lies there, or a file of it is damaged; E110 for an
            ensemble.
    """
    layout = Layout(Path(folder))
    refuse_foreign(layout)
    with sound(layout.manifest):
        manifest = read_object(layout.manifest)
        fit = FitStatistics.from_dict(manifest["fit"])
        rows, facts = dict(manifest["rows"]), dict(manifest.get("facts", {}))
    if "ensemble" in manifest:
        raise ConfigError(
            "E110",
            "an ensemble was not trained, so the doctor has nothing to look at",
            got=str(folder),
            fix=f"evenhand diagnose {manifest['ensemble']['members'][0]['folder']}",
        )
    with sound(layout.history):
        history = read_history(layout.history)
        steps = [record for record in history if record["kind"] == "step"]
        epochs = [record for record in history if record["kind"] == "epoch"]
    tune = read_scores(layout.predictions("tune"))
    return Patient(
        config=read_config(layout.resolved),
        fit=fit,
        steps=steps,
        epochs=epochs,
        tune=tune,
        report=read_scores(layout.predictions("report")),
        decision=read_decision(layout.decision, tune),
        systems=read_systems(layout.metrics),
        facts=facts,
        rows=rows,
        series=read_windows_part(layout.metrics),
    )


def own_files(folder: str | Path) -> dict[str, Path]:
    """Return what a run writes into its folder, by what to call it; nothing may replace it."""
    layout = Layout(Path(folder))
    own = (
        *(layout.asked, layout.resolved, layout.manifest, layout.split, layout.history),
        *(layout.decision, layout.metrics, layout.findings, layout.report, layout.markdown),
        *(layout.bundle, layout.checkpoints, layout.predictions("tune").parent),
        *(layout.root / "tensorboard", layout.root / "ensemble.json"),
    )
    return {f"the run's {file.name}": file for file in own}


class LiveDoctor:
    """A hook that says after each pass what goes wrong, each thing once.

    Args:
        config: every setting, as in ``resolved.json``.
        fit: counts of the fit rows.
        rows: number of rows of each role.
        history: file of the records so far; read when the run begins or goes on.
        facts: what is known beforehand.
        say: prints one line.
        names: of the labels.
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
        names: tuple[str, ...] = (),
    ) -> None:
        self._config, self._fit, self._rows = config, fit, rows
        self._facts, self._say, self._names = facts, say, names
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
            label_names=self._names,
        )
        for finding in live(patient):
            if finding.code not in self._said:
                self._said.add(finding.code)
                self._say(f"{finding.severity} {finding.code}: {finding.title}; {finding.evidence}")

    def on_end(self, reason: str) -> None:
        """Nothing more to say."""
