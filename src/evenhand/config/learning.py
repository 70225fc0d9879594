"""Sections on learning: the network, its optimizer, the loop."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from evenhand.config.section import Part, Section
from evenhand.ranges import Share


class ModelConfig(Section):
    """The network: backbone, pooling, head."""

    network: Part = Field(Part(name="transformer"), description="what reads series")
    pretrained: str | None = Field(
        None, description="folder of evenhand pretrain: where a series network starts"
    )

    backbone: str = Field("minilm", description="minilm, e5, bytes, static, a folder, or a hub id")
    pooling: str = Field("mean", description="how token vectors become one vector")
    head: Part = Field(Part(name="linear"), description="what turns that vector into scores")
    max_length: int = Field(128, ge=8, le=8192, description="tokens kept of a text")
    placeholders: Literal["auto", "none"] = Field(
        "auto", description="keep [NAME]-like marks as one token"
    )
    layers: int = Field(1, ge=1, le=48, description="top layers whose states are averaged")
    vocabulary: Literal["full", "data"] = Field(
        "full", description="data: keep only pieces of the scripts that the texts use (e5)"
    )
    prior_bias: bool = Field(True, description="start the head at the labels' shares")
    label_texts: str | None = Field(
        None, description="names, or a JSON file label -> text: start the head at their vectors"
    )
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto", description="number format of the arithmetic"
    )


class OptimConfig(Section):
    """AdamW and what is done to its gradients."""

    lr: float = Field(1e-4, gt=0, lt=1, description="peak learning rate of the backbone")
    head_lr: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="peak learning rate of pooling and head; unset 10 x lr, of series and bytes lr",
    )
    weight_decay: float = Field(0.01, ge=0, lt=1, description="not on biases and norms")
    clip: float = Field(1.0, gt=0, description="largest gradient norm")
    layer_decay: float = Field(
        1.0, gt=0, le=1, description="a layer's rate as a share of the layer's above it"
    )
    frozen_layers: Annotated[int, Field(ge=0)] | Literal["all"] = Field(
        0, description="lowest layers, embeddings with them, that do not learn"
    )
    unfreeze_every: int = Field(
        0, ge=0, description="passes after which the next frozen layer from the top learns; 0 never"
    )
    ema: float = Field(0.0, ge=0, lt=1, description="decay of the averaged weights; 0 is off")


class PretrainConfig(Section):
    """What ``evenhand pretrain`` asks of a network of series; training does not read it."""

    mask: float = Field(0.3, gt=0, lt=1, description="share of a stream's frames to be rebuilt")
    span: float = Field(0.5, gt=0, description="seconds hidden at a time")
    contrast: float = Field(
        0.5, gt=0, le=100, description="weight of telling windows apart beside rebuilding them"
    )
    temperature: float = Field(
        0.2, gt=0, le=10, description="what likenesses of windows are divided by"
    )


class DistillConfig(Section):
    """What a teacher says of the rows; ``evenhand distill`` writes its file and sets all three."""

    teacher: str | None = Field(
        None, description="prediction file (Parquet) with a teacher's scores of the fit rows"
    )
    weight: Share = Field(
        0.5, description="share of the teacher in what is learnt; the rest is the truth"
    )
    unlabelled: str | None = Field(
        None, description="file of further texts, of which the teacher alone says what they are"
    )


class TrainConfig(Section):
    """The loop."""

    epochs: int | None = Field(
        None, ge=1, le=1000, description="passes over the fit rows; unset 3, more on few rows"
    )
    batch_size: int = Field(32, ge=1, le=4096, description="rows a batch")
    accumulate: int = Field(1, ge=1, le=256, description="batches an optimizer step")
    patience: int = Field(3, ge=0, description="epochs without gain before stopping; 0 never")
    metric: str = Field("tuned_macro_f1", description="what stopping and choosing look at")
    max_steps: int | None = Field(None, ge=1, description="optimizer steps at most, in all")
    steps_per_epoch: int | None = Field(
        None, ge=1, description="optimizer steps of a pass at most; a pass then sees fewer rows"
    )
    max_time: str | int | None = Field(
        None, description="time budget of training: 90s, 30m, 1h30m, or seconds"
    )
    r_drop: float = Field(
        0.0, ge=0, le=10, description="weight of the gap between two dropout passes; 0 is off"
    )
    allow_stacked: bool = Field(False, description="more than one correction for imbalance at once")
    deterministic: bool = Field(
        False, description="refuse operations whose result may vary on the same machine"
    )
    checkpoint_every: int = Field(400, ge=1, description="optimizer steps between checkpoints")
    keep: int = Field(2, ge=1, description="newest checkpoints kept, besides the best")
