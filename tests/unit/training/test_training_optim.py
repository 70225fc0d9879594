"""AdamW's groups and the clipping of gradients."""

import math

import pytest
import torch
from torch import nn

from evenhand.models.backbones import load_encoder, locate
from evenhand.models.fast import AccumulatingEmbedding, clear_gradients
from evenhand.training.optim import adamw, clip_gradients


def test_matrices_decay_and_vectors_do_not():
    model = nn.Sequential(nn.Embedding(5, 4), nn.Linear(4, 3), nn.LayerNorm(3))
    decayed, free = adamw(model, lr=0.1, weight_decay=0.5).param_groups
    assert [p.ndim for p in decayed["params"]] == [2, 2]
    assert [p.ndim for p in free["params"]] == [1, 1, 1]
    assert (decayed["weight_decay"], free["weight_decay"]) == (0.5, 0.0)


def test_a_frozen_parameter_is_left_out():
    model = nn.Linear(2, 2)
    model.weight.requires_grad = False
    (group,) = adamw(model, lr=0.1, weight_decay=0.5).param_groups
    assert [p is model.bias for p in group["params"]] == [True]


def test_what_is_new_has_a_rate_of_its_own():
    model = nn.ModuleDict({"encoder": nn.Linear(2, 2), "head": nn.Linear(2, 2)})
    groups = adamw(model, lr=0.1, head_lr=0.7, weight_decay=0.5).param_groups
    rates = {id(p): (g["lr"], g["initial_lr"]) for g in groups for p in g["params"]}
    assert [rates[id(p)] for p in model["encoder"].parameters()] == [(0.1, 0.1)] * 2
    assert [rates[id(p)] for p in model["head"].parameters()] == [(0.7, 0.7)] * 2


def test_the_rate_falls_from_the_top_layer_to_the_embeddings(backbone):
    encoder = load_encoder(locate(str(backbone)))
    model = nn.ModuleDict({"encoder": encoder, "head": nn.Linear(32, 3)})
    optimizer = adamw(model, lr=0.8, head_lr=3.0, layer_decay=0.5, weight_decay=0.1)
    rates = {id(p): g["initial_lr"] for g in optimizer.param_groups for p in g["params"]}
    expected = {
        "head.": 3.0,
        "encoder.encoder.layer.1.": 0.8,
        "encoder.encoder.layer.0.": 0.4,
        "encoder.embeddings.": 0.2,
    }
    found = {name: rates[id(p)] for name, p in model.named_parameters()}
    for prefix, rate in expected.items():
        assert {r for name, r in found.items() if name.startswith(prefix)} == {rate}
    assert len(found) == sum(any(n.startswith(p) for p in expected) for n in found)
    assert all(g["lr"] == g["initial_lr"] for g in optimizer.param_groups)


def test_only_what_will_learn_is_optimised_frozen_now_or_not():
    model = nn.Linear(2, 2)
    model.weight.requires_grad = False
    (group,) = adamw(model, lr=0.1, weight_decay=0.5, learning={"weight"}).param_groups
    assert [p is model.weight for p in group["params"]] == [True]


def test_without_gradient_a_step_only_decays():
    model = nn.Linear(2, 2)
    before = [p.detach().clone() for p in model.parameters()]
    for p in model.parameters():
        p.grad = torch.zeros_like(p)
    adamw(model, lr=0.1, weight_decay=0.5).step()
    torch.testing.assert_close(model.weight, before[0] * 0.95)
    assert torch.equal(model.bias, before[1])


def with_gradients(*values):
    model = nn.ParameterList([nn.Parameter(torch.zeros(1)) for _ in values])
    for p, value in zip(model, values, strict=True):
        p.grad = torch.tensor([value])
    return model


def test_a_large_gradient_is_scaled_to_the_limit():
    model = with_gradients(3.0, 4.0)
    assert clip_gradients(model, 1.0) == 5.0
    assert [p.grad.item() for p in model] == pytest.approx([0.6, 0.8], rel=1e-5)


def test_a_small_gradient_is_untouched():
    model = with_gradients(0.3, 0.4)
    assert clip_gradients(model, 1.0) == pytest.approx(0.5)
    assert [p.grad for p in model] == [torch.tensor([0.3]), torch.tensor([0.4])]


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_norm_that_is_no_number_is_returned(bad):
    assert not math.isfinite(clip_gradients(with_gradients(1.0, bad), 1.0))


def test_a_parameter_without_gradient_counts_nothing():
    model = with_gradients(0.5, 0.5)
    model[1].grad = None
    assert clip_gradients(model, 1.0) == 0.5


def embedded(kind):
    torch.manual_seed(3)
    model = nn.Sequential(nn.Embedding(50, 8, padding_idx=0), nn.Linear(8, 2))
    if kind == "quick":
        model[0] = AccumulatingEmbedding(model[0])
    return model


@pytest.mark.parametrize("limit", [1e-3, 1e6])
def test_the_norm_over_touched_rows_is_the_norm_over_all(limit):
    plain, quick = embedded("plain"), embedded("quick")
    for batches in (1, 2):
        for model in (plain, quick):
            clear_gradients(model)
            for part in range(batches):
                model(torch.tensor([[3, 3, 0, 7 + part], [9, 41, 3, 0]])).square().sum().backward()
        assert clip_gradients(quick, limit) == pytest.approx(clip_gradients(plain, limit), rel=1e-6)
        for ours, theirs in zip(quick.parameters(), plain.parameters(), strict=True):
            torch.testing.assert_close(ours.grad, theirs.grad)


def test_a_bad_row_of_the_embedding_is_seen():
    model = embedded("quick")
    (model(torch.tensor([[3, 4]])) * torch.tensor(math.nan)).sum().backward()
    assert math.isnan(clip_gradients(model, 1.0))


def test_a_frozen_embedding_counts_nothing():
    model = embedded("quick")
    model[0].weight.requires_grad = False
    model(torch.tensor([[3, 4]])).square().sum().backward()
    others = torch.nn.utils.get_total_norm([p.grad for p in model[1].parameters()])
    assert clip_gradients(model, 1e6) == others.item()
