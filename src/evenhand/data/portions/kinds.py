"""The Arrow type of a column whose cells are Python objects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any


class Kinds:
    """Finds, portion by portion, a type for all cells of each column.

    Cells of several kinds, and objects, go as text: strings as they are, others as JSON. So do
    fractions beside whole numbers that no double holds.

    Args:
        names: of the columns.
    """

    def __init__(self, names: Iterable[str]) -> None:
        import pyarrow as pa

        self.types: dict[str, Any] = dict.fromkeys(names, pa.null())
        self._exact: set[str] = set()

    def look(self, columns: Mapping[str, Sequence[Any]]) -> None:
        """Widen the types so that they hold these cells too."""
        import pyarrow as pa

        for name, cells in columns.items():
            array = _array(cells)
            if not _fit_doubles(array):
                self._exact.add(name)
            wider = _wider(self.types[name], array.type)
            lossy = name in self._exact and pa.types.is_floating(_single(wider))
            self.types[name] = pa.string() if lossy else wider


def _array(cells: Sequence[Any]) -> Any:
    """Return cells in the type of all, or an empty array of text where they have none."""
    import pyarrow as pa

    try:
        found = pa.array(cells)
    except (pa.ArrowException, OverflowError):
        return pa.array([], pa.string())
    return found if _is_plain(found.type) else pa.array([], pa.string())


def _fit_doubles(array: Any) -> bool:
    """Say whether no whole number of an array is changed by becoming a double."""
    import pyarrow as pa

    values = array.flatten() if pa.types.is_list(array.type) else array
    if not pa.types.is_integer(values.type):
        return True
    try:
        values.cast(pa.float64())
    except pa.ArrowInvalid:
        return False
    return True


def _single(kind: Any) -> Any:
    import pyarrow as pa

    return kind.value_type if pa.types.is_list(kind) else kind


def _is_plain(kind: Any) -> bool:
    """Say whether a type is that of single values, or of lists of them."""
    import pyarrow as pa

    return not pa.types.is_nested(_single(kind))


def _wider(one: Any, other: Any) -> Any:
    import pyarrow as pa

    schemas = [pa.schema([("x", kind)]) for kind in (one, other)]
    try:
        return pa.unify_schemas(schemas, promote_options="permissive").field("x").type
    except pa.ArrowException:
        return pa.string()
