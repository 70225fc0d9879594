"""The folder of a study: what was begun is found again, from any folder, and nothing else is."""

import pytest

from evenhand.config import parse_config
from evenhand.errors import ConfigError, DataError, MissingFileError
from evenhand.run import Sources
from evenhand.study.folder import Study

ROWS = "text,label\n" + "".join(f"the {n} day,{n % 2}\n" for n in range(40))


def read(sources):
    return sources.read(parse_config({}, source="test"))


@pytest.fixture
def begun(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.csv").write_text(ROWS)
    sources = Sources("rows.csv")
    study = Study("ablate", tmp_path / "study", sources, {"seed": 2}, {"seeds": 1}, {})
    study.refuse_used()
    study.begin(read(sources))
    return tmp_path


def test_a_study_of_a_relative_path_goes_on_from_anywhere(begun, monkeypatch):
    monkeypatch.chdir("/")
    study = Study.open(begun / "study", "ablate")
    assert (study.begun, study.asked, study.options) == (True, {"seed": 2}, {"seeds": 1})
    study.refuse_changed(read(study.sources))


def test_other_rows_are_refused(begun):
    (begun / "rows.csv").write_text(ROWS + "one more day,1\n")
    study = Study.open(begun / "study", "ablate")
    with pytest.raises(DataError, match=r"\[E211\](.|\n)*rows.csv"):
        study.refuse_changed(read(study.sources))


def test_a_used_folder_and_another_kind_are_refused(begun):
    study = Study.open(begun / "study", "ablate")
    with pytest.raises(ConfigError, match=r"\[E109\](.|\n)*ablate --resume"):
        study.refuse_used()
    with pytest.raises(MissingFileError, match=r"\[E302\] another kind(.|\n)*evenhand ablate"):
        Study.open(begun / "study", "crossval")
