import pytest

from evenhand.config import DataConfig
from evenhand.data.roles import part_by_column, split_column
from evenhand.data.table import Table
from evenhand.errors import ConfigError, DataError
from evenhand.types import Role


def table(**columns):
    rows = len(next(iter(columns.values())))
    return Table(columns, list(range(2, rows + 2)), "r.csv", blank=(9,))


def test_a_column_called_split_with_words_for_roles_is_found():
    found = table(text=["a", "b"], Split=["train", "TEST "])
    assert split_column(found, DataConfig(), explicit=False) == "Split"
    assert split_column(found, DataConfig(), explicit=True) is None
    assert split_column(found, DataConfig(split="none"), explicit=False) is None


def test_a_column_called_split_with_other_values_is_not():
    assert split_column(table(split=["x", "y"]), DataConfig(), explicit=False) is None


def test_every_word_for_a_role():
    words = ["fit", "train", "tune", "dev", "valid", "validation", "val", "report", "test"]
    parts = part_by_column(table(part=words), "part")
    assert {role: len(part) for role, part in parts.items()} == {
        Role.FIT: 2, Role.TUNE: 5, Role.REPORT: 2
    }  # fmt: skip
    assert parts[Role.TUNE].lines == [4, 5, 6, 7, 8]
    assert [part.blank for part in parts.values()] == [(9,), (), ()]


def test_unknown_value_names_its_line():
    with pytest.raises(DataError, match=r"\[E209\](.|\n)*'trian' \(column 'part', r\.csv:3\)"):
        part_by_column(table(part=["train", "trian"]), "part")


def test_column_without_fit_rows():
    with pytest.raises(DataError, match=r"\[E209\] the split column leaves no row to fit"):
        part_by_column(table(part=["dev", "test"]), "part")


def test_column_and_files_together():
    with pytest.raises(ConfigError, match=r"\[E105\]"):
        split_column(table(part=["fit"]), DataConfig(split="part"), explicit=True)


def test_named_split_column_that_is_missing():
    with pytest.raises(DataError, match=r"\[E205\](.|\n)*did you mean 'part'"):
        split_column(table(part=["fit"]), DataConfig(split="prat"), explicit=False)
