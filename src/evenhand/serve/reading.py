"""From the bytes of a request to its schema: bounded, in time, and strict.

JSON as ``json.loads`` reads it is wider than the standard: it takes NaN, turns 1e999 into
infinity, keeps the last of two equal keys, and lets half a surrogate pair pass. All of that
is refused here.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, NoReturn, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from evenhand.serve.problems import Refusal, unfit

LARGEST_BODY = 2**20
"""Bytes, as they come over the wire."""
SLOWEST_BODY = 10.0
"""Seconds that a body may take to arrive."""
MOST_DIGITS = 300
"""Of a whole number; Python takes a second for a million of them."""

Schema = TypeVar("Schema", bound=BaseModel)


async def read(request: Request, schema: type[Schema]) -> Schema:
    """Return the body of ``request`` as ``schema``.

    Raises:
        Refusal: E514 when it is no JSON or comes too slowly, E515 when it does not fit the schema
            or is larger than ``LARGEST_BODY``.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refusal(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "E514",
            "the body is of another kind",
            got=f"Content-Type: {kind[:80] or 'none'}",
            fix="send JSON, with the header Content-Type: application/json",
        )
    try:
        async with asyncio.timeout(SLOWEST_BODY):
            body = await _bounded(request)
    except TimeoutError:
        raise Refusal(
            HTTPStatus.REQUEST_TIMEOUT,
            "E514",
            "the body did not arrive",
            got=f"not all of it within {SLOWEST_BODY:g} s",
            fix="send the body at once",
        ) from None
    try:
        return schema.model_validate(parsed(body))
    except ValidationError as error:
        raise unfit(error) from None


async def _bounded(request: Request) -> bytes:
    """Return the body; one that is too large is left where it is, whatever its header says."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise Refusal(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                "E515",
                "the body is too large",
                got=f"more than {LARGEST_BODY} bytes",
                fix="send fewer or shorter texts at a time",
            )
    return bytes(body)


def parsed(body: bytes) -> Any:
    """Return what the standard's JSON in ``body`` says.

    Raises:
        Refusal: E514 for anything else.
    """
    try:
        value = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_once,
            parse_constant=_no_number,
            parse_float=_finite,
            parse_int=_whole,
        )
        _whole_characters(value)
    except (UnicodeDecodeError, UnicodeEncodeError) as error:
        raise _no_json(f"characters that are none, at {error.start}") from None
    except json.JSONDecodeError as error:
        raise _no_json(f"{error.msg} at line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise _no_json("values nested too deeply") from None
    return value


def _whole_characters(value: Any) -> None:
    """Refuse half a surrogate pair, in keys too: no encoding of text can say it."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            one.encode("utf-8")
        elif isinstance(one, list):
            waiting.extend(one)
        elif isinstance(one, dict):
            waiting.extend(one)
            waiting.extend(one.values())


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _no_json("a key that stands twice in one object")
    return found


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise _no_json("a number beyond the largest")
    return value


def _whole(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise _no_json("a number beyond the largest")
    return int(digits)


def _no_number(name: str) -> NoReturn:
    raise _no_json(f"{name}, which JSON does not have")


def _no_json(got: str) -> Refusal:
    return Refusal(
        HTTPStatus.BAD_REQUEST,
        "E514",
        "the body is not JSON",
        got=got,
        fix='send JSON in UTF-8, such as {"text": "where is my parcel"}',
    )
