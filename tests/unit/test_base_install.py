"""An installation without the extras: what needs no torch runs, the rest says what to install."""

from __future__ import annotations

import subprocess
import sys

import pytest

WITHOUT = """
import importlib.abc, sys
class Missing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top in {"torch", "transformers", "safetensors"}:
            raise ModuleNotFoundError(f"No module named {top!r}", name=top)
sys.meta_path.insert(0, Missing())
from evenhand.cli import main
sys.exit(main(sys.argv[1:]))
"""


def call(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", WITHOUT, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("arguments", [("list", "losses"), ("train", "x.csv", "--out", "nowhere")])
def test_what_needs_torch_says_what_to_install(arguments: tuple[str, ...]) -> None:
    done = call(*arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("[E104] this needs the package 'torch'")
    assert "fix: pip install 'evenhand[train]'" in done.stderr


@pytest.mark.parametrize(
    "kind", ["recipes", "keys", "samples", "metrics", "calibrators", "perturbations"]
)
def test_what_needs_no_torch_runs(kind: str) -> None:
    assert call("list", kind).returncode == 0
