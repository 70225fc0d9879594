"""Word vectors without layers: what they start as, and that they learn."""

import json

import numpy as np
import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits, layer_norm

from evenhand.models import text
from evenhand.models.backbones import blank_encoder, load_encoder, locate, refuse_longer
from evenhand.models.fast import AccumulatingEmbedding, clear_gradients, quicken
from evenhand.models.tokens import TextTokenizer
from evenhand.types import FitStatistics, Task

TEXTS = ["a happy day", "a sad day", "the happy [sad] movie", "the movie was sad"]
TRUTH = np.array([[1, 0], [0, 1], [1, 0], [0, 1]], np.float32)


@pytest.fixture(scope="module")
def source(backbone):
    return locate(f"static:{backbone}")


def classifier(source, marks=()):
    torch.manual_seed(0)
    return text.pretrained(
        source,
        TextTokenizer.from_folder(source.folder),
        marks,
        fit=FitStatistics.of(TRUTH, Task.MULTILABEL),
        prior_bias=True,
        pooling="mean",
        head=("linear", {"dropout": 0.0}),
    )


def batch(tokenizer, texts):
    arrays = tokenizer.encode(texts, max_length=32).batch(np.arange(len(texts)))
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


def test_a_token_starts_as_its_normalised_vector_in_the_backbone(source, backbone):
    words = load_encoder(locate(str(backbone))).get_input_embeddings().weight
    ids_BT = torch.tensor([[5, 9, 5]])
    states = load_encoder(source)(input_ids=ids_BT, attention_mask=torch.ones_like(ids_BT))
    expected = layer_norm(words[ids_BT], (32,))
    torch.testing.assert_close(states.last_hidden_state, expected, atol=1e-6, rtol=0)


def test_only_the_words_are_kept(source, backbone):
    encoder = load_encoder(source)
    words = load_encoder(locate(str(backbone))).get_input_embeddings().weight
    assert sum(p.numel() for p in encoder.parameters()) == words.numel() + 2 * 32
    refuse_longer(100_000, source.config())


def test_the_order_of_words_is_nothing(source):
    model, tokenizer = classifier(source).eval(), TextTokenizer.from_folder(source.folder)
    one, other = model(**batch(tokenizer, ["a happy day", "day a happy"]))
    torch.testing.assert_close(one, other)


def test_it_learns_as_the_loop_trains_it(source):
    model, tokenizer = classifier(source), TextTokenizer.from_folder(source.folder)
    quicken(model.encoder)
    assert isinstance(model.encoder.get_input_embeddings(), AccumulatingEmbedding)
    optimizer, losses = torch.optim.AdamW(model.parameters(), lr=1e-2), []
    inputs, truth_BC = batch(tokenizer, TEXTS), torch.from_numpy(TRUTH)
    for _ in range(30):
        clear_gradients(model)
        loss = binary_cross_entropy_with_logits(model(**inputs), truth_BC)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.2 * losses[0]


def test_its_config_rebuilds_it(source):
    model = classifier(source, marks=("[sad]",))
    config = json.loads(json.dumps(model.encoder.config.to_dict()))
    assert config["model_type"] == "evenhand-static"
    other = text.blank(config, pooling="mean", head=("linear", {"dropout": 0.0}), classes=2)
    other.load_state_dict(model.state_dict(), strict=True)
    grown = TextTokenizer.from_folder(source.folder).with_marks(("[sad]",))
    inputs = batch(grown, TEXTS)
    assert torch.equal(other.eval()(**inputs), model.eval()(**inputs))


def test_a_mark_starts_as_the_mean_of_its_pieces(source):
    tokenizer = TextTokenizer.from_folder(source.folder)
    before = load_encoder(source).get_input_embeddings().weight
    after = classifier(source, marks=("[sad]",)).encoder.get_input_embeddings().weight
    expected = before[tokenizer.pieces("[sad]")].mean(dim=0)
    torch.testing.assert_close(after[tokenizer.size()], expected)
    assert torch.equal(after[: len(before)], before)


@pytest.mark.parametrize("rows", [3, 9])
def test_resizing_keeps_what_there_is(rows):
    encoder = blank_encoder({"model_type": "evenhand-static", "vocab_size": 5, "hidden_size": 4,
                             "pad_token_id": 0})  # fmt: skip
    before = encoder.words.weight.detach().clone()
    after = encoder.resize_token_embeddings(rows, mean_resizing=True).weight
    kept = min(rows, 5)
    assert torch.equal(after[:kept], before[:kept])
    torch.testing.assert_close(after[kept:], before.mean(dim=0).expand(rows - kept, 4))
    assert encoder.config.vocab_size == rows


@pytest.mark.weights
def test_static_is_minilms_words():
    encoder = load_encoder(locate("static"))
    assert (encoder.config.vocab_size, encoder.config.hidden_size) == (30522, 384)
