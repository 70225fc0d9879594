"""Texts become ids once."""

import json
import shutil

import numpy as np
import pytest

from evenhand.errors import MissingFileError
from evenhand.models import tokens
from evenhand.models.tokens import TextTokenizer

TEXTS = ["a good day", "good bad happy sad angry calm bright", "", "unknownword day"]


@pytest.fixture
def tokenizer(backbone):
    return TextTokenizer.from_folder(backbone)


def ids_of(table, i):
    return table.ids[table.starts[i] : table.starts[i + 1]].tolist()


def test_ids_are_those_of_the_backbone(tokenizer, backbone):
    from tokenizers import Tokenizer

    reference = Tokenizer.from_file(str(backbone / "tokenizer.json"))
    table = tokenizer.encode(TEXTS, max_length=64)
    assert [ids_of(table, i) for i in range(4)] == [e.ids for e in reference.encode_batch(TEXTS)]
    assert table.truncated == 0
    assert table.lengths().tolist() == [5, 9, 2, 4]


def test_a_long_text_is_cut_with_its_end_marks_kept(tokenizer):
    whole = tokenizer.encode(TEXTS, max_length=64)
    cut = tokenizer.encode(TEXTS, max_length=8)
    assert ids_of(cut, 1) == [*ids_of(whole, 1)[:7], ids_of(whole, 1)[-1]]
    assert ids_of(cut, 0) == ids_of(whole, 0)
    assert cut.truncated == 1


@pytest.mark.parametrize(("max_length", "truncated"), [(9, 0), (8, 1), (5, 1), (4, 2), (3, 3)])
def test_a_text_counts_as_cut_when_a_token_is_lost(tokenizer, max_length, truncated):
    assert tokenizer.encode(TEXTS, max_length=max_length).truncated == truncated


def test_portions_do_not_show(tokenizer, monkeypatch):
    whole = tokenizer.encode(TEXTS, max_length=8)
    monkeypatch.setattr(tokens, "PORTION", 3)
    portions = tokenizer.encode(TEXTS, max_length=8)
    np.testing.assert_array_equal(portions.ids, whole.ids)
    np.testing.assert_array_equal(portions.starts, whole.starts)
    assert portions.truncated == whole.truncated


def test_a_batch_is_padded_to_its_own_longest_text(tokenizer):
    table = tokenizer.encode(TEXTS, max_length=64)
    batch = table.batch(np.array([3, 0]))
    assert batch["mask_BT"].tolist() == [[1, 1, 1, 1, 0], [1, 1, 1, 1, 1]]
    assert batch["ids_BT"][0].tolist() == [*ids_of(table, 3), table.pad_id]
    assert batch["ids_BT"][1].tolist() == ids_of(table, 0)


def test_a_mark_is_one_token_and_other_texts_stay_the_same(tokenizer):
    grown = tokenizer.with_marks(("[NAME]",))
    assert len(tokenizer.pieces("[NAME]")) == 3
    assert grown.pieces("[NAME]") == [tokenizer.size()]
    assert grown.size() == tokenizer.size() + 1
    assert [grown.pieces(t) for t in TEXTS] == [tokenizer.pieces(t) for t in TEXTS]
    assert grown.pieces("a [NAME] day")[1] == tokenizer.size()


def test_no_marks_change_nothing(tokenizer):
    assert tokenizer.with_marks(()) is tokenizer


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "evenhand" / "tokens"


def test_what_the_cache_gives_is_what_encoding_gives(tokenizer, cache):
    first = tokenizer.encode_cached(TEXTS, max_length=8)
    assert len(list(cache.iterdir())) == 1
    second = tokenizer.encode_cached(TEXTS, max_length=8)
    for table in (first, second):
        fresh = tokenizer.encode(TEXTS, max_length=8)
        np.testing.assert_array_equal(table.ids, fresh.ids)
        np.testing.assert_array_equal(table.starts, fresh.starts)
        assert (table.truncated, table.pad_id) == (fresh.truncated, fresh.pad_id)
        assert (table.ids.dtype, table.starts.dtype) == (np.int32, np.int64)


def test_the_cache_tells_lengths_marks_and_texts_apart(tokenizer, cache):
    tokenizer.encode_cached(TEXTS, max_length=8)
    tokenizer.encode_cached(TEXTS, max_length=9)
    tokenizer.with_marks(("[NAME]",)).encode_cached(TEXTS, max_length=8)
    tokenizer.encode_cached(["a good", " day", *TEXTS[1:]], max_length=8)
    assert len(list(cache.iterdir())) == 4


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 torn", b"words"])
def test_a_damaged_cache_is_not_used(tokenizer, cache, content):
    fresh = tokenizer.encode_cached(TEXTS, max_length=8)
    next(cache.iterdir()).write_bytes(content)
    again = tokenizer.encode_cached(TEXTS, max_length=8)
    np.testing.assert_array_equal(again.ids, fresh.ids)


def test_a_cache_that_cannot_be_written_is_no_reason_to_stop(tokenizer, tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert tokenizer.encode_cached(TEXTS, max_length=8).lengths().tolist() == [5, 8, 2, 4]


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff"])
def test_a_tokenizer_that_is_none(backbone, tmp_path, content):
    folder = shutil.copytree(backbone, tmp_path / "b")
    (folder / "tokenizer.json").write_bytes(content)
    with pytest.raises(MissingFileError, match=r"\[E107\] the backbone's tokenizer"):
        TextTokenizer.from_folder(folder)


def test_padding_is_what_the_config_says(backbone, tmp_path):
    folder = shutil.copytree(backbone, tmp_path / "b")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"pad_token_id": 1}))
    assert TextTokenizer.from_folder(folder).pad_id == 1
