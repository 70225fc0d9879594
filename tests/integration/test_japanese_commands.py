"""From votes to labels to Latin letters to a run, by the commands."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import evenhand
from evenhand.cli import main

Check = Callable[[str, str], str]
VOTES = (
    "﻿id,text,Fine,Unsure,Bad,Worse\r\n"
    "7,死ね,1,0,1,1\r\n"
    '-3,"@a 猫、かわいい",3,0,0,0\r\n'
    "9,ええ,1,0,1,0\r\n"
    "\r\n"
    "12,どうかな,1,2,0,0\r\n"
    "=1+1,いい\n天気,2,1,0,0\r\n"
).replace("いい\n天気", '"いい\n天気"')
LABELS = ["--label", "toxic=Bad, Worse", "--label", "fine=Fine", "--unsure", "Unsure"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "votes.csv").write_bytes(VOTES.encode())
    return tmp_path


def rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_votes_then_letters(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["votes", "votes.csv", *LABELS, "--keep", "id,text", "-o", "new/rows.csv"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "votes.csv: 6 rows read, 3 kept",
        "  1 set aside: a tie (line 4)",
        "  1 set aside: most votes are unsure (line 6)",
        "  1 set aside: blank line (line 5)",
        "labels  2 fine, 1 toxic",
        "wrote new/rows.csv",
    ]
    labelled = [
        ["id", "text", "label", "confidence"],
        ["7", "死ね", "toxic", "0.6667"],
        ["-3", "@a 猫、かわいい", "fine", "1.0"],
        ["=1+1", "いい\n天気", "fine", "0.6667"],
    ]
    assert rows(folder / "new" / "rows.csv") == labelled
    assert main(["romanize", "new/rows.csv", "-o", "paired.csv"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "new/rows.csv: 3 rows, 3 with Japanese in 'text'",
        "length   1.96 letters a sign on average (1.62 to 2.50)",
        "left     0 rows with kana or kanji",
        "wrote paired.csv",
    ]
    romaji = ["text_romaji", "shine", "@a neko, kawaii", "ii\ntenki"]
    expected = [[*row, new] for row, new in zip(labelled, romaji, strict=True)]
    assert rows(folder / "paired.csv") == expected


def test_the_same_bytes_every_time(folder: Path) -> None:
    for out in ("one.csv", "two.csv"):
        assert main(["romanize", "votes.csv", "-o", out]) == 0
    assert (folder / "one.csv").read_bytes() == (folder / "two.csv").read_bytes()


def test_options_of_spelling(folder: Path) -> None:
    given = ["romanize", "votes.csv", "-o", "k.csv", "--system", "kunrei", "--spacing", "none"]
    assert main(given) == 0
    assert [row[-1] for row in rows(folder / "k.csv")[1:3]] == ["sine", "@a neko,kawaii"]


def test_rows_in_which_kanji_are_left(
    folder: Path, capsys: pytest.CaptureFixture[str], three_lines: Check
) -> None:
    (folder / "ghost.csv").write_text("id,body\n1,猫\n2,彁\n", encoding="utf-8")
    given = ["romanize", "ghost.csv", "--column", "body", "-o", "out.csv"]
    assert main(given) == 2
    assert "'彁' (ghost.csv:3)" in three_lines(capsys.readouterr().err, "E222")
    assert not (folder / "out.csv").exists()
    assert main([*given, "--left", "keep"]) == 0
    assert "1 row with kana or kanji: ghost.csv:3" in capsys.readouterr().out
    assert rows(folder / "out.csv")[1:] == [["1", "猫", "neko"], ["2", "彁", "彁"]]


VOTE = ["votes", "votes.csv", *LABELS]
REFUSED = {
    "votes over the input": ([*VOTE, "-o", "votes.csv"], "E110", "--out votes-out.csv"),
    "votes as JSON": ([*VOTE, "-o", "out.json"], "E110", "--out out.csv"),
    "a label twice": ([*VOTE, "--label", "fine=x", "-o", "o.csv"], "E110", "fine is given twice"),
    "a label alone": ([*VOTE, "--label", "fine", "-o", "o.csv"], "E110", "--label fine:"),
    "one label": (["votes", "votes.csv", "--label", "a=Fine", "-o", "o.csv"], "E221", "1: a"),
    "no such votes": ([*VOTE, "--label", "x=Fin", "-o", "o.csv"], "E205", "did you mean 'Fine'?"),
    "a text for votes": ([*VOTE, "--label", "x=text", "-o", "o.csv"], "E221", "votes.csv:2"),
    "ties to nobody": ([*VOTE, "--ties", "fin", "-o", "o.csv"], "E221", "did you mean 'fine'?"),
    "no such policy": ([*VOTE, "--no-votes", "x", "-o", "o.csv"], "E110", "refuse"),
    "no such file": (["votes", "vote.csv", *LABELS, "-o", "o.csv"], "E202", "votes.csv"),
    "letters over the input": (["romanize", "votes.csv", "-o", "votes.csv"], "E110", "is FILE"),
    "letters as a folder": (["romanize", "votes.csv", "-o", "out"], "E110", "--out out.csv"),
    "letters as this folder": (["romanize", "votes.csv", "-o", "."], "E110", "--out out.csv"),
    "no such system": (["romanize", "votes.csv", "-o", "o.csv", "--system", "x"], "E110", "kunrei"),
    "no such column": (
        ["romanize", "votes.csv", "-o", "o.csv", "--column", "txt"],
        "E205",
        "did you mean 'text'?",
    ),
    "no Japanese": (["romanize", "votes.csv", "-o", "o.csv", "--column", "id"], "E222", "'7'"),
    "below a file": (
        ["romanize", "votes.csv", "-o", "votes.csv/o.csv"],
        "E106",
        "votes.csv: File exists",
    ),
}


@pytest.mark.parametrize(("arguments", "code", "words"), REFUSED.values(), ids=REFUSED)
def test_refusals_leave_everything_as_it_was(
    arguments: list[str],
    code: str,
    words: str,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    three_lines: Check,
) -> None:
    assert main(arguments) == 2
    shown = capsys.readouterr()
    assert words in three_lines(shown.err, code)
    assert shown.out == ""
    assert [path.name for path in folder.iterdir()] == ["votes.csv"]
    assert (folder / "votes.csv").read_bytes() == VOTES.encode()


def test_a_second_time_the_name_is_taken(
    folder: Path, capsys: pytest.CaptureFixture[str], three_lines: Check
) -> None:
    assert main(["romanize", "votes.csv", "-o", "once.csv"]) == 0
    assert main(["romanize", "once.csv", "-o", "twice.csv"]) == 2
    assert "a column 'text_romaji' already" in three_lines(capsys.readouterr().err, "E222")


WITHOUT = """
import sys
for name in ("torch", "transformers", "tokenizers"):
    sys.modules[name] = None
from evenhand.cli import main
raise SystemExit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("command", [["votes", "votes.csv", *LABELS], ["romanize", "votes.csv"]])
def test_neither_needs_torch(command: list[str], folder: Path) -> None:
    given = [sys.executable, "-c", WITHOUT, *command, "-o", "out.csv"]
    done = subprocess.run(given, cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert (folder / "out.csv").exists()


def test_a_run_reads_the_new_column(folder: Path, tiny: dict[str, object]) -> None:
    texts = [f"{word}いい日{i}" for i in range(12) for word in ("猫が", "犬は")]
    lines = [f"r{i},{text},{'ab'[i % 2]}" for i, text in enumerate(texts)]
    (folder / "rows.csv").write_text("\n".join(["id,text,label", *lines]), encoding="utf-8")
    assert main(["romanize", "rows.csv", "-o", "paired.csv"]) == 0
    options = [part for key, value in tiny.items() for part in ("--set", f"{key}={value}")]
    assert main(["train", "paired.csv", "--text", "text_romaji", "--out", "run", *options]) == 0
    schema = evenhand.load(folder / "run").schema
    assert (schema.text, schema.label_columns, schema.id) == ("text_romaji", ("label",), "id")
