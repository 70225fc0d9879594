"""A smaller multilingual backbone: only the pieces of the scripts that the texts are written in.

Most of such a backbone is the embedding of languages that the data does not have. A piece that
has a letter of an unused script can never occur in these texts, so their tokens, and with them
the network's answers, stay exactly what they were.
"""
# Shapes: V ids, D width of an embedding.

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evenhand.cache import cache_folder
from evenhand.durable import MANIFEST, file_sha256, folder_fault
from evenhand.errors import ConfigError
from evenhand.extras import need
from evenhand.models.source import (
    BYTES_TYPE,
    TOKENIZER_FILE,
    WEIGHTS_FILE,
    Source,
    fill_cache,
    not_found,
    read_config,
)
from evenhand.models.weights import Streamed, streamed_content

CUT = 1
"""To be raised when the same backbone and scripts are to be cut otherwise."""
WORDS = "embeddings.word_embeddings.weight"
ROWS = 4096
"""Rows of an embedding copied at a time."""
SAME = {"KATAKANA-HIRAGANA": "KATAKANA", "IDEOGRAPHIC": "CJK"}
"""First words of character names that belong to another script's."""
SHARED = frozenset({"COMBINING", "MODIFIER", "VARIATION"})
"""First words of the names of marks that any script may bear."""


def cut_vocabulary(source: Source, texts: Sequence[str]) -> Source:
    """Return a backbone without the pieces of scripts that ``texts`` are not written in.

    Digits, punctuation, symbols and special tokens stay. Texts in the remaining scripts get the
    same states as before; a letter of another script becomes the unknown token. The result
    depends on the scripts alone and is cached by them.

    Args:
        source: a backbone whose tokenizer is a Unigram model, such as ``e5``.
        texts: of the data, any number.

    Raises:
        ConfigError: E105 for a backbone whose vocabulary is of another kind.
        WriteError: E106 when the cache cannot be written.
    """
    definition = _unigram(source)
    scripts = scripts_of(_normalised(definition, texts))
    identity = repr((CUT, _hashes(source.folder), sorted(scripts)))
    digest = hashlib.sha256(identity.encode()).hexdigest()
    folder = cache_folder("backbones") / f"cut-{digest[:24]}"
    if folder_fault(folder) is not None:
        kept_K = kept_ids(definition, scripts)
        fill_cache(
            folder,
            {
                "config.json": _json(_renumbered_config(read_config(source.folder), kept_K)),
                TOKENIZER_FILE: _json(_renumbered(definition, kept_K)),
                WEIGHTS_FILE: streamed_content(_tensors(source.folder / WEIGHTS_FILE, kept_K)),
            },
        )
    return replace(source, folder=folder)


@cache
def script_of(character: str) -> str:
    """Return the script of a letter or mark, such as ``LATIN``; empty for what all scripts share.

    It is the first word of the character's Unicode name.
    """
    if unicodedata.category(character)[0] not in "LM":
        return ""
    first = unicodedata.name(character, "").partition(" ")[0]
    return "" if first in SHARED else SAME.get(first, first)


def scripts_of(texts: Iterable[str]) -> frozenset[str]:
    """Return the scripts in which ``texts`` are written."""
    characters: set[str] = set().union(*texts)
    return frozenset(map(script_of, characters)) - {""}


def kept_ids(definition: Mapping[str, Any], scripts: frozenset[str]) -> NDArray[np.int64]:
    """Return the ids that stay, ascending, ``(K,)``.

    Special tokens stay, those of the template that stands around every text ("query: "), and the
    piece with the lowest score, from which the tokenizer derives what an unknown letter costs.

    Args:
        definition: of a Unigram tokenizer.
        scripts: in which the texts are written.
    """
    pieces = definition["model"]["vocab"]
    special = {token["id"] for token in definition["added_tokens"]}
    special |= {definition["model"]["unk_id"], int(np.argmin([score for _, score in pieces]))}
    around = definition["post_processor"]["special_tokens"].values()
    special |= {i for token in around for i in token["ids"]}
    kept = [
        i
        for i, (piece, _) in enumerate(pieces)
        if i in special or all(script_of(letter) in scripts | {""} for letter in piece)
    ]
    return np.array(kept, np.int64)


def _unigram(source: Source) -> dict[str, Any]:
    """Return the tokenizer's definition where it can be cut."""
    if source.config()["model_type"] == BYTES_TYPE:
        raise _uncut(source, "byte")
    for name in (TOKENIZER_FILE, WEIGHTS_FILE):
        if not (source.folder / name).is_file():
            raise not_found(source.name, f"no {name}", "point at a folder that has both")
    definition: dict[str, Any] = json.loads((source.folder / TOKENIZER_FILE).read_text("utf-8"))
    kinds = definition["model"].get("type"), (definition["post_processor"] or {}).get("type")
    if kinds != ("Unigram", "TemplateProcessing"):
        raise _uncut(source, kinds[0])
    return definition


def _uncut(source: Source, kind: str) -> ConfigError:
    return ConfigError(
        "E105",
        "the vocabulary of this backbone cannot be cut",
        got=f"model.vocabulary = 'data', but {source.name!r} has a {kind} tokenizer",
        fix="--set model.vocabulary=full, or --set model.backbone=e5",
    )


def _hashes(folder: Path) -> tuple[str, ...]:
    """Return what tells this backbone from any other: of its manifest, or of its files."""
    manifest = folder / MANIFEST
    files = [manifest] if manifest.is_file() else [folder / TOKENIZER_FILE, folder / WEIGHTS_FILE]
    return tuple(map(file_sha256, files))


def _normalised(definition: dict[str, Any], texts: Sequence[str]) -> Iterator[str]:
    """Yield the texts as the tokenizer sees them."""
    import tokenizers

    emptied: dict[str, Any] = {"model": {"type": "Unigram", "unk_id": None, "vocab": []}}
    bare = definition | emptied | {"added_tokens": [], "post_processor": None}
    normalizer = tokenizers.Tokenizer.from_str(json.dumps(bare)).normalizer
    return (normalizer.normalize_str(text) for text in texts) if normalizer else iter(texts)


def _renumbered(definition: dict[str, Any], kept_K: NDArray[np.int64]) -> dict[str, Any]:
    """Return the tokenizer with the pieces ``kept_K`` under their new ids."""
    new = _new_ids(kept_K)
    model, template = definition["model"], definition["post_processor"]
    specials = {
        name: token | {"ids": [new(i) for i in token["ids"]]}
        for name, token in template["special_tokens"].items()
    }
    return definition | {
        "model": model
        | {"vocab": [model["vocab"][i] for i in kept_K], "unk_id": new(model["unk_id"])},
        "added_tokens": [token | {"id": new(token["id"])} for token in definition["added_tokens"]],
        "post_processor": template | {"special_tokens": specials},
    }


def _renumbered_config(config: dict[str, Any], kept_K: NDArray[np.int64]) -> dict[str, Any]:
    new = _new_ids(kept_K)
    names = ("pad_token_id", "bos_token_id", "eos_token_id")
    return (
        config
        | {name: new(config[name]) for name in names if config.get(name) is not None}
        | {"vocab_size": len(kept_K)}
    )


def _new_ids(kept_K: NDArray[np.int64]) -> Callable[[int], int]:
    """Return what says under which new id an old one stays."""
    places = {int(old): new for new, old in enumerate(kept_K)}
    return places.__getitem__


def _tensors(file: Path, kept_K: NDArray[np.int64]) -> dict[str, Streamed]:
    """Return a file's tensors, of the word embedding only the rows ``kept_K``."""
    found: dict[str, Streamed] = {}
    with need("train", "safetensors").safe_open(file, framework="pt") as opened:
        names = opened.keys()
        shapes = {name: tuple(opened.get_slice(name).get_shape()) for name in names}
    for name, shape in shapes.items():
        kept = kept_K if name.endswith(WORDS) else np.arange(shape[0])
        found[name] = Streamed((len(kept), *shape[1:]), partial(_rows, file, name, kept))
    return found


def _rows(file: Path, name: str, kept_K: NDArray[np.int64]) -> Iterator[NDArray[np.float32]]:
    """Yield the rows ``kept_K``, ascending, of a tensor, reading ``ROWS`` at a time."""
    with need("train", "safetensors").safe_open(file, framework="pt") as opened:
        stored = opened.get_slice(name)
        for start in range(0, stored.get_shape()[0], ROWS):
            portion = stored[start : start + ROWS].float().numpy()
            yield portion[kept_K[(kept_K >= start) & (kept_K < start + ROWS)] - start]


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8")
