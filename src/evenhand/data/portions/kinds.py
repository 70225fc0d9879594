"""The Arrow type of a column whose cells are Python objects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any


class Kinds:
    """Finds, portion by portion, a type for all cells of each column.

    Cells of several kinds, and objects, go as text: strings as they are, others as JSON.

    Args:
        names: of the columns.
    """

    def __init__(self, names: Iterable[str]) -> None:
        import pyarrow as pa

        self.types: dict[str, Any] = dict.fromkeys(names, pa.null())

    def look(self, columns: Mapping[str, Sequence[Any]]) -> None:
        """Widen the types so that they hold these cells too."""
        for name, cells in columns.items():
            self.types[name] = _wider(self.types[name], _type_of(cells))


def _type_of(cells: Sequence[Any]) -> Any:
    import pyarrow as pa

    try:
        found = pa.array(cells).type
    except (pa.ArrowException, OverflowError):
        return pa.string()
    return found if _is_plain(found) else pa.string()


def _is_plain(kind: Any) -> bool:
    """Say whether a type is that of single values, or of lists of them."""
    import pyarrow as pa

    if pa.types.is_list(kind):
        return not pa.types.is_nested(kind.value_type)
    return not pa.types.is_nested(kind)


def _wider(one: Any, other: Any) -> Any:
    import pyarrow as pa

    schemas = [pa.schema([("x", kind)]) for kind in (one, other)]
    try:
        return pa.unify_schemas(schemas, promote_options="permissive").field("x").type
    except pa.ArrowException:
        return pa.string()
