"""A teacher of series: windows are taught as texts are, but for those without labels."""

import json

import pytest

import evenhand
from evenhand.config import override
from evenhand.errors import ConfigError, DataError
from evenhand.run import Screen, Sources
from evenhand.study.distill.question import Question, make_study
from evenhand.study.distill.work import begin, finish
from series_folder import SETTINGS, write_recordings

ASKED = {**SETTINGS, "train.epochs": 1, "report.baselines": False}


@pytest.fixture(scope="module")
def walks(tmp_path_factory):
    return write_recordings(tmp_path_factory.mktemp("series") / "walk")


@pytest.fixture(scope="module")
def teacher(walks, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "T"
    return evenhand.train(walks, out, recipe="series", settings=ASKED).folder


def question(teacher, data, **more):
    asked = override({}, [f"{key}={json.dumps(value)}" for key, value in ASKED.items()])
    return Question(teacher, Sources(str(data)), asked, **more)


def test_windows_are_taught_and_measured(tmp_path, walks, teacher):
    study = make_study(question(teacher, walks), tmp_path / "S", screen=Screen())
    found = finish(begin(study, screen=Screen()), screen=Screen()).to_dict()
    assert [row["name"] for row in found["systems"]] == ["teacher", "student", "student alone"]
    assert found["notes"] == []
    student = evenhand.run.Run(tmp_path / "S" / "student")
    assert student.manifest["distill"]["unlabelled"] == 0


def test_a_teacher_that_has_learnt_from_measured_recordings_is_refused(tmp_path, walks, teacher):
    other = question(teacher, walks)
    asked = override(other.asked, ["data.split_seed=3"])
    with pytest.raises(DataError, match=r"\[E242\](.|\n)*recordings are among the fit rows"):
        make_study(Question(teacher, other.sources, asked), tmp_path / "S", screen=Screen())


def test_unlabelled_texts_are_nothing_for_series(tmp_path, walks, teacher):
    (tmp_path / "bare.csv").write_text("text\nfog\n", "utf-8")
    with pytest.raises(ConfigError, match=r"\[E110\] only texts are learnt from without labels"):
        make_study(
            question(teacher, walks, unlabelled=tmp_path / "bare.csv"),
            tmp_path / "S",
            screen=Screen(),
        )


def test_a_teacher_of_other_windows_is_refused(tmp_path, walks, teacher):
    other = write_recordings(tmp_path / "other", metadata={"rate": 20})
    with pytest.raises(
        DataError, match=r"\[E242\] the teacher reads other rows(.|\n)*at 20 frames"
    ):
        make_study(question(teacher, other), tmp_path / "S", screen=Screen())


def test_tables_in_memory_are_no_rows_to_come_back_to(tmp_path, teacher):
    asked = Question(teacher, Sources({"text": ["fog"], "label": ["a"]}), {})
    with pytest.raises(ConfigError, match=r"\[E110\] a study goes back(.|\n)*data is <dict>"):
        make_study(asked, tmp_path / "S", screen=Screen())
