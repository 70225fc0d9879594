"""What is learnt of series beside a foretold label, and the scaler."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from evenhand.config import parse_config
from evenhand.data.series import Scaler
from evenhand.errors import ConfigError
from evenhand.run.prepare import prepare
from evenhand.run.prepare_series import (
    present_labels,
    refuse_with_auxiliary,
    series_of,
)
from evenhand.run.sources import Sources
from evenhand.types import Role
from series_folder import write_recordings

SMALL = {"model": {"network": {"name": "cnn", "channels": 8}}}


def settings(**sections):
    return parse_config(sections, source="a test")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_recordings(tmp_path_factory.mktemp("series") / "walk", recordings=12)


def read(folder, **sections):
    config = settings(**SMALL, **sections)
    return Sources(folder).read(config), config


@pytest.mark.parametrize("sections", [{"mix": "mixup"}, {"train": {"r_drop": 1.0}}])
def test_the_present_label_is_learnt_from_rows_as_they_are(sections):
    with pytest.raises(ConfigError, match=r"\[E105\] the present label is learnt(.|\n)*auxiliary"):
        refuse_with_auxiliary(settings(**sections), 2)
    refuse_with_auxiliary(settings(**sections), 0)


def test_a_file_of_labels_is_not_for_series(folder, tmp_path):
    sources = Sources(folder, labels_file=tmp_path / "labels.txt")
    with pytest.raises(ConfigError, match=r"\[E110\] labels of series stand in metadata.json"):
        sources.read(settings())


def test_the_scaler_knows_the_fit_windows_alone(folder):
    dataset, config = read(folder)
    prepared = prepare(dataset, config)
    windows, _ = series_of(dataset)
    expected = Scaler.fit(windows.take(dataset.rows(Role.FIT)))
    np.testing.assert_array_equal(prepared.reader.scaler.mean["pose"], expected.mean["pose"])
    whole = Scaler.fit(windows)
    assert (prepared.reader.scaler.mean["pose"] != whole.mean["pose"]).all()
    plain = prepare(*read(folder, series={"scale": "none"})).reader.scaler
    assert plain.mean["pose"].tolist() == [0.0] * 3


def test_present_labels_are_those_of_the_last_frame(folder):
    dataset, _ = read(folder)
    windows, _ = series_of(dataset)
    current_N = windows.take(dataset.rows(Role.FIT)).current_N
    assert present_labels(dataset).tolist() == current_N.astype(int).tolist()
    assert {0, 1} == set(present_labels(dataset).tolist())


@pytest.mark.parametrize(
    ("sections", "auxiliary"),
    [({}, 2), ({"series": {"auxiliary": 0}}, 0), ({"series": {"target": "majority"}}, 0)],
)
def test_a_second_head_is_there_where_a_label_is_foretold(folder, sections, auxiliary):
    prepared = prepare(*read(folder, **sections))
    assert prepared.architecture.auxiliary == auxiliary
    assert (prepared.model.auxiliary is not None) == bool(auxiliary)


def test_a_weight_of_the_present_label_is_not_for_windows_called_by_it(folder):
    with pytest.raises(ConfigError, match=r"\[E105\] the present label is the target(.|\n)*= 2.0"):
        prepare(*read(folder, series={"target": "majority", "auxiliary": 2.0}))
    zero = prepare(*read(folder, series={"target": "majority", "auxiliary": 0}))
    assert zero.architecture.auxiliary == 0


def test_the_same_seed_builds_the_same_network_and_leaves_torch_alone(folder):
    dataset, config = read(folder)
    before = torch.random.get_rng_state()
    one, two = (prepare(dataset, config).model.state_dict() for _ in range(2))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert all(torch.equal(one[name], two[name]) for name in one)
    other = prepare(dataset, config.model_copy(update={"seed": 1})).model.state_dict()
    assert not all(torch.equal(one[name], other[name]) for name in one)


def test_lines_say_network_windows_and_recordings(folder):
    lines = prepare(*read(folder)).lines()
    assert lines[0].startswith("model   0.0 M parameters, float32 on ")
    assert lines[1] == "windows 20 frames (2.0 s) each, from 8 fit recordings"
