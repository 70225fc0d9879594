"""The classifier: marks, prior bias, shapes."""

import numpy as np
import pytest
import torch

from evenhand.models import text
from evenhand.models.backbones import load_encoder, locate
from evenhand.models.tokens import TextTokenizer
from evenhand.types import FitStatistics, Logits, Task


def build(backbone, *, task=Task.MULTILABEL, marks=(), prior_bias=True):
    truth_NC = np.zeros((100, 3), np.float32)
    truth_NC[:60, 0], truth_NC[60:90, 1], truth_NC[90:, 2] = 1, 1, 1
    torch.manual_seed(0)
    return text.pretrained(
        locate(str(backbone)),
        TextTokenizer.from_folder(backbone),
        marks,
        pooling="mean",
        head=("linear", {}),
        fit=FitStatistics.of(truth_NC, task),
        prior_bias=prior_bias,
    ).eval()


def scores(model, backbone, texts=("a good day", "the bad movie was very cold")):
    table = TextTokenizer.from_folder(backbone).encode(list(texts), max_length=16)
    batch = {n: torch.from_numpy(a) for n, a in table.batch(np.arange(len(texts))).items()}
    with torch.no_grad():
        return model(**batch)


@pytest.mark.parametrize("task", Task)
def test_the_first_predictions_are_the_shares_of_the_labels(backbone, task):
    logits_BC = scores(build(backbone, task=task), backbone).double().numpy()
    p_BC = Logits(logits_BC).probs(task).values_NC
    np.testing.assert_allclose(p_BC, [[0.6, 0.3, 0.1]] * 2, atol=0.06)


def test_without_prior_bias_the_bias_is_zero(backbone):
    assert build(backbone, prior_bias=False).head.output.bias.abs().max() == 0


def test_a_mark_starts_as_the_mean_of_its_pieces(backbone):
    mark = "[happy]"
    tokenizer = TextTokenizer.from_folder(backbone)
    before = load_encoder(locate(str(backbone))).get_input_embeddings().weight
    after = build(backbone, marks=(mark,)).encoder.get_input_embeddings().weight
    pieces = tokenizer.pieces(mark)
    assert len(pieces) == 3
    assert len(after) == len(before) + 1
    torch.testing.assert_close(after[tokenizer.size()], before[pieces].mean(dim=0))
    assert torch.equal(after[: len(before)], before)


def test_padding_changes_nothing(backbone):
    model = build(backbone)
    alone = scores(model, backbone, ["a good day"])
    padded = scores(model, backbone, ["a good day", "the bad movie was very cold"])
    torch.testing.assert_close(padded[:1], alone, atol=1e-6, rtol=0)


def test_a_blank_classifier_takes_the_weights_of_a_trained_one(backbone):
    model = build(backbone, marks=("[happy]",))
    config = model.encoder.config.to_dict()
    other = text.blank(config, pooling="mean", head=("linear", {}), classes=3).eval()
    other.load_state_dict(model.state_dict(), strict=True)
    assert torch.equal(scores(other, backbone), scores(model, backbone))
