"""Sections on judging: the decision, the report, the gates, the card."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator

from evenhand.config.section import Section
from evenhand.ranges import AtLeast, AtMost, Budget, Language, Number, Share


class DecisionConfig(Section):
    """How probabilities become labels, and what is demanded of that."""

    calibrate: str = Field("temperature", description="calibrator, or none")
    cuts: Literal["fixed", "global", "per-label"] = Field(
        "per-label", description="0.5, one, or one a label"
    )
    shrink: Literal["none", "auto"] = Field("auto", description="pull weak cuts to the global one")
    min_support: int = Field(5, ge=1, description="positives a label needs for a cut of its own")
    beta: Number = Field(
        1.0, gt=0, le=1000, description="weight of recall in the F-beta that is sought"
    )
    micro: Share = Field(0.0, description="share of micro-F in what is sought; the rest is macro-F")
    grid: Literal["exact", "narrow", "wide"] = Field(
        "exact", description="every cut, 0.3 to 0.8, or 0.1 to 0.9 by 0.05"
    )
    recall: dict[str, AtLeast] = Field({}, description="label -> catch at least this share of it")
    precision: dict[str, AtLeast] = Field({}, description="label -> be right at least so often")
    fpr: dict[str, AtMost] = Field(
        {}, description="label -> catch at most this share of the other rows"
    )
    alerts: dict[str, Budget] = Field(
        {}, description='label -> alert on at most 50 of the tune rows, or "2%" of all rows'
    )
    costs: str | None = Field(None, description="JSON or CSV file that says what errors cost")
    at_least_one: bool = Field(False, description="no row without a label")
    exclusive: str | None = Field(None, description="label that yields to any other")
    resamples: int = Field(
        200, ge=0, le=100_000, description="bootstrap resamples for the intervals of the cuts"
    )


class ReportConfig(Section):
    """How results are shown."""

    resamples: int = Field(1000, ge=100, le=100_000, description="bootstrap resamples")
    level: float = Field(0.95, gt=0.5, lt=1, description="confidence of the intervals")
    baselines: bool = Field(True, description="train the baseline that needs no network")
    tracker: str = Field("none", description="who else is told of every step: tensorboard")
    texts: bool = Field(True, description="quote the rows of the hardest mistakes in the report")
    note: str | None = Field(None, description="a sentence that stands on every result")


class GatesConfig(Section):
    """What a run must reach; it is judged at the end, and a failed gate is exit code 1."""

    macro_f1: Share | None = Field(None, description="macro-F1 must be above this")
    every_class_f1: Share | None = Field(None, description="F1 of every class must be above this")
    recall: dict[str, Share] = Field({}, description="label -> its recall must be above this")
    precision: dict[str, Share] = Field({}, description="label -> its precision must be above this")
    f1: dict[str, Share] = Field({}, description="label -> its F1 must be above this")
    size_mb: float | None = Field(None, gt=0, description="the bundle must be smaller, 10^6 bytes")
    hours: float | None = Field(None, gt=0, description="the run must take less")


class CardConfig(Section):
    """What the model card says that no figure can; what is left out is said to be not known."""

    license: str | None = Field(
        None,
        pattern=r"^[a-z0-9][a-z0-9.+-]*$",
        description="licence of the weights by its identifier, such as apache-2.0",
    )
    language: tuple[Language, ...] = Field((), description="languages of the texts, such as en")
    data: str | None = Field(None, description="what the rows are and where they come from")
    intended_use: str | None = Field(None, description="what the model is meant for")
    forbidden_use: str | None = Field(None, description="what it must not be used for, in addition")

    @field_validator("language", mode="before")
    @classmethod
    def _split_codes(cls, value: Any) -> Any:
        return tuple(value.split(",")) if isinstance(value, str) else value
