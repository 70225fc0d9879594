"""What the tests of bad input share."""

from __future__ import annotations

from collections.abc import Callable

import pytest


@pytest.fixture(scope="session")
def three_lines() -> Callable[[str, str], str]:
    """Return a check that an error has a code and its three lines; it gives the error back."""

    def check(error: str, code: str) -> str:
        lines = error.splitlines()
        assert len(lines) == 3, error
        assert lines[0].startswith(f"[{code}] ")
        assert lines[1].startswith("  got: ")
        assert lines[2].startswith("  fix: ")
        return error

    return check
