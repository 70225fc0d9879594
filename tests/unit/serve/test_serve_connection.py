"""A connection lives no longer than a head may take, unless a request is being answered."""

from __future__ import annotations

import asyncio

import pytest
import uvicorn
from uvicorn.server import ServerState

from evenhand.serve.connection import Hurried

REQUEST = b"GET / HTTP/1.1\r\nHost: service\r\n\r\n"


class Impatient(Hurried):
    patience = 0.05


def connected(talk, app):
    """Run ``talk(connect)`` beside a server of ``app`` that has little patience."""

    async def conversation():
        config = uvicorn.Config(app, ws="none", lifespan="off", log_config=None)
        state = ServerState()
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: Impatient(config, server_state=state, app_state={}), "127.0.0.1", 0
        )
        async with server, asyncio.timeout(60):
            address = server.sockets[0].getsockname()
            return await talk(lambda: asyncio.open_connection(*address))

    return asyncio.run(conversation())


async def answering(_, __, send):
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


@pytest.mark.parametrize("sent", [b"", REQUEST[:20]])
def test_who_sends_no_whole_head_is_hung_up_on(sent):
    async def talk(connect):
        reader, writer = await connect()
        writer.write(sent)
        said = await reader.read()
        writer.close()
        return said

    assert connected(talk, answering) == b""


def test_so_is_who_begins_another_request_and_does_not_end_it():
    async def talk(connect):
        reader, writer = await connect()
        writer.write(REQUEST)
        first = await reader.readuntil(b"\r\n\r\n")
        writer.write(REQUEST[:20])
        rest = await reader.read()
        writer.close()
        return first, rest

    first, rest = connected(talk, answering)
    assert first.startswith(b"HTTP/1.1 204")
    assert rest == b""


def test_who_waits_for_an_answer_is_not():
    async def talk(connect):
        reader, writer = await connect()
        writer.write(REQUEST)
        silent, other = await connect()
        await silent.read()
        other.close()
        free.set()
        said = await reader.readuntil(b"\r\n\r\n")
        writer.close()
        return said

    async def slow(scope, receive, send):
        await free.wait()
        await answering(scope, receive, send)

    free = asyncio.Event()
    assert connected(talk, slow).startswith(b"HTTP/1.1 204")
