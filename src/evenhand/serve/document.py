"""The OpenAPI document: what fits, with this model's own labels, and what may go wrong."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from evenhand.serve.keys import OPEN
from evenhand.serve.problems import Problem, responses
from evenhand.serve.schemas import BatchRequest, PredictRequest, thresholds_schema
from evenhand.types import LabelSpace

ASKED = responses(
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
NAMED = {"X-Model": {"schema": {"type": "string"}, "description": "which bundle answered"}}
ASKED[HTTPStatus.OK] = {"headers": NAMED}
BOTH: dict[str, type[PredictRequest | BatchRequest]] = {
    "PredictRequest": PredictRequest,
    "BatchRequest": BatchRequest,
}


def body(schema: str, example: dict[str, Any]) -> dict[str, Any]:
    """Return what the document says of a route's body."""
    content = {"schema": {"$ref": f"#/components/schemas/{schema}"}, "example": example}
    return {"requestBody": {"required": True, "content": {"application/json": content}}}


def describe(app: FastAPI, labels: LabelSpace, *, with_key: bool) -> None:
    """Let the OpenAPI document name the model's own labels, and the key where one is needed."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            said = get_openapi(
                title=app.title, version=app.version, description=app.description, routes=app.routes
            )
            schemas = said.setdefault("components", {}).setdefault("schemas", {})
            for name, model in {"Problem": Problem, **BOTH}.items():
                own = model.model_json_schema(ref_template="#/components/schemas/{model}")
                schemas |= own.pop("$defs", {})
                schemas[name] = own
            schemas["PredictRequest"]["properties"]["thresholds"] = thresholds_schema(labels)
            if with_key:
                _ask_for_key(said)
            app.openapi_schema = said
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _ask_for_key(said: dict[str, Any]) -> None:
    said["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    for path, methods in said["paths"].items():
        for operation in () if path in OPEN else methods.values():
            operation["security"] = [{"key": []}]
            operation["responses"] |= {
                str(code): what for code, what in responses(HTTPStatus.UNAUTHORIZED).items()
            }
