"""A teacher that has learnt from measured rows is found out by what stands in them."""

from __future__ import annotations

import json
import shutil

import pytest

import evenhand
from evenhand.config import RunConfig
from evenhand.errors import DataError
from evenhand.run import Sources
from evenhand.study.distill.seen import notes_on_seen, run_of


@pytest.fixture(scope="module")
def parts(tmp_path_factory, labelled_file):
    """Return files of rows 0 to 120, 120 to 180 and 180 to 240, and the folder they are in."""
    folder = tmp_path_factory.mktemp("parts")
    rows = json.loads(labelled_file.read_text("utf-8"))
    for name, part in (("one", rows[:120]), ("two", rows[120:180]), ("three", rows[180:])):
        renamed = [{**row, "id": f"{name}{i}"} for i, row in enumerate(part)]
        (folder / f"{name}.json").write_text(json.dumps(renamed), "utf-8")
    return folder


@pytest.fixture(scope="module")
def teacher(parts, tiny):
    settings = {**tiny, "report.baselines": False, "train.epochs": 1}
    tune = parts / "two.json"
    return evenhand.train(parts / "one.json", parts / "T", tune=tune, settings=settings).folder


def read(parts, fit, tune, report=None):
    files = [None if name is None else str(parts / f"{name}.json") for name in (fit, tune, report)]
    return Sources(*files).read(RunConfig())


def test_the_same_roles_are_fine(parts, teacher):
    assert notes_on_seen(teacher, read(parts, "one", "two")) == []
    assert notes_on_seen(teacher / "bundle", read(parts, "one", "two", "three")) == []


def test_rows_of_other_ids_and_files_are_known_by_their_texts(parts, teacher):
    with pytest.raises(
        DataError, match=r"\[E242\](.|\n)*got: \d+ tune rows are among the fit rows"
    ):
        notes_on_seen(teacher, read(parts, "three", "one"))
    with pytest.raises(DataError, match=r"\[E242\](.|\n)*got: \d+ report rows are among"):
        notes_on_seen(teacher, read(parts, "three", "two", "one"))


def test_report_rows_that_chose_the_teachers_cuts_are_told(parts, teacher):
    (note,) = notes_on_seen(teacher, read(parts, "one", "three", "two"))
    assert "60 report rows chose the teacher's epoch and cuts" in note


def test_a_text_that_is_a_fit_row_as_well_proves_nothing(parts, teacher, tmp_path):
    rows = json.loads((parts / "one.json").read_text("utf-8"))
    copies = [{**row, "id": f"copy{i}"} for i, row in enumerate(rows[:40])]
    (tmp_path / "copies.json").write_text(json.dumps(copies), "utf-8")
    sources = Sources(str(parts / "one.json"), str(tmp_path / "copies.json"))
    assert notes_on_seen(teacher, sources.read(RunConfig())) == []


def test_what_cannot_be_proven_is_said(parts, teacher, tmp_path):
    shutil.copytree(teacher / "bundle", tmp_path / "alone")
    dataset = read(parts, "three", "one")
    (note,) = notes_on_seen(tmp_path / "alone", dataset)
    assert "does not say what it was trained on" in note
    shutil.copytree(teacher, tmp_path / "T")
    manifest = json.loads((tmp_path / "T" / "manifest.json").read_text("utf-8"))
    manifest["sources"]["data"] = str(tmp_path / "gone.json")
    (tmp_path / "T" / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    (note,) = notes_on_seen(tmp_path / "T", dataset)
    assert "cannot be read again" in note
    assert note.endswith("every figure here is too kind")


def test_a_bundle_is_traced_to_its_run_and_a_file_to_none(teacher, tmp_path):
    assert run_of(teacher).folder == teacher
    assert run_of(teacher / "bundle").folder == teacher
    assert run_of(teacher / "manifest.json") is None
    assert run_of(tmp_path) is None
