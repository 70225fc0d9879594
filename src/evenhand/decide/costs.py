"""What errors cost: read from JSON or CSV, given to each label or as a matrix."""
# Shapes: C classes.

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from evenhand.decide.table import read_table
from evenhand.errors import ConfigError, DataError, MissingFileError
from evenhand.types import Floats, LabelSpace, Task

SIDES = ("false_positive", "false_negative")
TRUTH, LABEL = "truth", "label"
Matrix = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, kw_only=True)
class Costs:
    """Costs in any one unit; only their ratios matter.

    Args:
        sides: label -> cost of a false positive and of a false negative. A multi-label label
            that is not named is cut for F-beta; a class that is not named costs 1 and 1.
        matrix: true class -> given class -> cost, for multi-class; what is not named costs 1,
            and 0 on the diagonal.
    """

    sides: Mapping[str, tuple[float, float]] | None = None
    matrix: Matrix | None = None

    @property
    def labels(self) -> frozenset[str]:
        """Every label that is named."""
        rows: Mapping[str, Iterable[str]] = self.matrix or {}
        return frozenset(self.sides or {}) | frozenset(rows) | {k for r in rows.values() for k in r}

    def check_labels(self, labels: LabelSpace) -> None:
        """Refuse names that are no labels, and a matrix for multi-label data.

        Raises:
            DataError: E201 for a name that is no label.
            ConfigError: E105 for a matrix where a row may have several labels.
        """
        for name in sorted(self.labels):
            labels.index(name)
        if self.matrix is not None and labels.task is Task.MULTILABEL:
            raise ConfigError(
                "E105",
                "a cost matrix is for data with one label a row",
                got="a matrix of truth against label, with multi-label scores",
                fix=f"give each label two costs, {SIDES[0]} and {SIDES[1]}; or pass "
                "--task multiclass",
            )

    def arrays(self, labels: LabelSpace) -> dict[str, Floats]:
        """Return ``costs_2C`` for multi-label or ``costs_CC`` for multi-class, as ``Aim`` has it.

        For multi-class two costs a class are a matrix: giving ``b`` to a row of ``a`` costs
        the false negative of ``a`` and the false positive of ``b``.
        """
        names, sides = labels.names, self.sides or {}
        if labels.task is Task.MULTILABEL:
            nothing = (np.nan, np.nan)
            return {"costs_2C": np.array([sides.get(n, nothing) for n in names], np.float64).T}
        if self.matrix is None:
            positive_C, negative_C = np.array([sides.get(n, (1.0, 1.0)) for n in names]).T
            costs_CC = negative_C[:, None] + positive_C[None, :]
        else:
            costs_CC = np.array(
                [[self.matrix.get(t, {}).get(g, 1.0) for g in names] for t in names]
            )
        np.fill_diagonal(costs_CC, 0.0)
        return {"costs_CC": costs_CC}

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, as ``read_costs`` takes them from JSON."""
        if self.matrix is not None:
            return {"matrix": {truth: dict(row) for truth, row in self.matrix.items()}}
        pairs = (self.sides or {}).items()
        return {name: dict(zip(SIDES, pair, strict=True)) for name, pair in pairs}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Costs:
        """Return the costs that ``to_dict`` described."""
        if isinstance(stored.get("matrix"), Mapping) and set(stored["matrix"]) != set(SIDES):
            return cls(matrix=stored["matrix"])
        return cls(sides={name: (pair[SIDES[0]], pair[SIDES[1]]) for name, pair in stored.items()})


def read_costs(path: Path) -> Costs:
    """Read costs from JSON (``.json``), or from CSV, TSV or Parquet.

    JSON: ``{"NAME": {"false_positive": 1, "false_negative": 20}}``, or ``{"matrix":
    {"TRUTH": {"GIVEN": 3}}}``. Tables: columns ``label, false_positive, false_negative``, or
    ``truth`` and a column for each class that may be given.

    Raises:
        MissingFileError: E202 for a missing file.
        DataError: E202 to E205 for a file that is no such table or JSON, E206 for a cost that
            is no number from 0 on.
    """
    if path.suffix == ".json":
        return _from_json(path)
    table = read_table(path)
    names = [name for name in table.columns if name not in (LABEL, TRUTH)]
    values = {name: table.floats(name) for name in names}
    if TRUTH in table.columns:
        rows = {
            truth: {name: _cost(values[name][r], table.where(r), name) for name in names}
            for r, truth in enumerate(table.columns[TRUTH])
        }
        return Costs(matrix=rows)
    lacking = [name for name in (LABEL, *SIDES) if name not in table.columns]
    if lacking:
        raise _shapeless(path, f"no column {lacking[0]!r}")
    sides = {
        label: (
            _cost(values[SIDES[0]][r], table.where(r), SIDES[0]),
            _cost(values[SIDES[1]][r], table.where(r), SIDES[1]),
        )
        for r, label in enumerate(table.columns[LABEL])
    }
    return Costs(sides=sides)


def _from_json(path: Path) -> Costs:
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, IsADirectoryError) as error:
        raise MissingFileError(
            "E202", "there is no such file", got=str(path), fix="check the path"
        ) from error
    except ValueError as error:
        raise DataError(
            "E204", "a file is not JSON", got=f"{path}: {error}", fix="mend what stands there"
        ) from error
    if not isinstance(stored, dict) or not stored:
        raise _shapeless(path, "no object with labels")
    matrix = stored.get("matrix")
    rows = matrix if isinstance(matrix, dict) else stored
    for name, row in rows.items():
        if not isinstance(row, dict) or (rows is stored and set(row) != set(SIDES)):
            raise _shapeless(path, f"{name!r}: {row!r}")
    read = {
        name: {key: _cost(value, f"{path}, {name!r}", key) for key, value in row.items()}
        for name, row in rows.items()
    }
    if rows is stored:
        return Costs(sides={n: (row[SIDES[0]], row[SIDES[1]]) for n, row in read.items()})
    return Costs(matrix=read)


def _cost(value: Any, where: str, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | np.floating):
        value = float("nan")
    if not isfinite(value) or value < 0:
        raise DataError(
            "E206",
            "a cost is no number from 0 on",
            got=f"{value!r} at {where}, {name!r}",
            fix="write what one such error costs, in any unit",
        )
    return float(value)


def _shapeless(path: Path, detail: str) -> DataError:
    return DataError(
        "E205",
        "a file of costs has another shape",
        got=f"{path}: {detail}",
        fix=f'{{"NAME": {{"{SIDES[0]}": 1, "{SIDES[1]}": 20}}}}, or CSV with the columns '
        f"{LABEL}, {SIDES[0]}, {SIDES[1]}",
    )
