"""How fast each part of a text classifier learns: what is new, and what was pretrained."""

from pathlib import Path

import pytest

from evenhand.config import override, parse_config
from evenhand.run import Screen, Sources
from evenhand.run.engine import assemble
from evenhand.run.folder import Layout
from evenhand.run.prepare import prepare


def rates(data, *settings):
    """Return the peak learning rate of each parameter, by its name."""
    asked = ["model.precision=float32", "train.epochs=1", "optim.lr=0.002", *settings]
    config = parse_config(override({}, asked), source="test")
    dataset = Sources(str(data)).read(config)
    made = prepare(dataset, config)
    engine = assemble(config, dataset, made, layout=Layout(Path("unused")), screen=Screen())
    names = {id(p): name for name, p in engine.loop.model.named_parameters()}
    groups = engine.loop.stepper.optimizer.param_groups
    return {names[id(p)]: group["initial_lr"] for group in groups for p in group["params"]}


def test_bytes_learn_at_one_rate_the_head_included(labelled_file):
    found = rates(labelled_file, "model.backbone=bytes")
    assert set(found.values()) == {0.002}
    assert {"head.output.weight", "encoder.words.weight"} < found.keys()


def test_a_heads_own_rate_wins_for_bytes(labelled_file):
    found = rates(labelled_file, "model.backbone=bytes", "optim.head_lr=0.01")
    assert {name for name, rate in found.items() if rate == 0.01} == {
        "head.output.weight",
        "head.output.bias",
    }


def test_layers_of_bytes_may_learn_slower_downwards(labelled_file):
    found = rates(labelled_file, "model.backbone=bytes", "optim.layer_decay=0.5")
    assert found["encoder.layers.3.mix.weight"] == 0.002
    assert found["encoder.layers.2.mix.weight"] == 0.001
    assert found["encoder.words.weight"] == pytest.approx(0.002 / 16)


def test_a_new_head_on_pretrained_weights_learns_ten_times_as_fast(labelled_file, backbone):
    found = rates(labelled_file, f"model.backbone={backbone}")
    head = {name for name, rate in found.items() if rate == 0.02}
    assert head == {"head.output.weight", "head.output.bias"}
    assert set(found.values()) == {0.02, 0.002}
