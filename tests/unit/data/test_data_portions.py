"""Rows in portions are the rows of the whole file: the same cells, lines and errors."""

from __future__ import annotations

import codecs
import json
import os
import weakref
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evenhand.data.conform import read_texts
from evenhand.data.portions import Limit, Place, open_rows
from evenhand.data.schema import Layout, Schema
from evenhand.errors import DataError, EvenhandError, MissingFileError
from evenhand.run.predict_formats import Parquet
from evenhand.types import Task

NAMED = Schema("text", Layout.NAME, ("label",), ("a", "b"), Task.MULTICLASS, ("text", "label"))
BARE = replace(NAMED, columns=("id", "text", "labels"), has_header=False)
SMALL = Limit(rows=2, size=2**20)


def in_portions(path, schema, limit=SMALL, place=None):
    """Return columns, texts, lines and blank lines of all portions together."""
    source = open_rows(str(path))
    survey = source.survey(schema)
    columns = {name: [] for name in survey.names}
    texts, lines, blank = [], [], []
    for portion in source.portions(survey, place or Place(), limit):
        for name, cells in portion.table.columns.items():
            columns[name] += cells
        texts += portion.texts
        lines += portion.table.lines
        blank += portion.table.blank
    assert place or survey.rows == len(texts)
    return columns, texts, lines, blank


def whole(path, schema):
    table, texts = read_texts(str(path), schema)
    return table.columns, texts, table.lines, list(table.blank)


def outcome(read, path, schema):
    try:
        return read(path, schema)
    except EvenhandError as error:
        return str(error)


CSV = {
    "a quoted cell with line ends": 'text,n\n"one\ntwo\r\nthree",1\nb,2\nc,3\nd,4\n',
    "blank lines": "text,n\n\n\na,1\n\nb,2\n  \nc,3\n\n\n",
    "blank lines of one column": "\n\ntext\n\na\nb\n\n\nc\n\n",
    "windows": "text,n\r\na,1\r\n\r\nb,2\r\nc,3\r\n",
    "old ends": "text,n\ra,1\rb,2\rc,3\r",
    "mixed ends": "text,n\ra,1\n\rb,2\r\nc,3\rd,4\n",
    "no end": "text,n\na,1\nb,2\nc,3",
    "a name that recurs late": "text,n\na,1\nb,2\nc,3\ntext,4\n",
    "no header": "a,1\nb,2\nc,3\n",
    "one row": "text,n\na,1\n",
    "only a header": "text,n\n",
    "semicolons": "id;text\n1;a, b\n2;c\n3;d\n",
    "an open quote": 'text,n\na,1\nb,2\nc,"3\nd,4\n',
    "a closed quote": 'text,n\na,1\nb,2\nc,3\n"d"e,4\n',
    "a short row": "text,n\na,1\nb,2\nc,3\nd\n",
    "a long row of one column": "text\na\nb\nc\nd, e\n",
    "no text": "body,n\na,1\nb,2\n",
    "one name twice": "text,text\na,1\nb,2\nc,3\n",
    "not utf-8": b"text,n\na,1\nb,2\nc,\xe9\n",
    "utf-16": "text,n\na,1\n".encode("utf-16"),
    "a mark, and not utf-8": codecs.BOM_UTF8 + b"text,n\na,1\nb,\xe9\n",
    "a mark": codecs.BOM_UTF8 + b"text,n\na,1\nb,2\nc,3\n",
    "blanks": b" \n\n \n",
    "nothing": b"",
}


@pytest.mark.parametrize("schema", [NAMED, BARE], ids=["named", "bare"])
@pytest.mark.parametrize("content", CSV.values(), ids=CSV)
def test_portions_of_csv_are_the_whole_file(content, schema, tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert outcome(in_portions, path, schema) == outcome(whole, path, schema)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text('ab",\n\r ', max_size=40), st.integers(1, 4))
def test_portions_of_anything_are_the_whole_file(tmp_path, rest, rows):
    path = tmp_path / "rows.csv"
    path.write_bytes(f"text,n\n{rest}".encode())

    def read(path, schema):
        return in_portions(path, schema, Limit(rows))

    assert outcome(read, path, NAMED) == outcome(whole, path, NAMED)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.sampled_from(["a,1", '"x\ny",2', "\r", "", '"\r\n",é']), max_size=9))
def test_reading_goes_on_from_any_place(tmp_path, rows):
    path = tmp_path / "rows.csv"
    path.write_bytes(codecs.BOM_UTF8 + "\n".join(["text,n", "z,0", *rows]).encode())
    source = open_rows(str(path))
    survey = source.survey(NAMED)
    portions = list(source.portions(survey, Place(), SMALL))
    for number, portion in enumerate(portions, start=1):
        rest = list(source.portions(survey, portion.end, SMALL))
        assert [p.table.columns for p in rest] == [p.table.columns for p in portions[number:]]
        assert [p.table.lines for p in rest] == [p.table.lines for p in portions[number:]]


JSON = {
    "lines": '{"text": "a", "n": 1}\n\n{"text": "b"}\n{"text": null, "m": [1]}\n',
    "windows": '{"text": "a"}\r\n{"text": "b"}\r\n{"text": "c"}\r\n',
    "a late name": '{"n": 1}\n{"n": 2}\n{"text": "c"}\n',
    "no end": '{"text": "a"}\n{"text": "b"}\n{"text": "c"}',
    "a list": '[{"text": "a"},\n {"text": "b"},\n {"text": "c"}]',
    "half an object": '{"text": "a"}\n{"text": "b"}\n{"text": \n',
    "no object": '{"text": "a"}\n{"text": "b"}\n[3]\n',
    "half a character": '{"text": "a"}\n{"text": "b"}\n{"text": "\\ud800"}\n',
    "a text that is none": '{"text": "a"}\n{"text": "b"}\n{"text": ["c"]}\n',
    "no text": '{"body": "a"}\n{"n": 2}\n',
    "not utf-8": b'{"text": "a"}\n{"text": "\xe9"}\n',
}


@pytest.mark.parametrize("content", JSON.values(), ids=JSON)
def test_portions_of_json_are_the_whole_file(content, tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    found, expected = outcome(in_portions, path, NAMED), outcome(whole, path, NAMED)
    assert found[:3] == expected[:3]
    if isinstance(expected, str):
        assert found == expected


def test_blank_lines_of_jsonl_are_counted(tmp_path):
    (tmp_path / "rows.jsonl").write_text('\n{"text": "a"}\n\n{"text": "b"}\n\n\n')
    assert in_portions(tmp_path / "rows.jsonl", NAMED)[3] == [1, 3, 5, 6]


def test_portions_of_parquet_are_the_whole_file(tmp_path):
    path = tmp_path / "rows.parquet"
    cells = {"text": ["a", None, "c", "d", "e", "f", "g"], "n": [1.5, float("nan"), *range(5)]}
    pq.write_table(pa.table(cells), path, row_group_size=3)
    assert in_portions(path, NAMED) == whole(path, NAMED)
    for rows in (2, 3, 5, 6):
        assert in_portions(path, NAMED, place=Place(rows))[1] == whole(path, NAMED)[1][rows:]


def test_a_parquet_of_lists_and_a_damaged_one_are_refused_as_whole_ones_are(tmp_path):
    nested, damaged = tmp_path / "nested.parquet", tmp_path / "damaged.parquet"
    pq.write_table(pa.table({"text": [["a"]] * 5}), nested)
    damaged.write_bytes(b"PAR1 and nothing else PAR1")
    assert outcome(in_portions, nested, NAMED) == outcome(whole, nested, NAMED)
    for path, what in ((nested, "a text is no text"), (damaged, "the file is no readable Parquet")):
        assert outcome(in_portions, path, NAMED).startswith(f"[E204] {what}")


def test_a_parquet_with_two_columns_of_one_name_is_refused(tmp_path):
    path = tmp_path / "rows.parquet"
    cells = [pa.array(["a"]), pa.array(["b"]), pa.array([1])]
    pq.write_table(pa.table(cells, names=["text", "text", "n"]), path)
    assert outcome(in_portions, path, NAMED) == outcome(whole, path, NAMED)
    with pytest.raises(DataError, match=r"\[E204\] two columns(.|\n)*'text' at (.|\n)*parquet\n"):
        in_portions(path, NAMED)


WORD = pa.dictionary(pa.int32(), pa.string())


@pytest.mark.parametrize(
    ("kind", "spelt_out", "cell"),
    [
        (WORD, pa.string(), "k"),
        (pa.list_(WORD), pa.list_(pa.string()), ["k"]),
        (pa.large_list(WORD), pa.large_list(pa.string()), ["k"]),
        (pa.list_(WORD, 1), pa.list_(pa.string(), 1), ["k"]),
        (pa.list_(pa.list_(WORD)), pa.list_(pa.list_(pa.string())), [["k"]]),
        (pa.struct([("a", WORD)]), pa.struct([("a", pa.string())]), {"a": "k"}),
        (pa.map_(pa.string(), WORD), pa.map_(pa.string(), pa.string()), [("k", "v")]),
        (pa.list_(pa.int8()), pa.list_(pa.int8()), [1]),
    ],
    ids=str,
)
def test_words_in_a_dictionary_are_spelt_out_and_written_again(kind, spelt_out, cell, tmp_path):
    path, part, out = (tmp_path / name for name in ("in.parquet", "part", "out.parquet"))
    pq.write_table(pa.table({"text": ["a", "b"], "x": pa.array([cell, None], kind)}), path)
    source = open_rows(str(path))
    survey = source.survey(NAMED)
    types = source.kinds(survey)
    assert types == {"text": pa.string(), "x": spelt_out}
    form = Parquet(types)
    portions = source.portions(survey, Place(), Limit(1))
    rows = b"".join(form.rows(portion.table.columns) for portion in portions)
    part.write_bytes(form.head(survey.names) + rows)
    form.finish(part, out)
    assert pq.read_table(out).to_pydict() == {"text": ["a", "b"], "x": [cell, None]}


def test_a_text_as_large_as_a_portion_ends_it(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("text,n\n" + f"{'x' * 100},1\n" * 10)
    source = open_rows(str(path))
    survey = source.survey(NAMED)
    sizes = [len(p.texts) for p in source.portions(survey, Place(), Limit(1000, 250))]
    assert sizes == [3, 3, 3, 1]


def test_many_columns_make_portions_small():
    assert Limit.of(3) == Limit()
    assert Limit.of(10_000).rows == 104
    assert Limit.of(2_000_000).rows == 1


@pytest.mark.parametrize("name", ["rows.csv", "rows.jsonl", "rows.parquet"])
def test_no_more_than_two_portions_are_in_memory(tmp_path, name):
    path, texts = tmp_path / name, [f"text {i}" for i in range(200)]
    write(path, texts)
    source = open_rows(str(path))
    survey, alive, most = source.survey(NAMED), [], 0
    for portion in source.portions(survey, Place(), Limit(5)):
        assert len(portion.texts) <= 5
        alive.append(weakref.ref(portion))
        most = max(most, sum(known() is not None for known in alive))
    assert len(alive) >= 40
    assert most <= 2


def test_a_file_is_not_read_ahead_of_its_portions(tmp_path):
    path = tmp_path / "rows.csv"
    write(path, [f"text {i}" for i in range(1000)])
    source = open_rows(str(path))
    survey = source.survey(NAMED)
    first = next(source.portions(survey, Place(), Limit(10)))
    assert first.end.offset < path.stat().st_size / 50
    by_bytes = first.end.offset / path.stat().st_size
    assert source.share(first.end, survey) == (len(first.texts) / survey.rows + by_bytes) / 2


def write(path: Path, texts: list[str]) -> None:
    if path.suffix == ".parquet":
        pq.write_table(pa.table({"text": texts}), path)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    else:
        path.write_text("text,n\n" + "".join(f"{text},1\n" for text in texts))


def test_what_is_missing_or_of_no_known_kind(tmp_path):
    (tmp_path / "rows.xls").write_text("text\n")
    with pytest.raises(MissingFileError, match=r"\[E202\] there is no such file"):
        open_rows(str(tmp_path / "rows.csv"))
    with pytest.raises(MissingFileError, match=r"\[E204\] the ending of the file"):
        open_rows(str(tmp_path / "rows.xls"))


def test_a_pipe_cannot_be_read_twice(tmp_path):
    path = tmp_path / "rows.csv"
    os.mkfifo(path)
    keeper = os.open(path, os.O_RDWR)
    try:
        with pytest.raises(DataError, match=r"\[E202\](.|\n)*a pipe, which is gone"):
            open_rows(str(path))
    finally:
        os.close(keeper)
