"""Portions of Parquet files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evenhand.data.block import text_cells
from evenhand.data.conform import find_texts
from evenhand.data.content import open_content
from evenhand.data.header import refuse_repeats
from evenhand.data.portions.file import File
from evenhand.data.portions.portion import Limit, Place, Portion, Survey, Tell, untold
from evenhand.data.records import frame_columns, readable_parquet
from evenhand.data.schema import Schema
from evenhand.data.table import Table, no_rows

BUFFER = 2**20
"""Bytes of a column that are read at a time; else a row group's whole column is."""


@dataclass(frozen=True)
class ParquetFile(File):
    """Rows of a Parquet file."""

    def survey(self, schema: Schema, *, tell: Tell = untold) -> Survey:
        """Find names, text column and number of rows; every page is read once."""
        stamp = self.stamp()
        import pyarrow as pa

        open_content(Path(self.path)).close()
        with readable_parquet(self.path), self._file() as file:
            names, rows = file.schema_arrow.names, file.metadata.num_rows
            refuse_repeats(names, self.path)
            if not rows:
                raise no_rows(self.path, has_header=True)
            empty = frame_columns(file.schema_arrow.empty_table())
            _, column = find_texts(lambda _: Table(empty, [], self.path), schema)
            kind, seen = file.schema_arrow.field(column).type, 0
            nested = pa.types.is_nested(kind) or pa.types.is_binary(kind)
            for batch in _batches(file, 0, Limit()):
                if nested:
                    cells = frame_columns(pa.Table.from_batches([batch.select([column])]))
                    places = list(range(seen + 1, seen + len(batch) + 1))
                    text_cells(Table(cells, places, self.path), column)
                seen += len(batch)
                tell(seen / rows)
        return Survey(tuple(map(str, names)), column, rows, stamp=stamp)

    def portions(self, survey: Survey, place: Place, limit: Limit) -> Iterator[Portion]:
        """Yield the rows from ``place`` on."""
        import pyarrow as pa

        with readable_parquet(self.path), self._file() as file:
            for batch in _batches(file, place.rows, limit):
                columns = frame_columns(pa.Table.from_batches([batch]))
                end = Place(place.rows + len(batch))
                table = Table(columns, list(range(place.rows + 1, end.rows + 1)), self.path)
                yield Portion(table, text_cells(table, survey.column), end)
                place = end

    def kinds(self, survey: Survey) -> dict[str, Any]:
        """Return the file's own types; of words kept in a dictionary, that of the words."""
        with self._file() as file:
            return {str(field.name): _spelt_out(field.type) for field in file.schema_arrow}

    def _file(self) -> Any:
        import pyarrow.parquet as pq

        return pq.ParquetFile(self.path, buffer_size=BUFFER)


def _spelt_out(kind: Any) -> Any:
    """Return a type without dictionaries, however deep within it they are."""
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        return _spelt_out(kind.value_type)
    fields = [kind.field(i) for i in range(kind.num_fields)]
    inner = [field.with_type(_spelt_out(field.type)) for field in fields]
    if pa.types.is_struct(kind):
        return pa.struct(inner)
    if pa.types.is_map(kind):
        key, item = inner[0].type.fields
        return pa.map_(key, item, keys_sorted=kind.keys_sorted)
    if pa.types.is_fixed_size_list(kind):
        return pa.list_(inner[0], kind.list_size)
    if pa.types.is_large_list(kind):
        return pa.large_list(inner[0])
    return pa.list_(inner[0]) if pa.types.is_list(kind) else kind


def _batches(file: Any, rows: int, limit: Limit) -> Iterator[Any]:
    """Yield the rows from row ``rows`` on; no batch reaches over the end of a row group."""
    begun = 0
    for group in range(file.metadata.num_row_groups):
        about = file.metadata.row_group(group)
        begun += about.num_rows
        if begun <= rows:
            continue
        size = max(about.total_byte_size // max(about.num_rows, 1), 1)
        at = begun - about.num_rows
        most = max(1, min(limit.rows, limit.size // size))
        for batch in file.iter_batches(batch_size=most, row_groups=[group]):
            at += len(batch)
            if at > rows:
                yield batch
