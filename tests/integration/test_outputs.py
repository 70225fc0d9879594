"""No output replaces what a command reads, and none is found to have no place after the work."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from evenhand.cli import main

Check = Callable[[str, str], str]
ROWS = "text,label\na warm day,a\na cold day,b\n"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write data, a file of label names, and a folder that is run enough to be protected."""
    monkeypatch.chdir(tmp_path)
    for name in ("rows.csv", "tune.csv", "labels.txt"):
        (tmp_path / name).write_text(ROWS, encoding="utf-8")
    (tmp_path / "link.csv").symlink_to("rows.csv")
    (tmp_path / "run" / "bundle").mkdir(parents=True)
    for name in ("run.toml", "manifest.json"):
        (tmp_path / "run" / name).write_text("{}", encoding="utf-8")
    return tmp_path


CHECK = ["check", "rows.csv", "--tune", "tune.csv", "--labels-file", "labels.txt"]
OVERWRITING = {
    "the data": ([*CHECK, "--review", "rows.csv"], "--review rows.csv is DATA"),
    "the data by another way": ([*CHECK, "--review", "run/../rows.csv"], "is DATA"),
    "the data by a link": ([*CHECK, "--html", "link.csv"], "--html link.csv is DATA"),
    "the tune rows": ([*CHECK, "--html", "tune.csv"], "--html tune.csv is --tune"),
    "the label names": ([*CHECK, "--json", "labels.txt"], "labels.txt is --labels-file"),
    "another output": ([*CHECK, "--json", "x", "--html", "./x"], "--html x is --json"),
    "a run's file": (["diagnose", "run", "--json", "run/manifest.json"], "the run's manifest.json"),
    "a file to come": (["diagnose", "run", "--json", "run/metrics.json"], "the run's metrics.json"),
    "a bundle": (["diagnose", "run", "--json", "run/bundle/a.json"], "lies in the run's bundle"),
}


@pytest.mark.parametrize(("arguments", "words"), OVERWRITING.values(), ids=OVERWRITING)
def test_nothing_that_is_read_is_overwritten(
    arguments: list[str],
    words: str,
    files: Path,
    capsys: pytest.CaptureFixture[str],
    three_lines: Check,
) -> None:
    before = {path: path.read_bytes() for path in files.rglob("*") if path.is_file()}
    assert main(arguments) == 2
    error = three_lines(capsys.readouterr().err, "E110")
    assert words in error
    assert {path: path.read_bytes() for path in files.rglob("*") if path.is_file()} == before


def test_the_fix_is_an_option_that_is_accepted(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "rows.csv", "--review", "rows.csv"]) == 2
    fix = capsys.readouterr().err.splitlines()[-1].removeprefix("  fix: ")
    assert fix == "--review rows-review.csv"
    assert main(["check", "rows.csv", *fix.split()]) == 0


@pytest.mark.parametrize("command", [["check", "rows.csv"], ["diagnose", "run"]])
@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("new one/f.json", "fix: mkdir -p 'new one'"),
        ("run", "fix: --json run/findings.json"),
        ("rows.csv/f.json", "rows.csv"),
    ],
)
def test_a_place_that_takes_no_file_is_found_before_the_work(
    command: list[str],
    path: str,
    words: str,
    files: Path,
    capsys: pytest.CaptureFixture[str],
    three_lines: Check,
) -> None:
    if command[0] == "check" and path.startswith("rows.csv"):
        path = "tune.csv/f.json"
        words = "tune.csv"
    assert main([*command, "--json", path]) == 2
    shown = capsys.readouterr()
    assert words in three_lines(shown.err, "E106")
    assert "--out" not in shown.err
    assert shown.out == ""
