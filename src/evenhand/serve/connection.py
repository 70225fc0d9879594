"""One connection: who sends no whole head of a request in time is hung up on."""

from __future__ import annotations

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from evenhand.serve.reading import SLOWEST_BODY


class Hurried(H11Protocol):
    """HTTP/1.1 as uvicorn speaks it with h11, which bounds a head's size; this bounds its time.

    uvicorn's own limit begins with the first answer and ends with any byte, so without this one a
    client could hold a connection for good by sending nothing, or a head byte by byte.

    Attributes:
        patience: seconds that a head may take, from its first byte or from the connection's start.
    """

    patience = SLOWEST_BODY
    _limit: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._hurry()

    def data_received(self, data: bytes) -> None:
        """Read on; wait no longer than the limit for the rest of a head."""
        super().data_received(data)
        if self.conn.their_state is h11.IDLE:
            self._hurry()
        else:
            self._relent()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the limit."""
        self._relent()
        super().connection_lost(exc)

    def _hurry(self) -> None:
        if self._limit is None:
            self._limit = self.loop.call_later(self.patience, self.transport.close)

    def _relent(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None
