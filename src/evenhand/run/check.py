"""A look at the data before any training: what was read, what is wrong, what costs nothing."""
# Shapes: N rows, C labels, S scored rows, M rows that models are made from, K rows of a fold.

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evenhand.audit import Corpus, Finding, Scored, audit
from evenhand.audit.wording import normalised, words
from evenhand.config import ModelConfig, RunConfig, override, parse_config
from evenhand.data import read_dataset
from evenhand.data.series import is_series
from evenhand.data.split import folds
from evenhand.decide.folds import count_groups
from evenhand.durable import write_json, write_text
from evenhand.errors import ConfigError, DataError, EvenhandError
from evenhand.evaluate.baselines import TfidfBaseline, fit_tfidf
from evenhand.evaluate.selection import macro_ap
from evenhand.run.check_baselines import baselines_of
from evenhand.run.check_series import windows_of
from evenhand.run.predict_formats import to_csv
from evenhand.run.rivals import TFIDF
from evenhand.run.sources import Sources
from evenhand.run.unread import refuse_series_settings
from evenhand.seeds import generator
from evenhand.types import Predictions, Probs, Role

Rows = NDArray[np.int64]

FOLDS = 3
FEWEST = 30
"""Rows below which crosswise models say nothing."""
MOST_FITTED = 30_000
"""Rows that the crosswise models are made from, so that a large file does not take hours."""
MOST_CELLS = 40_000_000
"""Probabilities held at once, rows times labels."""
CHUNK = 20_000
LEARNT = ("scale", "auxiliary")
"""Settings of series that only training reads."""
FEWEST_TUNE = 2
"""Tune rows without which no cut can be chosen on other rows than it is tried on."""


@dataclass(frozen=True)
class Checked:
    """What a look at the data found.

    Args:
        corpus: the rows.
        findings: worst first.
        schema: how the files were understood, a line each.
        sources: the files.
        config: settings under which they were read.
    """

    corpus: Corpus
    findings: list[Finding]
    schema: str
    sources: Sources
    config: RunConfig

    @property
    def understood(self) -> list[str]:
        """How recordings were understood, a line each; none for tables."""
        return [] if self.corpus.recorded is None else self.schema.splitlines()

    def write_json(self, path: Path) -> None:
        """Write the findings as JSON. Raises as ``durable.write_json``."""
        write_json(path, [finding.to_dict() for finding in self.findings])

    def write_review(self, path: Path) -> None:
        """Write a line for each row that a finding names, as CSV, worst first.

        Raises:
            WriteError: E106 when it cannot be written.
        """
        named = [(finding, mark) for finding in self.findings for mark in finding.marks]
        columns: dict[str, list[Any]] = {
            "id": [mark.id for _, mark in named],
            "role": [mark.role for _, mark in named],
            "text": [mark.text for _, mark in named],
            "issue": [f"{f.code} {f.title}: {mark.detail}" for f, mark in named],
            "severity": [finding.severity for finding, _ in named],
        }
        write_text(path, to_csv(columns))

    def write_html(self, path: Path) -> None:
        """Write the page.

        Raises:
            WriteError: E106 when it cannot be written.
        """
        from evenhand.audit.page import render

        write_text(path, render(self.corpus, self.findings, schema=self.schema))

    def refused(self) -> EvenhandError | None:
        """Return why training would refuse these rows; None where it would not."""
        try:
            dataset = self.sources.read(self.config)
        except EvenhandError as error:
            return error
        if dataset.count(Role.TUNE) >= FEWEST_TUNE:
            return None
        return DataError(
            "E209",
            "there are too few tune rows to choose anything",
            got=str(dataset.count(Role.TUNE)),
            fix="pass --tune FILE, or more rows",
        )

    def next_lines(self, *, written: Mapping[str, Path], options: Sequence[str]) -> list[str]:
        """Return what was written and what to do next, a line each.

        Args:
            written: option -> file that there is now.
            options: how the rows were asked for, to be typed again.
        """
        lines = ["", *(f"written {path}" for path in written.values()), "next"]
        if "--review" not in written and any(finding.marks for finding in self.findings):
            lines.append(self._command("check", options, "--review", _free("review.csv")))
        fault = self.refused()
        if fault is None:
            return [*lines, self._command("train", options, "--out", _free("runs/first"))]
        return [
            *lines,
            f"  mend first: evenhand train refuses these rows, as {fault.what} ({fault.got})",
            f"  fix: {fault.fix}",
        ]

    def _command(self, verb: str, options: Sequence[str], *more: str) -> str:
        files = {
            "--tune": self.sources.tune,
            "--report": self.sources.report,
            "--labels-file": self.sources.labels_file,
        }
        given = [str(part) for pair in files.items() if pair[1] is not None for part in pair]
        return "  " + shlex.join(
            ["evenhand", verb, str(self.sources.data), *given, *options, *more]
        )


def _free(name: str) -> str:
    """Return ``name``, or ``name-2``, ``name-3``, ... where something of that name lies."""
    path = Path(name)
    names = (path if n == 1 else path.with_stem(f"{path.stem}-{n}") for n in count(1))
    return str(next(free for free in names if not free.exists()))


def settings(given: Sequence[str]) -> RunConfig:
    """Return the settings of a look at the data, from ``section.key=value`` each.

    Raises:
        ConfigError: E110 for a key that only training reads; E102 for one that nobody does, or
            a value out of range.
    """
    values = override({}, given)
    for section, inner in values.items():
        keys = [f"{section}.{name}" for name in inner] if isinstance(inner, Mapping) else [section]
        unread = next((key for key in keys if _for_training(key)), None)
        if unread is not None:
            raise ConfigError(
                "E110",
                "a look at the data reads [data], [series], model.max_length and seed only",
                got=f"--set {unread}=...",
                fix=f"leave {unread} to evenhand train",
            )
    return parse_config(values, source="the command line")


def _for_training(key: str) -> bool:
    section, _, name = key.partition(".")
    if section == "model":
        return key == section or (name in ModelConfig.model_fields and name != "max_length")
    if section == "series":
        return name in LEARNT
    return section in RunConfig.model_fields and section not in ("data", "seed")


def look(sources: Sources, config: RunConfig) -> Checked:
    """Read rows as they stand and check them.

    No role is drawn and no label is refused for its few rows. Models of counted words are fitted
    crosswise, with equal and near-equal texts kept together; of windows, models of their summary,
    with recordings and groups of them kept together.

    Raises:
        ConfigError: E105 for a setting that rows of this kind do not read.
        EvenhandError: whatever reading may raise.
    """
    if is_series(sources.data):
        corpus, schema = windows_of(sources, config)
        return Checked(corpus, audit(corpus), schema, sources, config)
    refuse_series_settings(config)
    dataset = read_dataset(
        sources.data,
        tune=sources.tune,
        report=sources.report,
        labels_file=sources.labels_file,
        config=config.data.model_copy(update={"min_rows": 0}),
        seed=config.seed,
        share=False,
    )
    corpus = Corpus.of(dataset, max_length=config.model.max_length, scorer=score)
    return Checked(corpus, audit(corpus), dataset.schema.describe(), sources, config)


def score(corpus: Corpus, *, seed: int = 0) -> Scored | None:
    """Score rows by TF-IDF models that never saw them.

    None for fewer than thirty rows, where no row has a label, and where all are near copies.

    At most 30,000 rows, drawn at random, are shared out in three folds, each scored by a model
    of the other two; rows beyond are scored by the first of these models.
    """
    random = generator(seed, "audit-scores")
    most = max(FEWEST, MOST_CELLS // len(corpus.labels))
    rows_S = np.sort(random.permutation(len(corpus))[:most])
    if len(rows_S) < FEWEST or not corpus.labelled:
        return None
    drawn_M = np.sort(random.permutation(len(rows_S))[:MOST_FITTED])
    rows_M = rows_S[drawn_M]
    if count_groups(corpus.unit_N[rows_M]) < 2:
        return None
    part_M = folds(corpus.truth_NC[rows_M], FOLDS, units=corpus.unit_N[rows_M], seed=seed)
    probs_SC = np.zeros((len(rows_S), len(corpus.labels)), dtype=np.float32)
    rest_S = np.setdiff1d(np.arange(len(rows_S)), drawn_M)
    for fold in range(FOLDS):
        fit_K = rows_M[part_M != fold]
        texts = [_worded(corpus, i) for i in fit_K]
        model = fit_tfidf(texts, corpus.truth_NC[fit_K], labels=corpus.labels)
        asked_K = drawn_M[part_M == fold]
        if fold == 0:
            asked_K = np.concatenate([asked_K, rest_S])
        for some_K, probs_KC in _probs(model, corpus, rows_S, asked_K):
            probs_SC[some_K] = probs_KC
    measured = Predictions(
        tuple(corpus.ids[i] for i in rows_M),
        Probs(probs_SC[drawn_M].astype(np.float64)),
        corpus.truth_NC[rows_M],
        corpus.labels,
        Role.TUNE,
        corpus.unit_N[rows_M],
    )
    return Scored(
        rows_S,
        probs_SC,
        baselines_of(measured, seed=seed, model=TFIDF),
        len(measured),
        macro_ap(measured),
    )


def _probs(
    model: TfidfBaseline, corpus: Corpus, rows_S: Rows, asked_K: Rows
) -> Iterator[tuple[Rows, NDArray[np.float64]]]:
    """Yield positions among the scored rows, some at a time, and their probabilities."""
    for first in range(0, len(asked_K), CHUNK):
        some_K = asked_K[first : first + CHUNK]
        rows_K = rows_S[some_K]
        texts = [_worded(corpus, i) for i in rows_K]
        ids = [corpus.ids[i] for i in rows_K]
        yield (
            some_K,
            model.predictions(texts, corpus.truth_NC[rows_K], ids=ids, role=Role.TUNE).probs(),
        )


def _worded(corpus: Corpus, row: int) -> str:
    """Return a text in which blanks part what is to be counted."""
    text = corpus.texts[row]
    return text if corpus.spaced else " ".join(words(normalised(text), spaced=False))
