"""What each stage of a pipeline brings, measured on labelled rows that none of it has seen."""
# Shapes: N rows, C classes, R rules.

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from evenhand import bundle
from evenhand.data import Dataset, Schema, read_labelled
from evenhand.errors import ConfigError
from evenhand.evaluate.compare import Settings
from evenhand.evaluate.metrics import Decided
from evenhand.evaluate.stage_effects import FULL, changes, stage_effects
from evenhand.run.evaluate import refuse_seen
from evenhand.run.folder import Layout, Run
from evenhand.run.prepared import predictions_of
from evenhand.stages import Pipeline, Verdict, load
from evenhand.stages.assembly import models_of
from evenhand.stages.course import Found, Plan, settle, settle_rules_alone
from evenhand.types import Floats, Predictions, Probs, Role


def check_stages(file: Path, data: str, *, settings: Settings | None = None) -> dict[str, Any]:
    """Measure the pipeline of ``file`` whole, and with stages left out.

    Args:
        file: a file of stages.
        data: labelled rows, read as those of the model.
        settings: resamples, level, seed.

    Returns:
        Plain values for JSON: variants, critical labels, rules.

    Raises:
        ConfigError: E110 for what is no file of stages; E502 for one that cannot be.
        DataError: E208 when rows of ``data`` trained the model or the verifier, or chose their
            cuts.
    """
    if file.is_dir() or file.suffix.lower() != ".toml":
        raise ConfigError(
            "E110",
            "stages are measured from their file",
            got=str(file),
            fix="name a file of stages, such as stages.toml; a run alone: evenhand evaluate RUN",
        )
    pipeline = load(file)
    dataset = _labelled(data, pipeline)
    notes = list(_refuse_seen(models_of(file), dataset))
    verdicts = pipeline.read(dataset.texts)
    found = pipeline.find(dataset.texts, verdicts)
    rows = predictions_of(dataset, Role.REPORT, Probs(found.model_NC))
    cuts_NC = pipeline.cuts([None] * len(rows))
    variants = _variants(pipeline, found, cuts_NC)
    critical = [n for n, c in zip(rows.labels.names, pipeline.plan.critical_C, strict=True) if c]
    return {
        "file": str(file),
        "data": data,
        "notes": notes,
        **stage_effects(rows, variants, critical, settings=settings or Settings()),
        **_for_people(found, pipeline.plan),
        "rules": _rules(rows, found, cuts_NC, plan=pipeline.plan, verdicts=verdicts),
    }


def _labelled(data: str, pipeline: Pipeline) -> Dataset:
    schema = pipeline.model.schema
    assert isinstance(schema, Schema), "a pipeline refuses models of series"
    return read_labelled(data, schema, pipeline.labels, Role.REPORT)


def _refuse_seen(models: Sequence[Path], dataset: Dataset) -> Iterator[str]:
    """Refuse rows that a model has learnt from; say where that cannot be told."""
    for path in models:
        run = _run_of(path)
        if run is None:
            yield f"{path} is a bundle without its run: whether it has seen these rows is unknown"
        else:
            refuse_seen(run, dataset)


def _run_of(path: Path) -> Run | None:
    """Return the finished run whose bundle lies at ``path``; None for a bundle by itself."""
    folder = bundle.find(path).parent
    return Run(folder) if Layout(folder).metrics.is_file() else None


def _variants(pipeline: Pipeline, found: Found, cuts_NC: Floats) -> dict[str, Decided]:
    """Return the labels given by the whole, and by what is left without some of its stages."""
    plan = pipeline.plan
    parts = {FULL: found}
    if plan.rules and pipeline.doubt:
        parts |= {"no rules": found.without_rules(), "no verifier": found.without_verifier()}
    if plan.rules or pipeline.doubt:
        parts["model only"] = found.without_rules().without_verifier()
    decided = {name: settle(part, cuts_NC, plan).rules.given_NC for name, part in parts.items()}
    if any(rule.lifts for rule in plan.rules):
        decided["rules only"] = settle_rules_alone(found, cuts_NC, plan).given_NC
    return decided


def _for_people(found: Found, plan: Plan) -> dict[str, Any]:
    """Count the rows on which a rule abstains, and those of each queue."""
    abstains_R = np.array([rule.abstain for rule in plan.rules], bool)
    queues = Counter(map(plan.route, found.matched_NR))
    return {
        "abstained": int((found.matched_NR & abstains_R).any(axis=1).sum()),
        "routed": {queue: rows for queue, rows in queues.items() if queue is not None},
    }


def _rules(
    rows: Predictions,
    found: Found,
    cuts_NC: Floats,
    *,
    plan: Plan,
    verdicts: Sequence[Sequence[Verdict]],
) -> list[dict[str, Any]]:
    """Count what each rule did; its changes are against the whole without that rule alone."""
    whole_NC = settle(found, cuts_NC, plan).rules.given_NC
    counted = []
    for place, rule in enumerate(plan.rules):
        gone_R = np.arange(len(plan.rules)) == place
        without_NC = settle(found.without_rules(gone_R), cuts_NC, plan).rules.given_NC
        counted.append(
            {
                "name": rule.name,
                "matched": int(found.matched_NR[:, place].sum()),
                "timed_out": sum(row[place] is Verdict.TIMED_OUT for row in verdicts),
                **changes(rows.truth_NC, without_NC, whole_NC),
            }
        )
    return counted
