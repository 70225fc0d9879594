"""A tiny world that trains in a second: a random backbone with its own tokenizer, and texts."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

WORDS = [
    "good",
    "bad",
    "happy",
    "sad",
    "angry",
    "calm",
    "bright",
    "dark",
    "quick",
    "slow",
    "warm",
    "cold",
    "new",
    "old",
    "kind",
    "rude",
    "the",
    "a",
    "is",
    "was",
    "very",
    "not",
    "so",
    "this",
    "that",
    "movie",
    "day",
    "meal",
    "train",
    "room",
    "talk",
    "walk",
    "game",
    "book",
    "song",
]
SIGNALS = {"joy": "happy", "anger": "angry", "grief": "sad"}


@pytest.fixture(scope="session")
def backbone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a random two-layer BERT and a word-piece tokenizer for WORDS."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel

    folder = tmp_path_factory.mktemp("backbone")
    vocabulary = {
        w: i for i, w in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[", "]", *WORDS])
    }
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = BertModel(
            BertConfig(
                vocab_size=len(vocabulary),
                hidden_size=32,
                num_hidden_layers=2,
                num_attention_heads=2,
                intermediate_size=64,
                max_position_embeddings=128,
                pad_token_id=0,
            ),
            add_pooling_layer=False,
        )
        model.save_pretrained(folder)
    return folder


def make_texts(rows: int, *, seed: int) -> tuple[list[str], np.ndarray]:
    """Return texts of WORDS and a truth matrix over SIGNALS: a label stands where its word does."""
    random = np.random.default_rng(seed)
    plain = [w for w in WORDS if w not in SIGNALS.values()]
    truth = random.random((rows, 3)) < [0.4, 0.25, 0.12]
    texts = []
    for i, row in enumerate(truth):
        words = list(random.choice(plain, size=random.integers(3, 12)))
        words += [word for word, given in zip(SIGNALS.values(), row, strict=True) if given]
        texts.append(" ".join(random.permutation(words)) + f" {WORDS[i % len(WORDS)]}")
    return texts, truth


@pytest.fixture(scope="session")
def labelled_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a JSON file of 240 texts with three labels, some rows with two, some with none."""
    texts, truth = make_texts(240, seed=1)
    rows = [
        {"id": f"r{i}", "text": t, "labels": dict(zip(SIGNALS, map(int, row), strict=True))}
        for i, (t, row) in enumerate(zip(texts, truth, strict=True))
    ]
    path = tmp_path_factory.mktemp("data") / "rows.json"
    path.write_text(json.dumps(rows), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def tiny(backbone: Path) -> dict[str, object]:
    """Return settings under which a run on ``labelled_file`` takes about a second."""
    return {
        "model.backbone": str(backbone),
        "model.precision": "float32",
        "train.epochs": 2,
        "train.batch_size": 16,
        "optim.lr": 5e-3,
        "report.resamples": 100,
    }


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep every test's token cache out of the user's home."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))
