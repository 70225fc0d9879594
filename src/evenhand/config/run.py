"""The whole run file: its sections, and every key by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, Field, field_validator

from evenhand.config.judging import CardConfig, DecisionConfig, GatesConfig, ReportConfig
from evenhand.config.learning import (
    DistillConfig,
    ModelConfig,
    OptimConfig,
    PretrainConfig,
    TrainConfig,
)
from evenhand.config.rows import DataConfig, SeriesConfig
from evenhand.config.section import Part, Section


class RunConfig(Section):
    """Everything a run is asked to do."""

    seed: int = Field(0, ge=0, description="of every random choice")
    data: DataConfig = DataConfig()
    series: SeriesConfig = SeriesConfig()
    model: ModelConfig = ModelConfig()
    loss: Part = Part(name="auto")
    sampler: Part = Part(name="natural")
    augment: tuple[Part, ...] = Field((), description="augmenters, applied in turn to fit texts")
    mix: Part = Part(name="none")
    optim: OptimConfig = OptimConfig()
    schedule: Part = Part(name="linear")
    pretrain: PretrainConfig = PretrainConfig()
    distill: DistillConfig = DistillConfig()
    train: TrainConfig = TrainConfig()
    decision: DecisionConfig = DecisionConfig()
    report: ReportConfig = ReportConfig()
    gates: GatesConfig = GatesConfig()
    card: CardConfig = CardConfig()

    @property
    def split_seed(self) -> int:
        """What deals rows to roles."""
        return self.seed if self.data.split_seed is None else self.data.split_seed

    @field_validator("augment", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str | Mapping | Part) else value


def known_keys() -> dict[str, str]:
    """Return every key of a run file, dotted, with its one-line description."""
    return dict(_keys_of(RunConfig, ""))


def _keys_of(section: type[BaseModel], prefix: str) -> Iterator[tuple[str, str]]:
    for name, field in section.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, Part):
            yield f"{prefix}{name}.name", f"which {name}; its settings stand beside it"
        elif isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _keys_of(inner, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", field.description or ""
