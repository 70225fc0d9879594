import json
from dataclasses import replace

import pytest

from evenhand.data.schema import Layout, Schema, ordered
from evenhand.errors import DataError
from evenhand.types import Task

SCHEMA = Schema(
    text="text",
    layout=Layout.INDEX,
    label_columns=("labels",),
    names=("joy", "fear"),
    task=Task.MULTILABEL,
    columns=("text", "labels", "id"),
    has_header=False,
    id="id",
    delimiter=",",
    codes=("joy", "", "fear"),
    notes=("a note",),
)


def test_schema_survives_json():
    assert Schema.from_dict(json.loads(json.dumps(SCHEMA.to_dict()))) == SCHEMA


def test_description_says_how_labels_are_written():
    text = SCHEMA.describe()
    assert "counted from 0, separated by ','" in text
    assert "multilabel, 2 labels" in text
    assert "data.header=yes" in text


def test_whole_numbers_sort_by_value_and_names_by_letter():
    assert ordered(["10", "9", "-1"]) == ("-1", "9", "10")
    assert ordered(["10", "9", "a"]) == ("10", "9", "a")


def test_one_label_is_no_label_space():
    one = Schema("t", Layout.NAME, ("l",), ("only",), Task.MULTICLASS, ("t", "l"))
    with pytest.raises(DataError, match=r"\[E213\]"):
        one.space()


def test_names_that_answers_could_not_tell_apart_are_refused():
    unclear = replace(SCHEMA, names=("joy", "joy|fear"))
    with pytest.raises(DataError, match=r"\[E213\] the name of a label holds \|(.|\n)*'joy\|fear'"):
        unclear.space()


def test_one_label_a_row_may_hold_any_sign():
    one = replace(SCHEMA, names=("joy", "joy|fear"), task=Task.MULTICLASS)
    assert one.space().names == ("joy", "joy|fear")
