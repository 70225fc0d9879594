import codecs
import hashlib

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evenhand.data.table import Table, read_table
from evenhand.errors import DataError, MissingFileError


def test_csv_with_header(tmp_path):
    path = tmp_path / "r.csv"
    path.write_text("text,label\ngood,a\nbad,b\n")
    table = read_table(path)
    assert table.columns == {"text": ["good", "bad"], "label": ["a", "b"]}
    assert table.has_header
    assert table.where(1) == f"{path}:3"
    assert table.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_byte_order_mark_is_no_part_of_the_first_name(tmp_path):
    (tmp_path / "r.csv").write_bytes(codecs.BOM_UTF8 + b"text,label\ngood,a\n")
    assert list(read_table(tmp_path / "r.csv").columns) == ["text", "label"]


@pytest.mark.parametrize(
    ("first", "second", "named"),
    [
        ("I agree\t27\teeb", "So do I\t4,27\ted0", False),
        ("I agree\t4,27\teeb", "So do I\t3\ted0", False),
        ("I agree\tpos\tx1", "No\tpos\tx2", False),
        ("I agree\t\tx1", "No\tpos\tx2", False),
        ("words\tkind\tkey", "No\tpos\tx2", True),
        ("words\twords\tkey", "No\tpos\tx2", False),
        ("text\t27\tkey", "No\tpos\tx2", True),
        ("what is it\tquestion\ta", "No\tquestion\tb", False),
    ],
)
def test_whether_the_first_line_holds_names(tmp_path, first, second, named):
    (tmp_path / "r.tsv").write_text(f"{first}\n{second}\n")
    table = read_table(tmp_path / "r.tsv")
    assert table.has_header is named
    assert len(table) == (1 if named else 2)
    assert table.lines[0] == (2 if named else 1)


def test_header_can_be_decided_by_hand(tmp_path):
    (tmp_path / "r.csv").write_text("1,2\na,b\n")
    assert list(read_table(tmp_path / "r.csv", header="yes").columns) == ["1", "2"]
    assert list(read_table(tmp_path / "r.csv", header="no").columns) == ["column1", "column2"]


def test_expected_names_make_a_header(tmp_path):
    (tmp_path / "r.csv").write_text("1,phrase\n1,b\n")
    assert not read_table(tmp_path / "r.csv").has_header
    assert read_table(tmp_path / "r.csv", expect=("phrase",)).has_header


def test_unnamed_column_gets_its_number(tmp_path):
    (tmp_path / "r.csv").write_text(",text,label\n0,good,a\n")
    assert list(read_table(tmp_path / "r.csv").columns) == ["column1", "text", "label"]


def test_parquet_json_and_frames_agree(tmp_path):
    frame = pd.DataFrame({"text": ["a", "b"], "label": ["x", "y"]})
    pq.write_table(pa.table(frame.to_dict("list")), tmp_path / "r.parquet")
    frame.to_json(tmp_path / "r.jsonl", orient="records", lines=True)
    frame.to_json(tmp_path / "r.json", orient="records")
    expected = frame.to_dict("list")
    for source in (frame, *(tmp_path / f"r.{kind}" for kind in ("parquet", "jsonl", "json"))):
        assert read_table(source).columns == expected
    assert read_table(frame).sha256 == read_table(expected).sha256


def test_text_file_with_tabs(tmp_path):
    (tmp_path / "r.txt").write_text("text\tlabel\na, b\tx\n")
    assert read_table(tmp_path / "r.txt").columns == {"text": ["a, b"], "label": ["x"]}


def test_table_is_returned_as_it_is():
    table = Table({"a": [1]}, [1], "t")
    assert read_table(table) is table


@pytest.mark.parametrize("content", [b"", b" \n\n", codecs.BOM_UTF8])
def test_empty_file(tmp_path, content):
    (tmp_path / "r.csv").write_bytes(content)
    with pytest.raises(MissingFileError, match=r"\[E202\] the file is empty"):
        read_table(tmp_path / "r.csv")


@pytest.mark.parametrize(("name", "content"), [("r.csv", "text,label\n"), ("r.json", "[]")])
def test_file_without_rows(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    with pytest.raises(DataError, match=r"\[E202\] there are no rows"):
        read_table(tmp_path / name, header="yes")


@pytest.mark.parametrize("name", ["r.csv", "nothing", "folder/r"])
def test_missing_file(tmp_path, name):
    with pytest.raises(MissingFileError, match=r"\[E202\] there is no such file"):
        read_table(tmp_path / name)


def test_folder_that_is_no_data_set(tmp_path):
    with pytest.raises(MissingFileError, match=r"\[E202\]"):
        read_table(tmp_path)


def test_not_utf8_names_line_and_byte(tmp_path):
    path = tmp_path / "r.csv"
    path.write_bytes(codecs.BOM_UTF8 + "text,label\ncafé,a\n".encode("latin-1"))
    with pytest.raises(DataError, match=r"\[E203\](.|\n)*byte 0xe9 at .*r\.csv:2 \(byte 17 "):
        read_table(path)


def test_the_way_to_utf8_keeps_the_ending(tmp_path):
    path = tmp_path / "r.jsonl"
    path.write_bytes('{"text": "café"}\n'.encode("latin-1"))
    with pytest.raises(DataError, match=r"> utf8\.jsonl, if that is its encoding"):
        read_table(path)


def test_unknown_ending(tmp_path):
    (tmp_path / "r.xls").write_text("text\n")
    with pytest.raises(MissingFileError, match=r"\[E204\](.|\n)*\.csv \.tsv"):
        read_table(tmp_path / "r.xls")


def test_name_that_occurs_twice(tmp_path):
    (tmp_path / "r.csv").write_text("text,label,label\na,b,c\n")
    with pytest.raises(DataError, match=r"\[E204\] two columns(.|\n)*'label' at .*:1"):
        read_table(tmp_path / "r.csv")


def test_columns_of_unequal_length():
    with pytest.raises(DataError, match=r"\[E204\] columns differ in length"):
        read_table({"a": [1], "b": []})


def test_missing_column_has_a_spelling_hint():
    with pytest.raises(DataError, match=r"\[E205\](.|\n)*did you mean 'text'"):
        Table({"text": ["a"]}, [1], "t").column("txet")


@pytest.mark.parametrize("separator", [";", "\t"])
def test_csv_whose_header_shows_another_separator(tmp_path, separator):
    (tmp_path / "r.csv").write_text(f'"text"{separator}label\none, two{separator}a\n')
    assert read_table(tmp_path / "r.csv").columns == {"text": ["one, two"], "label": ["a"]}


def test_texts_with_semicolons_in_one_column_stay_whole(tmp_path):
    (tmp_path / "r.csv").write_text("I agree; yes\nNo; never\n")
    assert read_table(tmp_path / "r.csv", header="no").columns == {
        "column1": ["I agree; yes", "No; never"]
    }


def test_missing_file_names_its_neighbour(tmp_path):
    (tmp_path / "train.csv").write_text("text\n")
    with pytest.raises(MissingFileError, match=r"\[E202\](.|\n)*did you mean 'train.csv'"):
        read_table(tmp_path / "trian.csv")
