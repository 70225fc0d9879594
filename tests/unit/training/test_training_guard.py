"""The culprit of a step that is not finite has a name."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from evenhand.training.guard import first_fault
from evenhand.training.optim import clip_gradients

ROWS = np.array([40, 7, 19, 3])


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4), nn.Linear(4, 1))


def stepped(model, inputs_BD):
    """Return the loss of each row, after a backward pass."""
    values_B = model(inputs_BD).square().flatten()
    values_B.sum().backward()
    return values_B


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_weight_is_named_though_every_loss_is_spoilt(value):
    model = network()
    with torch.no_grad():
        model[2].weight[0, 1] = value
    values_B = stepped(model, torch.ones(4, 3))
    assert first_fault(model, values_B, ROWS) == "the weight '2.weight', before the step"


def test_the_rows_of_an_input_that_is_no_number_are_named():
    model = network()
    inputs_BD = torch.ones(4, 3)
    inputs_BD[1, 2] = math.nan
    inputs_BD[3, 0] = math.inf
    said = first_fault(model, stepped(model, inputs_BD), ROWS)
    assert said == "the loss of fit rows 7 (nan), 3 (nan); 2 of 4 in the step"


def test_the_rows_of_a_loss_that_is_infinite_are_named():
    model = network()
    values_B = stepped(model, torch.ones(4, 3)).detach()
    values_B[2] = math.inf
    assert first_fault(model, values_B, ROWS) == "the loss of fit rows 19 (inf); 1 of 4 in the step"


def test_no_more_than_eight_rows_are_named():
    said = first_fault(network(), torch.full((30,), math.nan), np.arange(30))
    assert said.endswith("7 (nan) and 22 more; 30 of 30 in the step")


@pytest.mark.parametrize("name", ["0.weight", "1.bias", "2.bias"])
def test_the_first_parameter_with_a_bad_gradient_is_named(name):
    model = network()
    dict(model.named_parameters())[name].register_hook(lambda g: g * math.nan)
    said = first_fault(model, stepped(model, torch.ones(4, 3)), ROWS)
    assert said == f"the gradient of {name!r}; the loss of every row is finite"


def test_clipping_does_not_hide_an_infinite_gradient():
    model = network()
    model[0].weight.register_hook(lambda g: g * math.inf)
    values_B = stepped(model, torch.rand(4, 3))
    assert not math.isfinite(clip_gradients(model, 1.0))
    assert "the gradient of '0.weight'" in first_fault(model, values_B, ROWS)


def test_a_norm_too_large_for_its_format_is_said_to_be_one():
    model = network()
    model[0].weight.register_hook(lambda g: torch.full_like(g, 3e38))
    values_B = stepped(model, torch.ones(4, 3))
    assert first_fault(model, values_B, ROWS).startswith("the sum of the losses or the norm")


def test_parameters_without_a_gradient_are_no_fault():
    assert "norm" in first_fault(network(), torch.ones(4), ROWS)
