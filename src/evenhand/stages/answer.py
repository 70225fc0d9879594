"""The answer to one text, and every stage that had a hand in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Move:
    """One probability that a stage changed.

    Args:
        label: whose.
        before: probability that the stage found, in [0, 1].
        after: probability that it left, in [0, 1].
        by: name of the rule, or of what else moved it.
    """

    label: str
    before: float
    after: float
    by: str


@dataclass(frozen=True)
class Step:
    """What one stage did to one text.

    Args:
        stage: ``rules``, ``model``, ``verifier`` or ``decision``.
        did: in a few words, never the text itself.
        moves: probabilities that it changed.
    """

    stage: str
    did: str
    moves: tuple[Move, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What is said of one text.

    Args:
        labels: names of the labels given.
        probabilities: label -> calibrated probability after all stages, in the order of the label
            space.
        thresholds: label -> probability from which it is given; empty with one label a row.
        biases: label -> nats added to its log-probability; empty with several labels a row.
        decided_by: the last stage that changed the labels: ``rules``, ``verifier`` or ``model``.
        stages: what each stage did, in the order in which they are asked. Rules are asked first
            and act last, on what model and verifier say.
        route: queue for people, of the first rule that names one.
        abstained: a rule wanted no answer; what labels are given are critical.
        matched: names of the rules that acted, in order.
        timed_out: those of them whose regular expression ran out of time.
    """

    labels: tuple[str, ...]
    probabilities: Mapping[str, float]
    thresholds: Mapping[str, float]
    biases: Mapping[str, float]
    decided_by: str
    stages: tuple[Step, ...]
    route: str | None = None
    abstained: bool = False
    matched: tuple[str, ...] = ()
    timed_out: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)
