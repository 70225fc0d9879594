"""What errors cost: read from JSON or CSV, given to each label or as a matrix."""
# Shapes: C classes.

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from evenhand.decide.table import Table, read_table, refuse_missing
from evenhand.errors import ConfigError, DataError
from evenhand.types import Floats, LabelSpace, Task

ENDINGS = (".json", ".csv", ".tsv", ".parquet")
LARGEST = 1e12
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
            and 0 on the diagonal, where no other cost may stand.

    Raises:
        ConfigError: E105 for both at once.
        DataError: E206 for a cost that is no number from 0 to 1e12, two costs of 0 for one
            label, or a cost of giving a row its own class.
    """

    sides: Mapping[str, tuple[float, float]] | None = None
    matrix: Matrix | None = None

    def __post_init__(self) -> None:
        if self.sides is not None and self.matrix is not None:
            raise ConfigError(
                "E105",
                "costs are given twice",
                got="sides and a matrix",
                fix="keep the matrix, which says what both sides of an error cost, or the sides",
            )
        for name, pair in (self.sides or {}).items():
            for side, value in zip(SIDES, pair, strict=True):
                _cost(value, repr(name), side)
            if not any(pair):
                raise _senseless(f"0 and 0 for {name!r}", "give one of the two a cost above 0")
        for truth, row in (self.matrix or {}).items():
            for name, value in row.items():
                _cost(value, repr(truth), name)
            if row.get(truth):
                raise _senseless(
                    f"{row[truth]!r} for giving {truth!r} to its own rows",
                    "write 0 there: to be right costs nothing",
                )

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
        MissingFileError: E202 for a missing file or a folder.
        DataError: E202 to E205 for a file that is no such table or JSON, or names a label
            twice; E206 for a cost that is no number from 0 to 1e12, and as ``Costs``.
    """
    refuse_missing(path)
    if path.suffix.lower() not in ENDINGS:
        raise DataError(
            "E204",
            "the ending of the file does not say what it holds",
            got=str(path),
            fix=f"name it after what it holds: {' '.join(ENDINGS)}",
        )
    return _from_json(path) if path.suffix.lower() == ".json" else _from_table(read_table(path))


def _from_table(table: Table) -> Costs:
    key = TRUTH if TRUTH in table.columns else LABEL
    wanted = (TRUTH,) if key == TRUTH else (LABEL, *SIDES)
    lacking = [name for name in wanted if name not in table.columns]
    if lacking:
        there = ", ".join(map(repr, table.columns))
        raise _shapeless(table.path, f"no column {lacking[0]!r} among {there}")
    _refuse_repeats(table, key)
    names = (
        SIDES if key == LABEL else [name for name in table.columns if name not in (LABEL, TRUTH)]
    )
    rows = {
        label: {
            name: _cost(_number(table.columns[name][r]), table.where(r), name) for name in names
        }
        for r, label in enumerate(table.columns[key])
    }
    return _costs(table.path, rows, sided=key == LABEL)


def _costs(path: Path, rows: Matrix, *, sided: bool) -> Costs:
    """Return the costs that a file names, each row by its label; what is wrong names the file."""
    try:
        if sided:
            return Costs(sides={n: (row[SIDES[0]], row[SIDES[1]]) for n, row in rows.items()})
        return Costs(matrix=rows)
    except DataError as error:
        got = f"{error.got} in {path}"
        raise DataError(error.code, error.what, got=got, fix=error.fix) from error


def _number(cell: str) -> float | str:
    try:
        return float(cell)
    except ValueError:
        return cell


def _refuse_repeats(table: Table, key: str) -> None:
    lines: dict[str, int] = {}
    for r, name in enumerate(table.columns[key]):
        if name in lines:
            raise _repeated(name, f"{table.where(lines[name])} and {table.where(r)}")
        lines[name] = r


def _from_json(path: Path) -> Costs:
    try:
        stored = json.loads(
            path.read_text(encoding="utf-8-sig"),
            object_pairs_hook=lambda pairs: _once(pairs, path),
        )
    except DataError:
        raise
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
    return _costs(path, read, sided=rows is stored)


def _once(pairs: Sequence[tuple[str, Any]], path: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _repeated(name, str(path))
        found[name] = value
    return found


def _repeated(name: str, where: str) -> DataError:
    return DataError(
        "E204", "a file of costs names one thing twice", got=f"{name!r} in {where}", fix="keep one"
    )


def _senseless(got: str, fix: str) -> DataError:
    return DataError("E206", "costs of one label make no sense", got=got, fix=fix)


def _cost(value: Any, where: str, name: str) -> float:
    number = isinstance(value, int | float | np.floating | np.integer)
    if isinstance(value, bool) or not number or not 0 <= value <= LARGEST:
        raise DataError(
            "E206",
            f"a cost is no number from 0 to {LARGEST:g}",
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
