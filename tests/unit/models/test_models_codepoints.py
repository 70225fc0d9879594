"""Bytes and code points, against transformers' own Python tokenizers."""

import numpy as np
import pytest
import transformers

from evenhand.models.codepoints import CODE_POINTS, byte_definition
from evenhand.models.tokens import TextTokenizer

TEXTS = [
    "a plain line",
    "",
    " ",
    "  two  spaces\tand\na line end ",
    "naïve café — “quoted” ½",
    "Привет, мир",
    "嬉しい日です。ｶﾅ",
    "مرحبا بالعالم",
    "नमस्ते दुनिया",
    "😀👩‍👩‍👧 \u200b\ufeff\x00\x7f\xad",
    "".join(map(chr, range(0x20, 0x180))),
    "a <extra_id_0> b<pad>c </s> d",
    "[NAME] said so",
]


def ids_of(table, i):
    return table.ids[table.starts[i] : table.starts[i + 1]].tolist()


@pytest.fixture(scope="module")
def code_points():
    return TextTokenizer(CODE_POINTS, pad_id=0)


@pytest.fixture(scope="module")
def byte_ids():
    return TextTokenizer(byte_definition(), pad_id=0)


@pytest.mark.parametrize("extra_ids", [0, 125])
def test_bytes_are_those_of_byt5(extra_ids):
    theirs = transformers.ByT5Tokenizer(extra_ids=extra_ids)
    own = TextTokenizer(byte_definition(extra_ids), pad_id=0)
    table = own.encode(TEXTS, max_length=2000)
    assert [ids_of(table, i) for i in range(len(TEXTS))] == [theirs(t).input_ids for t in TEXTS]
    assert own.size() == 259 + extra_ids == len(theirs)


def test_a_byte_is_three_more_and_the_end_is_one(byte_ids):
    table = byte_ids.encode(["aé"], max_length=8)
    assert ids_of(table, 0) == [97 + 3, 0xC3 + 3, 0xA9 + 3, 1]


def test_code_points_are_those_of_canine(code_points):
    theirs = transformers.CanineTokenizer()
    table = code_points.encode(TEXTS, max_length=2000)
    expected = [theirs(text).input_ids for text in TEXTS]
    assert [ids_of(table, i) for i in range(len(TEXTS))] == expected
    assert code_points.size() == theirs.vocab_size


def test_a_code_point_is_an_id(code_points):
    table = code_points.encode(["a😀"], max_length=8)
    assert ids_of(table, 0) == [0xE000, 97, 0x1F600, 0xE001]
    assert table.ids.dtype == np.int32
    assert code_points.pieces("a😀") == [97, 0x1F600]


@pytest.mark.parametrize("kind", ["code_points", "byte_ids"])
@pytest.mark.parametrize("ends", [1, 2])
def test_a_long_text_is_cut_with_its_end_kept(kind, ends, request):
    tokenizer = request.getfixturevalue(kind)
    whole = tokenizer.encode(["abcdefgh"], max_length=64)
    length = len(whole.ids)
    assert whole.truncated == 0
    assert tokenizer.encode(["abcdefgh"], max_length=length).truncated == 0
    cut = tokenizer.encode(["abcdefgh"], max_length=length - ends)
    assert cut.truncated == 1
    assert ids_of(cut, 0) == [*whole.ids[: length - ends - 1], whole.ids[-1]]


def test_marks_become_bytes_of_their_own_and_leave_code_points_alone(code_points, byte_ids):
    assert code_points.with_marks(("[NAME]",)) is code_points
    grown = byte_ids.with_marks(("[NAME]",))
    assert grown.pieces("[NAME]") == [384]
    assert grown.pieces("said so") == byte_ids.pieces("said so")


@pytest.mark.parametrize("kind", ["code_points", "byte_ids"])
def test_a_definition_survives_the_way_through_a_file(kind, request, tmp_path):
    tokenizer = request.getfixturevalue(kind)
    (tmp_path / "config.json").write_text('{"model_type": "any", "pad_token_id": 0}')
    (tmp_path / "tokenizer.json").write_text(tokenizer.definition, encoding="utf-8")
    again = TextTokenizer.from_folder(tmp_path)
    table, same = tokenizer.encode(TEXTS, max_length=32), again.encode(TEXTS, max_length=32)
    np.testing.assert_array_equal(same.ids, table.ids)
    np.testing.assert_array_equal(again.encode_cached(TEXTS, max_length=32).ids, table.ids)


@pytest.mark.parametrize(
    ("files", "size"),
    [
        ({"config.json": '{"model_type": "canine"}'}, 0x110000),
        ({"config.json": '{"model_type": "t5", "tokenizer_class": "ByT5Tokenizer"}'}, 384),
        (
            {
                "config.json": '{"model_type": "t5"}',
                "tokenizer_config.json": '{"tokenizer_class": "ByT5Tokenizer", "extra_ids": 0}',
            },
            259,
        ),
    ],
)
def test_a_folder_without_a_definition_is_known_by_its_config(tmp_path, files, size):
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    assert TextTokenizer.from_folder(tmp_path).size() == size
