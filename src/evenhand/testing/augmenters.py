"""What every augmenter must do, as checks that a plug-in author can run.

``check_augmenter("my-augmenter")`` runs them all on a registered augmenter. To see each by its
own name::

    @pytest.mark.parametrize("check", AUGMENTER_CHECKS, ids=lambda check: check.__name__)
    def test_contract(check):
        check(AugmenterCase("my-augmenter", {"rate": 0.2}))
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from evenhand.augment import AUGMENTERS, Augmenter
from evenhand.augment.protected import PROTECTED, Protected

__all__ = ["AUGMENTER_CHECKS", "TEXTS", "AugmenterCase", "check_augmenter"]

TEXTS = (
    "The doctor was not happy about the big error in the film.",
    "I can't begin, and [NAME] never saw so beautiful a movie!",
    "Good day.\n\n  This is old,   that is new; nothing else.",
    "NOT A NIT, no: a notable knot in the not-so-old house",
    "@someone look at https://example.org/not/here now",
    "I don’t know why, but it isn’t quick.",
    "天気は良いが、電車が遅れた。",
    "naïve café \U0001f469‍\U0001f680 ﬁne İstanbul Straße",
    "not",
    "happy",
    "?!",
    " ",
    "",
)
"""Short and odd texts: negations, marks, other scripts, no word at all."""


@dataclass(frozen=True)
class AugmenterCase:
    """A registered augmenter with settings, on a set of texts.

    Args:
        name: under which it is registered.
        settings: keyword settings of its factory, without ``share``.
        texts: to be augmented.
        protected: words that must survive; the setting of that name, where there is one.
        rounds: seeds tried with each text.
    """

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    texts: tuple[str, ...] = TEXTS
    protected: tuple[str, ...] = PROTECTED
    rounds: int = 8

    def __str__(self) -> str:
        return self.name

    def augmenter(self, *, share: float = 1.0) -> Augmenter:
        """Build it for that share of the texts."""
        return AUGMENTERS.build(self.name, settings={**self.settings, "share": share})

    def pairs(self) -> tuple[list[str], list[str]]:
        """Return every text with every seed tried: before and after, seeds counted from 0."""
        before = list(self.texts) * self.rounds
        return before, self.augmenter()(before, range(len(before)))


def check_augmenter(name: str, settings: Mapping[str, Any] | None = None) -> None:
    """Run every check on the augmenter called ``name``.

    Raises:
        AssertionError: naming the first property that does not hold.
    """
    case = AugmenterCase(name, settings or {})
    for check in AUGMENTER_CHECKS:
        check(case)


def a_text_for_each_text(case: AugmenterCase) -> None:
    """As many texts come out as went in, and the list that went in is as it was."""
    given = list(case.texts)
    result = case.augmenter()(given, range(len(given)))
    assert isinstance(result, list), f"{case}: a {type(result).__name__} instead of a list"
    assert len(result) == len(given), f"{case}: {len(result)} texts for {len(given)}"
    assert given == list(case.texts), f"{case}: the list of texts is written to"
    assert case.augmenter()([], []) == [], f"{case}: no texts give some"


def some_text_changes(case: AugmenterCase) -> None:
    """At share 1 a text changes, and different seeds do not all do the same to it."""
    before, after = case.pairs()
    assert before != after, f"{case}: changes nothing"
    rounds = {tuple(after[i : i + len(case.texts)]) for i in range(0, len(after), len(case.texts))}
    assert len(rounds) > 1, f"{case}: every seed does the same"


def same_seed_same_text(case: AugmenterCase) -> None:
    """The same texts with the same seeds give the same result, also from a second augmenter."""
    before, after = case.pairs()
    augmenter = case.augmenter()
    for _ in range(2):
        again = augmenter(before, range(len(before)))
        assert again == after, f"{case}: the same seeds give other texts"


def texts_stand_alone(case: AugmenterCase) -> None:
    """A text's result is the same whatever its place and company."""
    augmenter = case.augmenter()
    before, after = case.pairs()
    seeds = list(range(len(before)))
    assert augmenter(before[::-1], seeds[::-1]) == after[::-1], f"{case}: the order counts"
    for start in range(len(case.texts)):
        alone = augmenter([before[start]], [seeds[start]])
        assert alone == [after[start]], f"{case}: other texts count for {before[start]!r}"


def protected_words_survive(case: AugmenterCase) -> None:
    """Protected words come out unchanged, all of them, no new ones, and in their order."""
    protected = Protected(case.protected)
    for before, after in zip(*case.pairs(), strict=True):
        kept = protected.found(after) == protected.found(before)
        assert kept, f"{case}: protected words differ: {before!r} became {after!r}"


def share_zero_changes_nothing(case: AugmenterCase) -> None:
    """At share 0 every text comes back as it is."""
    before = list(case.texts) * case.rounds
    after = case.augmenter(share=0.0)(before, range(len(before)))
    assert after == before, f"{case}: share 0 changes texts"


def share_is_kept(case: AugmenterCase) -> None:
    """At share one half some texts that could change stay, and some change."""
    before, full = case.pairs()
    half = case.augmenter(share=0.5)(before, range(len(before)))
    able = [i for i, text in enumerate(before) if full[i] != text]
    changed = [i for i in able if half[i] != before[i]]
    assert 0 < len(changed) < len(able), f"{case}: {len(changed)} of {len(able)} at share 0.5"


def texts_stay_texts(case: AugmenterCase) -> None:
    """No text becomes empty, an empty one stays, and every result can be written as UTF-8."""
    for before, after in zip(*case.pairs(), strict=True):
        assert isinstance(after, str), f"{case}: {before!r} became a {type(after).__name__}"
        same = bool(before.strip()) == bool(after.strip())
        assert same, f"{case}: {before!r} became {after!r}"
        assert after.encode("utf-8", "replace").decode() == after, f"{case}: {after!r} is no text"


def global_draws_are_left_alone(case: AugmenterCase) -> None:
    """Nothing is drawn from the random generators that others share."""
    import random

    import numpy as np

    before = random.getstate(), np.random.get_state(legacy=False)["state"]["pos"]  # noqa: NPY002
    case.pairs()
    after = random.getstate(), np.random.get_state(legacy=False)["state"]["pos"]  # noqa: NPY002
    assert before == after, f"{case}: draws from a global generator"


AUGMENTER_CHECKS: tuple[Callable[[AugmenterCase], None], ...] = (
    a_text_for_each_text,
    some_text_changes,
    same_seed_same_text,
    texts_stand_alone,
    protected_words_survive,
    share_zero_changes_nothing,
    share_is_kept,
    texts_stay_texts,
    global_draws_are_left_alone,
)
