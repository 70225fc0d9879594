"""Which number format the arithmetic uses, and why: bfloat16 only where it is native."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from evenhand.errors import ConfigError

if TYPE_CHECKING:
    import torch

FLOAT32_FAMILIES = frozenset({"deberta", "deberta-v2", "t5", "mt5", "umt5", "byt5"})
"""Model types whose activations overflow or lose accuracy in half precision."""

_NATIVE_FLAGS = frozenset({"avx512_bf16", "amx_bf16", "bf16"})


@cache
def cpu_has_bfloat16() -> bool:
    """Say whether this CPU multiplies bfloat16 natively; elsewhere it is far slower than float32.

    Read from the flags in ``/proc/cpuinfo``; a system without that file counts as no.
    """
    try:
        text = Path("/proc/cpuinfo").read_text("ascii", "ignore")
    except OSError:
        return False
    line = next((x for x in text.splitlines() if x.startswith(("flags", "Features"))), "")
    return not _NATIVE_FLAGS.isdisjoint(line.split())


def pick_device() -> torch.device:
    """Return the first CUDA device, or the CPU."""
    import torch

    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def pick_precision(asked: str, *, model_type: str, device: torch.device) -> torch.dtype:
    """Return ``torch.float32`` or ``torch.bfloat16``.

    ``auto`` is bfloat16 where the device has it natively and the model family bears it.

    Raises:
        ConfigError: E105 when bfloat16 is asked for on a device without it.
    """
    import torch

    native = torch.cuda.is_bf16_supported() if device.type == "cuda" else cpu_has_bfloat16()
    if asked == "bfloat16" and not native:
        raise ConfigError(
            "E105",
            "this device has no native bfloat16",
            got=f"model.precision = 'bfloat16' on {device.type}",
            fix="--set model.precision=auto",
        )
    if asked == "float32" or not native or (asked == "auto" and model_type in FLOAT32_FAMILIES):
        return torch.float32
    return torch.bfloat16
