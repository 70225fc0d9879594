"""A look at a folder of series: its windows as they stand, and what their summary alone says."""
# Shapes: N windows, M that models are made from, V features.

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from evenhand.audit import Corpus, Scored
from evenhand.config import RunConfig
from evenhand.data.series import read_series
from evenhand.data.series.metadata import METADATA, read_metadata
from evenhand.data.split import folds
from evenhand.decide.folds import count_groups
from evenhand.evaluate.baselines_series import SUMMARY, fit_features, summary_features
from evenhand.evaluate.selection import macro_ap
from evenhand.evaluate.series import positive_of
from evenhand.run.check_baselines import baselines_of
from evenhand.run.sources import Sources
from evenhand.run.unread import refuse_text_settings
from evenhand.seeds import generator
from evenhand.types import Predictions, Probs, Role

FOLDS = 3
FEWEST = 30
"""Windows below which crosswise models say nothing."""
MOST_FITTED = 30_000
"""Windows that the crosswise models are made from and scored on."""


def windows_of(sources: Sources, config: RunConfig) -> tuple[Corpus, str]:
    """Return the windows of folders of series as they stand, and how they were understood.

    What is odd about recordings is left to the findings.

    Raises:
        ConfigError: E105 for a setting that only texts read; E110 for a file of labels.
        EvenhandError: whatever reading may raise.
    """
    sources.refuse_labels_file()
    refuse_text_settings(config)
    dataset = read_series(
        sources.data,
        tune=sources.tune,
        report=sources.report,
        data=config.data.model_copy(update={"min_rows": 0}),
        config=config.series,
        seed=config.split_seed,
        share=False,
    )
    corpus = Corpus.of(dataset, max_length=0, scorer=score_windows, keys=_keys(sources.data))
    odd = set(map(str, dataset.oddities))
    notes = [f"note: {note}" for note in dataset.notes if note not in odd]
    return corpus, "\n".join([dataset.schema.describe(), *notes])


def _keys(folder: Any) -> tuple[str, ...]:
    """Return what ``metadata.json`` says of recordings."""
    path = Path(folder)
    if not (path / METADATA).is_file():
        return ()
    return tuple(sorted(read_metadata(path).record_keys()))


def score_windows(corpus: Corpus, *, seed: int = 0) -> Scored | None:
    """Score windows by models of summary features that never saw their group of recordings.

    None for fewer than thirty windows, without labels, and where all are of one group. At most
    30,000 windows, drawn at random, are shared out in three folds.
    """
    recorded = corpus.recorded
    drawn_N = generator(seed, "audit-scores").permutation(len(corpus))
    rows_M = np.sort(drawn_N[:MOST_FITTED])
    if recorded is None or len(rows_M) < FEWEST or not corpus.labelled:
        return None
    unit_M, truth_MC = corpus.unit_N[rows_M], corpus.truth_NC[rows_M]
    if count_groups(unit_M) < 2:
        return None
    part_M = folds(truth_MC, min(FOLDS, count_groups(unit_M)), units=unit_M, seed=seed)
    features_MV = summary_features(recorded.windows.take(rows_M))
    probs_MC = np.zeros(truth_MC.shape)
    ids = [corpus.ids[i] for i in rows_M.tolist()]
    for fold in np.unique(part_M).tolist():
        inside_M = part_M == fold
        model = fit_features(features_MV[~inside_M], truth_MC[~inside_M], labels=corpus.labels)
        held = np.flatnonzero(inside_M)
        scored = model.scored(
            features_MV[inside_M],
            truth_MC[inside_M],
            ids=[ids[m] for m in held.tolist()],
            role=Role.TUNE,
        )
        probs_MC[inside_M] = scored.probs()
    measured = Predictions(tuple(ids), Probs(probs_MC), truth_MC, corpus.labels, Role.TUNE, unit_M)
    found = Scored(
        rows_M,
        probs_MC.astype(np.float32),
        baselines_of(measured, seed=seed, model=SUMMARY, positive=positive_of(corpus.labels)),
        len(measured),
        macro_ap(measured),
    )
    return replace(
        found,
        model="summary-feature",
        reads="summary features",
        kept="recordings of one group",
    )
