"""Write what the reference pages take from the code: ``python docs/generate.py``."""

import re
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

from evenhand import recipes
from evenhand.cli.listing import REGISTRIES
from evenhand.config import RunConfig, to_toml, toml_text

FOLDER = Path(__file__).parent / "reference"
PARTS = {"loss.name": "losses", "model.pooling": "poolings", "model.head.name": "heads"}
PARTS |= {"schedule.name": "schedules", "train.metric": "metrics"}
PARTS |= {"decision.calibrate": "calibrators"}
HEAD = "| key | default | may be | what it does |\n|---|---|---|---|\n"
WORDS = {"integer": "whole number", "boolean": "true or false", "string": "text"}
BOUNDS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}


def pages() -> dict[str, str]:
    """Return each page with what the code says between its two marks."""
    schema = RunConfig.model_json_schema()
    keys, parts = HEAD + rows("", schema["properties"], schema["$defs"]) + "\n## Recipes\n", ""
    for name in recipes.names():
        keys += (
            f"\n`{name}`: {recipes.describe(name)}\n\n```toml\n{to_toml(recipes.load(name))}```\n"
        )
    for key, kind in PARTS.items():
        registry = resolve_name(REGISTRIES[kind])
        parts += f"\n## {kind.capitalize()}: `{key}`\n\n| name | what it is |\n|---|---|\n"
        parts += "".join(f"| `{name}` | {registry.describe(name)} |\n" for name in registry.names())
        for name in registry.names() if key.endswith(".name") else ():
            own = rows(key[:-4], registry.schema(name).model_json_schema()["properties"], {})
            parts += f"\nSettings of `{name}`:\n\n{HEAD}{own}" if own else ""
    old = {name: (FOLDER / name).read_text("utf-8") for name in ("run-file.md", "parts.md")}
    marks = re.compile(r"(?s)(?<=<!-- generated -->\n).*(?=<!-- end -->)")
    return {n: marks.sub(lambda _, n=n: parts if n == "parts.md" else keys, old[n]) for n in old}


def rows(prefix: str, properties: dict[str, Any], sections: dict[str, Any]) -> str:
    """Return a line a property; those of a section stand in its place."""
    lines = ""
    for name, said in properties.items():
        key, default, what = prefix + name, said.get("default"), said.get("description", "")
        section = sections.get(said.get("$ref", "").rpartition("/")[2], {})
        if section.get("title", "Part") != "Part":
            lines += rows(f"{key}.", section["properties"], sections)
            continue
        if section:
            key, default, what = f"{key}.name", default["name"], what or f"which {name}"
        shown = "unset" if default is None else f"`{toml_text(default)}`"
        lines += f"| `{key}` | {shown} | {may_be(key, said)} | {what} |\n"
    return lines


def may_be(key: str, said: dict[str, Any]) -> str:
    """Say in words which values a property may have."""
    if key in PARTS:
        return f"[{PARTS[key]}](parts.md)"
    if "anyOf" in said:
        return " or ".join(may_be(key, s) for s in said["anyOf"] if s["type"] != "null")
    if "enum" in said:
        return ", ".join(f"`{value}`" for value in said["enum"])
    if said["type"] == "array":
        return f"list of {may_be(key, said['items'])}"
    bounds = ", ".join(f"{sign} {said[bound]:g}" for bound, sign in BOUNDS.items() if bound in said)
    return f"{WORDS.get(said['type'], 'number')} {bounds}".strip()


if __name__ == "__main__":
    for path, text in pages().items():
        (FOLDER / path).write_text(text, "utf-8")
