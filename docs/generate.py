"""Write what the reference pages take from the code: ``python docs/generate.py``."""

import re
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

from evenhand import recipes
from evenhand.cli.listing import REGISTRIES
from evenhand.config import RunConfig
from evenhand.toml import to_toml, toml_text

FOLDER = Path(__file__).parent
PARTS = {"loss.name": "losses", "model.pooling": "poolings", "model.head.name": "heads"}
PARTS |= {"model.network.name": "networks", "augment (series)": "series-augmenters"}
PARTS |= {"schedule.name": "schedules", "train.metric": "metrics"}
PARTS |= {"decision.calibrate": "calibrators", "sampler.name": "samplers", "mix.name": "mixers"}
PARTS |= {"augment": "augmenters", "report.tracker": "trackers"}
KINDS = {"errors": "An error has three lines: what broke, what was got, how to mend it."}
KINDS |= {"checks": "What `evenhand diagnose` and `evenhand check` find, most with a remedy."}
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
        section = "augment." if key.startswith("augment") else key.removesuffix("name")
        section = section if section.endswith(".") else ""
        for name in registry.names() if section else ():
            own = rows(section, registry.schema(name).model_json_schema()["properties"], {})
            parts += f"\nSettings of `{name}`:\n\n{HEAD}{own}" if own else ""
    marks = re.compile(r"(?s)(?<=<!-- generated -->\n).*(?=<!-- end -->)")
    new = {"reference/run-file.md": keys, "reference/parts.md": parts, "README.md": codes()}
    return {n: marks.sub(lambda _, n=n: new[n], (FOLDER / n).read_text("utf-8")) for n in new}


def codes() -> str:
    """Return a table of the errors and one of the checks, from the titles of their pages."""
    tables = ""
    for kind, what in KINDS.items():
        tables += f"\n## {kind.capitalize()}\n\n{what}\n\n| code | what it says |\n|---|---|\n"
        for page in sorted((FOLDER / kind).glob("*.md")):
            title = page.read_text("utf-8").partition("\n")[0].removeprefix(f"# {page.stem}: ")
            tables += f"| [{page.stem}]({kind}/{page.name}) | {title} |\n"
    return tables


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
        return " or ".join(may_be(key, s) for s in said["anyOf"] if s.get("type") != "null")
    if "enum" in said or "const" in said:
        return ", ".join(f"`{value}`" for value in said.get("enum", [said.get("const")]))
    if said["type"] == "array":
        items = said["prefixItems"] if "prefixItems" in said else [said["items"]]
        return "list of " + ", ".join(may_be(key, item) for item in items)
    if said["type"] == "object":
        return f"table: label = {may_be(key, said['additionalProperties'])}"
    bounds = ", ".join(f"{sign} {said[bound]:g}" for bound, sign in BOUNDS.items() if bound in said)
    return f"{WORDS.get(said['type'], 'number')} {bounds}".strip()


if __name__ == "__main__":
    for path, text in pages().items():
        (FOLDER / path).write_text(text, "utf-8")
