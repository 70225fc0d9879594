"""Keys: a file that can be used, and a comparison that looks at all of them."""

from __future__ import annotations

import hmac

import pytest

from evenhand.errors import ServingError
from evenhand.serve import keys as module
from evenhand.serve.keys import Keys, is_loopback, too_open

ONE, OTHER = "0123456789abcdef", "fedcba9876543210-2"


def test_a_file_holds_a_key_a_line_and_remarks(tmp_path):
    path = tmp_path / "keys"
    path.write_text(f"# of the web shop\n{ONE}\n\n  {OTHER}  \r\n", "ascii")
    keys = Keys.read(path)
    assert [keys.fits(f"Bearer {key}") for key in (ONE, OTHER)] == [True, True]
    assert not keys.fits("Bearer # of the web shop")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "the key file holds no key"),
        (b"\n# only a remark\n", "the key file holds no key"),
        (b"short", "a key is too short, or has a space in it"),
        (b"0123456789 abcdef", "a key is too short, or has a space in it"),
        (b"0123456789abcde\x07", "a key is too short, or has a space in it"),
        ("0123456789abcdeü".encode(), "the key file cannot be read"),
    ],
)
def test_a_file_that_cannot_be_used(tmp_path, content, what):
    path = tmp_path / "keys"
    path.write_bytes(content)
    with pytest.raises(ServingError, match=rf"\[E512\] {what}") as caught:
        Keys.read(path)
    assert "0123456789" not in str(caught.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ServingError, match=r"\[E512\] the key file cannot be read"):
        Keys.read(tmp_path / "none")


def test_every_key_is_compared_whichever_fits(monkeypatch):
    compared = []

    def counting(one, other):
        compared.append((len(one), len(other)))
        return hmac.compare_digest(one, other)

    class Watched:
        compare_digest = staticmethod(counting)

    monkeypatch.setattr(module, "hmac", Watched)
    keys = Keys([ONE, OTHER])
    for given in (ONE, OTHER, "x", "x" * 10_000):
        compared.clear()
        keys.fits(f"Bearer {given}")
        assert compared == [(32, 32), (32, 32)]


@pytest.mark.parametrize("given", [None, "", "Bearer", ONE, f"Basic {ONE}", f"Bearer{ONE}"])
def test_what_is_no_key(given):
    assert not Keys([ONE]).fits(given)


@pytest.mark.parametrize(
    ("host", "own"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("localhost", True),
     ("0.0.0.0", False), ("::", False), ("192.168.1.5", False), ("my-laptop", False), ("", False)],
)  # fmt: skip
def test_which_hosts_only_this_machine_reaches(host, own):
    assert is_loopback(host) is own


def test_a_file_that_everybody_may_read(tmp_path):
    path = tmp_path / "keys"
    path.write_text(ONE)
    path.chmod(0o644)
    assert too_open(path)
    path.chmod(0o640)
    assert not too_open(path)
