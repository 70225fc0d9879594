"""Networks of series in a run: what is refused before work starts, and what training then does."""

from pathlib import Path

import numpy as np
import pytest
import torch

from evenhand.cli import main
from evenhand.config import override, parse_config
from evenhand.errors import ConfigError
from evenhand.run import Screen, Sources
from evenhand.run.engine import assemble
from evenhand.run.folder import Layout
from evenhand.run.prepare import check_parts, prepare
from evenhand.run.prepare_series import refuse_series_settings
from evenhand.types import Role
from tiny_series import STREAMS, write_recordings

ROLES = ("fit", "fit", "fit", "tune", "tune", "report")
SMALL = ["model.network=cnn", "model.network.channels=8", "train.batch_size=16", "train.epochs=2"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_recordings(tmp_path_factory.mktemp("series") / "data", "abcdef", roles=ROLES)


def config_of(*settings):
    return parse_config(override({}, [*SMALL, *settings]), source="test")


def engine_of(folder, *settings, out="unused"):
    config = config_of(*settings)
    check_parts(config)
    dataset = Sources(folder).read(config)
    return assemble(
        config, dataset, prepare(dataset, config), layout=Layout(Path(out)), screen=Screen()
    )


def rates(engine):
    """Return each parameter's peak learning rate."""
    names = {id(p): name for name, p in engine.loop.model.named_parameters()}
    groups = engine.loop.stepper.optimizer.param_groups
    return {names[id(p)]: group["initial_lr"] for group in groups for p in group["params"]}


def test_windows_become_tables_of_each_role_scaled_by_the_fit_rows(folder):
    config = config_of()
    dataset = Sources(folder).read(config)
    made = prepare(dataset, config)
    assert {role: len(table) for role, table in made.tables.items()} == {
        role: dataset.count(role) for role in Role
    }
    fit = made.tables[Role.FIT].windows
    used = np.unique(
        np.concatenate([np.arange(*w) for w in zip(fit.first_N, fit.end_N, strict=True)])
    )
    expected_D = fit.frames.values["pose"][used].astype(np.float64).mean(axis=0)
    np.testing.assert_allclose(made.reader.scaler.mean["pose"], expected_D, rtol=1e-12)
    assert made.reader.table(fit).streams == ("pose", "traj")


def test_what_is_new_learns_at_one_rate_unless_another_is_asked_for(folder):
    assert set(rates(engine_of(folder, "optim.lr=0.002")).values()) == {0.002}
    other = rates(engine_of(folder, "optim.lr=0.002", "optim.head_lr=0.01"))
    assert {name for name, rate in other.items() if rate == 0.01} == {
        "head.output.weight",
        "head.output.bias",
        "auxiliary.output.weight",
        "auxiliary.output.bias",
    }


def test_lower_layers_learn_slower_where_that_is_asked_for(folder):
    found = rates(engine_of(folder, "optim.lr=0.008", "optim.layer_decay=0.5"))
    assert found["encoder.layers.2.convolution.weight"] == 0.008
    assert found["encoder.layers.1.convolution.weight"] == 0.004
    assert found["encoder.layers.0.convolution.weight"] == 0.002
    assert found["encoder.projection.weight"] == 0.001


@pytest.mark.parametrize("frozen", ["1", "all"])
def test_layers_that_start_at_random_are_not_frozen(folder, frozen):
    with pytest.raises(ConfigError, match=r"\[E105\] layers that start at random learn nothing"):
        engine_of(folder, f"optim.frozen_layers={frozen}")


@pytest.mark.parametrize(
    "setting", ["augment=eda", "model.pooling=max", "model.backbone=e5", "model.label_texts=names"]
)
def test_what_only_texts_read_is_refused(folder, setting):
    with pytest.raises(ConfigError, match=r"\[E105\]"):
        engine_of(folder, setting)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("augment=jitter", "that augmenter cannot change texts"),
        ("series.rate=5", "series.rate"),
        ("model.network=lstm", "model.network"),
        ("pretrain.mask=0.5", "pretrain.mask"),
    ],
)
def test_what_only_series_read_is_refused_where_rows_are_texts(setting, said):
    with pytest.raises(ConfigError, match=rf"\[E105\](.|\n)*{said}"):
        refuse_series_settings(parse_config(override({}, [setting]), source="test"))


def test_settings_of_pretraining_need_a_pretrained_network(folder):
    with pytest.raises(ConfigError, match=r"\[E105\] only evenhand pretrain(.|\n)*pretrain\.mask"):
        engine_of(folder, "pretrain.mask=0.5")


@pytest.mark.parametrize(
    ("setting", "code", "said"),
    [
        ("augment=jiter", "E101", "did you mean 'jitter'"),
        ("augment=nois", "E101", "did you mean 'noise'"),
        ('augment=[{name="jitter", size=-1}]', "E102", r"augment\.size"),
        ("model.network=transfomer", "E101", "did you mean 'transformer'"),
        ("model.network.heads=3", "E102", r"model\.network\.heads"),
        ("model.network.hidden=3", "E102", r"model\.network\.hidden"),
    ],
)
def test_parts_of_series_are_checked_before_anything_is_read(setting, code, said):
    with pytest.raises(ConfigError, match=rf"\[{code}\](.|\n)*{said}"):
        check_parts(
            parse_config(
                override({"model": {"network": {"name": "cnn", "channels": 8}}}, [setting]),
                source="test",
            )
        )


def test_a_single_stream_cannot_be_hidden(tmp_path):
    alone = write_recordings(tmp_path / "data", "abcdef", roles=ROLES, streams=STREAMS[:1])
    with pytest.raises(ConfigError, match=r"\[E105\] a window's only stream is never hidden"):
        engine_of(alone, "augment=stream-mask")
    with pytest.raises(ConfigError, match=r"\[E105\] a row's only stream is never hidden"):
        engine_of(alone, "model.network.stream_dropout=0.1")


def weights(folder, out, *settings):
    (out / "checkpoints").mkdir(parents=True)
    engine = engine_of(folder, "train.max_steps=3", *settings, out=out)
    engine.run()
    return engine.loop.model.state_dict()


CHANGES = [
    ("augment=jitter",),
    ("augment=scale",),
    ("augment=time-mask",),
    ("augment=stream-mask",),
    ('augment=[{name="jitter", share=1}]',),
    ("model.network.stream_dropout=0.3",),
    ("series.auxiliary=2",),
    ("series.auxiliary=0",),
    ("series.scale=none",),
]


@pytest.mark.parametrize("change", [(), *CHANGES], ids=str)
def test_every_option_changes_what_is_learnt_and_nothing_else_does(folder, tmp_path, change):
    plain, other = weights(folder, tmp_path / "p"), weights(folder, tmp_path / "q", *change)
    shared = [name for name in plain if name.startswith("encoder.")]
    assert all(torch.equal(plain[name], other[name]) for name in shared) == (not change)


def test_networks_and_augmenters_are_listed(capsys):
    assert main(["list", "networks"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [
        "transformer",
        "lstm",
        "cnn",
    ]
    assert main(["list", "series-augmenter"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [
        "jitter",
        "scale",
        "time-mask",
        "stream-mask",
    ]
