"""bfloat16 only where it is native."""

from pathlib import Path

import pytest
import torch

from evenhand.errors import ConfigError
from evenhand.models import precision
from evenhand.models.precision import cpu_has_bfloat16, pick_precision

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("text", "native"),
    [
        ("processor\t: 0\nflags\t\t: fpu avx512_bf16 sse\n", True),
        ("flags : amx_bf16\n", True),
        ("Features : fp asimd bf16\n", True),
        ("flags : fpu avx512f avx2\n", False),
        ("flags : avx512_bf16x\n", False),
        ("model name : bf16\n", False),
        ("", False),
    ],
)
def test_the_flags_decide(text, native, monkeypatch):
    monkeypatch.setattr(Path, "read_text", lambda *_: text)
    assert cpu_has_bfloat16.__wrapped__() is native


def test_a_system_without_that_file_counts_as_no(monkeypatch):
    def missing(*_: object) -> str:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "read_text", missing)
    assert cpu_has_bfloat16.__wrapped__() is False


@pytest.mark.parametrize(
    ("asked", "native", "family", "expected"),
    [
        ("auto", True, "bert", torch.bfloat16),
        ("auto", False, "bert", torch.float32),
        ("auto", True, "deberta-v2", torch.float32),
        ("bfloat16", True, "deberta-v2", torch.bfloat16),
        ("float32", True, "bert", torch.float32),
        ("float32", False, "bert", torch.float32),
    ],
)
def test_precision(asked, native, family, expected, monkeypatch):
    monkeypatch.setattr(precision, "cpu_has_bfloat16", lambda: native)
    assert pick_precision(asked, model_type=family, device=CPU) is expected


def test_bfloat16_without_the_hardware_is_refused(monkeypatch):
    monkeypatch.setattr(precision, "cpu_has_bfloat16", lambda: False)
    with pytest.raises(ConfigError, match=r"\[E105\] this device has no native bfloat16"):
        pick_precision("bfloat16", model_type="bert", device=CPU)
