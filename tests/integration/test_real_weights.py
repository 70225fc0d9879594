"""The bundled MiniLM weights, for real."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import evenhand
from evenhand.durable import file_sha256
from evenhand.models.backbones import MINILM_SHA256, locate
from evenhand.samples import find_sample, write_sample

pytestmark = pytest.mark.weights


def test_the_weights_are_the_known_ones() -> None:
    assert file_sha256(locate("minilm").folder / "model.safetensors") == MINILM_SHA256


def test_like_sentences_lie_closer_than_unlike_ones() -> None:
    import torch

    from evenhand.models.backbones import load_encoder
    from evenhand.models.tokens import TextTokenizer
    from evenhand.training.infer import to_device

    source = locate("minilm")
    texts = ["the train is late", "our railway is delayed", "she bakes bread"]
    table = TextTokenizer.from_folder(source.folder).encode(texts, max_length=32)
    batch = to_device(table, np.arange(3), torch.device("cpu"))
    encoder = load_encoder(source).eval()
    with torch.inference_mode():
        states = encoder(input_ids=batch["ids_BT"], attention_mask=batch["mask_BT"])
    mask = batch["mask_BT"][..., None]
    x = (states.last_hidden_state * mask).sum(1) / mask.sum(1)
    near, far = (torch.cosine_similarity(x[0], x[i], dim=0) for i in (1, 2))
    assert near > 0.6
    assert far < 0.2


def test_triage_from_sample_to_prediction(tmp_path: Path) -> None:
    write_sample(find_sample("triage"), tmp_path / "triage")
    run = evenhand.train(
        tmp_path / "triage" / "train.json",
        tmp_path / "run",
        tune=tmp_path / "triage" / "valid.json",
        settings={"train.epochs": 2, "optim.lr": 3e-4, "report.resamples": 100},
    )
    systems = {s["name"]: s["macro_f1"]["value"] for s in run.metrics["systems"]}
    trivial = max(systems[name] for name in ("majority", "prior", "all-positive"))
    assert run.metrics["systems"][0]["macro_f1"]["value"] > trivial
    answers = run.predict(["I feel fine today."])
    assert set(answers.labels.names) == set(
        json.loads((tmp_path / "triage" / "valid.json").read_text("utf-8"))[0]["labels"]
    )
