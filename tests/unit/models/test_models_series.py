"""Networks of series: what is masked cannot matter, every option does, every number learns."""

import numpy as np
import pytest
import torch

from evenhand.errors import ConfigError
from evenhand.models.depth import depths, layers_of, learning_names
from evenhand.models.series import NETWORKS, SeriesClassifier, blank, build
from evenhand.models.series.transformer import times
from evenhand.training.infer import logits
from evenhand.types import FitStatistics, Logits, Task
from tiny_series import STREAMS, frames_of, table_of, windows_of

SMALL = {
    "transformer": {"d_model": 16, "heads": 2, "patch": 3},
    "lstm": {"hidden": 6},
    "cnn": {"channels": 8},
}
FIT = FitStatistics(Task.MULTICLASS, 100, np.array([80.0, 20.0]), np.array([100.0, 100.0]))


@pytest.fixture(params=NETWORKS.names())
def network(request):
    return request.param


def made(name, *, streams=STREAMS, auxiliary=0, head=("linear", {}), seed=0, **settings):
    torch.manual_seed(seed)
    given = {**SMALL[name], **settings}
    return build(
        (name, given), streams, head, fit=FIT, prior_bias=False, auxiliary=auxiliary
    ).eval()


def batch_of(table, rows=range(6)):
    return {n: torch.from_numpy(a) for n, a in table.batch(np.array(rows)).items()}


def scores(model, batch):
    with torch.no_grad():
        return model(**batch)


def trained_step(model, batch):
    """Return the logits of a training step whose dropout is always drawn alike."""
    torch.manual_seed(1)
    return model.train()(**batch)


def test_logits_have_a_row_a_window_and_the_prior_where_that_is_asked_for(network):
    shape = (network, SMALL[network]), STREAMS, ("linear", {})
    model = build(*shape, fit=FIT, prior_bias=True, auxiliary=0).eval()
    found_BC = scores(model, batch_of(table_of()))
    assert found_BC.shape == (6, 2)
    p_BC = Logits(found_BC.double().numpy()).probs(Task.MULTICLASS).values_NC
    np.testing.assert_allclose(p_BC, [[0.8, 0.2]] * 6, atol=0.15)


def test_what_is_not_known_cannot_matter_not_even_nan(network):
    model, batch = made(network), batch_of(table_of())
    before = scores(model, batch)
    for fill in (1e6, float("nan"), float("-inf")):
        for stream in ("pose", "traj"):
            batch[f"{stream}:values_BTD"][~batch[f"{stream}:known_BT"]] = fill
        assert torch.equal(scores(model, batch), before)


def test_a_missing_stream_cannot_matter_and_a_present_one_does(network):
    model, table = made(network), table_of()
    less = batch_of(table.without("traj"))
    before = scores(model, less)
    less["traj:values_BTD"] = torch.randn_like(less["traj:values_BTD"])
    assert torch.equal(scores(model, less), before)
    assert (scores(model, batch_of(table)) - before).abs().max() > 1e-4


def test_a_window_of_which_nothing_is_known_has_finite_scores_and_gradients(network):
    model, table = made(network), table_of().without("traj").without("pose")
    found_BC = model.train()(**batch_of(table))
    assert torch.isfinite(found_BC).all()
    found_BC.sum().backward()
    assert all(torch.isfinite(p.grad).all() for p in model.parameters())


def test_neither_neighbours_nor_padding_change_a_row(network):
    model, table = made(network), table_of()
    together = logits(model, table, batch_size=64)
    alone = logits(model, table, batch_size=1)
    np.testing.assert_allclose(together, alone, atol=1e-6)
    batch = batch_of(table)
    longer = {
        name: torch.nn.functional.pad(x, (0, 0) * (x.ndim - 2) + (0, 9))
        for name, x in batch.items()
    }
    torch.testing.assert_close(scores(model, longer), scores(model, batch), atol=1e-6, rtol=0)


def test_the_order_of_the_frames_matters(network):
    model, batch = made(network), batch_of(table_of(windows_of(frames_of(unknown=0))))
    turned = {name: x.flip(1) for name, x in batch.items()}
    assert (scores(model, turned) - scores(model, batch)).abs().max() > 1e-4


def test_the_gradient_reaches_every_parameter(network):
    model = made(network, auxiliary=3, head=("mlp", {"hidden": (7,)}))
    one, other = model.train().forward_both(**batch_of(table_of()))
    torch.nn.functional.cross_entropy(one, torch.tensor([0, 1] * 3)).backward(retain_graph=True)
    torch.nn.functional.cross_entropy(other, torch.tensor([0, 1, 2] * 2)).backward()
    dead = [n for n, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert dead == []


OPTIONS = [
    ("transformer", {"d_model": 24}),
    ("transformer", {"heads": 4}),
    ("transformer", {"layers": 1}),
    ("transformer", {"feedforward": 8}),
    ("transformer", {"patch": 1}),
    ("lstm", {"hidden": 9}),
    ("lstm", {"layers": 2}),
    ("lstm", {"bidirectional": False}),
    ("cnn", {"channels": 9}),
    ("cnn", {"layers": 2}),
    ("cnn", {"kernel": 3}),
]


@pytest.mark.parametrize(("name", "settings"), OPTIONS, ids=str)
def test_every_option_changes_the_computation(name, settings):
    batch = batch_of(table_of())
    plain, other = made(name), made(name, **settings)
    if name == "transformer" and "heads" in settings:
        other.load_state_dict(plain.state_dict())
    assert not torch.allclose(scores(plain, batch), scores(other, batch), atol=1e-4)


@pytest.mark.parametrize("option", ["dropout", "stream_dropout"])
def test_dropouts_act_in_training_alone(network, option):
    batch = batch_of(table_of(), range(12))
    plain = made(network, dropout=0.0, head=("linear", {"dropout": 0}))
    other = made(network, head=("linear", {"dropout": 0}), **{"dropout": 0.0, option: 0.5})
    assert torch.equal(scores(plain, batch), scores(other, batch))
    assert torch.equal(scores(plain, batch), trained_step(plain, batch))
    changed = trained_step(other, batch)
    assert not torch.allclose(changed, trained_step(plain, batch), atol=1e-4)
    assert torch.equal(changed, trained_step(other, batch))


def test_options_are_all_tried():
    tried = {(name, option) for name, settings in OPTIONS for option in settings}
    tried |= {(n, o) for n in NETWORKS.names() for o in ("dropout", "stream_dropout")}
    known = {(n, o) for n in NETWORKS.names() for o in NETWORKS.schema(n).model_fields}
    assert tried == known


def test_streams_are_hidden_as_often_as_was_asked_for_and_never_all():
    model = made("cnn", stream_dropout=0.3).encoder
    present_BS = torch.tensor([[True, True]] * 20_000 + [[True, False]] * 50)
    torch.manual_seed(0)
    kept_BS = model._kept(present_BS)
    assert kept_BS.any(dim=1).all()
    assert not kept_BS[20_000:, 1].any()
    hidden = (~kept_BS[:20_000]).float().mean(dim=0)
    # Both streams are drawn with the chance 0.3 x 0.3, and then one of the two stays.
    assert hidden.tolist() == pytest.approx([0.3 - 0.045] * 2, abs=0.01)


def test_a_single_stream_is_not_hidden(network):
    with pytest.raises(ConfigError, match=r"\[E105\] a row's only stream is never hidden"):
        made(network, streams=STREAMS[:1], stream_dropout=0.1)


def test_a_single_stream_is_enough(network):
    found_BC = scores(made(network, streams=STREAMS[:1]), batch_of(table_of(streams=("pose",))))
    assert found_BC.shape == (6, 2)


@pytest.mark.parametrize(
    ("name", "settings", "fix"),
    [
        ("transformer", {"d_model": 18, "heads": 4}, "model.network.d_model=20"),
        ("transformer", {"d_model": 9, "heads": 3}, "model.network.d_model=12"),
        ("cnn", {"kernel": 4}, "model.network.kernel=5"),
    ],
)
def test_settings_that_do_not_go_together(name, settings, fix):
    with pytest.raises(ConfigError, match=rf"\[E105\](.|\n)*{fix}"):
        made(name, **settings)


def test_the_seeds_two_transformers_have_the_sizes_that_its_document_names():
    """The document says 162 K at width 64 with 2 layers, 3.88 M at 256 with 8 heads, 4 layers."""
    streams = (("pose", 72), ("traj", 2))
    sizes = []
    for settings in ({}, {"d_model": 256, "heads": 8, "layers": 4}):
        network = "transformer", settings
        model = blank(network, streams=streams, head=("linear", {}), classes=2, auxiliary=2)
        sizes.append(sum(p.numel() for p in model.parameters()))
    assert sizes == [161_924, 3_898_372]
    np.testing.assert_allclose(sizes, [162e3, 3.88e6], rtol=0.005)


def test_time_is_counted_back_from_the_last_frame():
    inside_BT = torch.tensor([[True] * 4, [True, True, False, False]])
    waves_BTW = times(inside_BT, 4)
    assert waves_BTW.shape == (2, 4, 4)
    torch.testing.assert_close(waves_BTW[0, 2:], waves_BTW[1, :2])
    # Three frames ago: sine and cosine of 3 and of 3 / 100.
    expected = [np.sin(3), np.sin(0.03), np.cos(3), np.cos(0.03)]
    np.testing.assert_allclose(waves_BTW[0, 0], expected, rtol=1e-5)


def test_outside_training_the_shift_is_taken_off(network):
    model, batch = made(network, auxiliary=2), batch_of(table_of())
    before = scores(model, batch)
    model.get_buffer("shift_C").copy_(torch.tensor([0.5, -1.0]))
    torch.testing.assert_close(scores(model, batch), before - torch.tensor([0.5, -1.0]))
    with torch.no_grad():
        torch.testing.assert_close(model.forward_both(**batch)[0], scores(model, batch))
        model.train()
        torch.manual_seed(1)
        one = model(**batch)
        torch.manual_seed(1)
        torch.testing.assert_close(model.forward_both(**batch)[0], one)


def test_mixing_acts_on_the_vectors_in_training_alone(network):
    model, batch = made(network), batch_of(table_of())
    assert torch.equal(scores(model, batch), model(mix=torch.zeros_like, **batch))
    mixed = model.train()(mix=torch.zeros_like, **batch)
    torch.testing.assert_close(mixed, model.head.output.bias.expand(6, 2))


def test_without_an_auxiliary_head_there_is_no_second_answer(network):
    with pytest.raises(TypeError, match="without an auxiliary head"):
        made(network).forward_both(**batch_of(table_of()))


def test_the_same_seed_gives_the_same_weights_and_a_bundle_fills_a_blank_one(network):
    one, same, other = made(network), made(network), made(network, seed=1)
    batch = batch_of(table_of())
    assert torch.equal(scores(one, batch), scores(same, batch))
    assert not torch.equal(scores(one, batch), scores(other, batch))
    empty = blank(
        (network, SMALL[network]), streams=STREAMS, head=("linear", {}), classes=2, auxiliary=0
    ).eval()
    empty.load_state_dict(one.state_dict(), strict=True)
    assert torch.equal(scores(empty, batch), scores(one, batch))
    assert isinstance(empty, SeriesClassifier)


def test_layers_are_found_from_the_bottom_to_the_top(network):
    model = made(network, layers=2)
    assert len(layers_of(model.encoder)) == 2
    deep = depths(model)
    assert {deep[name] for name in deep if ".layers.0." in name} == {1}
    assert {deep[name] for name in deep if ".layers.1." in name} == {0}
    below = {name for name in deep if ".projection" in name}
    assert {deep[name] for name in below} <= {2}
    assert {deep[name] for name in deep if ".fusion." in name} <= {0}
    left = learning_names(model, frozen=1, unfreeze_every=0, epoch=0)
    assert not any(name in left for name in {n for n in deep if ".layers.0." in n} | below)
    assert "head.output.weight" in left


def test_many_streams_are_not_taken_for_layers():
    streams = tuple((f"s{i}.x", 1) for i in range(5))
    torch.manual_seed(0)
    model = blank(("transformer", {}), streams=streams, head=("linear", {}), classes=2, auxiliary=0)
    assert len(layers_of(model.encoder)) == 2


def test_bfloat16_stays_near_float32(network):
    model, batch = made(network), batch_of(table_of())
    with torch.autocast("cpu", torch.bfloat16), torch.no_grad():
        rough = model(**batch)
    torch.testing.assert_close(rough.float(), scores(model, batch), atol=0.05, rtol=0.05)
