"""Poolings: only tokens count, and each does what it says."""

import subprocess
import sys

import pytest
import torch

from evenhand.errors import ConfigError
from evenhand.models.pooling import POOLINGS

NAMES = POOLINGS.names()
WIDTHS = {"mean-max": 12}
STATES_BTD = torch.randn(3, 5, 6, generator=torch.Generator().manual_seed(1))
MASK_BT = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0], [0, 0, 1, 1, 1]])


def pooling(name, *, learned=True):
    module = POOLINGS.build(name, 6, settings={})
    if learned:
        for parameter in module.parameters():
            torch.nn.init.normal_(parameter, generator=torch.Generator().manual_seed(2))
    return module


@pytest.mark.parametrize("name", NAMES)
def test_one_vector_a_text(name):
    module = pooling(name)
    assert module.width(6) == WIDTHS.get(name, 6)
    assert module(STATES_BTD, MASK_BT).shape == (3, module.width(6))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("padding", [1e4, torch.inf, torch.nan])
def test_padding_never_counts(name, padding):
    module = pooling(name)
    spoiled_BTD = torch.where(MASK_BT.unsqueeze(2) == 1, STATES_BTD, padding).requires_grad_()
    pooled_BD = module(spoiled_BTD, MASK_BT)
    assert torch.equal(pooled_BD, module(STATES_BTD, MASK_BT))
    pooled_BD.sum().backward()
    assert (spoiled_BTD.grad[MASK_BT == 0] == 0).all()
    assert spoiled_BTD.grad.isfinite().all()


@pytest.mark.parametrize("name", NAMES)
def test_longer_padding_changes_nothing(name):
    module = pooling(name)
    longer_BTD = torch.nn.functional.pad(STATES_BTD, (0, 0, 0, 4))
    longer_BT = torch.nn.functional.pad(MASK_BT, (0, 4))
    torch.testing.assert_close(module(longer_BTD, longer_BT), module(STATES_BTD, MASK_BT))


@pytest.mark.parametrize("name", NAMES)
def test_one_token_pools_to_its_state(name):
    module = pooling(name)
    one_BT = torch.tensor([[1, 0, 0, 0, 0]] * 3)
    expected_BD = STATES_BTD[:, 0].repeat(1, module.width(6) // 6)
    assert torch.equal(module(STATES_BTD, one_BT), expected_BD)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_written_in_place(name):
    states_BTD, mask_BT = STATES_BTD.clone(), MASK_BT.clone()
    pooling(name)(states_BTD, mask_BT)
    assert torch.equal(states_BTD, STATES_BTD)
    assert torch.equal(mask_BT, MASK_BT)


@pytest.mark.parametrize("name", NAMES)
def test_text_without_tokens_stays_finite(name):
    assert pooling(name)(STATES_BTD, torch.zeros_like(MASK_BT)).isfinite().all()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
def test_states_keep_their_type(name, dtype):
    assert pooling(name)(STATES_BTD.to(dtype), MASK_BT).dtype == dtype


def test_values_by_hand():
    states_BTD = torch.tensor([[[1.0, 8.0], [3.0, -2.0], [99.0, 99.0]]])
    mask_BT = torch.tensor([[1, 1, 0]])
    pooled = {name: pooling(name)(states_BTD, mask_BT).tolist()[0] for name in NAMES[:4]}
    assert pooled == {"cls": [1, 8], "mean": [2, 3], "max": [3, 8], "mean-max": [2, 3, 3, 8]}


def test_first_token_is_found_behind_left_padding():
    assert torch.equal(pooling("cls")(STATES_BTD, MASK_BT)[2], STATES_BTD[2, 2])


def test_mean_of_half_precision_is_summed_in_float32():
    states_BTD = torch.full((1, 4096, 1), 0.1, dtype=torch.bfloat16)
    pooled = pooling("mean")(states_BTD, torch.ones(1, 4096))
    assert pooled.item() == states_BTD[0, 0, 0].item()


def test_attention_starts_as_the_mean():
    fresh = pooling("attention", learned=False)
    mean_BD = pooling("mean")(STATES_BTD, MASK_BT)
    torch.testing.assert_close(fresh(STATES_BTD, MASK_BT), mean_BD)


def test_attention_learns():
    module = pooling("attention", learned=False)
    module(STATES_BTD, MASK_BT).square().sum().backward()
    assert (module.query_D.grad != 0).all()
    learned_BD = pooling("attention")(STATES_BTD, MASK_BT)
    assert not torch.allclose(learned_BD, module(STATES_BTD, MASK_BT), atol=1e-3)


def test_attention_prefers_what_the_query_points_at():
    module = pooling("attention", learned=False)
    with torch.no_grad():
        module.query_D[:] = 1e3 * STATES_BTD[0, 3]
    scores_T = STATES_BTD[0] @ STATES_BTD[0, 3]
    expected_D = STATES_BTD[0, scores_T.argmax()]
    torch.testing.assert_close(module(STATES_BTD, MASK_BT)[0], expected_D)


def test_poolings_differ():
    pooled = {tuple(pooling(name)(STATES_BTD, MASK_BT)[0].tolist()) for name in NAMES}
    assert len(pooled) == len(NAMES)


def test_unknown_pooling_is_refused():
    with pytest.raises(ConfigError, match="did you mean 'mean-max'"):
        POOLINGS.build("meanmax", 6, settings={})


def test_naming_the_poolings_and_heads_needs_no_torch():
    program = (
        "import sys; from evenhand.models.pooling import POOLINGS;"
        "from evenhand.models.heads import HEADS; from evenhand.losses import LOSSES;"
        "POOLINGS.names(), HEADS.names(), LOSSES.names(); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
