"""Learning without labels: what is rebuilt, what is told apart, and that nothing hidden is seen."""

import math

import numpy as np
import pytest
import torch

from evenhand.models.series import NETWORKS
from evenhand.models.series.pretrainer import Pretrainer, contrasted, overlapping
from evenhand.models.series.views import Hiding, hidden_of, input_of, view_table
from tiny_series import STREAMS, table_of

SMALL = {
    "transformer": {"d_model": 16, "heads": 2, "patch": 5},
    "lstm": {"hidden": 6},
    "cnn": {"channels": 8},
}
NOWHERE = torch.eye(3, dtype=torch.bool)


def made(network="transformer", *, contrast=0.5, temperature=0.2):
    torch.manual_seed(0)
    encoder = NETWORKS.build(network, STREAMS, settings=SMALL[network])
    return Pretrainer(encoder, STREAMS, contrast=contrast, temperature=temperature).eval()


def batch(rows=range(6), **changed):
    table = view_table(table_of(), (), Hiding(0.3, 2), seed=0, epoch=0, rows_E=np.array(list(rows)))
    inputs = {n: torch.from_numpy(a) for n, a in table.batch(np.arange(len(rows))).items()}
    return inputs | changed


@pytest.mark.parametrize("network", SMALL)
def test_the_loss_is_one_number_a_window_and_the_gradient_reaches_every_parameter(network):
    model = made(network).train()
    losses_B = model(**batch(range(0, 20, 3)))
    assert losses_B.shape == (7,)
    losses_B.sum().backward()
    dead = [n for n, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert dead == []


@pytest.mark.parametrize("network", SMALL)
def test_what_is_hidden_is_not_seen(network):
    model, inputs = made(network), batch()
    before = model.look(inputs).vectors_BW
    for view in range(2):
        for stream in ("pose", "traj"):
            hidden_BT = inputs[input_of(view, hidden_of(stream))]
            inputs[input_of(view, f"{stream}:values_BTD")][hidden_BT] = 100.0
    assert torch.equal(model.look(inputs).vectors_BW, before)
    assert model.look(inputs).rebuilt_B.min() > 1000


def test_the_loss_is_that_of_rebuilding_and_a_share_of_the_other():
    inputs = batch()
    looked = made().look(inputs)
    for contrast in (0.5, 2.0):
        expected = looked.rebuilt_B + contrast * looked.told.loss_B
        torch.testing.assert_close(made(contrast=contrast)(**inputs), expected)
    assert not torch.allclose(made(temperature=0.5)(**inputs), made()(**inputs))


@pytest.mark.parametrize("network", SMALL)
def test_rebuilding_the_mean_costs_the_mean_square_of_what_was_hidden(network):
    model, inputs = made(network), batch()
    for parameter in model.rebuild.parameters():
        torch.nn.init.zeros_(parameter)
    expected_B = np.zeros(6)
    for view in range(2):
        for stream in ("pose", "traj"):
            values_BTD = inputs[input_of(view, f"{stream}:values_BTD")].numpy()
            asked_BT = inputs[input_of(view, hidden_of(stream))].numpy()
            asked_BT = asked_BT & inputs[input_of(view, f"{stream}:known_BT")].numpy()
            for b in range(6):
                if asked_BT[b].any():
                    expected_B[b] += (values_BTD[b][asked_BT[b]] ** 2).mean() / 4
    found_B = model.look(inputs).rebuilt_B.detach().numpy()
    whole = expected_B > 0
    assert whole.all()
    np.testing.assert_allclose(found_B, expected_B, rtol=1e-4)


def test_a_window_without_anything_to_rebuild_costs_nothing():
    inputs = batch()
    for name in list(inputs):
        if name.endswith("hidden_BT"):
            inputs[name] = torch.zeros_like(inputs[name])
    assert made().look(inputs).rebuilt_B.tolist() == [0.0] * 6


def test_windows_overlap_that_share_a_frame():
    first_B, end_B = torch.tensor([0, 5, 10, 4]), torch.tensor([5, 10, 15, 6])
    expected = [[1, 0, 0, 1], [0, 1, 0, 1], [0, 0, 1, 0], [1, 1, 0, 1]]
    assert overlapping(first_B, end_B).int().tolist() == expected


def test_contrast_by_hand():
    codes_BK = torch.eye(3)
    told = contrasted(codes_BK, 7 * codes_BK, NOWHERE, temperature=0.5)
    expected = math.log(math.exp(2) + 2) - 2
    torch.testing.assert_close(told.loss_B, torch.full((3,), expected))
    assert told.hit_B.tolist() == [1.0] * 3
    assert told.chance_B.tolist() == pytest.approx([1 / 3] * 3)


def test_codes_that_are_all_alike_cost_the_logarithm_of_the_candidates_and_hit_by_chance():
    told = contrasted(torch.ones(4, 2), torch.ones(4, 2), torch.eye(4) > 0, temperature=0.1)
    torch.testing.assert_close(told.loss_B, torch.full((4,), math.log(4)))
    assert told.hit_B.tolist() == [0.25] * 4


def test_the_two_directions_are_both_counted():
    one_BK = torch.tensor([[1.0, 0.0], [1.0, 0.1]])
    other_BK = torch.tensor([[1.0, 0.02], [0.0, 1.0]])
    told = contrasted(one_BK, other_BK, torch.eye(2) > 0, temperature=1.0)
    # From the first view: row 0 is right, row 1 takes the other; from the second: row 0 is right.
    assert told.hit_B.tolist() == [1.0, 0.5]


def test_windows_that_overlap_are_no_negatives():
    overlap_BB = torch.tensor([[1, 1, 0], [1, 1, 0], [0, 0, 1]]) > 0
    codes_BK = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    told = contrasted(codes_BK, codes_BK, overlap_BB, temperature=1.0)
    assert told.chance_B.tolist() == pytest.approx([1 / 2, 1 / 2, 1 / 3])
    expected = math.log(math.e + 1) - 1
    torch.testing.assert_close(told.loss_B[:2], torch.full((2,), expected))
    assert told.hit_B.tolist() == [1.0, 1.0, 1.0]


def test_without_negatives_there_is_nothing_to_learn():
    told = contrasted(torch.rand(3, 4), torch.rand(3, 4), torch.ones(3, 3) > 0, temperature=1.0)
    assert told.loss_B.tolist() == [0.0] * 3
    assert told.chance_B.tolist() == [1.0] * 3
