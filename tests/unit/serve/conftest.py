"""The service in this process, before a model made by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp

from evenhand.serve.app import State, build
from evenhand.serve.batching import Queue
from evenhand.serve.keys import Keys
from evenhand.serve.metrics import Metrics
from evenhand.serve.ready import Model
from hashed import tried

Talk = Callable[[httpx.AsyncClient, State], Awaitable[Any]]


async def _within(app: ASGIApp, state: State, talk: Talk) -> Any:
    state.worker = asyncio.create_task(state.queue.work())
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            return await talk(client, state)
    finally:
        state.worker.cancel()
        state.queue.close()


@pytest.fixture
def talking() -> Callable[..., Any]:
    """Return a runner of conversations: ``talking(talk, model=None, keys=None, ...)``."""

    def run(
        talk: Talk,
        model: Model | None = None,
        *,
        keys: Keys | None = None,
        size: int = 1000,
        timeout: float = 60.0,
    ) -> Any:
        async def conversation() -> Any:
            metrics = Metrics()
            queue = Queue(model or tried(), size=size, timeout=timeout, metrics=metrics)
            state = State(queue, metrics)
            return await _within(build(state, keys), state, talk)

        return asyncio.run(conversation())

    return run


@pytest.fixture
def ask(talking: Callable[..., Any]) -> Callable[..., httpx.Response]:
    """Return a sender of one request: ``ask("POST", "/v1/predict", json=...)``."""

    def send(
        method: str, path: str, *, model: Model | None = None, keys: Keys | None = None, **said: Any
    ) -> httpx.Response:
        async def talk(client: httpx.AsyncClient, _: State) -> httpx.Response:
            return await client.request(method, path, **said)

        response: httpx.Response = talking(talk, model, keys=keys)
        return response

    return send


@pytest.fixture(scope="session")
def problem() -> Callable[..., dict[str, Any]]:
    """Return a check that a response is a problem document; it gives the document back."""

    def check(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
        assert response.status_code == status, response.text
        assert response.headers["content-type"] == "application/problem+json"
        said: dict[str, Any] = response.json()
        assert set(said) == {"type", "title", "status", "code", "got", "fix"}
        assert (said["status"], said["code"]) == (status, code)
        assert said["type"] == f"urn:evenhand:{code}"
        assert "Traceback" not in response.text
        return said

    return check
