"""The backbone of bytes: what its ids are, what its layers compute, and that it learns."""

import json
import os

import numpy as np
import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits, conv1d, gelu

from evenhand.errors import ConfigError, MissingFileError
from evenhand.models import text
from evenhand.models.backbones import (
    NAMED,
    blank_encoder,
    cut_vocabulary,
    load_encoder,
    locate,
    refuse_frozen,
    refuse_longer,
)
from evenhand.models.byte_encoder import Attention, ByteConfig, Convolution
from evenhand.models.depth import depths, learning_names
from evenhand.models.fast import AccumulatingEmbedding, clear_gradients, quicken
from evenhand.models.tokens import TextTokenizer
from evenhand.types import FitStatistics, Task

TEXTS = ["a happy day", "a sad day", "the happy [sad] movie", "the movie was sad"]
TRUTH = np.array([[1, 0], [0, 1], [1, 0], [0, 1]], np.float32)
FOREIGN = ["嬉しい日です。ｶﾅ", "naïve café", "<s> and </s><pad>", "", " ", "😀\u200b\x00"]
SMALL = {
    "model_type": "evenhand-bytes",
    "vocab_size": 259,
    "hidden_size": 16,
    "kernel": 3,
    "dilations": [1, 2],
    "heads": 2,
    "intermediate_size": 24,
    "dropout": 0.1,
    "pad_token_id": 0,
}


@pytest.fixture(scope="module")
def source():
    return locate("bytes")


@pytest.fixture(scope="module")
def tokenizer(source):
    return TextTokenizer.from_folder(source.folder)


def ids_of(tokenizer, line, *, max_length=64):
    table = tokenizer.encode([line], max_length=max_length)
    return table.ids.tolist(), table.truncated


def inputs_of(tokenizer, texts):
    arrays = tokenizer.encode(texts, max_length=64).batch(np.arange(len(texts)))
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


def classifier(source, tokenizer, marks=(), *, seed=0, **shape):
    torch.manual_seed(seed)
    return text.pretrained(
        source,
        tokenizer,
        marks,
        fit=FitStatistics.of(TRUTH, Task.MULTILABEL),
        prior_bias=True,
        **{"pooling": "mean", "head": ("linear", {"dropout": 0.0}), **shape},
    )


def small(**other):
    torch.manual_seed(0)
    return blank_encoder(SMALL | other).eval()


@pytest.mark.parametrize("line", [*TEXTS, *FOREIGN])
def test_a_byte_is_three_more_between_the_marks_of_the_ends(tokenizer, line):
    assert ids_of(tokenizer, line) == ([1, *(byte + 3 for byte in line.encode()), 2], 0)


def test_a_text_is_cut_by_bytes(tokenizer):
    assert ids_of(tokenizer, "日本", max_length=6) == (
        [1, *(b + 3 for b in "日本".encode()[:4]), 2],
        1,
    )
    assert ids_of(tokenizer, "日本", max_length=8)[1] == 0


def test_it_is_small_needs_no_download_and_has_no_longest_text(source, monkeypatch):
    monkeypatch.setitem(os.environ, "HF_HUB_OFFLINE", "1")
    assert "bytes" in NAMED
    assert sorted(path.name for path in source.folder.iterdir()) == ["config.json"]
    # 259 x 128 words; 4 convolutions of 640 x 128; attention of 3 + 1 squares and 2 x 128 x 256;
    # their biases and norms.
    biases = 4 * 128 + (3 * 128 + 128 + 256 + 128)
    norms = 2 * 128 * (4 + 2 + 1)
    expected = 259 * 128 + 4 * 640 * 128 + 4 * 128**2 + 2 * 128 * 256 + biases + norms
    assert sum(p.numel() for p in load_encoder(source).parameters()) == expected
    refuse_longer(8192, source.config())


def test_the_seed_draws_the_weights(source, tokenizer):
    one, same, other = (classifier(source, tokenizer, seed=seed) for seed in (1, 1, 2))
    weights = [model.encoder.layers[0].mix.weight for model in (one, same, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


@pytest.mark.parametrize("gap", [1, 3])
def test_a_convolution_is_that_of_torch(gap):
    torch.manual_seed(0)
    config = ByteConfig.of(SMALL)
    layer = Convolution(config, gap).eval()
    x_BTD, mask_BT = torch.randn(2, 9, 16), torch.ones(2, 9)
    weight = layer.mix.weight.unflatten(1, (config.kernel, 16)).transpose(1, 2)
    seen = conv1d(layer.norm(x_BTD).mT, weight, layer.mix.bias, padding=gap, dilation=gap)
    torch.testing.assert_close(layer(x_BTD, mask_BT), x_BTD + gelu(seen).mT)


def test_attention_is_that_of_torch():
    torch.manual_seed(0)
    layer = Attention(ByteConfig.of(SMALL)).eval()
    theirs = torch.nn.MultiheadAttention(16, 2, batch_first=True).eval()
    theirs.in_proj_weight.data = layer.queries_keys_values.weight.data
    theirs.in_proj_bias.data = layer.queries_keys_values.bias.data
    theirs.out_proj.load_state_dict(layer.output.state_dict())
    x_BTD, mask_BT = torch.randn(2, 7, 16), torch.tensor([[1] * 7, [1] * 4 + [0] * 3])
    normed = layer.norm(x_BTD)
    seen = x_BTD + theirs(normed, normed, normed, key_padding_mask=mask_BT == 0)[0]
    expected = seen + layer.narrow(gelu(layer.wide(layer.after(seen))))
    torch.testing.assert_close(layer(x_BTD, mask_BT), expected)


def test_what_pads_a_batch_changes_nothing(source, tokenizer):
    model = classifier(source, tokenizer).eval()
    alone = torch.cat([model(**inputs_of(tokenizer, [line])) for line in TEXTS])
    torch.testing.assert_close(model(**inputs_of(tokenizer, TEXTS)), alone, atol=1e-5, rtol=0)
    ids_BT = torch.tensor([[1, 40, 41, 2, 99, 7]])
    mask_BT = torch.tensor([[1, 1, 1, 1, 0, 0]])
    states = model.encoder(ids_BT, mask_BT).last_hidden_state[:, :4]
    short = model.encoder(ids_BT[:, :4], mask_BT[:, :4]).last_hidden_state
    torch.testing.assert_close(states, short, atol=1e-5, rtol=0)


def test_far_bytes_meet_and_order_counts(source, tokenizer):
    model = classifier(source, tokenizer).eval()
    one, other = model(**inputs_of(tokenizer, ["a happy day", "day a happy"]))
    assert not torch.allclose(one, other, atol=1e-4)
    ids_BT = torch.full((2, 200), 50)
    ids_BT[1, 0] = 60
    first, second = model.encoder(ids_BT, torch.ones_like(ids_BT)).last_hidden_state[:, -1]
    assert not torch.equal(first, second)


@pytest.mark.parametrize(
    "other",
    [
        {"hidden_size": 32},
        {"kernel": 5},
        {"dilations": [1, 2, 4]},
        {"dilations": [1, 3]},
        {"heads": 4},
        {"intermediate_size": 48},
        {"vocab_size": 300},
    ],
)
def test_every_size_of_the_config_changes_the_network(other):
    ids_BT = torch.arange(3, 15)[None]
    one, two = (
        m(ids_BT, torch.ones_like(ids_BT)).last_hidden_state for m in (small(), small(**other))
    )
    assert one.shape != two.shape or not torch.equal(one, two)


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_dropout_acts_while_training_alone(share):
    encoder = small(dropout=share)
    ids_BT = torch.arange(3, 15)[None]
    calm = encoder(ids_BT, torch.ones_like(ids_BT)).last_hidden_state
    busy = encoder.train()(ids_BT, torch.ones_like(ids_BT)).last_hidden_state
    assert torch.equal(calm, busy) == (share == 0.0)


def test_layers_can_be_averaged_up_to_the_last(source, tokenizer):
    inputs = inputs_of(tokenizer, TEXTS)
    model = classifier(source, tokenizer, layers=5).eval()
    every = model.encoder(inputs["ids_BT"], inputs["mask_BT"], output_hidden_states=True)
    assert torch.equal(every.hidden_states[-1], every.last_hidden_state)
    mean = model.pooling(torch.stack(every.hidden_states).mean(0), inputs["mask_BT"])
    torch.testing.assert_close(model.vectors(**inputs), mean)
    with pytest.raises(ConfigError, match=r"\[E105\](.|\n)*it has 5"):
        classifier(source, tokenizer, layers=6)


def test_it_learns_as_the_loop_trains_it(source, tokenizer):
    model = classifier(source, tokenizer)
    quicken(model.encoder)
    assert isinstance(model.encoder.get_input_embeddings(), AccumulatingEmbedding)
    optimizer, losses = torch.optim.AdamW(model.parameters(), lr=2e-3), []
    inputs, truth_BC = inputs_of(tokenizer, TEXTS), torch.from_numpy(TRUTH)
    for _ in range(25):
        clear_gradients(model)
        loss = binary_cross_entropy_with_logits(model(**inputs), truth_BC)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.2 * losses[0]
    assert all(p.grad is not None for p in model.parameters())


def test_its_config_rebuilds_it_marks_included(source, tokenizer):
    model = classifier(source, tokenizer, ("[sad]",))
    config = json.loads(json.dumps(model.encoder.config.to_dict()))
    assert (config["model_type"], config["vocab_size"]) == ("evenhand-bytes", 260)
    other = text.blank(config, pooling="mean", head=("linear", {"dropout": 0.0}), classes=2)
    other.load_state_dict(model.state_dict(), strict=True)
    inputs = inputs_of(tokenizer.with_marks(("[sad]",)), TEXTS)
    assert inputs["ids_BT"].max() == 259
    assert torch.equal(other.eval()(**inputs), model.eval()(**inputs))


def test_depths_run_from_the_top_convolution_to_the_bytes(source, tokenizer):
    deep = depths(classifier(source, tokenizer))
    assert deep["encoder.attention.output.weight"] == deep["encoder.layers.3.mix.weight"] == 0
    assert deep["encoder.layers.0.mix.weight"] == 3
    assert deep["encoder.words.weight"] == 4


@pytest.mark.parametrize("frozen", [1, "all"])
def test_layers_that_start_at_random_are_not_frozen(source, tokenizer, frozen):
    with pytest.raises(ConfigError, match=r"\[E105\] layers that start at random(.|\n)*'bytes'"):
        refuse_frozen(source, frozen)
    refuse_frozen(source, 0)
    assert "encoder.words.weight" in learning_names(
        classifier(source, tokenizer), frozen=0, unfreeze_every=0, epoch=0
    )


def test_there_is_no_vocabulary_to_cut(source):
    with pytest.raises(ConfigError, match=r"\[E105\](.|\n)*'bytes' has a byte tokenizer"):
        cut_vocabulary(source, TEXTS)


def test_random_vectors_are_no_words():
    with pytest.raises(MissingFileError, match=r"\[E107\] the backbone 'static:bytes'"):
        load_encoder(locate("static:bytes"))


def test_a_bundle_is_no_backbone_to_be_drawn_anew(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps(SMALL))
    with pytest.raises(MissingFileError, match=r"\[E107\]"):
        load_encoder(locate(str(tmp_path)))
