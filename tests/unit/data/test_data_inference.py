import pytest

from evenhand.config import DataConfig
from evenhand.data.inference import ONE_EACH, infer_schema
from evenhand.data.schema import Layout
from evenhand.data.table import Table
from evenhand.errors import DataError
from evenhand.types import Task

WORDS = ["the first one", "a second text", "number three", "and the last"]


def table(header=True, **columns):
    rows = len(next(iter(columns.values())))
    return Table(columns, list(range(2, rows + 2)), "r.csv", has_header=header)


def infer(labels, names=None, **settings):
    return infer_schema(table(text=WORDS, labels=labels), DataConfig(**settings), names=names)


@pytest.mark.parametrize(
    ("labels", "layout", "names"),
    [
        (["b", "a", "b", "a"], Layout.NAME, ("a", "b")),
        (["10", "9", "10", "9"], Layout.NAME, ("9", "10")),
        ([0, 1, 1, 0], Layout.NAME, ("0", "1")),
        ([True, False, True, True], Layout.NAME, ("false", "true")),
        ([1.0, None, 2.0, 2.0], Layout.NAME, ("1", "2")),
        (["rock, pop", "jazz", "rock, pop", "jazz"], Layout.NAME, ("jazz", "rock, pop")),
        (["a|b", "b|c", "c", "a"], Layout.DELIMITED, ("a", "b", "c")),
        (["a;b", "b;c", "c", "a"], Layout.DELIMITED, ("a", "b", "c")),
        (["a, b", "b, c", "c", "a"], Layout.DELIMITED, ("a", "b", "c")),
        ([["a"], ["b", "a"], [], ["b"]], Layout.LIST, ("a", "b")),
        (["['a']", "['b', 'a']", "[]", "['b']"], Layout.LIST, ("a", "b")),
        ([{"z": 1, "a": 0}] * 4, Layout.MAPPING, ("z", "a")),
    ],
)
def test_layout_and_names(labels, layout, names):
    schema = infer(labels)
    assert (schema.layout, schema.names) == (layout, names)
    single = layout is Layout.NAME
    assert schema.task is (Task.MULTICLASS if single else Task.MULTILABEL)


@pytest.mark.parametrize(
    ("labels", "layout", "delimiter"),
    [
        (["0,1", "1", "2", "0"], Layout.INDEX, ","),
        (["0 ; 1", "1", "2", "0"], Layout.INDEX, ";"),
        (["0", "1", "2", "0"], Layout.INDEX, None),
        (["joy", "fear", "grief", "joy"], Layout.NAME, None),
        (["joy,fear", "fear", "grief", "joy"], Layout.DELIMITED, ","),
        ([[0, 1], [2], [], [1]], Layout.LIST, None),
    ],
)
def test_labels_file_gives_order_and_meaning(labels, layout, delimiter):
    schema = infer(labels, names=("joy", "fear", "grief"))
    assert (schema.layout, schema.delimiter) == (layout, delimiter)
    assert schema.names == ("joy", "fear", "grief")
    assert bool(schema.codes) is (layout in {Layout.INDEX, Layout.LIST})
    assert (schema.task is Task.MULTICLASS) is (delimiter is None and layout is not Layout.LIST)


def test_delimiter_can_be_set():
    assert infer(["a/b", "c", "c", "d"], delimiter="/").names == ("a", "b", "c", "d")
    assert infer(["3,17", "3", "17", "3"], delimiter=",").names == ("3", "17")


def test_lists_of_numbers_need_a_labels_file():
    with pytest.raises(DataError, match=r"\[E205\](.|\n)*'3,17'.*r\.csv:3(.|\n)*--labels-file"):
        infer(["27", "3,17", "4", "27"])


def test_one_column_a_label_keeps_the_order_of_columns():
    schema = infer_schema(
        table(
            comment=WORDS, id=["x", "y", "z", "w"], z=["0", "1", "", "1"], a=["1", "0", "0", "1"]
        ),
        DataConfig(),
    )
    assert schema.layout is Layout.COLUMNS
    assert schema.label_columns == schema.names == ("z", "a")
    assert (schema.text, schema.id) == ("comment", "id")


@pytest.mark.parametrize("labels", [["a|b", "b", "a", "b"], ["a", "b", "a", "b"]])
def test_no_row_with_two_labels_is_noted(labels):
    schema = infer(labels, delimiter="|")
    assert schema.task is Task.MULTILABEL
    assert (ONE_EACH in schema.notes) is ("|" not in labels[0])


def test_row_without_labels_is_no_ground_for_softmax():
    assert infer(["a", "", "b", "b"], delimiter="|").notes == ()


def test_headerless_columns_are_named_by_what_they_hold():
    data = table(
        header=False, column1=["k1", "k2", "k3", "k4"], column2=["a", "b", "a", "b"], column3=WORDS
    )
    schema = infer_schema(data, DataConfig())
    assert schema.columns == ("id", "label", "text")
    assert (schema.text, schema.label_columns, schema.id) == ("text", ("label",), "id")


def test_headerless_pair_of_unique_columns_has_labels_not_ids():
    data = table(header=False, column1=WORDS[:2], column2=["a", "b"])
    assert infer_schema(data, DataConfig()).columns == ("text", "label")


def test_settings_name_the_columns():
    data = table(a=WORDS, b=["x", "y", "x", "y"], c=["1", "2", "3", "4"], text=["p", "q", "p", "q"])
    schema = infer_schema(data, DataConfig(text="a", labels=("text",), id="c"))
    assert (schema.text, schema.label_columns, schema.id) == ("a", ("text",), "c")


def test_id_none_means_file_and_line():
    data = table(text=WORDS, label=["a", "b", "a", "b"], id=["1", "1", "1", "1"])
    assert infer_schema(data, DataConfig(id="none")).id is None


@pytest.mark.parametrize("setting", [{"text": "txt"}, {"labels": ("txt",)}, {"group": "txt"}])
def test_named_column_that_is_missing(setting):
    with pytest.raises(DataError, match=r"\[E205\] r\.csv has no column 'txt'(.|\n)*'text'"):
        infer_schema(table(text=WORDS, label=["a", "b", "a", "b"]), DataConfig(**setting))


def test_no_text_column():
    with pytest.raises(DataError, match=r"\[E205\] no column holds text(.|\n)*data\.text"):
        infer_schema(table(a=["1", "2"], b=["3", "4"]), DataConfig())


def test_no_label_column():
    with pytest.raises(DataError, match=r"\[E205\](.|\n)*data\.labels"):
        infer_schema(table(text=WORDS, a=WORDS, b=list("wxyz")), DataConfig())


def test_description_names_the_setting_of_each_line():
    lines = infer(["a|b", "b", "a", "b"]).describe().splitlines()
    assert [line.split()[0] for line in lines] == ["text", "labels", "task", "id", "header"]
    assert all("--set data." in line for line in lines)
    assert "'|'" in lines[1]


def test_label_columns_may_be_one_string_with_commas():
    assert DataConfig(labels="a,b").labels == ("a", "b")
    assert DataConfig(labels=("a, b",)).labels == ("a, b",)
