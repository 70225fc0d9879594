"""Sections on rows: how files and recordings are read, and who gets which role."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator

from evenhand.config.section import Section


class DataConfig(Section):
    """How the file is read, and how its rows get their roles."""

    text: str | None = Field(None, description="column that holds the text")
    labels: tuple[str, ...] | None = Field(None, description="label column, or one column a label")
    id: str | None = Field(None, description="column with a unique id a row")
    group: str | None = Field(None, description="column whose value keeps rows in one role")
    split: str | None = Field(None, description="column that says fit, tune or report")
    header: Literal["auto", "yes", "no"] = Field("auto", description="first line holds names")
    delimiter: str | None = Field(None, description="what separates labels within one cell")
    task: Literal["auto", "multiclass", "multilabel"] = Field(
        "auto", description="one label a row, or any"
    )
    min_rows: int = Field(2, ge=1, description="refuse a label with fewer rows than this")
    sample: int | None = Field(
        None, ge=10, description="use so many fit rows, and the same share of the others"
    )
    tune_share: float = Field(0.15, gt=0, lt=0.5, description="share of rows that choose things")
    report_share: float = Field(0.15, gt=0, lt=0.5, description="share of rows only measured")
    split_seed: int | None = Field(
        None, ge=0, description="deals rows to roles; unset, the run's seed does"
    )
    fold: str | None = Field(
        None, description="2/5: the second of five folds is measured, the others fit and tune"
    )

    @field_validator("labels", mode="before")
    @classmethod
    def _split_names(cls, value: Any) -> Any:
        return tuple(value.split(",")) if isinstance(value, str) else value

    @field_validator("fold")
    @classmethod
    def _two_numbers(cls, value: str | None) -> str | None:
        if value is not None:
            parts = value.split("/")
            if len(parts) != 2 or not all(part.isdecimal() for part in parts):
                raise ValueError("a fold is written NUMBER/FOLDS, such as 2/5")
            number, count = map(int, parts)
            if count < 2 or not 1 <= number <= count:
                raise ValueError(f"there is no fold {number} of {count}; count from 1, two or more")
        return value


class SeriesConfig(Section):
    """How recordings become windows; only series read it."""

    rate: float | None = Field(
        None, gt=0, le=1e6, description="frames a second; unset, metadata.json says it"
    )
    window: float | None = Field(
        None,
        ge=0,
        le=1e7,
        description="seconds of a window, 0 the whole recording; unset, metadata.json, else 4",
    )
    stride: float | None = Field(
        None,
        gt=0,
        le=1e7,
        description="seconds between windows; unset, metadata.json, else half a window",
    )
    horizon: float | None = Field(
        None,
        ge=0,
        le=1e7,
        description="seconds ahead that are foretold; unset, metadata.json says it",
    )
    target: Literal["auto", "horizon", "any", "majority", "future"] = Field(
        "auto", description="which frames make a window's label"
    )
    streams: tuple[str, ...] | None = Field(None, description="read only these streams")
    nan: Literal["refuse", "mask"] = Field("refuse", description="what becomes of NaN frames")
    corrupt: Literal["refuse", "skip"] = Field("refuse", description="what becomes of bad files")
    scale: Literal["standard", "none"] = Field(
        "standard", description="divide by the spread of the fit rows, or not"
    )
    auxiliary: float = Field(
        0.5, ge=0, le=10, description="weight of the present label beside the foretold one"
    )

    @field_validator("streams", mode="before")
    @classmethod
    def _split_streams(cls, value: Any) -> Any:
        return tuple(value.split(",")) if isinstance(value, str) else value
