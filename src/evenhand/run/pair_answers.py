"""Rows of one writing, answered: scored by the bundle, stored, read back, decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from evenhand.bundle import Classifier
from evenhand.evaluate.compare import Comparison, Settings, compare
from evenhand.evaluate.compare_rows import Answered
from evenhand.evaluate.compare_slices import Slicing
from evenhand.run.pair_decide import Decider
from evenhand.run.pair_store import Store
from evenhand.types import Predictions


@dataclass(frozen=True)
class Written:
    """Rows in one writing.

    Args:
        column: where their texts stand.
        texts: id -> text.
        stored: their scores, as the file has them.
        answered: the labels that the run gives them.
    """

    column: str
    texts: Mapping[str, str]
    stored: Predictions
    answered: Answered


@dataclass(frozen=True)
class Bench:
    """What every writing goes through, the same for all.

    Args:
        model: the run's classifier.
        decider: the cuts of each row.
        store: keeps the scores.
        quoted: whether texts may be shown.
        settings: of the comparisons.
    """

    model: Classifier
    decider: Decider
    store: Store
    quoted: bool
    settings: Settings

    def keep(
        self, scored: Predictions, texts: Mapping[str, str], column: str, *, change: str = ""
    ) -> Written:
        """Store scores, and decide what is stored.

        Args:
            scored: the rows.
            texts: id -> text that was scored.
            column: where the texts stand.
            change: label of the perturbation that they went through, if any.
        """
        stored = self.store.keep(scored, column, change)
        name = f"{column}, {change}" if change else column
        answered = Answered.of(name, stored, self.decider.decide(stored))
        return Written(column, texts, stored, answered)

    def compare(self, a: Written, b: Written, *, slices: tuple[Slicing, ...] = ()) -> Comparison:
        """Compare the answers to the same rows; an example has its text in B as ``text_b``."""
        contents = compare(
            a.answered,
            b.answered,
            slices=slices,
            texts=a.texts if self.quoted else {},
            settings=self.settings,
        ).to_dict()
        for part in (contents, *(p for s in contents["slices"] for p in s["parts"])):
            for example in part["flips"]["examples"]:
                example["text_b"] = b.texts[example["id"]] if self.quoted else None
        return Comparison(contents)
