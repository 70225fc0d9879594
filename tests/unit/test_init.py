"""Importing evenhand is cheap and changes nothing."""

import pkgutil
import subprocess
import sys

import pytest

import evenhand
from evenhand.cli.process import settle

PUBLIC = {
    "DecisionClassifier", "EvenhandClassifier", "EvenhandError", "LabelSpace", "Logits",
    "Predictions", "Probs", "Role", "Task", "fit_decision", "load", "train",
}  # fmt: skip


def in_fresh_python(code: str) -> None:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_public_names_are_pinned():
    assert set(evenhand.__all__) == PUBLIC
    assert len(PUBLIC) <= 12


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_every_public_name_is_there(name):
    assert getattr(evenhand, name).__name__ == name
    assert name in dir(evenhand)


def test_no_room_bears_the_name_of_a_public_function():
    rooms = {m.name for m in pkgutil.iter_modules(evenhand.__path__)}
    assert not rooms & PUBLIC


def test_a_name_that_is_not_there():
    with pytest.raises(AttributeError, match="no attribute 'fit'"):
        evenhand.fit  # noqa: B018


def test_importing_loads_nothing_heavy_and_changes_nothing():
    in_fresh_python(
        "import logging, os, random, sys, warnings\n"
        "import numpy as np\n"
        "def state():\n"
        "    draws = np.random.get_state()[1].tolist(), random.getstate()\n"
        "    loggers = len(logging.root.handlers), logging.root.level\n"
        "    return dict(os.environ), list(warnings.filters), loggers, draws\n"
        "before = state()\n"
        "import evenhand, evenhand.decide\n"
        "assert state() == before\n"
        "heavy = {'torch', 'transformers', 'sklearn', 'pandas', 'matplotlib', 'datasets'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )


@pytest.mark.parametrize("command", [[], ["train"], ["decide"], ["predict"]])
def test_help_imports_neither_torch_nor_transformers(command):
    in_fresh_python(
        "import sys\n"
        "from evenhand.cli import main\n"
        f"assert main([*{command!r}, '--help']) == 0\n"
        "heavy = {'torch', 'transformers', 'sklearn', 'pandas', 'matplotlib'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )


def test_only_the_program_sets_what_libraries_read_when_they_are_loaded():
    in_fresh_python(
        "import os, sys\n"
        "for name in ('OMP_WAIT_POLICY', 'ONEDNN_PRIMITIVE_CACHE_CAPACITY'):\n"
        "    os.environ.pop(name, None)\n"
        "before = dict(os.environ)\n"
        "from evenhand.cli import main\n"
        "assert main(['--version']) == 0\n"
        "assert dict(os.environ) == before\n"
        "sys.argv = ['evenhand', '--version']\n"
        "assert main() == 0\n"
        "assert os.environ['OMP_WAIT_POLICY'] == 'PASSIVE'\n"
        "assert os.environ['ONEDNN_PRIMITIVE_CACHE_CAPACITY'] == '512'\n"
        "assert 'torch' not in sys.modules\n"
    )


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ({"OMP_WAIT_POLICY": "ACTIVE"}, {"ONEDNN_PRIMITIVE_CACHE_CAPACITY": "512"}),
        ({"GOMP_SPINCOUNT": "100"}, {"ONEDNN_PRIMITIVE_CACHE_CAPACITY": "512"}),
        ({"ONEDNN_PRIMITIVE_CACHE_CAPACITY": "9"}, {"OMP_WAIT_POLICY": "PASSIVE"}),
        ({"DNNL_PRIMITIVE_CACHE_CAPACITY": "9"}, {"OMP_WAIT_POLICY": "PASSIVE"}),
    ],
)
def test_what_the_user_said_about_threads_and_caches_stays(said, left):
    environment = {"PATH": "/bin", **said}
    settle(environment)
    assert environment == {"PATH": "/bin", **said, **left}
