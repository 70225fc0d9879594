"""Sections and parts: what every table of a run file is made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError


class Section(BaseModel):
    """A table of the run file; unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _name_parts(cls, values: Any) -> Any:
        """Take settings that stand without a name as those of the part that is the default."""
        if not isinstance(values, Mapping):
            return values
        named = {
            key: {"name": field.default.name, **values[key]}
            for key, field in cls.model_fields.items()
            if isinstance(field.default, Part) and isinstance(values.get(key), Mapping)
        }
        return {**values, **named}


class Part(BaseModel):
    """A part by name, with settings that its factory's signature checks.

    A bare string is a name: ``loss = "focal"`` is ``loss = {name = "focal"}``.
    """

    model_config = ConfigDict(extra="allow", frozen=True)
    name: str

    @model_validator(mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        if not isinstance(value, str | Mapping | Part):
            raise PydanticCustomError(
                "part", "Input should be a name, or a table with name and settings"
            )
        return {"name": value} if isinstance(value, str) else value

    def settings(self) -> dict[str, Any]:
        """Return everything but the name."""
        return dict(self.model_extra or {})
