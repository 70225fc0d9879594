"""The faster parts do what the parts that they replace do."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn
from transformers import CanineConfig, CanineModel, T5Config, T5EncoderModel

from evenhand.models.backbones import Source, load_encoder
from evenhand.models.fast import (
    AccumulatingEmbedding,
    ByteDropout,
    clear_gradients,
    drop,
    quicken,
)

IDS = torch.tensor([[3, 4, 4, 0], [5, 3, 0, 0]])


def test_the_embedding_gradient_equals_torchs_including_repeats_and_padding() -> None:
    plain = nn.Embedding(9, 4, padding_idx=0)
    quick = AccumulatingEmbedding(copy.deepcopy(plain))
    weights = torch.randn(2, 4, 4)
    for module in (plain, quick):
        (module(IDS) * weights).sum().backward()
    torch.testing.assert_close(quick.weight.grad, plain.weight.grad)
    assert quick.weight.grad is not None
    assert not quick.weight.grad[0].any()


def test_clearing_leaves_no_trace_of_the_last_batch_and_keeps_the_buffer() -> None:
    quick = AccumulatingEmbedding(nn.Embedding(9, 4))
    quick(IDS).sum().backward()
    buffer = quick.weight.grad
    clear_gradients(quick)
    assert quick.weight.grad is buffer
    assert buffer is not None
    assert not buffer.any()


def test_the_rows_with_a_gradient_are_named_once_and_in_order() -> None:
    quick = AccumulatingEmbedding(nn.Embedding(9, 4))
    assert quick.gradient_rows().tolist() == []
    for _ in range(2):
        quick(IDS).sum().backward()
    assert quick.gradient_rows().tolist() == [0, 3, 4, 5]
    clear_gradients(quick)
    assert quick.gradient_rows().tolist() == []


def test_a_frozen_embedding_looks_up_and_gets_no_gradient() -> None:
    quick = AccumulatingEmbedding(nn.Embedding(9, 4))
    quick.weight.requires_grad = False
    vectors = quick(IDS)
    assert torch.equal(vectors, quick.weight[IDS])
    assert not vectors.requires_grad
    assert quick.weight.grad is None


def test_freezing_an_embedding_takes_its_gradient_buffer_away() -> None:
    quick = AccumulatingEmbedding(nn.Embedding(9, 4))
    quick(IDS).sum().backward()
    quick.weight.requires_grad = False
    clear_gradients(quick)
    assert quick.weight.grad is None
    assert quick.gradient_rows().tolist() == []


def test_an_optimizer_takes_the_same_steps_with_either_embedding() -> None:
    plain = nn.Embedding(9, 4)
    quick = AccumulatingEmbedding(copy.deepcopy(plain))
    for module in (plain, quick):
        optimizer = torch.optim.AdamW(module.parameters(), lr=0.1)
        for step in range(3):
            clear_gradients(module)
            (module(IDS + step) ** 2).sum().backward()
            optimizer.step()
    torch.testing.assert_close(quick.weight, plain.weight)


def test_nothing_is_dropped_at_zero_nor_in_evaluation() -> None:
    x = torch.randn(50)
    assert drop(x, 0.0) is x
    assert ByteDropout(0.5).eval()(x) is x


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_the_share_dropped_and_the_expected_value_are_right(p: float) -> None:
    torch.manual_seed(0)
    y = drop(torch.ones(1000, 1001), p)
    assert (y == 0).float().mean().item() == pytest.approx(p, abs=0.004)
    assert y.mean().item() == pytest.approx(1.0, abs=0.01)
    assert y.unique().tolist() == pytest.approx([0.0, 256 / (256 - round(p * 256))])


@pytest.mark.parametrize("p", [1 / 256, 0.1, 0.5, 0.9, 0.999])
def test_the_bytes_below_the_share_are_dropped_and_no_others(p: float) -> None:
    x = torch.randn(7, 13)
    dropped = min(round(p * 256), 255)
    torch.manual_seed(5)
    words = torch.randint(-(2**63), 2**63 - 1, (12,), dtype=torch.int64)
    ranks = words.view(torch.int8)[:91].view(7, 13).int() + 128
    torch.manual_seed(5)
    expected = torch.where(ranks >= dropped, x * (256 / (256 - dropped)), 0.0)
    torch.testing.assert_close(drop(x, p), expected)


def test_dropout_passes_the_gradient_of_what_it_kept() -> None:
    x = torch.ones(64, requires_grad=True)
    torch.manual_seed(1)
    y = drop(x, 0.25)
    y.sum().backward()
    torch.testing.assert_close(x.grad, y.detach())


@pytest.mark.parametrize(
    ("dtype", "kept_as"), [(torch.float32, torch.int8), (torch.bfloat16, torch.bfloat16)]
)
def test_dropout_keeps_a_mask_alone_for_the_way_back(
    dtype: torch.dtype, kept_as: torch.dtype
) -> None:
    x = torch.ones(64, dtype=dtype, requires_grad=True)
    kept: list[torch.Tensor] = []
    with torch.autograd.graph.saved_tensors_hooks(lambda t: kept.append(t) or t, lambda t: t):
        y = drop(x, 0.25)
    assert [(t.dtype, t.numel()) for t in kept] == [(kept_as, 64)]
    y.sum().backward()
    assert x.grad is not None
    assert torch.equal(x.grad, y.detach())


def test_a_quickened_encoder_has_the_same_states_and_gradients(backbone: Path) -> None:
    plain = load_encoder(Source("tiny", backbone))
    quick = quicken(copy.deepcopy(plain))
    assert any(isinstance(module, ByteDropout) for module in quick.modules())
    mask = torch.tensor([[1, 1, 1, 0], [1, 1, 0, 0]])
    states = [
        e.eval()(input_ids=IDS, attention_mask=mask).last_hidden_state for e in (plain, quick)
    ]
    torch.testing.assert_close(states[1][mask == 1], states[0][mask == 1])
    for state in states:
        (state[mask == 1] ** 2).sum().backward()
    for (name, theirs), (_, ours) in zip(
        plain.named_parameters(), quick.named_parameters(), strict=True
    ):
        torch.testing.assert_close(ours.grad, theirs.grad, msg=name, rtol=1e-4, atol=1e-5)


def t5() -> nn.Module:
    return T5EncoderModel(
        T5Config(vocab_size=20, d_model=8, d_ff=8, d_kv=4, num_heads=2, num_layers=2)
    )


def canine() -> nn.Module:
    return CanineModel(
        CanineConfig(
            hidden_size=8,
            intermediate_size=8,
            num_attention_heads=2,
            num_hidden_layers=2,
            num_hash_buckets=16,
            num_hash_functions=2,
        ),
        add_pooling_layer=False,
    )


@pytest.mark.parametrize("build", [t5, canine])
def test_encoders_of_other_kinds_compute_the_same_when_quickened(
    build: Callable[[], nn.Module],
) -> None:
    torch.manual_seed(0)
    plain = build().eval()
    quick = quicken(copy.deepcopy(plain))
    assert any(isinstance(module, ByteDropout) for module in quick.modules())
    for encoder in (plain, quick):
        mask = torch.ones_like(IDS)
        encoder(input_ids=IDS, attention_mask=mask).last_hidden_state.square().sum().backward()
    for (name, theirs), (_, ours) in zip(
        plain.named_parameters(), quick.named_parameters(), strict=True
    ):
        torch.testing.assert_close(ours.grad, theirs.grad, msg=name)


def test_attention_dropout_is_at_work_while_training(backbone: Path) -> None:
    quick = quicken(load_encoder(Source("tiny", backbone))).train()
    for module in quick.modules():
        if isinstance(module, ByteDropout):
            module.p = 0.0
    quick.encoder.layer[0].attention.self.dropout.p = 0.5
    torch.manual_seed(0)
    first, second = (quick(input_ids=IDS).last_hidden_state for _ in range(2))
    assert not torch.allclose(first, second)
