"""The bundle of an ensemble: it answers what is stored, and nothing that does not fit is loaded."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import evenhand
from evenhand import bundle
from evenhand.bundle import EnsembleClassifier
from evenhand.combine import COMBINATIONS
from evenhand.durable import write_folder
from evenhand.errors import BundleError
from evenhand.run.reread import reread, texts_of
from evenhand.types import Probs, Role


@pytest.mark.parametrize("by", COMBINATIONS.names())
def test_the_bundle_answers_what_is_stored(ensemble_by, by):
    run = ensemble_by(by)
    texts = texts_of(reread(run))
    loaded = evenhand.load(run.folder)
    assert isinstance(loaded, EnsembleClassifier)
    for role in (Role.TUNE, Role.REPORT):
        stored = run.predictions(role)
        assert isinstance(stored.scores, Probs)
        answers = loaded.predict([texts[name] for name in stored.ids])
        wanted_NC = run.decision.probs(stored.scores)
        np.testing.assert_allclose(answers.probs_NC, wanted_NC, rtol=0, atol=1e-6)
        np.testing.assert_array_equal(answers.decided_NC, run.decision.decide(stored.scores))
    assert loaded.labels == run.decision.labels
    assert loaded.schema == reread(run).schema
    assert loaded.predict([]).names() == []


def rewritten(folder: Path, to: Path, **changes: object) -> Path:
    """Copy a bundle with another ``bundle.json``, under a manifest that fits."""
    files = {
        p.relative_to(folder).as_posix(): p.read_bytes()
        for p in folder.rglob("*")
        if p.is_file() and p != folder / "MANIFEST.json"
    }
    described = json.loads(files["bundle.json"]) | changes
    described = {key: value for key, value in described.items() if value is not None}
    write_folder(to, files | {"bundle.json": json.dumps(described).encode()})
    return to


@pytest.mark.parametrize(
    "name", ["members/2/model.safetensors", "members/1/MANIFEST.json", "bundle.json"]
)
def test_a_damaged_bundle_is_refused(ensemble_by, tmp_path, name):
    copy = shutil.copytree(ensemble_by("average").layout.bundle, tmp_path / "b")
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(bytes(content))
    with pytest.raises(BundleError, match=r"\[E401\] the bundle is damaged"):
        bundle.load(copy)


def test_a_member_that_is_missing_is_refused(ensemble_by, tmp_path):
    copy = shutil.copytree(ensemble_by("average").layout.bundle, tmp_path / "b")
    shutil.rmtree(copy / "members" / "2")
    with pytest.raises(BundleError, match=r"\[E401\] the bundle is damaged(.|\n)*is missing"):
        bundle.load(copy)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"format": 9}, "another version of evenhand"),
        ({"members": None}, "without members"),
        ({"members": [{"folder": "../run"}]}, "not where they belong"),
        ({"members": [{"folder": "members/1"}]}, "another number of members"),
        ({"labels": ["x", "y", "z"]}, "the decision belongs to other labels"),
        ({"combination": {"name": "magic"}}, "not readable"),
        ({"combination": {"name": "weighted", "weights": [0.5, 0.5]}}, "another number of members"),
    ],
)
def test_parts_that_do_not_belong_together_are_refused(ensemble_by, tmp_path, changes, words):
    copy = rewritten(ensemble_by("average").layout.bundle, tmp_path / "b", **changes)
    with pytest.raises(BundleError, match=rf"\[E402\](.|\n)*{words}"):
        bundle.load(copy)
