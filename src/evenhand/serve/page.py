"""The page at ``/docs``: the OpenAPI document to read, loading nothing from anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}


def render(document: Mapping[str, Any]) -> str:
    """Return the page.

    Args:
        document: OpenAPI 3.1.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("evenhand.serve"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    operations = [
        (method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    schemas = document["components"]["schemas"]
    return environment.get_template("docs.html.j2").render(
        info=document["info"],
        operations=operations,
        needs_key="securitySchemes" in document["components"],
        schemas={name: fields(schema) for name, schema in schemas.items()},
    )


def fields(schema: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return name, kind and meaning of every property of an object's schema."""
    needed = schema.get("required", ())
    return [
        (
            name,
            kind(own) + ("" if name in needed else ", optional"),
            own.get("description", ""),
        )
        for name, own in schema.get("properties", {}).items()
    ]


def kind(schema: Mapping[str, Any]) -> str:
    """Say in a few words which values a schema takes."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(kind(one) for one in schema["anyOf"])
    said = str(schema.get("type", "any"))
    if said == "array":
        return f"list of {kind(schema.get('items', {}))}{_bounds(schema, 'Items', 'items')}"
    if said == "object":
        return _named(schema)
    if "enum" in schema:
        said = ", ".join(map(str, schema["enum"]))
    return said + _bounds(schema, "Length", "characters")


def _named(schema: Mapping[str, Any]) -> str:
    """Say what an object maps to what: these names and no others, or any names."""
    own = schema.get("properties", {})
    if own:
        return f"{', '.join(own)} → {kind(next(iter(own.values())))}"
    further = schema.get("additionalProperties")
    return f"name → {kind(further)}" if isinstance(further, Mapping) else "nothing"


def _bounds(schema: Mapping[str, Any], key: str, unit: str) -> str:
    said = ""
    if "minimum" in schema:
        said += f" from {schema['minimum']:g}"
    if "maximum" in schema:
        said += f" to {schema['maximum']:g}"
    if f"max{key}" in schema:
        said += f", at most {schema[f'max{key}']} {unit}"
    return said
