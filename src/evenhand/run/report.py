"""The report of a run: what its folder and its rows hold, gathered into evidence."""
# Shapes: N rows, C classes.

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from evenhand.audit import AUDITS, Corpus
from evenhand.audit.checks import codes_of
from evenhand.audit.finding import by_urgency
from evenhand.audit.wording import has_spaces, normalised, words
from evenhand.data import Dataset
from evenhand.data.ledger import Ledger
from evenhand.diagnose.remedy import settings as settings_to_try
from evenhand.evaluate.compare_slices import by_length
from evenhand.evaluate.metrics import Decided
from evenhand.evaluate.mistakes import Judged, find_mistakes
from evenhand.evaluate.mistakes_series import window_mistakes
from evenhand.evaluate.places import Places
from evenhand.evaluate.report import Evidence, write_report
from evenhand.evaluate.report_mistakes import OF_A_LABEL, digest
from evenhand.predictions import load_predictions
from evenhand.run import provenance
from evenhand.run.folder import Layout
from evenhand.run.sound import read_sound
from evenhand.run.unread import without_unread
from evenhand.training.hooks import read_history
from evenhand.types import FitStatistics, Floats, Predictions, Role

SLOW_CHECKS = frozenset({"A107", "A206"})
"""Left to ``evenhand check``: the order of a file whose rows are dealt out, and giveaways."""
NEARBY_CHECKS = frozenset({"A102", "A205", "A302"})
MOST_NEARBY = 100_000
"""Rows up to which near copies are looked for at the end of a run."""
DIGEST_SHOWN = 16


@dataclass(frozen=True)
class Judgement:
    """Measured rows with what was decided about them.

    Args:
        predictions: the rows.
        decided_NC: labels given, bool.
        probs_NC: calibrated probabilities.
    """

    predictions: Predictions
    decided_NC: Decided
    probs_NC: Floats


def mistakes_in(
    judged: Judgement, texts: Mapping[str, str], places: Places | None = None
) -> dict[str, Any]:
    """Return the few mistakes that a report shows; without texts, no words and no lengths.

    Args:
        judged: the measured rows.
        texts: of every one of them by id, or of none.
        places: where windows lie, told in place of words and lengths; None for texts.
    """
    ids = judged.predictions.ids
    read = [texts.get(name, "") for name in ids]
    rows = Judged(
        ids=ids,
        texts=read,
        truth_NC=judged.predictions.truth_NC,
        decided_NC=judged.decided_NC,
        probs_NC=judged.probs_NC,
        labels=judged.predictions.labels,
    )
    if places is not None:
        grouped = replace(rows, groups_N=judged.predictions.groups_N)
        return digest(window_mistakes(grouped, places, shown=OF_A_LABEL).to_dict())
    spaced = has_spaces(read)
    tokens = [words(normalised(text), spaced=spaced) for text in read]
    slices = [by_length(dict(zip(ids, read, strict=True)))] if texts else []
    found = find_mistakes(rows, tokens, slices=slices, shown=OF_A_LABEL, label_words=False)
    return digest(found.to_dict())


def quick_check(dataset: Dataset, *, max_length: int) -> list[dict[str, Any]]:
    """Return what the checks of data that take no time find, worst first, as plain values."""
    corpus = Corpus.of(dataset, max_length=max_length)
    left_out = SLOW_CHECKS | (NEARBY_CHECKS if len(dataset) > MOST_NEARBY else frozenset())
    found = [AUDITS.build(c, corpus, settings={}) for c in codes_of(corpus) if c not in left_out]
    return [finding.to_dict() for finding in sorted(filter(None, found), key=by_urgency)]


def report_run(
    layout: Layout,
    judged: Judgement,
    *,
    metrics: Mapping[str, Any],
    findings: Sequence[Mapping[str, Any]] | None,
    texts: Mapping[str, str],
    why_no_texts: str = "",
) -> None:
    """Write ``report.html`` and ``report.md`` of the run whose other files lie in ``layout``.

    Args:
        layout: of the run.
        judged: the measured rows.
        metrics: what ``metrics.json`` holds.
        findings: what ``findings.json`` holds; None where nobody has looked.
        texts: of measured rows by id; those that are missing are shown by their ids.
        why_no_texts: a sentence in place of the texts.

    Raises:
        WriteError: E106 when they cannot be written.
    """
    manifest = read_sound(layout.manifest, "rows", "fit", "ledger")
    settings = without_unread(read_sound(layout.resolved), series="series" in metrics)
    evidence = Evidence(
        metrics=_with_settings(metrics),
        predictions=judged.predictions,
        probs_NC=judged.probs_NC,
        decision=read_sound(layout.decision),
        history=read_history(layout.history),
        texts=texts,
        why_no_texts=why_no_texts,
        findings=None if findings is None else _to_try(findings),
        rows={role: number for role, number in manifest["rows"].items() if number},
        positives=positives_in(layout, manifest, judged.predictions.labels.names),
        ledger=Ledger.from_dict(manifest["ledger"]).lines(),
        provenance=_provenance(manifest),
        settings={key: value for key, value in settings.items() if key != "gates"},
        title=layout.root.resolve().name,
    )
    write_report(layout.root, evidence)


def positives_of(predictions: Predictions) -> dict[str, int]:
    """Return for each label how many rows carry it."""
    counts_C = np.nansum(predictions.truth_NC, axis=0).astype(int).tolist()
    return dict(zip(predictions.labels.names, counts_C, strict=True))


def _with_settings(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Return metrics whose findings about data say what to type."""
    found = metrics.get("data_findings")
    return {**metrics} | ({} if found is None else {"data_findings": _to_try(found)})


def positives_in(
    layout: Layout, manifest: Mapping[str, Any], names: Sequence[str]
) -> dict[str, dict[str, int]]:
    """Return role -> label -> rows that carry it."""
    fit = FitStatistics.from_dict(manifest["fit"]).positives_C.astype(int).tolist()
    found = {Role.FIT.value: dict(zip(names, fit, strict=True))}
    for role in (Role.TUNE.value, Role.REPORT.value):
        if manifest["rows"][role]:
            found[role] = positives_of(load_predictions(layout.predictions(role)))
    return found


def _to_try(findings: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{**found, "settings": settings_to_try(found["remedy"])} for found in findings]


def _provenance(manifest: Mapping[str, Any]) -> dict[str, str]:
    stages = manifest["seconds"]
    peak = manifest.get("peak_memory_bytes")
    return provenance.facts(
        {
            "seed": manifest["seed"],
            "data": {name: short_digest(digest) for name, digest in manifest["sha256"].items()},
            **_taught(manifest),
            "settings": short_digest(manifest["config_sha256"]),
            "versions": manifest["versions"],
            "machine": manifest["machine"],
            "seconds": {name: f"{spent:,.1f}" for name, spent in stages.items()},
            "peak memory": None if peak is None else f"{peak / 1e9:.1f} GB",
        }
    )


def _taught(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return the hashes of what a teacher said; nothing without one."""
    teaching = manifest.get("distill")
    if teaching is None:
        return {}
    return {"distill": {name: short_digest(digest) for name, digest in teaching["sha256"].items()}}


def short_digest(digest: str) -> str:
    """Return the beginning of a SHA-256, in words."""
    return f"SHA-256 {digest[:DIGEST_SHOWN]}…"
