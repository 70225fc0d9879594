"""Golden texts: written with a bundle, covered by its manifest, asked again of what was read."""

from __future__ import annotations

import json

import numpy as np
import pytest

import evenhand
from evenhand import bundle
from evenhand.bundle.golden import TEXTS
from evenhand.durable import folder_fault, write_folder
from evenhand.errors import BundleError


@pytest.fixture(scope="module")
def folder(tmp_path_factory, backbone, labelled_file):
    settings = {
        "model.backbone": str(backbone),
        "model.precision": "float32",
        "train.epochs": 1,
        "report.resamples": 100,
        "report.baselines": False,
    }
    out = tmp_path_factory.mktemp("golden") / "run"
    return evenhand.train(labelled_file, out, settings=settings).layout.bundle


def with_golden(folder, to, content):
    """Copy a bundle with other golden texts; None leaves them out, as older bundles do."""
    files = {p.name: p.read_bytes() for p in folder.iterdir() if p.name != "MANIFEST.json"}
    del files["golden.json"]
    write_folder(to, files if content is None else files | {"golden.json": content})
    return to


def test_what_was_said_when_it_was_saved_is_said_again(folder):
    classifier = evenhand.load(folder)
    stored = json.loads((folder / "golden.json").read_text("utf-8"))
    assert stored["texts"] == list(TEXTS)
    np.testing.assert_allclose(classifier.logits(TEXTS).values_NC, stored["scores"], atol=1e-5)
    assert bundle.check_golden(classifier)


def test_the_manifest_covers_it(folder, tmp_path):
    copy = with_golden(folder, tmp_path / "b", (folder / "golden.json").read_bytes())
    assert folder_fault(copy) is None
    (copy / "golden.json").write_bytes(b"{}")
    assert "golden.json is not what the manifest says" in folder_fault(copy)


def test_an_older_bundle_has_none(folder, tmp_path):
    classifier = evenhand.load(with_golden(folder, tmp_path / "b", None))
    assert classifier.golden is None
    assert not bundle.check_golden(classifier)


@pytest.mark.parametrize(("by", "found"), [(0.0005, True), (0.1, False), (-0.1, False)])
def test_a_score_may_differ_by_rounding_and_no_more(folder, tmp_path, by, found):
    stored = json.loads((folder / "golden.json").read_text("utf-8"))
    stored["scores"][3][1] += by
    copy = with_golden(folder, tmp_path / "b", json.dumps(stored).encode())
    classifier = evenhand.load(copy)
    if found:
        assert bundle.check_golden(classifier)
        return
    with pytest.raises(BundleError, match=r"\[E408\](.|\n)*for 'anger' of golden text 4"):
        bundle.check_golden(classifier)


def test_scores_of_other_labels(folder, tmp_path):
    stored = json.loads((folder / "golden.json").read_text("utf-8"))
    stored["scores"] = [row[:2] for row in stored["scores"]]
    classifier = evenhand.load(with_golden(folder, tmp_path / "b", json.dumps(stored).encode()))
    with pytest.raises(BundleError, match=r"\[E408\](.|\n)*got: 3 scores a text, then 2"):
        bundle.check_golden(classifier)


@pytest.mark.parametrize(
    "content",
    [b"[]", b"{", b'{"texts": [], "scores": [], "tolerance": 0.1}',
     b'{"texts": ["a"], "scores": [1], "tolerance": 0.1}',
     b'{"texts": ["a"], "scores": [["x"]], "tolerance": 0.1}',
     b'{"texts": ["a"], "scores": [[1]], "tolerance": 2}'],
)  # fmt: skip
def test_a_file_that_is_not_what_it_should_be(folder, tmp_path, content):
    copy = with_golden(folder, tmp_path / "b", content)
    with pytest.raises(BundleError, match=r"\[E402\] golden.json of the bundle is not readable"):
        evenhand.load(copy)
