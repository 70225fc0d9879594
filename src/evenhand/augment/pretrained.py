"""Load the language models that some augmenters ask, and run texts through them by the batch.

They run in float64: a text's batch changes the last bits of its scores, and only so far below
the differences between words that it never changes the words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from evenhand.errors import MissingExtraError, MissingFileError
from evenhand.extras import need
from evenhand.models.backbones import locate
from evenhand.models.precision import pick_device

BATCH = 8
"""Texts at a time."""


@dataclass(frozen=True)
class Pretrained:
    """A model with its tokenizer, ready to be asked.

    Args:
        model: transformers model, in float64, evaluation mode, on the first CUDA device or the CPU.
        tokenizer: the model's own.
    """

    model: Any
    tokenizer: Any

    @property
    def longest(self) -> int:
        """Return the most tokens that the model reads."""
        config = self.model.config
        positions = getattr(config, "max_position_embeddings", None) or 512
        padding = config.pad_token_id or 0
        # Families that number positions from the padding id on have that many fewer.
        offset = padding + 1 if "roberta" in config.model_type else 0
        return min(int(positions) - offset, int(self.tokenizer.model_max_length))

    def tokenize(self, texts: Sequence[str]) -> dict[str, Any]:
        """Return ``input_ids`` and ``attention_mask``, ``(B, T)``, padded on the right."""
        encoded = self.tokenizer(
            list(texts), padding=True, padding_side="right", return_tensors="pt"
        ).to(self.model.device)
        return {name: encoded[name] for name in ("input_ids", "attention_mask")}

    def fits(self, text: str) -> bool:
        """Return whether the model reads the whole of ``text``."""
        return len(self.tokenizer(text, verbose=False)["input_ids"]) <= self.longest


def load(name: str, architecture: str, **tokenizer_settings: str) -> Pretrained:
    """Load a model and its tokenizer from a folder or a hub id; safetensors only, no remote code.

    Args:
        name: local folder or hub id.
        architecture: transformers class, for example ``"AutoModelForMaskedLM"``.
        tokenizer_settings: passed to the tokenizer, for example ``src_lang``.

    Raises:
        MissingFileError: E107 when it is nowhere, damaged, or a model of another kind.
        MissingExtraError: E104 when its tokenizer needs a package that is not installed.
    """
    transformers = need("train", "transformers")
    damaged = need("train", "safetensors").SafetensorError
    logging = need("train", "transformers.utils.logging")
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    folder = locate(name).folder
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(
            folder, trust_remote_code=False, **tokenizer_settings
        )
        model, report = getattr(transformers, architecture).from_pretrained(
            folder,
            dtype="float64",
            use_safetensors=True,
            trust_remote_code=False,
            output_loading_info=True,
        )
    except ImportError as error:
        raise MissingExtraError(
            "E104",
            f"the tokenizer of {name!r} needs a package that is not installed",
            got=str(error)[:200],
            fix="pip install sentencepiece",
        ) from error
    except (OSError, ValueError, RuntimeError, KeyError, damaged) as error:
        raise _unusable(name, architecture, str(error).strip().partition("\n")[0]) from error
    if report["missing_keys"]:
        lacking = sorted(report["missing_keys"])
        raise _unusable(name, architecture, f"no weights for {', '.join(lacking[:3])}")
    return Pretrained(model.eval().to(pick_device()), tokenizer)


def in_batches(
    ask: Callable[[list[int]], list[str]], places: Iterable[int], length: Callable[[int], int]
) -> dict[int, str]:
    """Call ``ask`` with up to ``BATCH`` places at a time, alike in length; return each answer."""
    order = sorted(places, key=length)
    answers: dict[int, str] = {}
    for start in range(0, len(order), BATCH):
        batch = order[start : start + BATCH]
        answers.update(zip(batch, ask(batch), strict=True))
    return answers


def _unusable(name: str, architecture: str, reason: str) -> MissingFileError:
    return MissingFileError(
        "E107",
        f"the augmenter's model {name!r} could not be loaded",
        got=reason[:200],
        fix=f"name a folder or hub id with safetensors weights for {architecture}",
    )
