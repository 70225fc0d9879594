"""From finished runs to an ensemble's folder, in an order that a kill cannot harm."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evenhand.bundle import ensemble as ensemble_bundle
from evenhand.combine import COMBINATIONS, Ensemble, fit_ensemble
from evenhand.combine.members import settings_to_dict
from evenhand.combine.refit import decision_settings
from evenhand.durable import make_folder, write_bytes, write_json, write_text
from evenhand.errors import MissingFileError, TrainingError, WriteError
from evenhand.predictions import save_predictions
from evenhand.run import provenance
from evenhand.run.card import write_card
from evenhand.run.conclude import REPORTING
from evenhand.run.ensemble import EnsembleLayout, store_scores
from evenhand.run.evaluate import quoted
from evenhand.run.folder import Run
from evenhand.run.provenance import Stopwatch
from evenhand.run.report import report_run
from evenhand.run.screen import Screen
from evenhand.run.sound import read_sound
from evenhand.study.ensemble.gather import Team, gather
from evenhand.study.ensemble.measure import measure
from evenhand.toml import read_toml, to_toml

KEPT = ("seed", "data", "series", "decision", "report", "card")
"""Of the first run's file: how its data is read again, and how it is decided and measured."""
OF_THE_DATA = ("sources", "sha256", "rows", "fit", "ledger", "costs", "config_sha256")
"""What the manifest says of rows that all members share."""


@dataclass(frozen=True)
class Job:
    """An ensemble in the making.

    Args:
        team: its members.
        by: name of the combination.
        layout: where it goes.
        screen: where it speaks.
        watch: seconds spent.
    """

    team: Team
    by: str
    layout: EnsembleLayout
    screen: Screen
    watch: Stopwatch


def start(
    runs: Sequence[str | Path],
    out: str | Path,
    *,
    by: str = "average",
    screen: Screen | None = None,
) -> Run:
    """Combine finished runs into the new folder ``out``, which can be used as any run's.

    Whatever can be wrong with the members is found before ``out`` exists.

    Args:
        runs: folders of at least two finished runs on the same rows and labels.
        out: a folder that is empty or not there.
        by: average, weighted, greedy, vote or stack.
        screen: where to speak; silence if None.

    Raises:
        ConfigError: E101 for an unknown combination, E109 when ``out`` is in use.
        DataError: E241 for runs that cannot be combined.
        EvenhandError: E401 for what is no finished run.
    """
    COMBINATIONS.factory(by)
    layout = EnsembleLayout(Path(out))
    layout.refuse_used()
    team = gather([Path(run) for run in runs])
    job = Job(team, by, layout, screen or Screen(), Stopwatch())
    _lay_out(job)
    return _finish(job)


def resume(out: str | Path, *, screen: Screen | None = None) -> Run:
    """Finish the ensemble in ``out``, that was interrupted, from its members' folders.

    One that is finished is returned as it is.

    Raises:
        MissingFileError: E302 when no ensemble was begun there; E401 when a member is gone.
        TrainingError: E303 when a member is no longer what it was.
    """
    layout = EnsembleLayout(Path(out))
    if not layout.manifest.is_file():
        raise _nothing("there is no ensemble to go on with", out, "start one without --resume")
    manifest = read_sound(layout.manifest, "seconds")
    if "ensemble" not in manifest:
        raise _nothing("that is a run of one model", out, f"evenhand train --resume {out}")
    about = manifest["ensemble"]
    if about["finished"]:
        return Run(layout.root)
    entries = about["members"]
    team = gather([Path(e["folder"]) for e in entries], [e["name"] for e in entries])
    for place, entry in enumerate(entries):
        if team.sha256(place) != entry["sha256"]:
            raise TrainingError(
                "E303",
                "a member is no longer what the ensemble was begun with",
                got=f"{entry['name']}: its scores or its bundle have changed",
                fix="restore it, or combine anew with another --out",
            )
    watch = Stopwatch(manifest["seconds"])
    return _finish(Job(team, about["by"], layout, screen or Screen(), watch))


def _nothing(what: str, out: str | Path, fix: str) -> MissingFileError:
    return MissingFileError("E302", what, got=str(out), fix=fix)


def _lay_out(job: Job) -> None:
    """Make the folder and write what resuming starts from, or leave nothing behind."""
    layout, asked = job.layout, _asked(job)
    existed = layout.root.exists()
    try:
        for folder in (layout.root, layout.predictions("tune").parent):
            make_folder(folder)
        write_json(layout.resolved, _resolved(job))
        write_text(layout.asked, to_toml(asked))
        write_bytes(layout.split, job.team.first.layout.split.read_bytes())
        _write_manifest(job, finished=False)
    except WriteError:
        shutil.rmtree(layout.root, ignore_errors=True)
        if existed:
            layout.root.mkdir(exist_ok=True)
        raise


def _asked(job: Job) -> dict[str, Any]:
    """Return the ensemble's run file: the first member's, as far as an ensemble has a use for it.

    A vote is counted, so that its decision is that of ``decision_settings``.
    """
    asked = read_toml(job.team.first.layout.asked)
    kept = {key: asked[key] for key in KEPT if key in asked}
    own = decision_settings(job.by, job.team.members[0].settings)
    if own is not job.team.members[0].settings:
        kept["decision"] = {key: value for key, value in own.items() if value is not None}
    return kept


def _resolved(job: Job) -> dict[str, Any]:
    config = job.team.config.model_dump(mode="json")
    settings = decision_settings(job.by, job.team.members[0].settings)
    return {
        "ensemble": {"by": job.by, "members": [member.name for member in job.team.members]},
        **{key: config[key] for key in ("seed", "data", "report")},
        "decision": settings_to_dict(settings),
    }


def _finish(job: Job) -> Run:
    """Combine, decide, measure; everything is computed anew, and ``manifest.json`` closes it."""
    layout = job.layout
    with job.watch.stage("combining"):
        ensemble = fit_ensemble(
            job.team.members,
            job.by,
            settings=job.team.members[0].settings,
            seed=job.team.config.seed,
        )
    with job.watch.stage("bundling"):
        _store(job, ensemble)
    texts, why_no_texts = quoted(job.team.first, job.team.config)
    with job.watch.stage("evaluating"):
        rows = measure(job.team, ensemble, layout, texts=texts)
    _write_manifest(job, finished=False)
    with job.watch.stage(REPORTING):
        report_run(
            layout,
            rows,
            metrics=Run(layout.root).metrics,
            findings=None,
            texts=texts,
            why_no_texts=why_no_texts,
        )
    write_card(layout, job.team.config.card, findings=None)
    _write_manifest(job, finished=True)
    return Run(layout.root)


def _store(job: Job, ensemble: Ensemble) -> None:
    """Write scores, decision and bundle."""
    layout = job.layout
    for place, member in enumerate(ensemble.members, start=1):
        store_scores(layout, place, member)
    for predictions in (ensemble.tune, ensemble.report):
        if predictions is not None:
            save_predictions(layout.predictions(predictions.role.value), predictions)
    ensemble.decision.save(layout.decision)
    bundles = {
        member.name: run.layout.bundle
        for member, run in zip(job.team.members, job.team.runs, strict=True)
    }
    ensemble_bundle.save(layout.bundle, bundles, ensemble.combination, ensemble.decision)


def _write_manifest(job: Job, *, finished: bool) -> None:
    team, first = job.team, job.team.first.manifest
    write_json(
        job.layout.manifest,
        {
            **{key: first[key] for key in OF_THE_DATA if key in first},
            "ensemble": {
                "by": job.by,
                "members": [_member_entry(team, place) for place in range(len(team.members))],
                "finished": finished,
            },
            "seed": team.config.seed,
            "versions": provenance.versions(),
            "machine": provenance.machine(),
            "seconds": job.watch.seconds,
            "peak_memory_bytes": provenance.peak_memory_bytes(),
        },
    )


def _member_entry(team: Team, place: int) -> dict[str, Any]:
    member, run = team.members[place], team.runs[place]
    return {
        "name": member.name,
        "folder": str(run.folder.resolve()),
        "seed": member.seed,
        "settings": settings_to_dict(member.settings),
        "sha256": team.sha256(place),
    }
