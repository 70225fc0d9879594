"""Ranges of settings of a run file: shares, demands, budgets, languages."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError


def _number(value: Any) -> Any:
    if isinstance(value, bool):
        raise PydanticCustomError("number", "Input should be a number, not true or false")
    return value


def _budget(value: Any) -> Any:
    share = re.fullmatch(r"(\d+(?:\.\d+)?)%", value) if isinstance(value, str) else None
    alerts = isinstance(value, int) and not isinstance(value, bool) and value >= 1
    if not alerts and (share is None or not 0 < float(share[1]) <= 100):
        raise PydanticCustomError(
            "budget",
            "Input should be 50 or 2%: a number of alerts from 1 on, or a share up to 100%",
        )
    return value


Number = Annotated[float, BeforeValidator(_number)]
Share = Annotated[Number, Field(ge=0, le=1)]
AtLeast = Annotated[Number, Field(gt=0, le=1)]
AtMost = Annotated[Number, Field(ge=0, lt=1)]
Budget = Annotated[int | str, BeforeValidator(_budget)]
"""A number of alerts, or a share of the rows with its sign: 50, or "2%"."""
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
"""A language by its code: en, ja, zh-Hant."""
