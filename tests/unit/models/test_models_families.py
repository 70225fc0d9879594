"""Every family of encoders learns, from its own files and its own kind of tokenizer."""

import functools
import json

import numpy as np
import pytest
import tokenizers
import torch
import transformers
from tokenizers import decoders, models, normalizers, pre_tokenizers, processors, trainers
from torch.nn.functional import binary_cross_entropy_with_logits

from evenhand import bundle
from evenhand.bundle import Architecture, Classifier, TextReader
from evenhand.data.schema import Layout, Schema
from evenhand.decide import Decision
from evenhand.errors import ConfigError, MissingFileError
from evenhand.models import text
from evenhand.models.backbones import blank_encoder, load_encoder, locate, refuse_longer
from evenhand.models.fast import clear_gradients, quicken
from evenhand.models.precision import FLOAT32_FAMILIES
from evenhand.models.tokens import TextTokenizer
from evenhand.types import FitStatistics, Task

DAYS = [
    f"the {age} {thing} was {how}"
    for age in ("new", "old", "cold")
    for thing in ("day", "meal")
    for how in ("happy", "sad")
]
TRUTH = np.array([[1, 0] if "happy" in text else [0, 1] for text in DAYS], np.float32)
FOREIGN = ["Привет, мир", "嬉しい日です", "😀 naïve", "", "a"]
SIZES = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "max_position_embeddings": 72,
}
SHAPE = {"pooling": "mean", "head": ("linear", {"dropout": 0.0}), "layers": 1}


def word_pieces(folder):
    words = sorted({word for day in DAYS for word in day.split()})
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words, *"abcdefghij"]
    (folder / "vocab.txt").write_text("\n".join(vocabulary))
    return {"vocab_size": len(vocabulary), "pad_token_id": 0}


def byte_pairs(folder, *, start="<s>", end="</s>"):
    special = [start, "<pad>", end, "<unk>"]
    made = tokenizers.Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=320, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    made.train_from_iterator(DAYS, trainer)
    made.post_processor = processors.TemplateProcessing(
        single=f"{start} $A {end}", special_tokens=[(start, 0), (end, 2)]
    )
    made.save(str(folder / "tokenizer.json"))
    return {"vocab_size": made.get_vocab_size(), "pad_token_id": 1}


def unigrams(folder):
    special = ["[PAD]", "[CLS]", "[SEP]", "[UNK]"]
    made = tokenizers.Tokenizer(models.Unigram())
    made.normalizer = normalizers.NFKC()
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=60, special_tokens=special, unk_token="[UNK]", show_progress=False
    )
    made.train_from_iterator(DAYS, trainer)
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    made.save(str(folder / "tokenizer.json"))
    return {"vocab_size": made.get_vocab_size(), "pad_token_id": 0}


def distilbert(folder):
    sizes = {"dim": 32, "n_layers": 2, "n_heads": 2, "hidden_dim": 64}
    config = transformers.DistilBertConfig(
        **sizes, max_position_embeddings=72, **word_pieces(folder)
    )
    return transformers.DistilBertModel(config)


def electra(folder):
    config = transformers.ElectraConfig(**SIZES, embedding_size=16, **word_pieces(folder))
    return transformers.ElectraModel(config)


def roberta(folder):
    return transformers.RobertaModel(transformers.RobertaConfig(**SIZES, **byte_pairs(folder)))


def modernbert(folder):
    config = transformers.ModernBertConfig(
        **SIZES, **byte_pairs(folder, start="[CLS]", end="[SEP]"), local_attention=8
    )
    return transformers.ModernBertModel(config)


def deberta(folder):
    config = transformers.DebertaV2Config(
        **SIZES,
        **unigrams(folder),
        relative_attention=True,
        position_biased_input=False,
        pos_att_type=["p2c", "c2p"],
        type_vocab_size=0,
    )
    return transformers.DebertaV2Model(config)


def xlm_roberta(folder):
    return transformers.XLMRobertaModel(transformers.XLMRobertaConfig(**SIZES, **unigrams(folder)))


T5_SIZES = {"d_model": 32, "d_kv": 16, "d_ff": 64, "num_layers": 2, "num_heads": 2}


def t5(folder):
    config = transformers.T5Config(**T5_SIZES, **unigrams(folder))
    return transformers.T5ForConditionalGeneration(config)


def byt5(folder):
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "ByT5Tokenizer"}')
    config = transformers.T5Config(**T5_SIZES, vocab_size=384, feed_forward_proj="gated-gelu")
    return transformers.T5EncoderModel(config)


def canine(folder):
    hashes = {"num_hash_functions": 4, "num_hash_buckets": 512}
    return transformers.CanineModel(transformers.CanineConfig(**SIZES, **hashes))


FAMILIES = [distilbert, electra, roberta, modernbert, deberta, xlm_roberta, t5, byt5, canine]


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """Return what makes a family's folder once: a random network with its own tokenizer."""

    @functools.cache
    def make(build):
        folder = tmp_path_factory.mktemp(build.__name__)
        with torch.random.fork_rng():
            torch.manual_seed(0)
            network = build(folder).eval()
        network.save_pretrained(folder)
        return folder, network

    return make


@pytest.fixture(params=FAMILIES, ids=lambda build: build.__name__)
def family(request, made):
    """Return a family's folder, and the network that was saved there."""
    return made(request.param)


def classifier(folder):
    torch.manual_seed(0)
    model = text.pretrained(
        locate(str(folder)),
        TextTokenizer.from_folder(folder),
        (),
        fit=FitStatistics.of(TRUTH, Task.MULTILABEL),
        prior_bias=True,
        **SHAPE,
    )
    quicken(model.encoder)
    return model


def batch(tokenizer, texts):
    arrays = tokenizer.encode(texts, max_length=48).batch(np.arange(len(texts)))
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


def train(model, tokenizer, *, steps, lr=3e-3):
    """Return the loss of every step."""
    inputs, losses = batch(tokenizer, DAYS), []
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    model.train()
    for _ in range(steps):
        clear_gradients(model)
        loss = binary_cross_entropy_with_logits(model(**inputs), torch.from_numpy(TRUTH))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    model.eval()
    return losses


def shipped(model, tokenizer, folder, *, steps):
    """Return the classifier as a bundle gives it back, and as it was."""
    cut = {"value": 0.5, "support": 6, "source": "fixed"}
    decision = Decision.from_dict(
        {
            "task": "multilabel",
            "labels": ["joy", "grief"],
            "kind": "fixed",
            "calibrator": {"name": "none", "task": "multilabel"},
            "thresholds": {"joy": cut, "grief": cut},
            "shrinkage": 0,
            "estimate": {"cross_fitted": None, "in_sample": None},
        }
    )
    schema = Schema(
        "text", Layout.COLUMNS, ("joy", "grief"), ("joy", "grief"), Task.MULTILABEL, ("text",)
    )
    config = json.loads(json.dumps(model.encoder.config.to_dict()))
    about = Architecture(config=config, max_length=48, trained_steps=steps, **SHAPE)
    reader = TextReader(tokenizer, about.max_length)
    made = Classifier(model, reader, about, schema, decision=decision)
    bundle.save(folder / "bundle", made)
    return bundle.load(folder / "bundle"), made


def test_it_learns_and_ships(family, tmp_path):
    folder, _ = family
    model, tokenizer = classifier(folder), TextTokenizer.from_folder(folder)
    losses = train(model, tokenizer, steps=30)
    assert np.mean(losses[-3:]) < 0.5 * losses[0]
    loaded, made = shipped(model, tokenizer, tmp_path, steps=30)
    texts = [*DAYS, *FOREIGN]
    before, after = made.logits(texts).values_NC, loaded.logits(texts).values_NC
    np.testing.assert_array_equal(after, before)
    assert (before[: len(DAYS)].argmax(axis=1) == TRUTH.argmax(axis=1)).all()


def test_every_parameter_learns(family):
    folder, _ = family
    model, tokenizer = classifier(folder), TextTokenizer.from_folder(folder)
    train(model, tokenizer, steps=1)
    still = {name for name, p in model.named_parameters() if p.grad is None}
    assert still == set()


def test_the_weights_are_those_of_the_file(family):
    folder, network = family
    encoder = load_encoder(locate(str(folder)))
    stored = network.get_encoder().state_dict() if "T5" in type(network).__name__ else (
        network.state_dict()
    )  # fmt: skip
    loaded = encoder.state_dict()
    assert {name for name in stored if "pooler." not in name} == set(loaded)
    assert all(torch.equal(loaded[name], stored[name]) for name in loaded)
    assert {tensor.dtype for tensor in loaded.values()} == {torch.float32}


def test_no_family_brings_a_decoder(family):
    folder, _ = family
    encoder = load_encoder(locate(str(folder)))
    assert not [name for name, _ in encoder.named_modules() if "decoder" in name]
    blank = blank_encoder(encoder.config.to_dict())
    assert {n: t.shape for n, t in blank.state_dict().items()} == {
        n: t.shape for n, t in encoder.state_dict().items()
    }


def test_neighbours_do_not_matter(family):
    folder, _ = family
    model, tokenizer = classifier(folder).eval(), TextTokenizer.from_folder(folder)
    with torch.no_grad():
        together = model(**batch(tokenizer, [*FOREIGN, DAYS[0]]))
        alone = torch.cat([model(**batch(tokenizer, [one])) for one in [*FOREIGN, DAYS[0]]])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=0)


def test_t5_stays_in_float32():
    assert {"t5", "mt5", "umt5", "deberta-v2"} <= FLOAT32_FAMILIES


def test_canine_agrees_with_transformers_on_a_text_that_needs_no_padding(tmp_path):
    from evenhand.models.canine import SPARE

    torch.manual_seed(0)
    network = canine(tmp_path).eval()
    network.save_pretrained(tmp_path)
    own = load_encoder(locate(str(tmp_path))).eval()
    ids_BT, mask_BT = torch.randint(97, 123, (2, 20)), torch.ones(2, 20, dtype=torch.int64)
    spare = (0, SPARE * network.config.downsampling_rate)
    with torch.no_grad():
        theirs = network(
            input_ids=torch.nn.functional.pad(ids_BT, spare),
            attention_mask=torch.nn.functional.pad(mask_BT, spare),
        ).last_hidden_state[:, :20]
        ours = own(input_ids=ids_BT, attention_mask=mask_BT).last_hidden_state
    assert torch.equal(ours, theirs)


def test_canine_reads_as_many_characters_as_it_may(tmp_path):
    network = canine(tmp_path)
    network.save_pretrained(tmp_path)
    source = locate(str(tmp_path))
    most = network.config.max_position_embeddings - 12
    refuse_longer(most, source.config())
    with pytest.raises(ConfigError, match=rf"\[E105\](.|\n)*model.max_length={most}$"):
        refuse_longer(most + 1, source.config())
    table = TextTokenizer.from_folder(tmp_path).encode(["x" * 500], max_length=most)
    encoder = load_encoder(source).eval()
    inputs = {n: torch.from_numpy(a) for n, a in table.batch(np.array([0])).items()}
    states = encoder(input_ids=inputs["ids_BT"], attention_mask=inputs["mask_BT"])
    assert states.last_hidden_state.shape == (1, most, 32)


def test_weights_that_lack_a_layer_are_refused(tmp_path):
    network = distilbert(tmp_path)
    network.save_pretrained(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config | {"n_layers": 3}))
    with pytest.raises(MissingFileError, match=r"\[E107\](.|\n)*transformer\.layer\.2"):
        load_encoder(locate(str(tmp_path)))
