"""Run files: what was asked, checked before any work starts. No torch here.

A run file is TOML with one table a section. Unknown keys are errors. Settings of a part
(``[loss] name = "focal"``, ``gamma = 2``) are checked against the part's own signature.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, get_origin

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from evenhand.errors import ConfigError, did_you_mean
from evenhand.ranges import AtLeast, AtMost, Budget, Number, Share
from evenhand.toml import toml_key, typed_setting


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

    @field_validator("labels", mode="before")
    @classmethod
    def _split_names(cls, value: Any) -> Any:
        return tuple(value.split(",")) if isinstance(value, str) else value


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
    train: TrainConfig = TrainConfig()
    decision: DecisionConfig = DecisionConfig()
    report: ReportConfig = ReportConfig()
    gates: GatesConfig = GatesConfig()

    @property
    def split_seed(self) -> int:
        """What deals rows to roles."""
        return self.seed if self.data.split_seed is None else self.data.split_seed

    @field_validator("augment", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str | Mapping | Part) else value


def parse_config(values: Mapping[str, Any], *, source: str) -> RunConfig:
    """Check nested ``values`` and fill in the defaults.

    Args:
        values: sections as in a run file.
        source: file or phrase for the error message.

    Raises:
        ConfigError: E102 for an unknown key (with a spelling hint) or a value out of range.
    """
    try:
        return RunConfig.model_validate(values)
    except ValidationError as error:
        raise _explain(error, source) from error


def override(values: Mapping[str, Any], settings: Sequence[str]) -> dict[str, Any]:
    """Return ``values`` with each ``section.key=value`` of ``settings`` put in.

    A value is read as TOML; what is no TOML is taken as a string, so ``loss.name=focal`` and
    ``optim.lr=3e-5`` both do what they look like. A word of the key that holds a dot or ``=``
    stands in quotes: ``decision.recall."v1.0"=0.9``. Choosing another part by its name leaves the
    former part's settings behind; the order of ``settings`` does not matter for that.

    Raises:
        ConfigError: E102 when a setting has no ``=`` or an empty key, or its key goes on below
            something that has no keys.
    """
    merged: dict[str, Any] = copy.deepcopy(dict(values))
    parsed = [typed_setting(setting) for setting in settings]
    for path, value in sorted(parsed, key=lambda pair: (len(pair[0]), pair[0][-1] != "name")):
        _put(merged, path, value)
    return merged


def _put(values: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    *sections, leaf = path
    for depth, section in enumerate(sections):
        inner = values.setdefault(section, {})
        if isinstance(inner, str):
            inner = values[section] = {"name": inner}
        if not isinstance(inner, dict):
            parent = ".".join(path[: depth + 1])
            raise ConfigError(
                "E102",
                "that setting has no parts",
                got=f"{'.'.join(path)} = {value!r}",
                fix=f"--set {parent}=...",
            )
        values = inner
    if leaf == "name" and isinstance(value, str) and values.get("name", value) != value:
        values.clear()
    values[leaf] = value


def _explain(error: ValidationError, source: str) -> ConfigError:
    first = error.errors()[0]
    where = _key_of(first["loc"])
    if first["type"] == "extra_forbidden":
        what, got = "has an unknown key", repr(where)
        fix = _nearest_key(where, first["input"])
        if str(first["loc"][-1]) in RunConfig.model_fields:
            fix = f"{first['loc'][-1]} stands above the first [section] of a run file"
    elif where == "augment":
        what, got = "names an augmenter in a way that cannot be", f"augment = {first['input']!r}"
        fix = """--set 'augment=[{name="eda", share=0.5}]', or --set augment=eda"""
    elif first["type"] == "dict_type":
        what, got = "needs the name of a label", f"{where} = {first['input']!r}"
        fix = f"--set {where}.NAME=VALUE, with a label's name"
    elif _cut_short(first):
        what, got = "has a label that wants quotes of its own", f"{where} = {first['input']!r}"
        fix = f"""--set '{".".join(map(str, first["loc"][:2]))}."NAME"=0.9'"""
    else:
        reasons = [
            e["msg"].removeprefix("Input ") for e in error.errors() if _key_of(e["loc"]) == where
        ]
        what, got = "has a value that cannot be", f"{where} = {first['input']!r}"
        fix = f"{where} {' or '.join(dict.fromkeys(reasons))}"
    return ConfigError("E102", f"{source} {what}", got=got, fix=fix)


def _cut_short(first: ErrorDetails) -> bool:
    """Whether a label seems to have ended at a dot or ``=`` of its own."""
    place, value = first["loc"], first["input"]
    below = len(place) > 2 and _labels_stand_below(".".join(map(str, place[:2])))
    return below and (isinstance(value, Mapping) or "=" in str(value) or '"' in str(place[2]))


def _nearest_key(where: str, value: Any) -> str:
    """Return a spelling hint; keys below an unknown section count for it as well."""
    typed, known = where.lower(), known_keys()
    while isinstance(value, Mapping) and len(value) == 1 and typed not in known:
        ((word, value),) = value.items()
        typed = f"{typed}.{str(word).lower()}"
    return did_you_mean(typed if typed in known else where, known)


def _key_of(place: tuple[int | str, ...]) -> str:
    """Return the dotted key at ``place``, without what pydantic adds below it."""
    words: list[str] = []
    for depth, word in enumerate(place):
        words.append(toml_key(str(word)))
        if ".".join(words) in known_keys():
            below = place[depth + 1 :] if _labels_stand_below(".".join(words)) else ()
            return ".".join([*words, *(toml_key(str(label)) for label in below[:1])])
    return ".".join(words)


def _labels_stand_below(key: str) -> bool:
    section, _, name = key.partition(".")
    sections: dict[str, type[Section]] = {"decision": DecisionConfig, "gates": GatesConfig}
    model = sections.get(section)
    field = model.model_fields.get(name) if model is not None else None
    return field is not None and get_origin(field.annotation) is dict


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
