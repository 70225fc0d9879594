"""Depth in the encoder: what is found, what learns when, what exactly a step changes."""

import pytest
import torch
import transformers
from torch import nn

from evenhand.errors import ConfigError
from evenhand.models.backbones import load_encoder, locate
from evenhand.models.depth import depths, layers_of, learning_names, set_trainable, unreachable
from evenhand.models.fast import clear_gradients, quicken
from evenhand.models.text import TextClassifier
from evenhand.training.optim import adamw

WIDTHS = {"hidden_size": 8, "intermediate_size": 8, "num_attention_heads": 2, "vocab_size": 20}
FAMILIES = {
    "bert": {**WIDTHS, "num_hidden_layers": 3},
    "roberta": {**WIDTHS, "num_hidden_layers": 3, "max_position_embeddings": 20},
    "electra": {**WIDTHS, "embedding_size": 4, "num_hidden_layers": 3},
    "deberta-v2": {
        **WIDTHS,
        "num_hidden_layers": 3,
        "relative_attention": True,
        "norm_rel_ebd": "layer_norm",
    },
    "distilbert": {"dim": 8, "hidden_dim": 8, "n_heads": 2, "n_layers": 3, "vocab_size": 20},
    "modernbert": {**WIDTHS, "num_hidden_layers": 3, "pad_token_id": 0},
    "t5": {"d_model": 8, "d_ff": 8, "d_kv": 4, "num_heads": 2, "num_layers": 3, "vocab_size": 20},
    "canine": {
        "hidden_size": 8,
        "intermediate_size": 8,
        "num_attention_heads": 2,
        "num_hidden_layers": 3,
        "num_hash_buckets": 16,
        "num_hash_functions": 2,
    },
}
ENDS = {
    "bert": ("embeddings.LayerNorm.weight", "encoder.layer.2.output.dense.weight"),
    "roberta": ("embeddings.LayerNorm.weight", "encoder.layer.2.output.dense.weight"),
    "electra": ("embeddings_project.weight", "encoder.layer.2.output.dense.weight"),
    "deberta-v2": ("encoder.rel_embeddings.weight", "encoder.LayerNorm.weight"),
    "distilbert": ("embeddings.LayerNorm.weight", "transformer.layer.2.ffn.lin1.weight"),
    "modernbert": ("embeddings.norm.weight", "final_norm.weight"),
    "t5": ("shared.weight", "encoder.final_layer_norm.weight"),
    "canine": ("chars_to_molecules.conv.weight", "projection.conv.weight"),
}


def encoder_of(family):
    config = transformers.AutoConfig.for_model(family, **FAMILIES[family])
    kind = transformers.T5EncoderModel if family == "t5" else transformers.AutoModel
    return kind(config) if family == "t5" else kind.from_config(config)


def classifier(backbone):
    torch.manual_seed(0)
    encoder = load_encoder(locate(str(backbone)))
    return TextClassifier(encoder, pooling="mean", head=("linear", {}), classes=3)


def take_step(model, optimizer):
    ids_BT = torch.tensor([[3, 9, 11, 14], [5, 8, 7, 0]])
    clear_gradients(model)
    model.train()(ids_BT, (ids_BT > 0).long()).square().sum().backward()
    optimizer.step()


def changed(model, before):
    return {name for name, p in model.named_parameters() if not torch.equal(p, before[name])}


def copied(model):
    return {name: p.detach().clone() for name, p in model.named_parameters()}


@pytest.mark.parametrize("family", FAMILIES)
def test_the_layers_of_every_family_are_found_bottom_to_top(family):
    encoder = encoder_of(family)
    layers = layers_of(encoder)
    assert len(layers) == 3
    assert len(set(map(type, layers))) == 1
    deep = depths(nn.ModuleDict({"encoder": encoder}))
    assert set(deep) == {f"encoder.{name}" for name, _ in encoder.named_parameters()}
    for index, layer in enumerate(layers):
        inside = {id(p) for p in layer.parameters()}
        names = [f"encoder.{n}" for n, p in encoder.named_parameters() if id(p) in inside]
        assert {deep[name] for name in names} == {2 - index}
    below, above = ENDS[family]
    assert (deep[f"encoder.{below}"], deep[f"encoder.{above}"]) == (3, 0)


def test_an_encoder_without_layers_is_all_embeddings():
    model = nn.ModuleDict({"encoder": nn.Embedding(3, 2), "head": nn.Linear(2, 1)})
    assert layers_of(model["encoder"]) == []
    assert depths(model) == {"encoder.weight": 0}
    frozen = learning_names(model, frozen="all", unfreeze_every=0, epoch=5)
    assert frozen == {"head.weight", "head.bias"}


def test_blocks_of_several_kinds_are_no_layers():
    mixed = nn.ModuleList([nn.Linear(2, 2), nn.LayerNorm(2), nn.Linear(2, 2)])
    alike = nn.ModuleList([nn.Linear(2, 2), nn.Linear(2, 2)])
    assert layers_of(nn.ModuleDict({"a": mixed, "b": alike})) == list(alike)


def prefixes(backbone, **settings):
    names = learning_names(classifier(backbone), **settings)
    parts = {
        "head": "head.",
        "top": "encoder.encoder.layer.1.",
        "bottom": "encoder.encoder.layer.0.",
        "embeddings": "encoder.embeddings.",
    }
    return [part for part, prefix in parts.items() if any(n.startswith(prefix) for n in names)]


ORDER = ["head", "top", "bottom", "embeddings"]


@pytest.mark.parametrize(
    ("frozen", "parts"), [(0, ORDER), (1, ORDER[:2]), (2, ORDER[:1]), ("all", ORDER[:1])]
)
@pytest.mark.parametrize("epoch", [0, 7])
def test_frozen_layers_stay_so_without_unfreezing(backbone, frozen, parts, epoch):
    assert prefixes(backbone, frozen=frozen, unfreeze_every=0, epoch=epoch) == parts


@pytest.mark.parametrize(
    ("epoch", "parts"), [(0, 1), (1, 1), (2, 2), (3, 2), (4, 3), (6, 4), (99, 4)]
)
def test_unfreezing_goes_from_the_top_and_ends_with_the_embeddings(backbone, epoch, parts):
    assert prefixes(backbone, frozen="all", unfreeze_every=2, epoch=epoch) == ORDER[:parts]


def test_more_frozen_layers_than_there_are_is_refused(backbone):
    with pytest.raises(ConfigError, match="has 2 layers") as caught:
        learning_names(classifier(backbone), frozen=3, unfreeze_every=0, epoch=0)
    assert caught.value.code == "E105"


@pytest.mark.parametrize("quick", [False, True])
@pytest.mark.parametrize("epoch", range(4))
def test_a_step_changes_exactly_what_learns(backbone, epoch, quick):
    model = classifier(backbone)
    if quick:
        quicken(model.encoder)
    settings = {"frozen": "all", "unfreeze_every": 1}
    optimizer = adamw(
        model, lr=0.1, weight_decay=0.1, learning=learning_names(model, **settings, epoch=9)
    )
    for earlier in range(epoch):
        set_trainable(model, **settings, epoch=earlier)
        take_step(model, optimizer)
    before = copied(model)
    set_trainable(model, **settings, epoch=epoch)
    take_step(model, optimizer)
    assert changed(model, before) == learning_names(model, **settings, epoch=epoch)


def test_what_freezes_again_is_left_alone_even_with_old_gradients(backbone):
    model = classifier(backbone)
    quicken(model.encoder)
    optimizer = adamw(model, lr=0.1, weight_decay=0.1)
    take_step(model, optimizer)
    before = copied(model)
    set_trainable(model, frozen="all", unfreeze_every=0, epoch=0)
    take_step(model, optimizer)
    assert changed(model, before) == {"head.output.weight", "head.output.bias"}


def test_what_never_learns_is_in_no_optimizer(backbone):
    model = classifier(backbone)
    learning = learning_names(model, frozen=1, unfreeze_every=0, epoch=9)
    optimizer = adamw(model, lr=0.1, weight_decay=0.1, learning=learning)
    held = {id(p) for group in optimizer.param_groups for p in group["params"]}
    assert held == {id(p) for name, p in model.named_parameters() if name in learning}


def test_only_a_part_that_nothing_uses_is_unreachable(backbone):
    model = classifier(backbone)
    model.lonely = nn.Linear(2, 2)
    take_step(model, adamw(model, lr=0.1, weight_decay=0.0))
    assert unreachable(model) == ["lonely.weight", "lonely.bias"]


def test_what_is_frozen_is_not_called_unreachable(backbone):
    model = classifier(backbone)
    set_trainable(model, frozen="all", unfreeze_every=0, epoch=0)
    take_step(model, adamw(model, lr=0.1, weight_decay=0.0))
    assert unreachable(model) == []
