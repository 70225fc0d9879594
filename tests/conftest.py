"""A tiny world that trains in a second: a random backbone with its own tokenizer, and texts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tiny_texts import SIGNALS, WORDS, make_texts


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


@pytest.fixture
def swift(backbone: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """Return settings for one short pass; the report is left undrawn, which its own tests draw."""
    monkeypatch.setattr("evenhand.run.train.report_run", lambda *_, **__: None)
    return {
        "model.backbone": str(backbone),
        "model.precision": "float32",
        "model.max_length": 24,
        "train.epochs": 1,
        "train.batch_size": 8,
        "optim.lr": 5e-3,
        "decision.resamples": 0,
    }


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep every test's token cache out of the user's home."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))
