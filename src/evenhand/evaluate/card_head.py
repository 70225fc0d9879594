"""The head of a model card: what a hub reads before the Markdown, in YAML.

Strings are written as JSON strings, which YAML reads as they are, so that no name from data can
end a line or begin a key.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evenhand.evaluate.report_words import words
from evenhand.types import Task

NOT_NAMED = "not named"
FIGURES: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("macro_f1", "f1", {"average": "macro"}),
    ("micro_f1", "f1", {"average": "micro"}),
    ("weighted_f1", "f1", {"average": "weighted"}),
    ("macro_ap", "average_precision", {"average": "macro"}),
    ("accuracy", "accuracy", {}),
)
"""A figure of the run: its key, the hub's name of its kind, what it averages."""


def head(
    metrics: Mapping[str, Any], about: Mapping[str, Any], *, title: str, of_texts: bool
) -> str:
    """Return the lines between and with the two ``---``.

    Args:
        metrics: the content of ``metrics.json``.
        about: the run file's ``[card]``; what is None is left out, never guessed.
        title: of the card, and the model's name among its results.
        of_texts: whether the model reads texts, for which hubs have a kind of task.
    """
    kind = "text-classification" if of_texts else "time-series-classification"
    many = metrics["task"] == Task.MULTILABEL
    values = {
        "license": about.get("license"),
        "language": list(about.get("language") or ()) or None,
        "library_name": "evenhand",
        "pipeline_tag": kind if of_texts else None,
        "tags": [kind, "multi-label" if many else "multi-class", "imbalanced-data", "calibrated"],
        "metrics": sorted({hub for key, hub, _ in FIGURES if _known(metrics, key)}),
        "model-index": [{"name": title, "results": [_result(metrics, about, kind)]}],
    }
    stated = {key: value for key, value in values.items() if value is not None}
    return "\n".join(["---", *_yaml(stated), "---"])


def _result(metrics: Mapping[str, Any], about: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Return the figures of the run, each with its interval and the rows that it rests on."""
    return {
        "task": {"type": kind},
        "dataset": {
            "type": NOT_NAMED,
            "name": " ".join(str(about.get("data") or NOT_NAMED).split()),
            "split": f"{metrics['role']} rows, {metrics['estimate']}",
        },
        "metrics": [
            _metric(metrics, key, {"type": hub, "name": words(key)}, of)
            for key, hub, of in FIGURES
            if _known(metrics, key)
        ],
    }


def _known(metrics: Mapping[str, Any], key: str) -> bool:
    found = metrics["overall"].get(key)
    return found is not None and found["value"] is not None


def _metric(
    metrics: Mapping[str, Any], key: str, named: Mapping[str, str], of: Mapping[str, str]
) -> dict[str, Any]:
    found = metrics["overall"][key]
    spread = {} if found["low"] is None else {"low": _short(found["low"])}
    spread |= {} if found["high"] is None else {"high": _short(found["high"])}
    args = {**of, "rows": metrics["rows"], "level": metrics["level"], **spread}
    return {**named, "value": _short(found["value"]), "args": args}


def _short(value: float) -> float:
    return round(value, 4)


def _yaml(value: Any, indent: str = "") -> Iterator[str]:
    """Yield nested plain values as lines of block style."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _entry(f"{indent}{key}:", inner, indent + "  ")
    else:
        for inner in value:
            yield from _item(inner, indent)


def _entry(start: str, value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, Mapping) or _listed(value):
        yield start
        yield from _yaml(value, indent if isinstance(value, Mapping) else indent[:-2])
    else:
        yield f"{start} {_plain(value)}"


def _item(value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        first, *rest = _yaml(value, indent + "  ")
        yield f"{indent}- {first.lstrip()}"
        yield from rest
    else:
        yield f"{indent}- {_plain(value)}"


def _listed(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _plain(value: Any) -> str:
    if not isinstance(value, str):
        return json.dumps(value)
    return json.dumps("".join(c for c in value if c.isprintable()), ensure_ascii=False)
