"""One JSON line a request and an event, on standard error; no text, no key, no address in it."""

from __future__ import annotations

import json
import logging
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from evenhand.serve.metrics import Metrics
from evenhand.serve.problems import GONE

LOG = logging.getLogger("evenhand.serve")
METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"))


class Lines(logging.Formatter):
    """Records as JSON lines; of an exception its kind and places, since its words may quote.

    A message ends with its first line: some libraries put a whole traceback into it.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return one line."""
        said: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage().strip().partition("\n")[0],
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[0] is not None:
            said["fault"] = record.exc_info[0].__name__
            places = traceback.extract_tb(record.exc_info[2])
            said["places"] = [f"{p.filename}:{p.lineno} {p.name}" for p in places]
        return json.dumps(said, ensure_ascii=False)


def start_logging() -> None:
    """Send every log line of this process to standard error, as JSON."""
    handler = logging.StreamHandler()
    handler.setFormatter(Lines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    LOG.setLevel(logging.INFO)


def tell(event: str, *, level: int = logging.INFO, **fields: Any) -> None:
    """Log an event with its fields."""
    LOG.log(level, event, extra={"fields": fields})


class AccessLog:
    """Logs and counts every request, and ends connections while the service stops.

    Args:
        app: that answers.
        metrics: count the requests.
        routes: paths that are named as they are; any other is ``other``.
        stopping: whether the service stops.
    """

    def __init__(
        self, app: ASGIApp, *, metrics: Metrics, routes: set[str], stopping: Callable[[], bool]
    ) -> None:
        self._app, self._metrics, self._stopping = app, metrics, stopping
        self.routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and note what became of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start, status = time.perf_counter(), GONE
        model = ""

        async def noting(message: Message) -> None:
            nonlocal status, model
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = message.setdefault("headers", [])
                model = next((v.decode() for k, v in headers if k == b"x-model"), "")
                if self._stopping():
                    message["headers"] = [*headers, (b"connection", b"close")]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            seconds = time.perf_counter() - start
            route = scope["path"] if scope["path"] in self.routes else "other"
            self._metrics.requested(route, status, seconds)
            ms, method = round(1000 * seconds, 2), scope["method"]
            known = method if method in METHODS else "other"
            tell("request", method=known, route=route, status=status, ms=ms, model=model)
