"""From the name of a source to what reads it in portions."""

from __future__ import annotations

from pathlib import Path

from evenhand.data.content import Lines, open_content
from evenhand.data.hub import is_hub_id
from evenhand.data.portions.delimited import DelimitedFile
from evenhand.data.portions.json_lines import JsonLinesFile
from evenhand.data.portions.parquet import ParquetFile
from evenhand.data.portions.portion import RowSource
from evenhand.data.portions.whole import WholeTable
from evenhand.data.table import DELIMITERS, FORMATS, unknown_ending


def open_rows(source: str) -> RowSource:
    """Return the rows of a file, or of a folder or hub id of the ``datasets`` library.

    Raises:
        MissingFileError: E202 for a file that is missing or empty, E204 for one of an unknown
            ending.
        DataError: E202 for a file that may not be read, or only once.
    """
    path, suffix = Path(source), Path(source).suffix.lower()
    if path.is_dir() or (not path.exists() and suffix not in FORMATS and is_hub_id(source)):
        return WholeTable(source)
    open_content(path).close()
    if suffix in DELIMITERS:
        return DelimitedFile(source)
    if suffix == ".parquet":
        return ParquetFile(source)
    if suffix in {".json", ".jsonl"}:
        return WholeTable(source) if _is_list(path) else JsonLinesFile(source)
    raise unknown_ending(source)


def _is_list(path: Path) -> bool:
    """Say whether a JSON file holds one list rather than an object a line."""
    with open_content(path) as content:
        first = next((line for line in Lines(content, str(path)) if line.strip()), "")
    return first.lstrip().startswith("[")
