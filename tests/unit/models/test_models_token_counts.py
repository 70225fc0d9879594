"""Token counts, by hand: words, pieces, bytes and code points."""

from __future__ import annotations

from pathlib import Path

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from evenhand.models.codepoints import CODE_POINTS, byte_definition
from evenhand.models.token_counts import count_tokens, unknown_id
from evenhand.models.tokens import TextTokenizer


@pytest.fixture
def words(backbone: Path) -> TextTokenizer:
    """Return the tokenizer of whole words, [CLS] and [SEP] around them."""
    return TextTokenizer.from_folder(backbone)


def test_words_by_hand(words: TextTokenizer) -> None:
    counts = count_tokens(words, ["happy day", "happy 昨日 day", "", "sad"], max_length=4)
    assert counts.tokens_N.tolist() == [2, 3, 0, 1]
    assert counts.unknown_N is not None
    assert counts.unknown_N.tolist() == [0, 1, 0, 0]
    assert counts.characters_N.tolist() == [9, 12, 0, 3]
    assert counts.bytes_N.tolist() == [9, 16, 0, 3]
    assert counts.cut == 1


def test_the_network_reads_its_end_marks_too(words: TextTokenizer) -> None:
    two = ["happy day"]
    assert count_tokens(words, two, max_length=4).cut == 0
    assert count_tokens(words, two, max_length=3).cut == 1
    assert count_tokens(words, two, max_length=3).tokens_N.tolist() == [2]


def test_the_tokenizer_is_left_as_it_is(words: TextTokenizer) -> None:
    before = words.pieces("happy day sad")
    count_tokens(words, ["happy day sad"], max_length=3)
    assert words.pieces("happy day sad") == before


def test_no_texts_have_no_counts(words: TextTokenizer) -> None:
    counts = count_tokens(words, [], max_length=8)
    assert (counts.tokens_N.tolist(), counts.bytes_N.tolist(), counts.cut) == ([], [], 0)


@pytest.mark.parametrize(("definition", "tokens"), [(CODE_POINTS, 3), (byte_definition(), 7)])
def test_bytes_and_code_points_know_every_letter(definition: str, tokens: int) -> None:
    counts = count_tokens(TextTokenizer(definition, pad_id=0), ["昨日a"], max_length=100)
    assert counts.tokens_N.tolist() == [tokens]
    assert counts.unknown_N is None


def test_the_unknown_token_of_each_kind() -> None:
    unigram = Tokenizer(models.Unigram([("<s>", 0.0), ("<unk>", 0.0), ("a", -1.0)], unk_id=1))
    bare = Tokenizer(models.Unigram([("a", -1.0)], unk_id=None))
    bpe = Tokenizer(models.BPE({"a": 0, "<u>": 1}, [], unk_token="<u>"))
    added = Tokenizer(models.BPE({"a": 0}, [], unk_token="<u>"))
    added.add_special_tokens(["<pad>", "<u>"])
    lost = Tokenizer(models.BPE({"a": 0}, [], unk_token="<u>"))
    found = [unknown_id(t.to_str()) for t in (unigram, bare, bpe, added, lost)]
    assert found == [1, None, 1, 2, None]


def test_unknown_pieces_of_a_unigram_model() -> None:
    tokenizer = Tokenizer(models.Unigram([("<unk>", 0.0), ("a", -1.0), ("b", -1.0)], unk_id=0))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    counts = count_tokens(TextTokenizer(tokenizer.to_str(), pad_id=0), ["ab 日 a"], max_length=9)
    assert counts.tokens_N.tolist() == [4]
    assert counts.unknown_N is not None
    assert counts.unknown_N.tolist() == [1]
