"""What the columns mean: text, labels, id, and how labels stand in their cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from evenhand.errors import DataError
from evenhand.types import BETWEEN, LabelSpace, Task


class Layout(StrEnum):
    """How the labels of a row are written."""

    NAME = "name"
    """One name in one column."""
    LIST = "list"
    """A list of names (or of numbers with a labels file) in one column."""
    DELIMITED = "delimited"
    """Names in one column with a separator between them."""
    INDEX = "index"
    """Numbers in one column that count the lines of the labels file from 0."""
    MAPPING = "mapping"
    """Name -> 0/1 in one column; a name left out counts as 0, null as unknown."""
    COLUMNS = "columns"
    """One column a label, 0 or 1; an empty cell is unknown."""


@dataclass(frozen=True)
class Schema:
    """How rows of one data set are read; what training learnt, prediction reuses.

    Args:
        text: column that holds the text.
        layout: how labels are written.
        label_columns: the column, or one a label.
        names: label names in the order of every ``C`` axis.
        task: one label a row, or any number.
        columns: every column of the training file in order.
        has_header: whether that file named its columns; else they are named by what they hold.
        id: column with a unique id a row.
        group: column whose value keeps rows in one role.
        split: column that says the role.
        delimiter: what separates labels within a cell.
        codes: what each number of the labels file stands for; "" where its line is blank.
        notes: what the user should know about the labels.
    """

    text: str
    layout: Layout
    label_columns: tuple[str, ...]
    names: tuple[str, ...]
    task: Task
    columns: tuple[str, ...]
    has_header: bool = True
    id: str | None = None
    group: str | None = None
    split: str | None = None
    delimiter: str | None = None
    codes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def space(self) -> LabelSpace:
        """Return the label space.

        Raises:
            DataError: E213 for fewer than two labels, or where answers of several labels could
                not be told apart because a name holds what separates them.
        """
        unclear = [name for name in self.names if BETWEEN in name]
        if unclear and self.task is Task.MULTILABEL:
            raise DataError(
                "E213",
                f"the name of a label holds {BETWEEN}, which separates the labels of an answer",
                got=repr(unclear[0]),
                fix=f"rename it, or --set 'data.delimiter={BETWEEN}' if it is several labels",
            )
        return LabelSpace(self.names, self.task)

    def to_dict(self) -> dict[str, Any]:
        """Return the schema as plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Schema:
        """Return the schema that ``to_dict`` wrote, also after a way through JSON."""
        plain: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in values.items()
        }
        plain |= {"layout": Layout(values["layout"]), "task": Task(values["task"])}
        return cls(**plain)

    def describe(self) -> str:
        """Return what was understood, a line each, with the setting that overrides it."""
        header = "columns have names" if self.has_header else "none, named by what columns hold"
        rows = [
            ("text", repr(self.text), "data.text=NAME"),
            ("labels", self._written(), "data.labels=NAME[,NAME...]"),
            ("task", f"{self.task}, {len(self.names)} labels", f"data.task={self._other_task()}"),
            ("id", repr(self.id) if self.id else "file and line", "data.id=NAME or none"),
            ("header", header, f"data.header={'no' if self.has_header else 'yes'}"),
        ]
        if self.split:
            rows.append(("split", repr(self.split), "data.split=NAME or none"))
        if self.group:
            rows.append(("group", repr(self.group), "data.group=NAME"))
        width = max(len(value) for _, value, _ in rows)
        return "\n".join(f"{what:<7} {value:<{width}}  --set {flag}" for what, value, flag in rows)

    def _written(self) -> str:
        columns = self.label_columns
        shown = ", ".join(map(repr, columns[:3])) + (", ..." if len(columns) > 3 else "")
        how = {
            Layout.NAME: "one name a row",
            Layout.LIST: "lists",
            Layout.DELIMITED: f"names separated by {self.delimiter!r}",
            Layout.INDEX: "lines of the labels file, counted from 0"
            + (f", separated by {self.delimiter!r}" if self.delimiter else ""),
            Layout.MAPPING: "name -> 0/1",
            Layout.COLUMNS: "one column a label",
        }
        return f"{shown}: {how[self.layout]}"

    def _other_task(self) -> Task:
        return Task.MULTICLASS if self.task is Task.MULTILABEL else Task.MULTILABEL


def ordered(names: Sequence[str]) -> tuple[str, ...]:
    """Return names in the order of a label axis: whole numbers by value, else alphabetically."""
    if all(name.removeprefix("-").isdecimal() for name in names):
        return tuple(sorted(names, key=lambda name: (int(name), name)))
    return tuple(sorted(names))
