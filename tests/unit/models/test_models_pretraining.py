"""A pre-trained encoder on disk: whole, for the same network alone, and said tensor by tensor."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from evenhand.data.series import Scaler, SeriesSchema, Stream
from evenhand.durable import write_folder
from evenhand.errors import BundleError, MissingFileError
from evenhand.models.pretraining import Pretrained, Setup, encoder_tensors, load_pretrained
from evenhand.models.series import blank

STREAMS = (Stream("pose", 5, "m"), Stream("traj", 2))
SCHEMA = SeriesSchema(STREAMS, 10.0, 12, 6, 5, "horizon", ("a", "b"))
SETTINGS = {"d_model": 16, "heads": 2, "layers": 1}
SCALER = Scaler(
    {"pose": np.arange(5.0), "traj": np.array([0.1, 1 / 3])},
    {"pose": np.full(5, 2.0), "traj": np.ones(2)},
)


def setup(network="transformer", settings=SETTINGS, schema=SCHEMA, scale="standard"):
    return Setup.of(network, settings, schema, scale)


def model(seed=0, auxiliary=2, **settings):
    torch.manual_seed(seed)
    streams = tuple((stream.name, stream.width) for stream in STREAMS)
    network = "transformer", {**SETTINGS, **settings}
    return blank(network, streams=streams, head=("linear", {}), classes=2, auxiliary=auxiliary)


def pretrained(folder):
    return Pretrained(folder, setup(), SCALER, {"a": "1f", "b": "2f"}, 7, {"rank": 3.5})


@pytest.fixture
def saved(tmp_path):
    """Return the folder of an encoder, and the classifier that it was taken from."""
    taken_from = model(seed=1)
    pretrained(tmp_path / "out" / "pretrained").save(encoder_tensors(taken_from))
    return tmp_path / "out", taken_from


def test_it_comes_back_as_it_was_written(saved):
    folder, _ = saved
    for path in (folder, folder / "pretrained"):
        found = Pretrained.read(path)
        expected = pretrained(folder / "pretrained")
        assert replace(found, scaler=SCALER) == replace(expected, scaler=SCALER)
        for stream in ("pose", "traj"):
            assert found.scaler.mean[stream].tolist() == SCALER.mean[stream].tolist()
            assert found.scaler.spread[stream].tolist() == SCALER.spread[stream].tolist()


def test_the_encoder_is_replaced_whole_and_the_heads_stay(saved):
    folder, taken_from = saved
    into, before = model(seed=2), model(seed=2).state_dict()
    loaded = load_pretrained(into, Pretrained.read(folder))
    after, source = into.state_dict(), taken_from.state_dict()
    for name in after:
        expected = source if name.startswith("encoder.") else before
        assert torch.equal(after[name], expected[name]), name
    assert set(loaded.loaded) == {name for name in after if name.startswith("encoder.")}
    assert set(loaded.new) == {
        "head.output.weight",
        "head.output.bias",
        "auxiliary.output.weight",
        "auxiliary.output.bias",
    }


def test_the_table_accounts_for_every_number(saved):
    folder, _ = saved
    into = model()
    lines = load_pretrained(into, Pretrained.read(folder)).lines()
    assert lines[0] == f"start   {len(encoder_tensors(into))} tensors from {folder / 'pretrained'}"
    numbers = sum(int(line.split()[-2].replace(",", "")) for line in lines[1:])
    assert numbers == sum(p.numel() for p in into.parameters())
    assert [line.split()[:2] for line in lines[1:]] == [
        ["loaded", "encoder.projections"],
        ["loaded", "encoder.layers"],
        ["loaded", "encoder.fusion"],
        ["new", "head"],
        ["new", "auxiliary"],
    ]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"d_model": 24}, r"encoder\.projections\.0\.0\.weight is \(16, 24\), not \(24, 24\)"),
        ({"layers": 2}, r"14 tensors: encoder\.layers\.1\.\S+ is missing"),
    ],
)
def test_tensors_of_another_network_are_refused_by_name_and_nothing_is_loaded(
    saved, settings, said
):
    folder, _ = saved
    into, before = model(**settings), model(**settings).state_dict()
    with pytest.raises(BundleError, match=rf"\[E402\] the pre-trained weights(.|\n)*{said}"):
        load_pretrained(into, Pretrained.read(folder))
    assert all(torch.equal(into.state_dict()[name], before[name]) for name in before)


def test_a_tensor_too_many_is_refused(tmp_path):
    tensors = encoder_tensors(model()) | {"encoder.extra": torch.zeros(1)}
    pretrained(tmp_path).save(tensors)
    with pytest.raises(BundleError, match=r"1 tensors: encoder\.extra is left over"):
        load_pretrained(model(), Pretrained.read(tmp_path))


OTHERS = [
    (setup("lstm", {}), "model.network.name: lstm here, transformer there"),
    (setup(settings={**SETTINGS, "layers": 2}), "model.network.layers: 2 here, 1 there"),
    (setup(settings={**SETTINGS, "patch": 2}), "model.network.patch: 2 here, 4 there"),
    (setup(scale="none"), "series.scale: none here, standard there"),
    (setup(schema=replace(SCHEMA, rate=20.0)), r"series.rate: 20.0 here, 10.0 there"),
    (
        setup(schema=replace(SCHEMA, streams=STREAMS[::-1])),
        r"streams: traj \(2\), pose \(5\) here, pose \(5\), traj \(2\) there",
    ),
    (
        setup(schema=replace(SCHEMA, streams=(Stream("pose", 5, "mm"), STREAMS[1]))),
        "unit of pose: mm here, m there",
    ),
]


@pytest.mark.parametrize(("other", "said"), OTHERS, ids=[said[:24] for _, said in OTHERS])
def test_another_setup_is_refused_with_what_differs(saved, other, said):
    with pytest.raises(BundleError, match=rf"\[E402\] the pre-trained network(.|\n)*got: {said}"):
        Pretrained.read(saved[0]).refuse_other(other)


def test_rates_of_dropout_and_units_that_nobody_said_may_differ(saved):
    streams = (Stream("pose", 5), Stream("traj", 2, "m"))
    found = Pretrained.read(saved[0])
    found.refuse_other(setup())
    found.refuse_other(setup(settings={**SETTINGS, "dropout": 0.5, "stream_dropout": 0.2}))
    found.refuse_other(setup(schema=replace(SCHEMA, streams=streams, window=3, horizon=1)))


def test_recordings_that_were_seen_are_refused_by_their_frames(saved):
    found = Pretrained.read(saved[0])
    with pytest.raises(
        BundleError, match=r"\[E403\](.|\n)*1 of 2 tune and report recordings: z\n  fix: do this"
    ):
        found.refuse_seen({"z": "2f", "c": "3f"}, fix="do this")
    assert found.refuse_seen({"c": "3f"}, fix="") == []
    assert found.refuse_seen({"a": "3f"}, fix="") == [
        "note: pre-training knew other recordings by the names a"
    ]


def test_where_nothing_lies_nothing_is_read(tmp_path):
    with pytest.raises(MissingFileError, match=r"\[E401\] there is no pre-trained network here"):
        Pretrained.read(tmp_path)


@pytest.mark.parametrize("name", ["model.safetensors", "encoder.json", "scaler.json"])
def test_a_damaged_file_is_named(saved, name):
    file = saved[0] / "pretrained" / name
    content = bytearray(file.read_bytes())
    content[-2] ^= 1
    file.write_bytes(bytes(content))
    with pytest.raises(
        BundleError, match=rf"\[E401\] the pre-trained network is damaged(.|\n)*{name}"
    ):
        Pretrained.read(saved[0])


def test_another_format_is_refused(saved):
    folder = saved[0] / "pretrained"
    about = json.loads((folder / "encoder.json").read_text()) | {"format": 2}
    kept = {n: (folder / n).read_bytes() for n in ("model.safetensors", "scaler.json")}
    write_folder(folder, {**kept, "encoder.json": json.dumps(about).encode()})
    with pytest.raises(BundleError, match=r"\[E402\] another version of evenhand(.|\n)*format 2"):
        Pretrained.read(saved[0])
