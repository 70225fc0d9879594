import pytest

from evenhand.data.conform import conform, read_like, read_texts
from evenhand.data.schema import Layout, Schema
from evenhand.data.table import Table
from evenhand.errors import DataError
from evenhand.types import Task

NAMED = Schema("text", Layout.NAME, ("label",), ("a", "b"), Task.MULTICLASS, ("text", "label"))
BARE = Schema(
    "text",
    Layout.INDEX,
    ("labels",),
    ("a", "b"),
    Task.MULTILABEL,
    ("id", "text", "labels"),
    has_header=False,
    id="id",
    delimiter=",",
    codes=("a", "b"),
)


@pytest.fixture
def write(tmp_path):
    def writer(content, name="r.tsv"):
        (tmp_path / name).write_text(content)
        return tmp_path / name

    return writer


def test_columns_by_name_in_any_order(write):
    table = read_like(write("label\ttext\na\tone\n"), NAMED)
    assert table.columns["text"] == ["one"]


def test_columns_by_position_without_header(write):
    table = read_like(write("i1\tI agree\ta\ni2\tSo do I\tb\n"), BARE)
    assert list(table.columns) == ["id", "text", "labels"]
    assert table.columns["id"] == ["i1", "i2"]


def test_header_beside_a_headerless_training_file(write):
    table = read_like(write("id\ttext\tlabels\ni1\tI agree\t0\n"), BARE)
    assert table.columns == {"id": ["i1"], "text": ["I agree"], "labels": ["0"]}


def test_missing_label_column_names_what_there_is(write):
    with pytest.raises(DataError, match=r"\[E205\](.|\n)*no column 'label'(.|\n)*mean 'labe'"):
        read_like(write("text\tlabe\none\ta\n"), NAMED)


def test_missing_header_is_said():
    table = Table({"column1": ["one"], "column2": ["a"], "column3": ["b"]}, [1], "r.tsv", False)
    with pytest.raises(DataError, match=r"\[E205\](.|\n)*'one', 'a', 'b' \(no header; line 1"):
        conform(table, NAMED, needed=("text",))


@pytest.mark.parametrize(
    ("content", "schema", "texts"),
    [
        ("text\nI agree\n\nNo\n", NAMED, ["I agree", "", "No"]),
        ("n\ttext\n1\tI agree\n2\t\n", NAMED, ["I agree", ""]),
        ("I agree\n", NAMED, ["I agree"]),
        ("i1\tI agree\t1\ni2\tNo\t0\n", BARE, ["I agree", "No"]),
        ("I agree\nNo\n", BARE, ["I agree", "No"]),
        ("id\ttext\n7\tI agree\n", BARE, ["I agree"]),
        ("comment\tn\nI agree\t3\n", BARE, ["I agree"]),
        ("a\tb\tc\nd\te\tf\n", BARE, ["b", "e"]),
    ],
)
def test_texts_to_predict(write, content, schema, texts):
    table, found = read_texts(write(content), schema)
    assert found == texts
    assert len(table) == len(texts)


def test_list_of_texts():
    assert read_texts(["one", ""], NAMED)[1] == ["one", ""]


def test_missing_text_is_the_empty_text():
    assert read_texts({"text": [None, 3]}, NAMED)[1] == ["", "3"]


@pytest.mark.parametrize("schema", [NAMED, BARE])
def test_missing_text_column_has_a_hint(write, schema):
    with pytest.raises(DataError, match=r"\[E205\](.|\n)*no column 'text'(.|\n)*mean 'txet'"):
        read_texts(write("n\ttxet\n1\tI agree\n"), schema)


def test_text_that_is_no_text():
    with pytest.raises(DataError, match=r"\[E204\] a text is no text(.|\n)*list"):
        read_texts({"text": [["a"]]}, NAMED)
