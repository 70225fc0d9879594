import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from evenhand.data.records import frame_columns, is_frame, parse_json, parse_parquet
from evenhand.errors import DataError


def test_list_of_objects_with_the_line_of_each():
    columns, lines = parse_json('[\n {"text": "a", "n": 1},\n\n {"text": "b"}\n]\n', "f.json")
    assert columns == {"text": ["a", "b"], "n": [1, None]}
    assert lines == [2, 4]


def test_one_object_a_line_with_blank_lines_between():
    columns, lines = parse_json('{"text": "a"}\n\n{"text": "b"}\n', "f.jsonl")
    assert columns == {"text": ["a", "b"]}
    assert lines == [1, 3]


def test_empty_list_has_no_rows():
    assert parse_json("[]", "f.json") == ({}, [])


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('[\n{"a": 1},\n{"a": }\n]', 3),
        ('[\n{"a": 1}\n{"a": 2}\n]', 3),
        ('[\n{"a": 1},\n3\n]', 3),
        ('[\n{"a": 1},\n]', 3),
        ('[\n{"a": 1}', 2),
        ('[{"a": 1}]\nrest', 2),
        ('{"a": 1}\n{"a": 2\n', 2),
        ('{"a": 1}\n[2]\n', 2),
        ('"text"', 1),
    ],
)
def test_what_is_not_json_of_that_form_names_its_line(text, line):
    with pytest.raises(DataError, match=rf"\[E204\](.|\n)*f\.json:{line}: "):
        parse_json(text, "f.json")


@pytest.mark.parametrize("form", ['{{"a": 1}}\n{{"a": {}}}\n', '[{{"a": 1}},\n{{"a": {}}}]'])
@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("9" * 5000, "a whole number has too many digits"),
        ("[" * 200_000 + "]" * 200_000, "lists or objects are nested too deep"),
    ],
    ids=["digits", "depth"],
)
def test_json_that_python_cannot_hold_names_its_line(form, cell, why):
    with pytest.raises(DataError, match=rf"\[E204\](.|\n)*f\.json:2: {why}"):
        parse_json(form.format(cell), "f.json")


def test_damaged_parquet():
    with pytest.raises(DataError, match=r"\[E204\] the file is no readable Parquet"):
        parse_parquet(b"PAR1 and nothing else PAR1", "f.parquet")


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_tables_in_memory_become_columns(library):
    data = {"text": ["a", None], "labels": [["x", "y"], []], "n": [1, 2]}
    make = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": pa.table}[library]
    frame = make(data)
    assert is_frame(frame)
    assert frame_columns(frame) == data


@pytest.mark.parametrize(
    "frame",
    [
        pa.table([pa.array(["a"]), pa.array(["b"])], names=["text", "text"]),
        pd.DataFrame([["a", "b"]], columns=["text", "text"]),
    ],
    ids=["pyarrow", "pandas"],
)
def test_a_table_with_two_columns_of_one_name_is_refused(frame):
    with pytest.raises(DataError, match=r"\[E204\] two columns(.|\n)*'text' at the table"):
        frame_columns(frame)


def test_a_number_and_a_text_that_read_alike_are_one_name():
    with pytest.raises(DataError, match=r"\[E204\] two columns(.|\n)*'1' at the table"):
        frame_columns(pd.DataFrame([["a", "b"]], columns=[1, "1"]))


def test_missing_numbers_of_pandas_become_none():
    frame = pd.DataFrame({"a": [1.0, float("nan")], "b": [pd.NA, "x"]})
    assert frame_columns(frame) == {"a": [1.0, None], "b": [None, "x"]}
    assert not is_frame(frame["a"])
