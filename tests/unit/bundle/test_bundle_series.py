"""A bundle of series: scaler and streams beside the weights, and nothing that can be mistaken."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from evenhand import bundle
from evenhand.bundle import Classifier, SeriesArchitecture, SeriesReader
from evenhand.data.series import Scaler, SeriesSchema, Stream
from evenhand.decide import fit_decision
from evenhand.durable import write_folder
from evenhand.errors import BundleError
from evenhand.types import Role
from tiny_series import STREAMS, frames_of, windows_of
from windows_by_hand import predictions

NETWORK = ("cnn", {"channels": 8, "layers": 2})


@pytest.fixture(scope="module")
def windows():
    return windows_of(frames_of(missing={"traj": [1]}), ragged=True)


@pytest.fixture(scope="module")
def classifier(windows):
    about = SeriesArchitecture(NETWORK, STREAMS, ("linear", {}), auxiliary=2, trained_steps=7)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = about.blank(2).eval()
    tune = predictions([0, 1] * 10, names=("rest", "stop"), role=Role.TUNE)
    decision = fit_decision(tune, calibrate="none", cuts="fixed", resamples=0)
    schema = SeriesSchema(
        tuple(Stream(name, width) for name, width in STREAMS),
        15.0,
        12,
        6,
        30,
        "horizon",
        ("rest", "stop"),
    )
    reader = SeriesReader(Scaler.fit(windows), tuple(name for name, _ in STREAMS))
    return Classifier(model, reader, about, schema, decision=decision)


@pytest.fixture(scope="module")
def folder(classifier, tmp_path_factory):
    path = tmp_path_factory.mktemp("bundles") / "bundle"
    bundle.save(path, classifier)
    return path


def rewritten(folder, to, **changes):
    """Copy a bundle with other content (None takes a key away), under a manifest that fits."""
    files = {p.name: p.read_bytes() for p in folder.iterdir() if p.name != "MANIFEST.json"}
    described = json.loads(files["bundle.json"]) | changes
    described = {key: value for key, value in described.items() if value is not None}
    write_folder(to, files | {"bundle.json": json.dumps(described).encode()})
    return to


def test_what_was_loaded_answers_as_what_was_saved(classifier, folder, windows):
    loaded = bundle.load(folder)
    before, after = (c.logits(windows).values_NC for c in (classifier, loaded))
    np.testing.assert_array_equal(before, after)
    assert loaded.schema == classifier.schema
    assert loaded.architecture == classifier.architecture
    few = loaded.predict(windows.take(np.arange(0)))
    assert few.frame() == {"labels": [], "p:rest": [], "p:stop": []}


def test_it_holds_data_only_and_says_what_it_reads(folder):
    assert sorted(p.name for p in folder.iterdir()) == [
        "MANIFEST.json",
        "bundle.json",
        "decision.json",
        "model.safetensors",
        "scaler.json",
    ]
    described = json.loads((folder / "bundle.json").read_text("utf-8"))
    assert described["kind"] == "series"
    assert described["network"] == {"name": "cnn", "channels": 8, "layers": 2}
    assert list(described["streams"]) == ["pose", "traj"]


@pytest.mark.parametrize("key", ["network", "streams", "head", "auxiliary"])
def test_a_bundle_that_lacks_what_builds_the_network(folder, tmp_path, key):
    copy = rewritten(folder, tmp_path / "b", **{key: None})
    with pytest.raises(BundleError, match=rf"\[E402\] another version(.|\n)*without {key}"):
        bundle.load(copy)


@pytest.mark.parametrize("changes", [{"streams": {"pose": 4, "traj": 2}}, {"auxiliary": 3}])
def test_weights_of_another_network(folder, tmp_path, changes):
    copy = rewritten(folder, tmp_path / "b", **changes)
    with pytest.raises(BundleError, match=r"\[E402\] the weights do not fit"):
        bundle.load(copy)


def test_an_untrained_network_is_not_saved(classifier, tmp_path):
    about = SeriesArchitecture(NETWORK, STREAMS, ("linear", {}), auxiliary=2, trained_steps=0)
    untrained = Classifier(
        classifier.model,
        classifier.reader,
        about,
        classifier.schema,
        decision=classifier.decision,
    )
    with pytest.raises(BundleError, match=r"\[E402\] an untrained model is not shipped"):
        bundle.save(tmp_path / "b", untrained)
