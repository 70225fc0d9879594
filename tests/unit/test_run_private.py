"""What must not leave the house, in a card or a file beside it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evenhand.durable import write_folder
from evenhand.errors import BundleError
from evenhand.run.private import refuse_private


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {"bundle.json": json.dumps({"note": "sold by the pound at the corner"}).encode()}
    write_folder(tmp_path / "bundle", files)
    return tmp_path / "bundle"


@pytest.mark.parametrize(
    "said",
    [
        "/home/somebody/rows.csv",
        "file:///home/somebody/rows.csv",
        "FILE://host/srv/rows.csv",
        "from:/home/somebody/rows.csv",
        "box:/home/somebody/rows",
        "C:/Users/somebody/rows.csv",
        "/home//somebody/rows.csv",
    ],
)
def test_a_path_is_found_whatever_stands_before_it(folder: Path, said: str) -> None:
    with pytest.raises(BundleError, match=r"\[E407\].*\n  got: README\.md: a path of a machine"):
        refuse_private(folder, f"Rows of {said}.", ())


@pytest.mark.parametrize(
    "said",
    [
        "https://example.org/home/rows",
        "https://example.org:8080/home/rows/x",
        "hf://home/rows/x",
        "a profile: home/rows, and/or ./home/rows",
    ],
)
def test_an_address_is_no_path_of_a_machine(folder: Path, said: str) -> None:
    refuse_private(folder, f"Rows of {said}.", ())


def test_blanks_around_a_text_do_not_hide_it(folder: Path) -> None:
    with pytest.raises(BundleError, match=r"bundle\.json: a text of the data, of 23 characters"):
        refuse_private(folder, "A card", ["  the pound at the corner\n"])
    refuse_private(folder, "A card", ["  the corner" + " " * 20])
