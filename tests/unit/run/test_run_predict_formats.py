"""Columns as the bytes of a file."""

import csv
import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evenhand.data.portions.kinds import Kinds
from evenhand.durable import write_bytes
from evenhand.errors import ConfigError, DataError, WriteError
from evenhand.run.predict_formats import Parquet, format_of, refuse_name, to_csv


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "-cmd|x", "@SUM(A1)", "\t=1", "\r=1", "-1+2"])
def test_a_cell_that_a_spreadsheet_would_run_is_made_harmless(text):
    assert next(csv.reader(io.StringIO(to_csv({"x": [text]}).split("\n", 1)[1], newline=""))) == [
        f"'{text}"
    ]


@pytest.mark.parametrize("text", ["-5", "+3.25", "-1e-5", "-1,000", "5", "a=b", "", "né 😀"])
def test_any_other_cell_stays_as_it_is(text):
    assert (
        next(csv.reader(io.StringIO(to_csv({"x": [text], "y": [0]}).split("\n", 1)[1])))[0] == text
    )


def test_numbers_come_back_to_the_last_bit():
    value = 0.1 + 0.2
    assert float(to_csv({"p": [value, -value]}).split("\n")[1]) == value


def test_a_cell_with_separators_is_quoted():
    rows = list(csv.reader(io.StringIO(to_csv({"x": ['a,"b"\nc'], "y": [None]}), newline="")))
    assert rows == [["x", "y"], ['a,"b"\nc', ""]]


def test_the_name_of_a_column_is_made_harmless_too():
    assert to_csv({"=1+1": ["a"], "-5": ["b"]}) == "'=1+1,-5\na,b\n"


def test_tsv_is_escaped_and_jsonl_is_not():
    columns = {"x": ["=1", "a\tb"], "n": [1, None]}
    assert format_of(Path("o.tsv"), {}).content(columns) == b'x\tn\n\'=1\t1\n"a\tb"\t\n'
    lines = format_of(Path("o.jsonl"), {}).content(columns).decode().splitlines()
    assert [json.loads(line) for line in lines] == [{"x": "=1", "n": 1}, {"x": "a\tb", "n": None}]


@pytest.mark.parametrize("cell", [float("nan"), float("inf"), -float("inf")])
def test_a_number_that_json_does_not_know_is_null(cell):
    content = format_of(Path("o.jsonl"), {}).rows({"n": [cell, 1.5], "x": [[{"a": cell}], "NaN"]})
    assert content == b'{"n": null, "x": [{"a": null}]}\n{"n": 1.5, "x": "NaN"}\n'


def test_a_whole_parquet_file(tmp_path):
    columns = {"x": ["=1", None], "labels": ["a", "a|b"], "p:a": [0.1, 0.2]}
    kinds = Kinds(columns)
    kinds.look(columns)
    write_bytes(tmp_path / "o.parquet", format_of(Path("o.PARQUET"), kinds.types).content(columns))
    assert pq.read_table(tmp_path / "o.parquet").to_pydict() == columns


@pytest.mark.parametrize(
    ("portions", "kind"),
    [
        ([[2**53 + 1], [1.5]], pa.string()),
        ([[1.5], [2**53 + 1]], pa.string()),
        ([[2**53 + 1], [None, 3], [1.5], [2.5]], pa.string()),
        ([[[2**53 + 1], None], [[1.5]]], pa.string()),
        ([[2**53 + 1], [3]], pa.int64()),
        ([[2**53], [1.5]], pa.float64()),
        ([[[1]], [[1.5]]], pa.list_(pa.float64())),
    ],
)
def test_whole_numbers_that_no_double_holds_stay_exact(portions, kind):
    kinds = Kinds(["n"])
    for cells in portions:
        kinds.look({"n": cells})
    assert kinds.types == {"n": kind}
    form = Parquet(kinds.types)
    content = form.head(["n"]) + b"".join(form.rows({"n": cells}) for cells in portions)
    found = pa.ipc.open_stream(content).read_all().column("n").to_pylist()
    if kind == pa.string():
        found = [cell if cell is None else json.loads(cell) for cell in found]
    assert found == [cell for cells in portions for cell in cells]


def test_what_parquet_cannot_hold_has_a_way_out():
    with pytest.raises(DataError, match=r"\[E204\] a column cannot be written(.|\n)*\.csv or"):
        Parquet({"n": pa.int8()}).rows({"n": [1000]})


@pytest.mark.parametrize(("limit", "most"), [("GROUP", 5), ("GROUP_BYTES", 5 * 8)])
def test_rows_of_a_parquet_file_are_kept_together(limit, most, tmp_path, monkeypatch):
    monkeypatch.setattr(f"evenhand.run.predict_formats.{limit}", most)
    form = Parquet({"n": pa.int64()})
    content = form.head(["n"]) + b"".join(form.rows({"n": [i, i]}) for i in range(4))
    (tmp_path / "part").write_bytes(content)
    form.finish(tmp_path / "part", tmp_path / "o.parquet")
    about = pq.ParquetFile(tmp_path / "o.parquet").metadata
    assert [about.row_group(g).num_rows for g in range(about.num_row_groups)] == [6, 2]
    assert not (tmp_path / "part").exists()


@pytest.mark.parametrize("name", ["out", "out.txt", "out.json", "out.csv.gz"])
def test_an_output_whose_name_does_not_say_what_it_holds(name):
    with pytest.raises(ConfigError, match=r"\[E110\](.|\n)*\.csv \.tsv \.jsonl \.parquet"):
        refuse_name(Path(name))


def test_an_output_that_is_a_folder(tmp_path):
    (tmp_path / "o.csv").mkdir()
    with pytest.raises(WriteError, match=r"\[E106\](.|\n)*Is a directory(.|\n)*o\.csv/out\.csv"):
        refuse_name(tmp_path / "o.csv")
