import numpy as np
import pytest

from evenhand.data.labels import LabelCells, binary, cell_name, read_label_names, truth_of
from evenhand.data.schema import Layout
from evenhand.data.table import Table
from evenhand.errors import DataError, MissingFileError
from evenhand.types import LabelSpace, Task

NAN = float("nan")
SPACE = LabelSpace(("a", "b", "c"), Task.MULTILABEL)
CLASSES = LabelSpace(("a", "b", "c"), Task.MULTICLASS)


def truth(cells, layout, *, labels=SPACE, delimiter=None, codes=()):
    table = Table({"labels": cells}, list(range(2, len(cells) + 2)), "r.csv")
    read = LabelCells(table, ("labels",), layout, delimiter, codes)
    return truth_of(read, labels, range(len(cells)))


@pytest.mark.parametrize(
    ("cells", "layout", "options", "expected"),
    [
        (["a", "c"], Layout.NAME, {}, [[1, 0, 0], [0, 0, 1]]),
        (["b", ""], Layout.NAME, {}, [[0, 1, 0], [NAN] * 3]),
        (["a|c", " b ", ""], Layout.DELIMITED, {"delimiter": "|"}, [[1, 0, 1], [0, 1, 0], [0] * 3]),
        ([["a", "c"], [], None], Layout.LIST, {}, [[1, 0, 1], [0] * 3, [NAN] * 3]),
        (["['c']", "[]", ""], Layout.LIST, {}, [[0, 0, 1], [0] * 3, [0] * 3]),
        ([[0, 2]], Layout.LIST, {"codes": ("a", "b", "c")}, [[1, 0, 1]]),
        (["2,0"], Layout.INDEX, {"delimiter": ",", "codes": ("a", "b", "c")}, [[1, 0, 1]]),
        (["3"], Layout.INDEX, {"codes": ("a", "", "b", "c")}, [[0, 0, 1]]),
        ([{"a": 1, "c": 0}, {"b": None}], Layout.MAPPING, {}, [[1, 0, 0], [0, NAN, 0]]),
    ],
)
def test_truth_of_each_layout(cells, layout, options, expected):
    found = truth(cells, layout, **options)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, np.array(expected, dtype=np.float32))


def test_one_column_a_label_with_unknown_cells():
    table = Table(
        {"a": ["1", "", ""], "b": ["false", "1.0", ""], "c": [0, True, None]}, [2, 3, 4], "r"
    )
    found = truth_of(LabelCells(table, ("a", "b", "c"), Layout.COLUMNS), SPACE, [0, 1, 2])
    np.testing.assert_array_equal(found, [[1, 0, 0], [NAN, 1, 1], [NAN, NAN, NAN]])


def test_multiclass_row_without_any_label_is_unknown():
    found = truth([{"a": 0}, {"a": 1, "b": None}], Layout.MAPPING, labels=CLASSES)
    np.testing.assert_array_equal(found, [[NAN] * 3, [1, 0, 0]])


def test_two_labels_in_a_multiclass_row():
    with pytest.raises(DataError, match=r"\[E206\](.|\n)*\['a', 'b'\] \(r\.csv:3\)"):
        truth(["a", "a|b"], Layout.DELIMITED, labels=CLASSES, delimiter="|")


def test_unknown_label_names_row_column_line_and_the_nearest_name():
    table = Table({"label": ["fraud", "frawd"]}, [18, 19], "reviews.csv")
    cells = LabelCells(table, ("label",), Layout.NAME)
    space = LabelSpace(("fraud", "other"), Task.MULTICLASS)
    message = r"\[E201\](.|\n)*'frawd' \(column 'label', reviews\.csv:19\)(.|\n)*mean 'fraud'"
    with pytest.raises(DataError, match=message):
        truth_of(cells, space, [0, 1])


@pytest.mark.parametrize(
    ("cell", "layout", "options"),
    [
        ("9", Layout.INDEX, {"codes": ("a", "b", "c")}),
        ("1", Layout.INDEX, {"codes": ("a", "", "c")}),
        ("joy", Layout.INDEX, {"codes": ("a", "b", "c")}),
        ("-1", Layout.INDEX, {"codes": ("a", "b", "c")}),
        ([0, 0, 1], Layout.LIST, {"codes": ("a", "b", "c")}),
        ("[a", Layout.LIST, {}),
        (3, Layout.LIST, {}),
        ("a", Layout.MAPPING, {}),
        ({"a": 2}, Layout.MAPPING, {}),
    ],
)
def test_unreadable_cell_names_its_line(cell, layout, options):
    with pytest.raises(DataError, match=r"\[E206\](.|\n)*r\.csv:2"):
        truth([cell], layout, **options)


def test_label_names_keep_their_numbers_around_blank_lines(tmp_path):
    (tmp_path / "labels.txt").write_text("joy\n\n fear\n\n")
    assert read_label_names(tmp_path / "labels.txt") == ("joy", "", "fear")


def test_label_name_twice(tmp_path):
    (tmp_path / "labels.txt").write_text("joy\nfear\njoy\n")
    with pytest.raises(DataError, match=r"\[E213\](.|\n)*'joy' at .*:1 and .*:3"):
        read_label_names(tmp_path / "labels.txt")


def test_labels_file_that_is_missing(tmp_path):
    with pytest.raises(MissingFileError, match=r"\[E202\]"):
        read_label_names(tmp_path / "labels.txt")


def test_names_of_cells():
    assert [cell_name(c) for c in (True, 2.0, 2.5, " x ", 7)] == ["true", "2", "2.5", "x", "7"]
    assert [binary(c) for c in ("1", "True", 0.0, "2", [1])] == [1, 1, 0, None, None]
