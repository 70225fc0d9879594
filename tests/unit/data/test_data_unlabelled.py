"""Texts without labels: what is measured is never learnt from, and every row is accounted for."""

import pytest

from evenhand.config import DataConfig, RunConfig
from evenhand.data import read_dataset
from evenhand.data.unlabelled import read_unlabelled
from evenhand.errors import ConfigError, DataError
from evenhand.run import Sources
from series_folder import write_recordings

FIT = {"text": ["sun", "rain", "sun again", "more rain"], "label": ["good", "bad"] * 2}
TUNE = {"text": ["A Storm", "a breeze"], "label": ["bad", "good"]}
REPORT = {"text": ["hail", "dew"], "label": ["bad", "good"]}


def labelled(**more):
    tables = [
        {**table, **more.get(name, {})}
        for name, table in (("fit", FIT), ("tune", TUNE), ("report", REPORT))
    ]
    return read_dataset(
        tables[0], tune=tables[1], report=tables[2], config=DataConfig(min_rows=1), seed=0
    )


def test_measured_and_known_and_empty_texts_are_set_aside_and_counted(tmp_path):
    path = tmp_path / "extra.csv"
    path.write_text(
        "text,label\nfog,\nSUN,good\na  storm,bad\nhail,bad\n,\nsnow,nonsense\n\nfog,\n", "utf-8"
    )
    found = read_unlabelled(path, labelled())
    assert found.texts == ("fog", "snow", "fog")
    assert found.ids == ("extra:2", "extra:7", "extra:9")
    assert found.count.read == found.count.kept + sum(a.rows for a in found.count.aside.values())
    assert {why: aside.examples for why, aside in found.count.aside.items()} == {
        "the text of a fit row": (3,),
        "the text of a tune row": (4,),
        "the text of a report row": (5,),
        "empty text": (6,),
        "blank line": (8,),
    }


def test_a_text_of_a_fit_row_that_is_measured_as_well_counts_as_measured():
    dataset = labelled(tune={"text": ["sun", "a breeze"]})
    found = read_unlabelled({"text": ["sun", "fog"]}, dataset)
    assert list(found.count.aside) == ["the text of a tune row"]


def test_a_file_without_labels_is_read(tmp_path):
    path = tmp_path / "extra.csv"
    path.write_text("id,text\nx1,fog\nx2,mist\n", "utf-8")
    assert read_unlabelled(path, labelled()).texts == ("fog", "mist")


def test_ids_are_those_of_the_id_column_where_the_data_have_one():
    ids = {"fit": {"id": list("abcd")}, "tune": {"id": ["e", "f"]}, "report": {"id": ["g", "h"]}}
    found = read_unlabelled({"id": ["x", "y"], "text": ["fog", "mist"]}, labelled(**ids))
    assert found.ids == ("x", "y")
    with pytest.raises(DataError, match=r"\[E211\] an unlabelled row has the id of a labelled one"):
        read_unlabelled({"id": ["x", "b"], "text": ["fog", "mist"]}, labelled(**ids))


def test_ids_by_file_and_line_are_told_from_those_of_labelled_rows(tmp_path):
    for folder, lines in (("one", "text,label\nsun,a\nrain,b\n"), ("two", "text\nfog\nsnow\n")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "rows.csv").write_text(lines, "utf-8")
    dataset = read_dataset(
        str(tmp_path / "one" / "rows.csv"),
        tune={"text": ["hail"], "label": ["a"]},
        config=DataConfig(min_rows=1),
        seed=0,
    )
    found = read_unlabelled(str(tmp_path / "two" / "rows.csv"), dataset)
    assert found.ids == ("unlabelled/rows:2", "unlabelled/rows:3")
    assert not set(found.ids) & set(dataset.ids)


def test_nothing_left_to_learn_from_is_an_error():
    with pytest.raises(DataError, match=r"\[E209\] no unlabelled row is left(.|\n)*1 the text of"):
        read_unlabelled({"text": ["hail", " "]}, labelled())


def test_a_missing_text_column_is_named():
    with pytest.raises(DataError, match=r"\[E205\].*no column 'text'"):
        read_unlabelled({"words": ["fog"], "more": ["x"]}, labelled())


def test_series_are_not_learnt_from_without_labels(tmp_path):
    windows = Sources(str(write_recordings(tmp_path / "walks"))).read(RunConfig())
    with pytest.raises(ConfigError, match=r"\[E110\] only texts are learnt from without labels"):
        read_unlabelled({"text": ["fog"]}, windows)
