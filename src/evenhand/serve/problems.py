"""What a client reads when there is no answer: a problem document (RFC 9457), never a traceback.

The three lines of an error are its ``title``, ``got`` and ``fix``; none of them repeats a text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response

from evenhand.errors import ServingError

MEDIA_TYPE = "application/problem+json"
GONE = 499
"""Status of a request whose client did not wait for the answer; nobody reads it but the log."""
LONGEST = 160
"""Characters of what a client sent that a document repeats: names of keys and labels."""


class Problem(BaseModel):
    """Why there is no answer."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:evenhand:E501",
                    "title": "a threshold is out of range",
                    "status": 422,
                    "code": "E501",
                    "got": "thresholds.joy = 2.0",
                    "fix": "pass a probability from 0 to 1",
                }
            ]
        }
    )

    type: str
    title: str
    status: int
    code: str
    got: str
    fix: str


class Refusal(ServingError):  # noqa: N818 - the service is well
    """A request that is not answered.

    Args:
        status: of HTTP.
        code: of the error.
        what: what is wrong, one sentence without a full stop.
        got: the value, but never a text.
        fix: what the client can do.
        headers: of the response.
    """

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        what: str,
        *,
        got: str,
        fix: str,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code, what, got=got, fix=fix)
        self.status, self.headers = status, dict(headers or {})


class ProblemResponse(JSONResponse):
    """A problem document."""

    media_type = MEDIA_TYPE


def response_of(error: ServingError) -> ProblemResponse:
    """Return the document of ``error``; one that no route gave a status is the client's (422)."""
    status, headers = HTTPStatus.UNPROCESSABLE_ENTITY, None
    if isinstance(error, Refusal):
        status, headers = error.status, error.headers
    document = Problem(
        type=f"urn:evenhand:{error.code}",
        title=error.what,
        status=status,
        code=error.code,
        got=_sayable(error.got),
        fix=error.fix,
    )
    return ProblemResponse(document.model_dump(), status, headers)


def unfit(error: ValidationError) -> Refusal:
    """Return the refusal of a body that does not fit its schema; the values stay unsaid."""
    faults = error.errors(include_input=False, include_url=False, include_context=False)
    first = faults[0]
    place = ".".join(map(str, first["loc"])) or "body"
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return Refusal(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "E515",
        "the request does not fit",
        got=f"{_shortened(place)}: {first['msg']}{more}",
        fix="GET /openapi.json says what fits, GET /docs the same to read",
    )


def responses(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """Return what the OpenAPI document says of the problems of a route."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {int(s): {"description": s.phrase, "content": content} for s in statuses}


def add_handlers(app: FastAPI, routes: Iterable[str]) -> None:
    """Let ``app`` answer every fault by a problem document.

    Only a ``ServingError`` is the client's: any other, also one of evenhand's own such as that of
    a model that says NaN, is the service's.

    Args:
        app: whose faults they are.
        routes: paths that there are.
    """
    known = ", ".join(routes)

    async def refused(_: Request, error: Exception) -> ProblemResponse:
        assert isinstance(error, ServingError)
        return response_of(error)

    async def no_route(request: Request, error: Exception) -> ProblemResponse:
        assert isinstance(error, HTTPException)
        return response_of(
            Refusal(
                HTTPStatus(error.status_code),
                "E516",
                "there is no such route, or not for this method",
                got=f"{_shortened(request.method)}: {error.detail}",
                fix=f"there are: {known}",
                headers=error.headers,
            )
        )

    async def gone(_: Request, __: Exception) -> Response:
        return Response(status_code=GONE)

    async def own_fault(_: Request, __: Exception) -> ProblemResponse:
        return response_of(
            Refusal(
                HTTPStatus.INTERNAL_SERVER_ERROR,
                "E519",
                "the service failed over this request",
                got="a fault of the service's own; its log has the place",
                fix="report it with the log's line",
            )
        )

    app.add_exception_handler(ServingError, refused)
    app.add_exception_handler(HTTPException, no_route)
    app.add_exception_handler(ClientDisconnect, gone)
    app.add_exception_handler(Exception, own_fault)


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def _sayable(text: str) -> str:
    return _shortened(text.encode("utf-8", "replace").decode("utf-8"))
