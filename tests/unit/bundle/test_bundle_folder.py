"""The deployable folder: nothing executable, nothing damaged, nothing untrained."""

import json
import shutil

import numpy as np
import pytest

import evenhand
from evenhand import bundle
from evenhand.durable import write_folder
from evenhand.errors import BundleError, MissingFileError


@pytest.fixture(scope="module")
def folder(tmp_path_factory, backbone, labelled_file):
    settings = {
        "model.backbone": str(backbone),
        "model.precision": "float32",
        "train.epochs": 1,
        "report.resamples": 100,
        "report.baselines": False,
    }
    out = tmp_path_factory.mktemp("bundles") / "run"
    return evenhand.train(labelled_file, out, settings=settings).layout.bundle


def rewritten(folder, to, **changes):
    """Copy a bundle with other content (None takes a key away), under a manifest that fits."""
    files = {p.name: p.read_bytes() for p in folder.iterdir() if p.name != "MANIFEST.json"}
    described = json.loads(files["bundle.json"]) | changes
    described = {key: value for key, value in described.items() if value is not None}
    write_folder(to, files | {"bundle.json": json.dumps(described).encode()})
    return to


def test_it_holds_data_only(folder):
    assert sorted(p.name for p in folder.iterdir()) == [
        "MANIFEST.json",
        "README.md",
        "bundle.json",
        "config.json",
        "decision.json",
        "golden.json",
        "model.safetensors",
        "tokenizer.json",
    ]


def test_saving_what_was_loaded_gives_the_same_answers(folder, tmp_path):
    texts = ["a happy day", "", "sad [NAME] 😀"]
    first = evenhand.load(folder)
    bundle.save(tmp_path / "again", first)
    second = evenhand.load(tmp_path / "again")
    np.testing.assert_array_equal(first.logits(texts).values_NC, second.logits(texts).values_NC)
    assert first.predict(texts).frame() == second.predict(texts).frame()


def test_no_texts_give_no_answers(folder):
    answers = evenhand.load(folder).predict([])
    assert answers.names() == []
    assert answers.frame() == {"labels": [], "p:joy": [], "p:anger": [], "p:grief": []}


def test_it_is_found_from_the_run_and_by_itself(folder):
    assert bundle.find(folder) == bundle.find(folder.parent) == folder


def test_no_bundle(tmp_path):
    with pytest.raises(MissingFileError, match=r"\[E401\] there is no bundle here"):
        evenhand.load(tmp_path)


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "MANIFEST.json"])
def test_a_missing_file(folder, tmp_path, name):
    copy = shutil.copytree(folder, tmp_path / "b")
    (copy / name).unlink()
    with pytest.raises(BundleError, match=r"\[E401\] the bundle is damaged"):
        evenhand.load(copy)


@pytest.mark.parametrize("changes", [{"trained_steps": 0}, {"format": 99}])
def test_an_untrained_bundle_or_one_of_another_format(folder, tmp_path, changes):
    copy = rewritten(folder, tmp_path / "b", **changes)
    with pytest.raises(BundleError, match=r"\[E402\] the bundle is untrained or of another"):
        evenhand.load(copy)


def test_a_bundle_that_another_version_wrote(folder, tmp_path):
    copy = rewritten(folder, tmp_path / "b", layers=None)
    with pytest.raises(BundleError, match=r"\[E402\] another version(.|\n)*without layers"):
        evenhand.load(copy)


def test_a_decision_of_other_labels(folder, tmp_path):
    copy = rewritten(folder, tmp_path / "b", labels=["x", "y", "z"])
    with pytest.raises(BundleError, match=r"\[E402\] the decision belongs to other labels"):
        evenhand.load(copy)


def test_weights_of_another_network(folder, tmp_path):
    copy = rewritten(folder, tmp_path / "b", pooling="mean-max")
    with pytest.raises(BundleError, match=r"\[E402\] the weights do not fit"):
        evenhand.load(copy)


def test_an_untrained_model_is_not_saved(folder, tmp_path):
    classifier = evenhand.load(folder)
    about = vars(classifier.architecture) | {"trained_steps": 0}
    classifier.architecture = bundle.Architecture(**about)
    with pytest.raises(BundleError, match=r"\[E402\] an untrained model is not shipped"):
        bundle.save(tmp_path / "b", classifier)
    assert not (tmp_path / "b").exists()
