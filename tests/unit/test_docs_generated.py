from __future__ import annotations

import runpy
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("page", ["run-file.md", "parts.md"])
def test_a_reference_page_says_what_the_code_says(page: str) -> None:
    written = runpy.run_path(str(DOCS / "generate.py"))["pages"]()
    assert (DOCS / "reference" / page).read_text("utf-8") == written[page], "run: make docs"
