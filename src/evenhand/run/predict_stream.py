"""Answers for a file of any size: portion by portion, in flat memory, and resumable."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evenhand import locks
from evenhand.bundle import Predictor
from evenhand.data.portions import Limit, Place, Portion, RowSource, Survey
from evenhand.durable import make_folder
from evenhand.errors import UnfinishedError
from evenhand.run.predict import answer_portion, kept_names, no_answers, schema_of_texts
from evenhand.run.predict_formats import Delimited, Format, format_of
from evenhand.run.predict_gauge import Gauge
from evenhand.run.predict_state import Beside, Growing, Unfinished, made_of, refuse_other
from evenhand.run.predict_tally import Tally
from evenhand.run.screen import Screen


@dataclass(frozen=True)
class Question:
    """Which rows are to be answered by what.

    Args:
        classifier: answers.
        source: of the rows.
        bundle: SHA-256 that tells the classifier from any other.
        limit: of a portion.
        every: seconds between two moments at which the answers so far are forced to disk.
    """

    classifier: Predictor
    source: RowSource
    bundle: str
    limit: Limit = field(default_factory=Limit)
    every: float = 0.5

    def survey(self, screen: Screen) -> Survey:
        """Look through the source; raises as ``RowSource.survey``, and E110 for series."""
        schema = schema_of_texts(self.classifier, self.source.path)
        with Gauge(screen, "looking through") as gauge:
            return self.source.survey(schema, tell=gauge.at)

    def names(self, survey: Survey) -> list[str]:
        """Return the names of the output's columns: the source's come first."""
        answers = no_answers(self.classifier).frame()
        return [*kept_names(survey.names, answers), *answers]

    def answers(
        self, survey: Survey, place: Place
    ) -> Iterator[tuple[Portion, dict[str, list[Any]]]]:
        """Yield the portions from ``place`` on, and the columns that answer each.

        Raises:
            UnfinishedError: E406 where the source is no longer as it was looked through.
        """
        for portion in self.source.portions(survey, place, self.limit):
            columns = answer_portion(self.classifier, portion.table.columns, portion.texts)
            if self.source.stamp() != survey.stamp:
                raise _changed(self.source.path)
            yield portion, columns
            place = portion.end
        if place.rows != survey.rows:
            raise _changed(self.source.path)


def answer_stream(
    question: Question, out: Path, *, resume: bool = False, screen: Screen | None = None
) -> Tally:
    """Write the answers to ``out``: the source's columns, ``labels``, a ``p:NAME`` each label.

    A process that is killed leaves the rows so far beside ``out``. Gone on with ``resume``, the
    output has the same bytes as one that was never interrupted.

    Args:
        question: rows, and what answers them.
        out: named after its format, .csv .tsv .jsonl .parquet.
        resume: go on where another process stopped, if one did.
        screen: where progress shows.

    Returns:
        Where every row went.

    Raises:
        UnfinishedError: E406 where an output of that name is unfinished and ``resume`` does not
            go on with it, or cannot.
        WriteError: E106 where it cannot be written.
        EvenhandError: whatever reading may raise, before anything is written.
    """
    screen = screen or Screen()
    beside = Beside(out)
    refuse_losing(beside, resume=resume)
    source, survey = question.source, question.survey(screen)
    wanted = made_of(source.path, source.digest(), question.bundle, question.limit)
    form = format_for(question, survey, out)
    make_folder(out.resolve().parent)
    with _alone(beside):
        found = refuse_losing(beside, resume=resume)
        if found is not None:
            refuse_other(beside, found, wanted)
            if found.whole and beside.gone() and out.is_file():
                beside.clear()
                return found.tally
        growing = Growing(beside, found or Unfinished(wanted))
        if not growing.now.whole:
            _grow(question, survey, growing, form=form, screen=screen)
        form.finish(beside.part, out)
        beside.clear()
    return growing.now.tally


def refuse_losing(beside: Beside, *, resume: bool) -> Unfinished | None:
    """Return what there is to go on with, and raise where to begin would lose rows that are done.

    Raises:
        UnfinishedError: E406.
    """
    found = beside.found()
    if found is None or not found.place.rows:
        return None
    if resume:
        return found
    if found.whole and beside.gone():
        return None
    raise beside.refused(
        "an output of that name is unfinished",
        f"{beside.part}, {found.place.rows:,} rows of {found.made_of.get('input')}",
        anew=False,
    )


def is_finished(out: Path) -> bool:
    """Say whether there is an output and nothing beside it to go on with."""
    return out.is_file() and Beside(out).found() is None


def rows_kept(out: Path) -> int:
    """Return how many rows of an unfinished output count."""
    found = Beside(out).found()
    return 0 if found is None else found.place.rows


def format_for(question: Question, survey: Survey, out: Path) -> Format:
    """Return how the answers become bytes."""
    if out.suffix.lower() != ".parquet":
        return format_of(out, {})
    kinds = question.source.kinds(survey)
    kept = question.names(survey)[: len(survey.names)]
    return format_of(out, {k: kinds[name] for k, name in zip(kept, survey.names, strict=True)})


def print_stream(question: Question, write: Callable[[str], None], screen: Screen) -> Tally:
    """Pass the answers on as CSV, portion by portion; raises as ``answer_stream``."""
    survey = question.survey(screen)
    tally, form = Tally(), Delimited()
    write(form.head(question.names(survey)).decode())
    for portion, columns in question.answers(survey, Place()):
        write(form.rows(columns).decode())
        tally = tally.add(portion)
    return tally


def _grow(
    question: Question, survey: Survey, growing: Growing, *, form: Format, screen: Screen
) -> None:
    """Answer the rows that are left, and let them count every now and then."""
    place, tally = growing.now.place, growing.now.tally
    if not place.rows:
        growing.add(form.head(question.names(survey)))
    counted = time.monotonic()
    with Gauge(screen, "answering") as gauge:
        for portion, columns in question.answers(survey, place):
            growing.add(form.rows(columns))
            place, tally = portion.end, tally.add(portion)
            gauge.at(question.source.share(place, survey), tally.answered)
            if time.monotonic() - counted >= question.every:
                growing.count(place, tally, whole=False)
                counted = time.monotonic()
    growing.count(place, tally, whole=True)


@contextmanager
def _alone(beside: Beside) -> Iterator[None]:
    """Keep other processes from the output.

    Raises:
        UnfinishedError: E406 where another process writes it.
    """
    with locks.claim(beside.part) as mine:
        if not mine:
            raise UnfinishedError(
                "E406",
                "another process is writing that output",
                got=str(beside.part),
                fix="let it end, or name another --out",
            )
        yield


def _changed(path: str) -> UnfinishedError:
    return UnfinishedError(
        "E406",
        "the file changed while it was being read",
        got=path,
        fix="let what writes it end, then begin anew",
    )
