"""The moving average: values by hand, swapping, and going on exactly."""

import pytest
import torch
from torch import nn

from evenhand.errors import TrainingError
from evenhand.models.weights import read_tensors, tensor_content
from evenhand.training.ema import Average


def model_at(value):
    model = nn.Linear(1, 1, bias=False)
    set_to(model, value)
    return model


def set_to(model, value):
    with torch.no_grad():
        model.weight.fill_(value)


def averaged(model, average):
    with average.applied():
        return model.weight.item()


def test_values_by_hand():
    model = model_at(1.0)
    average = Average(model, decay=0.15)
    assert averaged(model, average) == 1.0
    set_to(model, 2.0)
    average.update()
    first = 0.1 * 1.0 + 0.9 * 2.0
    assert averaged(model, average) == pytest.approx(first, rel=1e-6)
    set_to(model, 4.0)
    average.update()
    assert averaged(model, average) == pytest.approx(0.15 * first + 0.85 * 4.0, rel=1e-6)


def test_the_decay_grows_to_what_was_asked_for():
    model = model_at(0.0)
    average = Average(model, decay=0.999)
    expected = 0.0
    for step in range(50):
        set_to(model, float(step))
        average.update()
        share = (1 + step) / (10 + step)
        expected = share * expected + (1 - share) * step
    assert averaged(model, average) == pytest.approx(expected, rel=1e-5)


def test_weights_that_stand_still_are_their_own_average():
    model = model_at(0.3)
    average = Average(model, decay=0.9)
    for _ in range(20):
        average.update()
    assert averaged(model, average) == model.weight.item()


def test_applying_puts_the_very_weights_back_even_after_an_error():
    model = model_at(1.0)
    average = Average(model, decay=0.5)
    set_to(model, 3.0)
    average.update()
    kept = model.weight.detach().clone()

    def fail():
        with average.applied():
            assert not torch.equal(model.weight, kept)
            raise KeyError("score")

    with pytest.raises(KeyError, match="score"):
        fail()
    assert torch.equal(model.weight, kept)


def test_training_goes_on_as_if_nothing_had_been_applied():
    torch.manual_seed(0)
    start = nn.Linear(4, 2)
    results = []
    for apply in (False, True):
        model = nn.Linear(4, 2)
        model.load_state_dict(start.state_dict())
        optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
        average = Average(model, decay=0.9)
        for step in range(4):
            optimizer.zero_grad()
            model(torch.full((3, 4), float(step))).square().sum().backward()
            optimizer.step()
            average.update()
            if apply:
                with average.applied():
                    model(torch.ones(1, 4))
        results.append((model.weight.detach(), average.state()))
    assert torch.equal(results[0][0], results[1][0])
    assert all(torch.equal(results[0][1][name], t) for name, t in results[1][1].items())


def test_only_what_learns_is_averaged_and_buffers_with_it():
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    model[0].weight.requires_grad = False
    names = {"0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var"}
    stored = {"updates", *(f"average.{name}" for name in names)}
    assert set(Average(model, decay=0.5).state()) == stored
    chosen = Average(model, decay=0.5, learning={"0.weight"}).state()
    parameters = {name for name in chosen if "running" not in name}
    assert parameters == {"updates", "average.0.weight"}


def test_a_resumed_average_goes_on_bit_for_bit(tmp_path):
    values = torch.randn(9, generator=torch.Generator().manual_seed(4)).tolist()
    whole, half = model_at(0.0), model_at(0.0)
    straight, first = Average(whole, decay=0.7), Average(half, decay=0.7)
    for value in values[:5]:
        set_to(half, value)
        first.update()
    tensor_content(first.state())(tmp_path / "average.safetensors")
    other = model_at(values[4])
    resumed = Average(other, decay=0.7)
    resumed.load(read_tensors(tmp_path / "average.safetensors"))
    for value in values[5:]:
        set_to(other, value)
        resumed.update()
    for value in values:
        set_to(whole, value)
        straight.update()
    assert averaged(other, resumed) == averaged(whole, straight)


def test_the_averages_of_another_model_are_refused():
    average = Average(nn.Linear(2, 2), decay=0.5)
    with pytest.raises(TrainingError, match="of another model") as caught:
        average.load(Average(model_at(0.0), decay=0.5).state())
    assert caught.value.code == "E302"
