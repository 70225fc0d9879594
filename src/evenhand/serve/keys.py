"""Who may ask: keys from a file, compared without telling by the time taken how near one was."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import stat
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from evenhand.errors import ServingError
from evenhand.serve.problems import Refusal, response_of

OPEN = ("/livez",)
"""Paths that need no key: what restarts a dead process has none."""
SHORTEST_KEY = 16


class Keys:
    """The keys of a file, one a line; blank lines and lines that begin with ``#`` are none.

    Args:
        keys: at least one.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self._digests = [_digest(key.encode("ascii")) for key in keys]

    @classmethod
    def read(cls, path: Path) -> Keys:
        """Read the keys in ``path``.

        Raises:
            ServingError: E512 when the file cannot be read, holds no key, or one that is too short
                or not plain printable ASCII.
        """
        try:
            lines = path.read_text("ascii").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            got = error.strerror if isinstance(error, OSError) else "characters beyond ASCII"
            raise _unusable("the key file cannot be read", f"{path}: {got}") from error
        named = [(n, line.strip()) for n, line in enumerate(lines, 1)]
        found = [(n, key) for n, key in named if key and not key.startswith("#")]
        if not found:
            raise _unusable("the key file holds no key", str(path))
        for n, key in found:
            if len(key) < SHORTEST_KEY or not key.isprintable() or " " in key:
                got = f"{path}:{n}, {len(key)} characters"
                raise _unusable("a key is too short, or has a space in it", got)
        return cls([key for _, key in found])

    def fits(self, authorization: str | None) -> bool:
        """Whether the value of the header ``Authorization`` is ``Bearer`` and one of the keys."""
        scheme, _, key = (authorization or "").partition(" ")
        digest = _digest(key.strip().encode("utf-8", "surrogateescape"))
        found = False
        for known in self._digests:
            found |= hmac.compare_digest(known, digest)
        return found and scheme.lower() == "bearer"


class KeyGate:
    """Lets through what carries a key.

    Args:
        app: behind the gate.
        keys: that open it.
    """

    def __init__(self, app: ASGIApp, keys: Keys) -> None:
        self._app, self.keys = app, keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer 401."""
        if scope["type"] == "lifespan" or scope["path"] in OPEN:
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).getlist("authorization")
        if len(given) == 1 and self.keys.fits(given[0]):
            await self._app(scope, receive, send)
            return
        refusal = Refusal(
            HTTPStatus.UNAUTHORIZED,
            "E517",
            "this needs a key",
            got="no key, or one that is not known",
            fix="send the header Authorization: Bearer KEY",
            headers={"WWW-Authenticate": "Bearer"},
        )
        await response_of(refusal)(scope, receive, send)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches ``host``; a name other than localhost may be anything."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def too_open(path: Path) -> bool:
    """Whether everybody on this machine may read the file."""
    return bool(path.stat().st_mode & stat.S_IROTH)


def _digest(key: bytes) -> bytes:
    """Return a key at equal length, whatever its own."""
    return hashlib.sha256(key).digest()


def _unusable(what: str, got: str) -> ServingError:
    return ServingError(
        "E512",
        what,
        got=got,
        fix=f"one key a line, {SHORTEST_KEY} characters or more: openssl rand -hex 32 > keys",
    )
