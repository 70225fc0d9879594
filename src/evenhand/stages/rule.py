"""A rule: when it matches a text, and what it then does. None can lower a probability."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

import regex

from evenhand.stages.words import Script, folded, is_written_in

TIME_LIMIT = 0.1
"""Seconds of processor time that a regular expression gets for one text."""


class Verdict(Enum):
    """What a rule says of a text."""

    NO = "no"
    YES = "yes"
    TIMED_OUT = "timed out"
    """Its regular expression ran out of time; the rule counts as matched."""

    def __bool__(self) -> bool:
        """Whether the rule acts."""
        return self is not Verdict.NO


@dataclass(frozen=True)
class Reading:
    """A text as rules read it, prepared once for all of them.

    Args:
        text: as it came.
        folded: as keywords are compared.
    """

    text: str
    folded: str

    @classmethod
    def of(cls, text: str) -> Reading:
        """Prepare ``text``."""
        return cls(text, folded(text))


@dataclass(frozen=True)
class Condition:
    """When a rule matches: everything that is given here must hold.

    Args:
        keywords: as ``words.finder`` makes it; found anywhere in the text.
        pattern: found anywhere in the text as it came.
        shorter_than: characters that the text, without blanks around it, stays below.
        longer_than: characters that it exceeds.
        script: in which more than half of its letters are written.
        not_script: in which they are not.
    """

    keywords: regex.Pattern[str] | None = None
    pattern: regex.Pattern[str] | None = None
    shorter_than: int | None = None
    longer_than: int | None = None
    script: Script | None = None
    not_script: Script | None = None

    def reads(self, reading: Reading) -> Verdict:
        """Say whether the text is meant; the pattern is tried last, as it alone may run long."""
        if not self._plainly(reading):
            return Verdict.NO
        if self.pattern is None:
            return Verdict.YES
        try:
            found = self.pattern.search(reading.text, timeout=TIME_LIMIT, concurrent=True)
        except TimeoutError:
            return Verdict.TIMED_OUT
        return Verdict.YES if found else Verdict.NO

    def _plainly(self, reading: Reading) -> bool:
        length = len(reading.text.strip())
        return (
            (self.shorter_than is None or length < self.shorter_than)
            and (self.longer_than is None or length > self.longer_than)
            and (self.script is None or is_written_in(reading.text, self.script))
            and (self.not_script is None or not is_written_in(reading.text, self.not_script))
            and (self.keywords is None or self.keywords.search(reading.folded) is not None)
        )


@dataclass(frozen=True)
class Rule:
    """A condition, and what follows where it holds.

    Args:
        name: as answers and tables call it.
        condition: when it matches.
        raises: label that is given then; its probability becomes at least its cut.
        floors: label -> probability that it has at least.
        route: queue for people; labels stay as they are.
        abstain: no label is given, but those that are critical.
    """

    name: str
    condition: Condition
    raises: str | None = None
    floors: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    route: str | None = None
    abstain: bool = False

    @property
    def lifts(self) -> tuple[str, ...]:
        """The labels that it raises or gives a floor."""
        raised = () if self.raises is None else (self.raises,)
        return tuple(dict.fromkeys((*raised, *self.floors)))
