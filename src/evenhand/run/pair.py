"""One run, the same rows in two writings: does it matter in which one they are written?

Both writings are answered by the run's bundle, the scores are stored, and every figure is counted
from what is stored, by the same comparison as for two systems.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from evenhand.bundle import Classifier, TextReader
from evenhand.evaluate.compare import Comparison, Settings
from evenhand.evaluate.compare_slices import LENGTH, Slicing, by_length
from evenhand.evaluate.pair_tokens import token_figures
from evenhand.models.token_counts import count_tokens
from evenhand.run.folder import Run
from evenhand.run.pair_answers import Bench, Written
from evenhand.run.pair_columns import Asked
from evenhand.run.pair_decide import Decider
from evenhand.run.pair_file import file_rows
from evenhand.run.pair_latency import latency
from evenhand.run.pair_perturb import corrected, perturbed
from evenhand.run.pair_rows import PairedRows, own_rows, text_schema
from evenhand.run.pair_store import Store
from evenhand.run.reread import settings_of
from evenhand.types import BETWEEN, Role


@dataclass(frozen=True, kw_only=True)
class PairQuestion:
    """What is asked of a run.

    Args:
        pair: two columns, as ``pair_columns`` reads them.
        data: labelled rows with both columns; the run's own measured rows if None.
        perturbations: of the texts of either column.
        slices: columns to slice by, or ``length`` (of the texts in A).
        out: folder for the stored scores; the run's ``predictions/`` if None.
    """

    pair: str
    data: Path | None = None
    perturbations: Sequence[Asked] = ()
    slices: Sequence[str] = ()
    out: Path | None = None


def compare_pair(
    run: Run, question: PairQuestion, *, settings: Settings | None = None
) -> Comparison:
    """Compare a run's answers to the same rows in two writings, A and B.

    Args:
        run: a finished run of texts.
        question: columns, rows, perturbations, slices.
        settings: resamples, level, seed, examples.

    Returns:
        What ``compare`` gives, with ``pair`` (columns, rows, files), ``tokens`` (counts,
        fragmentation, latency) and ``perturbations`` besides.

    Raises:
        EvenhandError: E110 and E205 for columns that are no pair, E201, E202, E208, E209 and
            E211 for rows that cannot be used, E106 when the scores cannot be stored.
    """
    run.refuse_ensemble("read two writings")
    settings = settings or Settings()
    if question.data is None:
        rows = own_rows(run, question.pair)
    else:
        rows = file_rows(run, question.data, question.pair)
    slices = tuple(_slicing(run, rows, column) for column in question.slices)
    bench = Bench(
        cast(Classifier, run.classifier),
        Decider.of(run, rows.role),
        _store(run, question),
        settings_of(run).report.texts,
        settings,
    )
    a, b = (
        bench.keep(
            rows.predictions(bench.model.logits(texts)),
            dict(zip(rows.ids, texts, strict=True)),
            column,
        )
        for column, texts in zip(rows.columns, rows.texts, strict=True)
    )
    contents = bench.compare(a, b, slices=slices).to_dict()
    contents["pair"] = _about(run, rows, bench, question)
    contents["pair"]["notes"] += _alike(a, b)
    contents["tokens"] = _tokens(bench, rows)
    contents["perturbations"] = corrected(
        [perturbed(bench, asked, one) for asked in question.perturbations for one in (a, b)]
    )
    return Comparison(contents)


def _store(run: Run, question: PairQuestion) -> Store:
    folder = question.out or run.layout.predictions(Role.TUNE.value).parent
    return Store(folder, "" if question.data is None else question.data.name)


def _slicing(run: Run, rows: PairedRows, column: str) -> Slicing:
    if column == LENGTH:
        return by_length(dict(zip(rows.ids, rows.texts[0], strict=True)))
    return Slicing(column, rows.values(run, column))


def _alike(a: Written, b: Written) -> list[str]:
    """Say so where no label can flip, because all rows are given the same in both writings."""
    given_NC = np.concatenate([a.answered.decided_NC, b.answered.decided_NC])
    if not (given_NC == given_NC[0]).all():
        return []
    names = [n for n, given in zip(a.stored.labels.names, given_NC[0], strict=True) if given]
    every = BETWEEN.join(names) or "no label"
    return [f"the run gives every row {every!r} in both writings: flips and tests say nothing"]


def _about(run: Run, rows: PairedRows, bench: Bench, question: PairQuestion) -> dict[str, Any]:
    """Say which rows these are, what decided them and where their scores lie."""
    return {
        "run": str(run.folder),
        "trained_on": text_schema(run).text,
        **{
            side: {"column": column, "stored": str(bench.store.path(column))}
            for side, column in zip(("a", "b"), rows.columns, strict=True)
        },
        "data": None if question.data is None else str(question.data),
        "rows": len(rows.ids),
        "role": rows.role.value,
        "decided": bench.decider.said(),
        "set_aside": dict(rows.aside),
        "notes": list(rows.notes),
    }


def _tokens(bench: Bench, rows: PairedRows) -> dict[str, Any]:
    """Count the tokens of both writings, and measure how long each takes."""
    reader = cast(TextReader, bench.model.reader)
    counts = [
        count_tokens(reader.tokenizer, texts, max_length=reader.max_length) for texts in rows.texts
    ]
    return {
        **token_figures(*counts, settings=bench.settings),
        "max_length": reader.max_length,
        "latency": latency(bench.model, *rows.texts),
    }
