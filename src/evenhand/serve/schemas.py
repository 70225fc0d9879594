"""What is asked and answered, as the OpenAPI document shows it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from evenhand.stages import Answer
from evenhand.types import LabelSpace, Task

MOST_ITEMS = 128
LONGEST_TEXT = 65_536
"""Characters; far more than any model here reads of a text."""


def _whole(value: Any) -> Any:
    """Return 3 for 3.0: to JSON Schema both are integers."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class PredictRequest(_Request):
    """One text, and how it is to be decided."""

    text: Annotated[str, Field(max_length=LONGEST_TEXT, examples=["where is my parcel"])]
    thresholds: Annotated[
        dict[str, float],
        Field(
            description="cuts of labels for this text, in place of the model's own",
            default_factory=dict,
        ),
    ]
    top_k: Annotated[
        Annotated[int, Field(ge=1, le=10_000), BeforeValidator(_whole)] | None,
        Field(description="only that many probabilities, largest first"),
    ] = None


class BatchRequest(_Request):
    """Several texts, each decided by itself."""

    items: Annotated[list[PredictRequest], Field(min_length=1, max_length=MOST_ITEMS)]


class BatchAnswer(BaseModel):
    """One answer an item, in order."""

    answers: list[Answer]


class Labels(BaseModel):
    """What the model decides between.

    ``thresholds`` is empty where each text has exactly one label, ``biases`` where it may have
    several.
    """

    labels: list[str]
    task: Task
    thresholds: dict[str, float]
    biases: dict[str, float]
    model: Annotated[str, Field(description="which bundle answers; as in the header X-Model")]


class Alive(BaseModel):
    """The process answers."""

    alive: bool


class Ready(BaseModel):
    """Requests are taken."""

    ready: bool
    golden: Annotated[
        str,
        Field(description="matched, or absent: the bundle is older than golden texts"),
    ]
    model: str


def thresholds_schema(labels: LabelSpace) -> dict[str, Any]:
    """Return the schema of ``thresholds`` for this model: its labels and no others."""
    one = {"type": "number", "minimum": 0, "maximum": 1}
    several = labels.task is Task.MULTILABEL
    return {
        "type": "object",
        "title": "Thresholds",
        "description": "cuts of labels for this text, in place of the model's own"
        if several
        else "nothing: each text has exactly one label, so labels have no cuts",
        "properties": dict.fromkeys(labels.names, one) if several else {},
        "additionalProperties": False,
    }


def answered(answer: Answer, top_k: int | None) -> dict[str, Any]:
    """Return an answer for JSON, its probabilities cut to the ``top_k`` largest if asked."""
    said = answer.to_dict()
    if top_k is not None:
        ranked = sorted(said["probabilities"].items(), key=lambda item: -item[1])
        said["probabilities"] = dict(ranked[:top_k])
    return said
