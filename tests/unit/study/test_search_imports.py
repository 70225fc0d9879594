"""Optuna is needed by a search and by nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

WITHOUT = """
import importlib.abc, sys
class Missing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"optuna", "sqlalchemy", "alembic"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Missing())
from evenhand.cli import main
sys.exit(main(sys.argv[1:]))
"""
QUIET = """
import sys
import evenhand.cli, evenhand.study.search.reading, evenhand.study.search.space
assert not {"optuna", "sqlalchemy", "torch"} & set(sys.modules), "loaded too early"
"""


def call(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", WITHOUT, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_importing_loads_no_optuna() -> None:
    done = subprocess.run(
        [sys.executable, "-c", QUIET], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "options", [("x.csv", "--out", "nowhere"), ("--resume", "nowhere")], ids=["new", "resume"]
)
def test_without_optuna_a_search_says_what_to_install(options: tuple[str, ...]) -> None:
    done = call("tune", *options)
    assert done.returncode == 2
    assert done.stderr.startswith("[E104] this needs the package 'optuna', which is not installed")
    assert "fix: pip install 'evenhand[tune]'" in done.stderr
    assert not Path("nowhere").exists()


def test_spaces_are_listed_without_it_name_first() -> None:
    done = call("list", "spaces")
    assert done.returncode == 0
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["small", "seed0", "seed1"]
