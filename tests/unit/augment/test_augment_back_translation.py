"""Back-translation: what the models write, drawn by each text's own seed."""

import numpy as np
import pytest
import torch
from transformers import M2M100Config, M2M100ForConditionalGeneration, NllbTokenizer

from evenhand.augment import AUGMENTERS
from evenhand.augment.back_translation import SeededChoice, Translator
from evenhand.augment.pretrained import load
from evenhand.errors import ConfigError, MissingExtraError, MissingFileError

LETTERS = "▁abcdeghmnostuwy"


def back_translation(there, back, **settings):
    models = {"forward": str(there), "backward": str(back)}
    return AUGMENTERS.build("back-translation", settings={**models, "share": 1, **settings})


def translator(folder, prefix=""):
    return Translator(load(str(folder), "AutoModelForSeq2SeqLM"), prefix, None)


def greedily(translator, text):
    """Write token by token what the model likes best, without ``generate``."""
    model, tokenizer = translator.pretrained.model, translator.pretrained.tokenizer
    ids = tokenizer(text, return_tensors="pt")["input_ids"]
    written = [model.config.decoder_start_token_id]
    while len(written) < min(2 * ids.shape[1] + 8, 15):
        with torch.inference_mode():
            scores = model(ids, decoder_input_ids=torch.tensor([written])).logits[0, -1]
        written.append(int(scores.argmax()))
        if written[-1] == tokenizer.eos_token_id:
            break
    return tokenizer.decode(written, skip_special_tokens=True).strip()


def generators(count, seed=0):
    return [np.random.default_rng(seed + i) for i in range(count)]


def test_choice_draws_from_the_softmax_of_the_best():
    scores_BV = torch.log(torch.tensor([[0.1, 0.6, 0.3]], dtype=torch.float64)).repeat(1000, 1)
    choice = SeededChoice(generators(1000), 2, torch.full((1000,), 9), end=0)
    drawn_BV = choice(torch.zeros(1000, 1), scores_BV).softmax(dim=1)
    assert drawn_BV.sum(dim=0) / 1000 == pytest.approx([0, 2 / 3, 1 / 3], abs=0.05)


def test_choice_ends_a_text_at_its_limit():
    choice = SeededChoice(generators(2), 1, torch.tensor([3, 4]), end=0)
    drawn_BV = choice(torch.zeros(2, 3), torch.tensor([[0.0, 1.0], [0.0, 1.0]]))
    assert drawn_BV.argmax(dim=1).tolist() == [0, 1]


def test_top_1_is_what_the_model_likes_best(translators):
    for folder in translators:
        way = translator(folder)
        texts = ["the film was very good", "a day", "old"]
        assert way.translate(texts, generators(3), top_k=1) == [greedily(way, t) for t in texts]


def test_the_way_goes_there_and_back(translators):
    there, back = map(translator, translators)
    expected = greedily(back, greedily(there, "a big day"))
    assert expected
    augmenter = back_translation(*translators, top_k=1, protected=())
    assert augmenter(["a big day"], [0]) == [expected]


def test_each_text_has_its_own_draws(translators):
    augmenter = back_translation(*translators, protected=())
    texts = ["a big day"] * 12
    drawn = augmenter(texts, range(12))
    assert len(set(drawn)) > 1
    assert (
        augmenter(["the new film was good", *texts[::-1]], [99, *range(11, -1, -1)])[1:]
        == (drawn[::-1])
    )


def test_a_prefix_is_read(translators):
    plain, prefixed = (translator(translators[0], prefix) for prefix in ("", "happy old "))
    assert prefixed.translate(["a day"], generators(1), top_k=1) == [
        greedily(plain, "happy old a day")
    ]


def test_a_text_longer_than_the_model_reads_stays(translators):
    long = "day " * 15 + "day"
    assert translator(translators[0]).translate([long], generators(1), top_k=1) == [long]


def test_a_translation_that_loses_a_protected_word_is_dropped(translators):
    augmenter = back_translation(*translators, protected=("the", "zebra"))
    texts = ["zebra day"] * 5
    assert augmenter(texts, range(5)) == texts


@pytest.fixture(scope="module")
def many_languages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "many"
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    vocabulary = {token: i for i, token in enumerate((*special, *LETTERS))}
    codes = ["eng_Latn", "deu_Latn"]
    tokenizer = NllbTokenizer(vocabulary, [], extra_special_tokens=codes, src_lang=codes[0])
    tokenizer.save_pretrained(folder)
    config = M2M100Config(
        vocab_size=len(tokenizer),
        d_model=16,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=16,
        decoder_ffn_dim=16,
        max_position_embeddings=32,
        init_std=0.5,
    )
    with torch.random.fork_rng():
        torch.manual_seed(4)
        M2M100ForConditionalGeneration(config).save_pretrained(folder)
    return folder


def test_one_model_of_many_languages_goes_both_ways(many_languages):
    english, german = "eng_Latn", "deu_Latn"
    augmenter = back_translation(many_languages, many_languages, languages=(english, german))
    there, back = (augmenter.rewrite.keywords[way] for way in ("forward", "backward"))
    for way, source, target in ((there, english, german), (back, german, english)):
        tokenizer = way.pretrained.tokenizer
        assert tokenizer.convert_ids_to_tokens(tokenizer("a day")["input_ids"])[0] == source
        assert way.target == target
    assert there.translate(["a day"], generators(1), top_k=3) != ["a day"]
    assert augmenter(["some day"] * 4, range(4)) != ["some day"] * 4


def test_an_unknown_language_is_refused(many_languages):
    with pytest.raises(ConfigError, match=r"\[E102\].*language\n  got: .*'xx'"):
        back_translation(many_languages, many_languages, languages=("eng_Latn", "xx"))


def test_a_model_of_another_kind_is_refused(translators, masked):
    with pytest.raises(MissingFileError, match=r"\[E107\] the augmenter's model"):
        back_translation(translators[0], masked)


def test_damaged_weights_are_refused(translators, tmp_path):
    for file in translators[0].iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(MissingFileError, match=r"\[E107\]"):
        back_translation(tmp_path, tmp_path)


def test_pickled_weights_are_not_read(translators, tmp_path):
    for file in translators[0].iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "model.safetensors").rename(tmp_path / "pytorch_model.bin")
    with pytest.raises(MissingFileError, match=r"\[E107\]"):
        back_translation(tmp_path, tmp_path)


def test_a_tokenizer_that_needs_a_package_says_so(translators, tmp_path, monkeypatch):
    def lacking(*_, **__):
        raise ImportError("MarianTokenizer requires the SentencePiece library")

    monkeypatch.setattr("transformers.AutoTokenizer.from_pretrained", lacking)
    with pytest.raises(MissingExtraError, match=r"\[E104\].*\n.*SentencePiece") as caught:
        back_translation(*translators)
    assert caught.value.fix == "pip install sentencepiece"
