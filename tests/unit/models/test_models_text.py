"""The classifier: marks, prior bias, shapes."""

import numpy as np
import pytest
import torch

from evenhand.errors import ConfigError
from evenhand.models import text
from evenhand.models.backbones import load_encoder, locate
from evenhand.models.tokens import TextTokenizer
from evenhand.types import FitStatistics, Logits, Task

TEXTS = ("a good day", "the bad movie was very cold")


def build(backbone, *, task=Task.MULTILABEL, marks=(), prior_bias=True, **shape):
    truth_NC = np.zeros((100, 3), np.float32)
    truth_NC[:60, 0], truth_NC[60:90, 1], truth_NC[90:, 2] = 1, 1, 1
    torch.manual_seed(0)
    return text.pretrained(
        locate(str(backbone)),
        TextTokenizer.from_folder(backbone),
        marks,
        fit=FitStatistics.of(truth_NC, task),
        prior_bias=prior_bias,
        **{"pooling": "mean", "head": ("linear", {}), **shape},
    ).eval()


def batch_of(backbone, texts):
    table = TextTokenizer.from_folder(backbone).encode(list(texts), max_length=16)
    return {n: torch.from_numpy(a) for n, a in table.batch(np.arange(len(texts))).items()}


def scores(model, backbone, texts=TEXTS):
    with torch.no_grad():
        return model(**batch_of(backbone, texts))


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


def test_the_last_state_alone_is_pooled_unless_more_are_asked_for(backbone):
    model = build(backbone)
    seen = []
    model.encoder.register_forward_hook(
        lambda _, args, settings, output: seen.append((settings, output)), with_kwargs=True
    )
    batch = batch_of(backbone, ["a good day", "the bad movie"])
    vectors_BD = model.vectors(**batch)
    ((settings, output),) = seen
    assert set(settings) == {"input_ids", "attention_mask"}
    assert torch.equal(vectors_BD, model.pooling(output.last_hidden_state, batch["mask_BT"]))


def test_the_top_layers_states_are_averaged(backbone):
    texts = ["a good day", "the bad movie"]
    one, two = build(backbone), build(backbone, layers=2)
    batch = batch_of(backbone, texts)
    states = one.encoder(
        input_ids=batch["ids_BT"], attention_mask=batch["mask_BT"], output_hidden_states=True
    ).hidden_states
    expected_BD = one.pooling((states[-1] + states[-2]) / 2, batch["mask_BT"])
    torch.testing.assert_close(two.vectors(**batch), expected_BD)
    assert not torch.allclose(scores(one, backbone, texts), scores(two, backbone, texts))


def test_a_blank_classifier_averages_as_many_layers(backbone):
    model = build(backbone, layers=2)
    config = model.encoder.config.to_dict()
    other = text.blank(config, pooling="mean", head=("linear", {}), classes=3, layers=2).eval()
    other.load_state_dict(model.state_dict(), strict=True)
    assert torch.equal(scores(other, backbone), scores(model, backbone))


def test_more_layers_than_there_are_is_refused(backbone):
    with pytest.raises(ConfigError, match=r"model\.layers = 3, but it has 2") as caught:
        build(backbone, layers=3)
    assert caught.value.code == "E105"


def test_layers_of_several_lengths_cannot_be_averaged():
    config = {
        "model_type": "canine",
        "hidden_size": 8,
        "intermediate_size": 8,
        "num_attention_heads": 2,
        "num_hidden_layers": 3,
        "num_hash_buckets": 16,
        "num_hash_functions": 2,
    }
    with pytest.raises(ConfigError, match="of one length"):
        text.blank(config, pooling="mean", head=("linear", {}), classes=3, layers=2)


def test_the_shift_is_taken_off_outside_training_only(backbone):
    model = build(backbone, head=("linear", {"dropout": 0.0}))
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    raw_BC = scores(model, backbone)
    model.shift_C.copy_(torch.tensor([1.0, -2.0, 0.5]))
    torch.testing.assert_close(scores(model, backbone), raw_BC - torch.tensor([1.0, -2.0, 0.5]))
    torch.testing.assert_close(scores(model.train(), backbone), raw_BC)


def test_the_shift_is_saved_with_the_weights_and_starts_at_zero(backbone):
    model = build(backbone)
    stored = model.state_dict()["shift_C"]
    assert stored.dtype == torch.float32
    assert stored.tolist() == [0.0, 0.0, 0.0]
    assert torch.equal(
        scores(model, backbone), model.head(model.vectors(**batch_of(backbone, TEXTS)))
    )


def test_mixing_happens_on_the_pooled_vectors_while_training_only(backbone):
    model = build(backbone, head=("linear", {"dropout": 0.0}))
    batch = batch_of(backbone, TEXTS)
    given = []

    def mix(vectors_BD):
        given.append(vectors_BD.shape)
        return torch.zeros_like(vectors_BD)

    model.train()
    assert torch.equal(model(**batch, mix=mix), model.head.output.bias.expand(2, 3))
    assert torch.equal(model.eval()(**batch, mix=mix), model(**batch))
    assert given == [(2, 32)]


DESCRIBED = ["happy bright good", "sad dark cold", "angry rude bad"]


def started(backbone, texts=DESCRIBED, **shape):
    model = build(backbone, **shape)
    text.start_at_labels(model, TextTokenizer.from_folder(backbone), texts)
    return model


@pytest.mark.parametrize("pooling", ["mean", "mean-max"])
def test_a_described_label_scores_highest_on_its_own_text(backbone, pooling):
    model = started(backbone, pooling=pooling)
    above_NC = scores(model, backbone, DESCRIBED) - model.head.output.bias
    assert above_NC.argmax(dim=1).tolist() == [0, 1, 2]
    assert above_NC.argmax(dim=0).tolist() == [0, 1, 2]
    assert above_NC.diagonal().mean().item() == pytest.approx(text.LABEL_LOGIT, rel=1e-4)
    related_NC = scores(model, backbone, ["bright good", "dark cold", "rude bad"])
    assert (related_NC - model.head.output.bias).argmax(dim=0).tolist() == [0, 1, 2]


def test_a_text_at_the_mean_of_the_descriptions_scores_the_prior(backbone):
    plain, model = build(backbone), started(backbone)
    mean_D = model.vectors(**batch_of(backbone, DESCRIBED)).mean(dim=0)
    assert torch.equal(model.head.output.bias, plain.head.output.bias)
    torch.testing.assert_close(model.head(mean_D), plain.head.output.bias, atol=1e-4, rtol=0)


def test_the_rows_are_of_one_length(backbone):
    lengths_C = started(backbone).head.output.weight.norm(dim=1)
    torch.testing.assert_close(lengths_C, lengths_C[:1].expand(3))


def test_starting_at_labels_leaves_the_mode_as_it_was(backbone):
    model = build(backbone).train()
    text.start_at_labels(model, TextTokenizer.from_folder(backbone), DESCRIBED)
    assert model.training


def test_a_head_with_hidden_layers_cannot_start_at_labels(backbone):
    with pytest.raises(ConfigError, match="this head has hidden layers") as caught:
        started(backbone, head=("mlp", {"hidden": (32,)}))
    assert caught.value.code == "E105"


@pytest.mark.parametrize(
    "texts", [[], DESCRIBED[:2], ["good", "good", "bad"], ["good day", "Good day", "GOOD DAY"]]
)
def test_texts_that_do_not_tell_the_labels_apart_are_refused(backbone, texts):
    with pytest.raises(ConfigError, match="tell the labels apart") as caught:
        started(backbone, texts)
    assert caught.value.code == "E105"
