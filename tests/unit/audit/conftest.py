"""Small corpora for the checks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from evenhand.audit import Corpus
from evenhand.data.ledger import FileCount, Ledger
from evenhand.types import LabelSpace, Role, Task

MakeCorpus = Callable[..., Corpus]


@pytest.fixture(scope="session")
def make() -> MakeCorpus:
    """Return a maker of corpora from texts, labels as names, and roles."""

    def corpus(
        texts: Sequence[str],
        labels: Sequence[str] | np.ndarray | None = None,
        roles: Sequence[str] | None = None,
        *,
        names: Sequence[str] = ("a", "b"),
        task: Task = Task.MULTICLASS,
        aside: dict[str, list[int]] | None = None,
        **more: object,
    ) -> Corpus:
        if isinstance(labels, np.ndarray):
            truth = labels.astype(np.float32)
        else:
            given = labels or [names[0]] * len(texts)
            truth = np.array([[n in row.split("+") for n in names] for row in given], np.float32)
        count = FileCount.of("rows.csv", Role.FIT, len(texts), aside or {})
        settings: dict[str, object] = {"max_length": 128} | more
        return Corpus(
            ids=tuple(f"r{i}" for i in range(len(texts))),
            texts=tuple(texts),
            truth_NC=truth,
            labels=LabelSpace(tuple(names), task),
            roles=tuple(Role(r) for r in roles) if roles else (Role.FIT,) * len(texts),
            ledger=Ledger((count,)),
            **settings,  # type: ignore[arg-type]
        )

    return corpus


@pytest.fixture
def varied() -> list[str]:
    """Return two hundred texts of words that hardly recur, so that none is nearly another."""
    random = np.random.default_rng(5)
    letters = list("abcdefghijklmnopqrstuvwxyz")
    return [
        " ".join("".join(random.choice(letters, random.integers(3, 9))) for _ in range(9))
        for _ in range(200)
    ]
