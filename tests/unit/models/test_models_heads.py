"""Heads: every setting changes the computation; the start is the labels' shares."""

import numpy as np
import pytest
import torch

from evenhand.errors import ConfigError
from evenhand.models.heads import HEADS, prior_logits, set_prior_bias
from evenhand.types import FitStatistics, Task

X_BD = torch.randn(4, 16, generator=torch.Generator().manual_seed(1))
SETTINGS = {
    "linear": {"dropout": 0.4},
    "mlp": {
        "hidden": (16, 8),
        "dropout": 0.4,
        "activation": "relu",
        "layer_norm": False,
        "residual": True,
    },
}


def head(name, **settings):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return HEADS.build(name, 16, 3, settings=settings)


def trained_scores(module):
    with torch.random.fork_rng():
        torch.manual_seed(9)
        return module.train()(X_BD)


def statistics(positives, rows, task=Task.MULTILABEL, known=None):
    known_C = np.full(len(positives), float(rows)) if known is None else np.array(known, float)
    return FitStatistics(task, rows, np.array(positives, float), known_C)


@pytest.mark.parametrize("name", HEADS.names())
def test_one_score_a_label(name):
    assert head(name)(X_BD).shape == (4, 3)


@pytest.mark.parametrize(
    ("name", "setting"), [(name, key) for name, keys in SETTINGS.items() for key in keys]
)
def test_every_setting_changes_the_computation(name, setting):
    base = {"hidden": (16,)} if name == "mlp" else {}
    changed = head(name, **{**base, setting: SETTINGS[name][setting]})
    assert not torch.allclose(trained_scores(head(name, **base)), trained_scores(changed))


@pytest.mark.parametrize("name", HEADS.names())
def test_every_setting_is_among_the_proven(name):
    assert set(HEADS.schema(name).model_fields) == set(SETTINGS[name])


@pytest.mark.parametrize("name", HEADS.names())
def test_dropout_is_off_in_prediction(name):
    module = head(name, dropout=0.5).eval()
    assert torch.equal(module(X_BD), module(X_BD))


def test_linear_is_its_output_layer():
    module = head("linear").eval()
    assert torch.equal(module(X_BD), X_BD @ module.output.weight.T + module.output.bias)


def test_mlp_has_the_widths_that_were_asked_for():
    module = head("mlp", hidden=(24, 12))
    shapes = [tuple(m.weight.shape) for m in module.modules() if isinstance(m, torch.nn.Linear)]
    assert shapes == [(24, 16), (12, 24), (3, 12)]


def test_residual_adds_the_input_where_widths_agree_and_only_there():
    plain = head("mlp", hidden=(16, 8, 8)).eval()
    residual = head("mlp", hidden=(16, 8, 8), residual=True).eval()
    first, second, third = (layer.layers for layer in plain.hidden)
    a_BD = X_BD + first(X_BD)
    b_BD = second(a_BD)
    expected_BC = plain.output(b_BD + third(b_BD))
    torch.testing.assert_close(residual(X_BD), expected_BC)


def test_residual_that_nothing_can_use_is_refused():
    with pytest.raises(ConfigError, match="widths 16 -> 8 -> 4") as caught:
        head("mlp", hidden=(8, 4), residual=True)
    assert caught.value.code == "E105"


def test_each_hidden_layer_has_a_dropout_of_its_own():
    module = head("mlp", hidden=(24, 12), dropout=(0.4, 0.2))
    assert [m.p for m in module.modules() if isinstance(m, torch.nn.Dropout)] == [0.4, 0.2]
    same = head("mlp", hidden=(24, 12), dropout=0.3)
    assert [m.p for m in same.modules() if isinstance(m, torch.nn.Dropout)] == [0.3, 0.3]
    assert not torch.allclose(trained_scores(module), trained_scores(same))


@pytest.mark.parametrize("dropout", [(), (0.1,), (0.1, 0.2, 0.3)])
def test_dropouts_of_another_number_than_the_layers_are_refused(dropout):
    with pytest.raises(ConfigError, match="for 2 hidden layers") as caught:
        head("mlp", hidden=(24, 12), dropout=dropout)
    assert caught.value.code == "E105"


@pytest.mark.parametrize("dropout", [1.0, (0.1, -0.2)])
def test_a_dropout_out_of_range_is_refused(dropout):
    with pytest.raises(ConfigError, match="out of range"):
        head("mlp", hidden=(24, 12), dropout=dropout)


def test_two_dropouts_may_come_as_a_list_from_a_run_file():
    module = head("mlp", hidden=[24, 12], dropout=[0.4, 0.2])
    assert len(module.hidden) == 2


@pytest.mark.parametrize("settings", [{"hidden": ()}, {"hidden": (0,)}, {"activation": "tanh"}])
def test_mlp_settings_out_of_range_are_refused(settings):
    with pytest.raises(ConfigError, match="out of range") as caught:
        head("mlp", **settings)
    assert caught.value.code == "E102"


def test_linear_has_no_hidden_layers_to_set():
    with pytest.raises(ConfigError, match="no such setting"):
        head("linear", hidden=(8,))


def test_weights_start_within_the_xavier_bounds():
    module = head("mlp", hidden=(64,))
    first = module.hidden[0].layers[0].weight
    bound = (6 / (16 + 64)) ** 0.5
    assert 0.9 * bound < first.abs().max() <= bound
    assert module.output.weight.abs().max() <= 0.1 * (6 / (64 + 3)) ** 0.5


def test_prior_of_multilabel_is_the_log_odds():
    expected = [np.log(1 / 3), 0.0, np.log(0.5 / 99.5), np.log(99.5 / 0.5)]
    assert prior_logits(statistics([25, 50, 0, 100], 100)) == pytest.approx(expected)


def test_prior_counts_only_rows_whose_label_is_known():
    fit = statistics([5, 5, 0], 100, known=[10, 20, 0])
    assert prior_logits(fit) == pytest.approx([0.0, np.log(1 / 3), 0.0])


def test_prior_of_multiclass_is_the_log_share():
    fit = statistics([70, 30, 0], 100, Task.MULTICLASS)
    assert np.exp(prior_logits(fit)) == pytest.approx([0.7, 0.3, 0.005])


@pytest.mark.parametrize("name", HEADS.names())
@pytest.mark.parametrize("task", list(Task))
def test_first_predictions_are_the_shares_on_average(name, task):
    module = head(name).eval()
    set_prior_bias(module, statistics([600, 370, 30], 1000, task))
    x_BD = torch.randn(4000, 16, generator=torch.Generator().manual_seed(5))
    scores_BC = module(x_BD)
    probs_BC = scores_BC.sigmoid() if task is Task.MULTILABEL else scores_BC.softmax(dim=1)
    assert probs_BC.mean(dim=0).tolist() == pytest.approx([0.6, 0.37, 0.03], rel=0.08)
    assert probs_BC.std(dim=0).max() < 0.08
