"""Corpus: the rows as the checks see them, and what several checks need to know of them.

Shapes: N rows, C labels, U distinct texts, P pairs, S scored rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from evenhand.audit.finding import MOST_MARKS, Mark
from evenhand.audit.nearby import Near, near_pairs
from evenhand.audit.recorded import Recorded
from evenhand.audit.wording import has_spaces, normalised
from evenhand.data import Dataset
from evenhand.data.ledger import Ledger
from evenhand.types import LabelSpace, Role, Task, Truth

Rows = NDArray[np.int64]
ROLES = tuple(Role)
LABELS_SHOWN = 5


@dataclass(frozen=True)
class Baseline:
    """What a system that costs next to nothing scores.

    Args:
        name: as it stands in the tables.
        macro_f1: over the labels for which it is defined.
        accuracy: share of rows with every label right.
    """

    name: str
    macro_f1: float
    accuracy: float


@dataclass(frozen=True)
class Scored:
    """Probabilities in which no row's own label had a share, and what they are worth.

    Args:
        rows_S: positions of the rows, int64.
        probs_SC: float32, each in [0, 1], from models that were fitted without the row.
        baselines: the trivial ones, and those models under every kind of cut, last.
        measured: rows on which the baselines were measured.
        macro_ap: mean average precision of those models.
        model: what they are called.
        reads: what they look at.
        kept: what is never parted between those that fit a model and those that it scores.
    """

    rows_S: Rows
    probs_SC: NDArray[np.float32]
    baselines: tuple[Baseline, ...]
    measured: int
    macro_ap: float
    model: str = "TF-IDF"
    reads: str = "counted words"
    kept: str = "equal and near-equal texts"


@dataclass(frozen=True)
class Corpus:
    """Rows with roles, as they stand in their files.

    Args:
        ids: ``(N,)``.
        texts: ``(N,)``, none empty.
        truth_NC: 0, 1 or NaN (unknown); one-hot for multi-class.
        labels: names and task.
        roles: ``(N,)``.
        ledger: where every row of every file went.
        max_length: tokens of a text that training will keep.
        scorer: fits cheap models crosswise; it may return None where there is too little to fit.
        recorded: of windows, what is known of their recordings; None of texts.
    """

    ids: tuple[str, ...]
    texts: tuple[str, ...]
    truth_NC: Truth
    labels: LabelSpace
    roles: tuple[Role, ...]
    ledger: Ledger
    max_length: int
    scorer: Callable[[Corpus], Scored | None] | None = None
    recorded: Recorded | None = None

    @classmethod
    def of(
        cls,
        dataset: Dataset,
        *,
        max_length: int,
        scorer: Callable[[Corpus], Scored | None] | None = None,
        keys: Sequence[str] = (),
    ) -> Corpus:
        """Return the rows of a data set that was read without being shared out.

        Args:
            dataset: texts or windows.
            max_length: tokens of a text that training will keep.
            scorer: fits cheap models crosswise.
            keys: of the recordings in ``metadata.json``.
        """
        return cls(
            ids=dataset.ids,
            texts=dataset.texts,
            truth_NC=dataset.truth_NC,
            labels=dataset.labels,
            roles=dataset.roles,
            ledger=dataset.ledger,
            max_length=max_length,
            scorer=scorer,
            recorded=Recorded.of(dataset, keys),
        )

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def role_N(self) -> NDArray[np.int64]:
        """Position of each row's role in ``ROLES``."""
        number = {role: i for i, role in enumerate(ROLES)}
        return np.array([number[role] for role in self.roles], dtype=np.int64)

    @cached_property
    def present(self) -> tuple[Role, ...]:
        """Roles that have rows."""
        return tuple(ROLES[i] for i in np.unique(self.role_N))

    def rows(self, role: Role) -> Rows:
        """Return the positions of the rows with ``role``."""
        return np.flatnonzero(self.role_N == ROLES.index(role))

    @cached_property
    def labelled(self) -> bool:
        """Whether any row carries any label."""
        return bool((self.truth_NC == 1).any())

    @cached_property
    def spaced(self) -> bool:
        """Whether blanks part the words."""
        return has_spaces(self.texts)

    @cached_property
    def text_N(self) -> Rows:
        """A number for each row's text, the same for equal texts, in the order of first sight."""
        first: dict[bytes, int] = {}
        keys = (
            blake2b(normalised(t).encode("utf-8", "surrogatepass"), digest_size=16).digest()
            for t in self.texts
        )
        return np.fromiter((first.setdefault(k, len(first)) for k in keys), np.int64, len(self))

    @cached_property
    def first_U(self) -> Rows:
        """The first row of each distinct text."""
        return np.unique(self.text_N, return_index=True)[1]

    @cached_property
    def near(self) -> Near:
        """Pairs of distinct texts that are nearly the same."""
        return near_pairs([normalised(self.texts[i]) for i in self.first_U], spaced=self.spaced)

    @cached_property
    def unit_N(self) -> Rows:
        """A number for each row, the same for rows that a chain of equal or near texts joins.

        Of windows, the same for those of one recording, or of one group of recordings.
        """
        if self.recorded is not None:
            return self.recorded.unit_N
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        pairs_P2, size = self.near.pairs_P2, len(self.first_U)
        edges = coo_array(
            (np.ones(len(pairs_P2)), (pairs_P2[:, 0], pairs_P2[:, 1])), shape=(size, size)
        )
        _, unit_U = connected_components(edges, directed=False)
        return np.asarray(unit_U[self.text_N], dtype=np.int64)

    @cached_property
    def answer_N(self) -> Rows:
        """A number for each row's set of labels, the same for equal sets."""
        code_NC = np.nan_to_num(self.truth_NC, nan=2).astype(np.uint8)
        whole_N = np.ascontiguousarray(code_NC).view(f"V{code_NC.shape[1]}").ravel()
        first: dict[bytes, int] = {}
        cells = (cell.tobytes() for cell in whole_N)
        return np.fromiter((first.setdefault(c, len(first)) for c in cells), np.int64, len(self))

    @cached_property
    def scored(self) -> Scored | None:
        """Cross-fitted probabilities; None without a scorer."""
        return None if self.scorer is None else self.scorer(self)

    def given(self, row: int) -> str:
        """Return the names of a row's labels."""
        return name_list([self.labels.names[c] for c in np.flatnonzero(self.truth_NC[row] == 1)])

    @property
    def one_label(self) -> bool:
        """Whether every row has exactly one label by the task."""
        return self.labels.task is Task.MULTICLASS

    def marks(self, rows_K: Rows, details: Sequence[str] | str) -> tuple[Mark, ...]:
        """Return marks for rows, each with its detail, or all with the same."""
        shown = rows_K[:MOST_MARKS].tolist()
        each = [details] * len(shown) if isinstance(details, str) else details[: len(shown)]
        return tuple(
            Mark(self.ids[i], self.roles[i].value, self.texts[i], detail)
            for i, detail in zip(shown, each, strict=True)
        )


def name_list(names: Sequence[str], *, most: int = LABELS_SHOWN) -> str:
    """Return names with commas between, the number of those left out at the end."""
    if not names:
        return "no label"
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def counted(number: int, noun: str) -> str:
    """Return ``1 row`` or ``1,204 rows``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
