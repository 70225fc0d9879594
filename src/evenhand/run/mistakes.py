"""The mistakes of a finished run, with the texts that its manifest leads to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evenhand.audit.wording import has_spaces, normalised, words
from evenhand.data import Dataset
from evenhand.evaluate.compare_slices import LENGTH, Slicing, by_length
from evenhand.evaluate.mistakes import Judged, Mistakes, find_mistakes
from evenhand.evaluate.mistakes_near import NearestRows
from evenhand.evaluate.mistakes_series import MOMENT, TIME, window_mistakes
from evenhand.evaluate.places import Places
from evenhand.run.folder import Run
from evenhand.run.reread import decided_rows, measured_role, reread, texts_of, values_of
from evenhand.run.series import places_in
from evenhand.run.series_slices import slicing_of
from evenhand.types import Role


def mistakes_of(
    run: Run, *, label: str | None = None, slices: Sequence[str] = (), shown: int = 5
) -> Mistakes:
    """Describe what the run gets wrong among its report rows, or its tune rows without them.

    Tune rows are decided by cuts that other tune rows chose. How errors depend on the length
    of a text is always told; of a window, on its moment and its time.

    Args:
        run: a finished run.
        label: one label; all of them if None.
        slices: further columns of the run's own files, or keys of its recordings.
        shown: mistakes of each kind shown a label.

    Raises:
        DataError: E201 for a name that is no label, E205 for no such column, E211 when the
            data has changed.
        MissingFileError: E202 when the data is gone.
    """
    if label is not None:
        run.decision.labels.index(label)
    role = measured_role(run)
    places = places_in(run, role)
    if places is not None:
        return _of_windows(run, places, role, label=label, slices=slices, shown=shown)
    dataset = reread(run)
    predictions, decided_NC, probs_NC = decided_rows(run, role)
    texts = texts_of(dataset)
    judged = Judged(
        ids=predictions.ids,
        texts=[texts[name] for name in predictions.ids],
        truth_NC=predictions.truth_NC,
        decided_NC=decided_NC,
        probs_NC=probs_NC,
        labels=predictions.labels,
    )
    spaced = has_spaces(dataset.texts)
    tokens = _tokens(judged.texts, spaced=spaced)
    fit = _fit_rows(dataset, spaced=spaced)

    def nearest(rows: Sequence[int]) -> Sequence[Sequence[Mapping[str, Any]]]:
        return fit.find([tokens[i] for i in rows])

    by = [by_length(dict(zip(judged.ids, judged.texts, strict=True)))]
    by += [Slicing(column, values_of(run, column)) for column in slices if column != LENGTH]
    return find_mistakes(judged, tokens, neighbours=nearest, slices=by, only=label, shown=shown)


def _of_windows(
    run: Run,
    places: Places,
    role: Role,
    *,
    label: str | None,
    slices: Sequence[str],
    shown: int,
) -> Mistakes:
    """Describe the mistakes of a run on series; its folders are read for further slices only."""
    predictions, decided_NC, probs_NC = decided_rows(run, role)
    judged = Judged(
        ids=predictions.ids,
        texts=places.ids,
        truth_NC=predictions.truth_NC,
        decided_NC=decided_NC,
        probs_NC=probs_NC,
        labels=predictions.labels,
        groups_N=predictions.groups_N,
    )
    by = [slicing_of(run, places, column) for column in slices if column not in (MOMENT, TIME)]
    return window_mistakes(judged, places, slices=by, only=label, shown=shown)


def _tokens(texts: Sequence[str], *, spaced: bool) -> list[list[str]]:
    return [words(normalised(text), spaced=spaced) for text in texts]


def _fit_rows(dataset: Dataset, *, spaced: bool) -> NearestRows:
    rows = dataset.rows(Role.FIT)
    texts = [dataset.texts[i] for i in rows]
    pairs = [zip(dataset.labels.names, dataset.truth_NC[i], strict=True) for i in rows]
    return NearestRows(
        ids=[dataset.ids[i] for i in rows],
        texts=texts,
        labels=[[name for name, given in pair if given == 1] for pair in pairs],
        tokens=_tokens(texts, spaced=spaced),
    )
