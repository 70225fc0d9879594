"""Rare large batches take less memory and give the same numbers."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from evenhand.memory import give_back
from evenhand.models.backbones import Source, load_encoder
from evenhand.models.fast import quicken
from evenhand.models.memory import Sparing

SMALL, LONG = torch.full((2, 3), 4), torch.arange(2 * 40).reshape(2, 40) % 9 + 1


def encoder(backbone: Path) -> nn.Module:
    torch.manual_seed(0)
    return quicken(load_encoder(Source("tiny", backbone))).train()


def as_usual(quick: nn.Module) -> nn.Module:
    """Return a copy that keeps everything, whatever the batch."""
    plain = copy.deepcopy(quick)
    for module in plain.modules():
        if hasattr(module, "gradient_checkpointing"):
            module.gradient_checkpointing = False
    return plain


def step(model: nn.Module, ids: Tensor) -> Tensor:
    torch.manual_seed(7)
    state: Tensor = model(
        input_ids=ids, attention_mask=torch.ones_like(ids), output_hidden_states=True
    ).last_hidden_state
    state.square().sum().backward()
    return state.detach()


def kept_bytes(work: Callable[[], object]) -> int:
    """Return what autograd keeps of ``work`` while it runs forward, each storage once."""
    sizes: dict[int, int] = {}

    def note(kept: Tensor) -> Tensor:
        sizes[kept.untyped_storage().data_ptr()] = kept.untyped_storage().nbytes()
        return kept

    with torch.autograd.graph.saved_tensors_hooks(note, lambda kept: kept):
        held = work()
    del held
    return sum(sizes.values())


def test_a_large_batch_gives_the_same_states_and_gradients_bit_for_bit(backbone: Path) -> None:
    quick = encoder(backbone)
    plain = as_usual(quick)
    for ids in (SMALL, SMALL, SMALL, LONG):
        assert torch.equal(step(quick, ids), step(plain, ids))
    for (name, ours), (_, theirs) in zip(
        quick.named_parameters(), plain.named_parameters(), strict=True
    ):
        assert (ours.grad is None) == (theirs.grad is None), name
        if ours.grad is not None and theirs.grad is not None:
            assert torch.equal(ours.grad, theirs.grad), name


def test_a_large_batch_keeps_a_fraction_of_what_it_would(backbone: Path) -> None:
    quick = encoder(backbone)
    plain = as_usual(quick)
    for model in (quick, plain):
        for _ in range(3):
            step(model, SMALL)
    most, least = (kept_bytes(lambda m=m: m(input_ids=LONG)) for m in (plain, quick))  # type: ignore[misc]
    assert least < most / 2


def test_batches_that_are_alike_are_never_large(backbone: Path) -> None:
    quick = encoder(backbone)
    plain = as_usual(quick)
    assert kept_bytes(lambda: quick(input_ids=LONG)) == kept_bytes(lambda: plain(input_ids=LONG))


@pytest.mark.parametrize(
    ("tokens", "large", "vast"),
    [(6, False, False), (7, True, False), (12, True, False), (13, True, True)],
)
def test_large_is_beyond_two_and_a_half_means_of_the_batches_so_far_and_vast_beyond_four(
    tokens: int, large: bool, vast: bool
) -> None:
    sparing = Sparing()
    one = nn.Identity().train()
    for _ in range(9):
        sparing.look(one, (torch.zeros(1, 2),), {})
        assert not sparing.large
    sparing.look(one, (), {"input_ids": torch.zeros(1, tokens)})
    assert sparing.mean == pytest.approx((18 + tokens) / 10)
    assert (sparing.large, sparing.vast) == (large, vast)


def test_evaluation_neither_counts_nor_is_large() -> None:
    sparing = Sparing()
    one = nn.Identity()
    sparing.look(one.train(), (torch.zeros(1, 2),), {})
    sparing.large = True
    sparing.look(one.eval(), (torch.zeros(1, 200),), {})
    assert (sparing.batches, sparing.mean, sparing.large) == (1, 2.0, False)


def test_giving_back_changes_nothing_that_is_held() -> None:
    held = torch.arange(100_000)
    give_back()
    assert torch.equal(held, torch.arange(100_000))
