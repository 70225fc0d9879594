"""Columns as CSV: every cell comes back as it is."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.data.csv_text import csv_text, table_csv
from evenhand.data.delimited import parse_delimited
from evenhand.data.table import Table
from evenhand.errors import DataError

CELLS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=6)


def test_by_hand():
    assert csv_text({"a": ["1", None], 'b"c': ["x,y", 'say "so"']}) == (
        'a,"b""c"\n1,"x,y"\n,"say ""so"""\n'
    )


@pytest.mark.parametrize("cell", ["=1+1", "@user", "-no", "a\rb", "a\r\nb", "\n", "'", " x "])
def test_no_cell_is_changed(cell):
    content = csv_text({"id": ["r1"], "text": [cell]})
    assert list(csv.reader(io.StringIO(content, newline=""))) == [["id", "text"], ["r1", cell]]


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=5))
def test_a_table_is_read_back_row_by_row(rows):
    columns = {"x": [a for a, _ in rows], "y": [b for _, b in rows]}
    content = table_csv(Table(columns, list(range(2, len(rows) + 2)), "t.csv"))
    assert parse_delimited(content, "t.csv", ",").cells[1:] == [list(row) for row in rows]


def test_numbers_and_missing_cells():
    table = Table({"n": [0.1 + 0.2, 3], "m": [None, True]}, [1, 2], "t.parquet")
    assert table_csv(table) == "n,m\n0.30000000000000004,\n3,True\n"


class Changing:
    """Reads differently every time."""

    times = 0

    def __str__(self):
        self.times += 1
        return f"reading {self.times}"


def test_a_cell_that_would_not_come_back_is_refused():
    table = Table({"x": ["a", Changing()], "y": ["c", "d"]}, [2, 7], "t.csv")
    with pytest.raises(DataError, match=r"\[E204\](.|\n)*\['reading 1', 'd'\] .* \(t\.csv:7\)"):
        table_csv(table)
