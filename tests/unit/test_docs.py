"""Promises that hold over the whole source tree."""

import re
from pathlib import Path

import pytest

from evenhand.config import known_keys

ROOT = Path(__file__).parents[2]
SOURCES = {
    str(p.relative_to(ROOT / "src" / "evenhand")): p.read_text("utf-8")
    for p in (ROOT / "src" / "evenhand").rglob("*.py")
}
PAGES = {p.stem: p.read_text("utf-8") for p in (ROOT / "docs" / "errors").glob("*.md")}
RAISED = {code for text in SOURCES.values() for code in re.findall(r'"(E\d{3})"', text)}


def test_every_code_has_a_page_and_every_page_a_code():
    assert set(PAGES) == RAISED


@pytest.mark.parametrize("code", sorted(PAGES))
def test_a_page_shows_the_three_lines_and_is_short(code):
    text = PAGES[code]
    assert text.startswith(f"# {code}: ")
    assert re.search(rf"^\[{code}\] .+\n  got: .+\n  fix: .+$", text, re.MULTILINE)
    assert "How to mend it" in text
    assert len(text.splitlines()) <= 25


def test_every_code_that_a_docstring_names_is_raised_somewhere():
    named = {code for text in SOURCES.values() for code in re.findall(r"\bE\d{3}\b", text)}
    assert named == RAISED


@pytest.mark.parametrize("key", sorted(known_keys()))
def test_every_key_of_a_run_file_is_read_somewhere(key):
    section, _, name = key.rpartition(".")
    name = section.rpartition(".")[2] if name == "name" else name
    whole = {"decision": "config.decision.model_dump()", "gates": "config.gates.model_dump()"}
    whole["card"] = "about.model_dump()"
    pattern = rf"\.{name}\b" if section not in whole else re.escape(whole[section])
    elsewhere = (text for file, text in SOURCES.items() if not file.startswith("config/"))
    assert any(re.search(pattern, text) for text in elsewhere)


def test_files_are_written_only_by_durable():
    allowed = {"durable.py", "models/weights.py"}
    writes = re.compile(r"(?<!durable)\.write_(text|bytes)\(|open\([^)]*[\"'][wxa]b?[\"']")
    found = {
        f"{file}: {line.strip()}"
        for file, text in SOURCES.items()
        if file not in allowed
        for line in text.splitlines()
        if writes.search(line) and "def " not in line
    }
    assert found <= {'samples/fetch.py: requirement.write_text(pinned, encoding="utf-8")'}


def test_nothing_is_unpickled():
    unsafe = re.compile(r"\bpickle\b|joblib|torch\.load\(|allow_pickle=True|trust_remote_code=True")
    takes_apart_without_running = "samples/inert.py"
    found = [file for file, text in SOURCES.items() if unsafe.search(text)]
    assert found == [takes_apart_without_running]
