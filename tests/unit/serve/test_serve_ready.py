"""A model is tried before it is asked: golden texts, honest probabilities, no neighbours."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from evenhand.bundle import Golden
from evenhand.bundle.golden import TEXTS
from evenhand.durable import write_folder
from evenhand.errors import BundleError, MissingFileError, ServingError
from evenhand.serve import ready
from evenhand.stages import Doubt, Pipeline, SecondModel, Stages
from evenhand.types import Probs
from hashed import NAMES, Hashed


class Remembered(Hashed):
    """A model that knows golden answers, moved by ``by``."""

    def __init__(self, by: float = 0.0) -> None:
        super().__init__()
        said = Golden.of(self)
        self.golden = Golden(said.texts, said.scores_NC + by, said.tolerance)


class Leaning(Hashed):
    """A model whose first probability moves with the number of rows."""

    def scores(self, rows, *, progress=None):
        values_NC = super().scores(rows).values_NC.copy()
        values_NC[:, 0] = 0.5 + len(rows) / 100
        return Probs(values_NC)


def test_a_model_that_answers_as_when_it_was_saved():
    model = ready.examined(Pipeline(Remembered()), "name")
    assert model.golden is True
    assert model.cuts == dict.fromkeys(NAMES, 0.5)


@pytest.mark.parametrize("by", [0.01, -0.01, float("nan")])
def test_one_that_does_not(by):
    with pytest.raises(BundleError, match=r"\[E408\](.|\n)*for 'joy' of golden text 1, "):
        ready.examined(Pipeline(Remembered(by)), "name")


def test_one_that_knows_nothing_golden_is_tried_by_itself():
    assert ready.examined(Pipeline(Hashed()), "name").golden is False


def test_one_whose_answers_depend_on_their_neighbours():
    with pytest.raises(ServingError, match=r"\[E513\] an answer depends on its neighbours"):
        ready.examined(Pipeline(Leaning()), "name")


def test_one_whose_probabilities_are_none(monkeypatch):
    pipeline = Pipeline(Hashed())
    whole = pipeline.answer(TEXTS)
    whole[2] = replace(whole[2], probabilities=dict.fromkeys(NAMES, float("nan")))
    monkeypatch.setattr(pipeline, "answer", lambda texts: whole[: len(texts)])
    with pytest.raises(ServingError, match=r"\[E513\] a probability is none"):
        ready.examined(pipeline, "name")


def test_the_name_is_that_of_all_the_files(tmp_path):
    names = set()
    for content in (b"a", b"b", b"a"):
        write_folder(tmp_path / "b", {"bundle.json": b"{}", "model": content})
        names.add(ready.fingerprint(tmp_path / "b"))
    assert len(names) == 2
    assert all(len(name) == 12 for name in names)


def test_a_file_of_stages_is_watched_itself_and_a_run_by_its_bundle(tmp_path):
    write_folder(tmp_path / "run" / "bundle", {"bundle.json": b"{}"})
    (tmp_path / "stages.toml").write_text("")
    assert ready.watched(tmp_path / "stages.toml") == tmp_path / "stages.toml"
    assert ready.watched(tmp_path / "run") == tmp_path / "run" / "bundle" / "MANIFEST.json"


@pytest.mark.parametrize("changed", ["stages", "first", "second"])
def test_the_name_of_a_file_of_stages_is_that_of_its_bundles_too(tmp_path, changed):
    file = tmp_path / "stages.toml"
    content = (
        'model = "first"\ncritical = []\n'
        '[verifier]\nmodel = "second"\nlabels = ["joy"]\nbetween = [0.2, 0.7]\n'
    )
    file.write_text(content)
    for name in ("first", "second"):
        write_folder(tmp_path / name, {"bundle.json": b"{}", "model": b"a"})
    before = ready.fingerprint(file)
    assert ready.fingerprint(file) == before
    if changed == "stages":
        file.write_text(content.replace("0.7", "0.8"))
    else:
        write_folder(tmp_path / changed, {"bundle.json": b"{}", "model": b"b"})
    assert ready.fingerprint(file) != before


def test_the_verifier_is_asked_its_golden_texts_too():
    def judged(by, model):
        doubt = Doubt(SecondModel(Remembered(by)), ("joy",), 0.0, 1.0)
        return ready.examined(Pipeline(model, Stages(doubt=doubt)), "name").golden

    assert judged(0.0, Remembered()) is True
    assert judged(0.0, Hashed()) is False
    with pytest.raises(BundleError, match=r"\[E408\]"):
        judged(0.01, Hashed())


def test_nothing_there(tmp_path):
    with pytest.raises(MissingFileError, match=r"\[E401\] there is no bundle here"):
        ready.fingerprint(tmp_path / "none")


def test_golden_texts_are_in_the_file_that_is_written_and_read(tmp_path):
    said = Golden.of(Hashed())
    stored = json.loads(said.content())
    assert stored["texts"] == list(TEXTS)
    assert stored["tolerance"] == 1e-3
    np.testing.assert_array_equal(stored["scores"], said.scores_NC)
