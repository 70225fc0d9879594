"""Techniques that may help with rare classes, each as one change of a run file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from evenhand.config import RunConfig, override, parse_config
from evenhand.errors import ConfigError, did_you_mean
from evenhand.toml import toml_text, typed_setting

ENSEMBLE = "ensemble"
OWN = "="
"""A name with it is settings of the user's own: ``loss.name=focal loss.gamma=1``."""


@dataclass(frozen=True)
class Technique:
    """One change of a run file.

    Args:
        name: as tables show it.
        settings: dotted keys and values, over those of the run file.
        what: it does, in one line.
        claim: what a seed document expects of it; empty where none does.
    """

    name: str
    settings: Mapping[str, Any]
    what: str = ""
    claim: str = ""

    @property
    def decides_only(self) -> bool:
        """Whether it changes nothing before the decision, so that nothing is trained for it."""
        return bool(self.settings) and all(key.startswith("decision.") for key in self.settings)

    def changed(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return nested settings with the change in them."""
        pairs = [f"{key}={toml_text(value)}" for key, value in self.settings.items()]
        return override(asked, pairs)


def _loss(name: str, what: str, **settings: Any) -> Technique:
    given = {f"loss.{key}": value for key, value in settings.items()}
    return Technique(_titled(name, settings), {"loss.name": name, **given}, what)


def _titled(name: str, settings: Mapping[str, Any]) -> str:
    return " ".join([name, *map(str, settings.values())])


OF_ALL = ("seed", "data", "series", "report", "gates", "card")
"""Sections that say which rows there are, and what is told of them."""
LISTS: dict[str, tuple[Technique, ...]] = {
    "losses": (
        _loss("focal", "gradient on what is still wrong"),
        _loss("weighted-bce", "positives count more, the rarer their label"),
        _loss("weighted-bce", "likewise, by the square root", weights="sqrt"),
        _loss("weighted-ce", "rows count more, the rarer their class"),
        _loss("asymmetric", "easy negatives count less than easy positives"),
        _loss("class-balanced", "weights by the effective number of rows"),
        _loss("distribution-balanced", "weights for labels that occur together"),
        _loss("logit-adjusted", "logits shifted by the log prior"),
        _loss("balanced-softmax", "softmax over classes as if all were equally frequent"),
        _loss("ldam", "wider margins for rarer labels"),
        _loss("zlpr", "present labels ranked above absent ones"),
        _loss("soft-f1", "half of the loss is a differentiable F1", share=0.5),
    ),
    "samplers": tuple(
        Technique(f"sampler {name}", {"sampler.name": name}, what)
        for name, what in (
            ("weighted", "rows drawn by the inverse frequency of their labels"),
            ("square-root", "likewise, by its square root"),
            ("class-aware", "first a class, then a row of it"),
            ("progressive", "from natural to class-aware over the passes"),
        )
    ),
    "training": (
        Technique(
            "smoothing 0.05",
            {"loss.name": "auto", "loss.smoothing": 0.05},
            "targets away from 0 and 1",
        ),
        Technique("mixup", {"mix.name": "mixup"}, "rows between rows"),
        Technique("smote", {"mix.name": "smote"}, "rows between rows of a rare label"),
        Technique("r-drop", {"train.r_drop": 1.0}, "two dropout passes must agree"),
        Technique("ema 0.99", {"optim.ema": 0.99}, "averaged weights"),
        Technique("layer-decay 0.9", {"optim.layer_decay": 0.9}, "lower layers learn more slowly"),
    ),
    "texts": (
        Technique("eda", {"augment": "eda"}, "words swapped, dropped, replaced by synonyms"),
        Technique("word-dropout", {"augment": "word-dropout"}, "words left out"),
        Technique(
            "attention pooling", {"model.pooling": "attention"}, "a learnt mean over the tokens"
        ),
        Technique("cls pooling", {"model.pooling": "cls"}, "the first token alone"),
    ),
    "off": (
        Technique("without calibration", {"decision.calibrate": "none"}, "raw probabilities"),
        Technique("without cuts", {"decision.cuts": "fixed"}, "0.5, or the largest"),
        Technique("without shrinkage", {"decision.shrink": "none"}, "each label's own best cut"),
        Technique("without prior bias", {"model.prior_bias": False}, "the head starts at 0.5"),
        Technique("without sampler", {"sampler.name": "natural"}, "every row once a pass"),
        Technique("without loss", {"loss.name": "auto"}, "plain cross-entropy"),
        Technique("without mixing", {"mix.name": "none"}, "rows as they are"),
        Technique("without augmentation", {"augment": []}, "texts as they are"),
        Technique("without averaging", {"optim.ema": 0}, "the last step's weights"),
        Technique("without R-Drop", {"train.r_drop": 0}, "one pass"),
    ),
    "seeds": (
        Technique("focal", {"loss.name": "focal"}, "gradient on what is wrong", "+15-20% F1"),
        Technique("temperature", {"decision.calibrate": "temperature"}, "one divisor", "+5-10% F1"),
        Technique("thresholds", {"decision.cuts": "per-label"}, "a cut a label", "+10-15% F1"),
        Technique("augmentation", {"augment": "eda"}, "changed copies of texts", "+5-10% F1"),
        Technique(ENSEMBLE, {}, "mean of the base from every seed", "+5-10% F1"),
    ),
}
"""Named lists; ``off`` counts only where the run file has the technique on."""
COMMON = ("off", "focal", "class-balanced", "sampler square-root", "sampler weighted", "ema 0.99")
"""What is tried where nobody says."""


def named(names: Sequence[str], asked: Mapping[str, Any]) -> list[Technique]:
    """Return the techniques that ``names`` mean, each once, without those that change nothing.

    Args:
        names: of techniques, of lists, or settings of the user's own.
        asked: nested settings of the base.

    Raises:
        ConfigError: E101 for a name that there is not, E110 where nothing is left to try.
    """
    known = {t.name: t for techniques in LISTS.values() for t in techniques}
    found: dict[str, Technique] = {}
    for name in names or COMMON:
        if name in LISTS:
            found |= {t.name: t for t in LISTS[name]}
        elif name in known:
            found[name] = replace(known[name], claim="")
        elif OWN in name:
            found[name] = _own(name)
        else:
            raise ConfigError(
                "E101",
                "there is no such technique",
                got=f"--try {name!r}",
                fix=did_you_mean(name, [*LISTS, *known]),
            )
    base = parse_config(asked, source="the run file or --set")
    left = [t for t in found.values() if t.name == ENSEMBLE or _changes(t, asked, base)]
    if not left:
        raise ConfigError(
            "E110",
            "none of these techniques would change the run file",
            got=f"--try {', '.join(names or COMMON)}",
            fix="name others: evenhand list techniques",
        )
    return left


def described() -> dict[str, str]:
    """Return what each technique does and in which lists it stands, by name."""
    found: dict[str, str] = {}
    for name, techniques in LISTS.items():
        for technique in techniques:
            found.setdefault(technique.name, f"{technique.what} (list: {name})")
    return found


def _own(text: str) -> Technique:
    typed = [typed_setting(word) for word in text.split()]
    for path, _ in typed:
        if path[0] in OF_ALL:
            raise ConfigError(
                "E105",
                "that setting is the same for base and techniques",
                got=f"--try {text!r}",
                fix=f"--set {text} gives it to all of them",
            )
    return Technique(text, {".".join(path): value for path, value in typed}, "settings as given")


def _changes(technique: Technique, asked: Mapping[str, Any], base: RunConfig) -> bool:
    changed = parse_config(technique.changed(asked), source=f"the technique {technique.name!r}")
    return changed != base
