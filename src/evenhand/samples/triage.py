"""The synthetic sample ``triage``: short messages with six labels, made by our own templates.

No message is real. Labels describe the writer, now: what is denied, quoted, told of somebody
else or over does not count, except that past thoughts of self-harm count as ``self_harm_low``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from typing import Any

import numpy as np

from evenhand.samples.fetch import Client
from evenhand.samples.sample import Sample
from evenhand.samples.texts import DrawnTexts, LabelledText
from evenhand.seeds import generator

LABELS = (
    "neutral",
    "stress",
    "unsafe_environment",
    "emotional_distress",
    "self_harm_low",
    "self_harm_high",
)
HARM = ("self_harm_low", "self_harm_high")
ROWS_WITH_LABEL = {
    "train.json": (134, 114, 96, 117, 87, 93),
    "valid.json": (24, 20, 17, 20, 15, 16),
}
"""Rows that carry each label, in the order of ``LABELS``."""

PAIRS = (
    ("stress", "emotional_distress"),
    ("stress", "unsafe_environment"),
    ("unsafe_environment", "emotional_distress"),
    ("emotional_distress", "self_harm_low"),
    ("emotional_distress", "self_harm_high"),
    ("unsafe_environment", "self_harm_low"),
    ("stress", "self_harm_low"),
    ("unsafe_environment", "self_harm_high"),
)
"""Labels that go together in a row, the usual ones first."""

PAIR_ROWS = {"train.json": 58, "valid.json": 9}
REMEMBERED_SHARE = 0.12
LOWER_CASE_SHARE = 0.3
PHRASES = {"train.json": 8, "valid.json": 12}
"""Phrases of each label in use: validation also says things in ways that training never did."""


def draw_triage(seed: int) -> DrawnTexts:
    """Write 583 training and 103 validation messages; the same seed gives the same ones.

    No text occurs twice, neither in a file nor across the two; ``neutral`` stands alone.
    """
    written: set[str] = set()
    files = {}
    for name in ROWS_WITH_LABEL:
        writer = _Writer(
            _templates(PHRASES[name]), generator(seed, f"sample:triage:{name}"), written
        )
        files[name] = tuple(_rows(writer, name))
    return DrawnTexts(files=files, labels=LABELS, ledger=(*_LEDGER, f"seed: {seed}"))


def _templates(phrases: int) -> dict[str, Any]:
    file = resources.files("evenhand.samples") / "triage_templates.toml"
    templates = tomllib.loads(file.read_text(encoding="utf-8"))
    return templates | {label: templates[label][:phrases] for label in LABELS if label != "neutral"}


def _rows(writer: _Writer, name: str) -> Iterator[LabelledText]:
    label_sets = _label_sets(name)
    stem = name.removesuffix(".json")
    for place, index in enumerate(writer.generator.permutation(len(label_sets))):
        labels = label_sets[index]
        yield LabelledText(f"{stem}-{place + 1:04d}", writer.unseen(labels), labels)


def _label_sets(name: str) -> list[tuple[str, ...]]:
    left = dict(zip(LABELS, ROWS_WITH_LABEL[name], strict=True))
    pairs = [PAIRS[i % len(PAIRS)] for i in range(PAIR_ROWS[name])]
    for pair in pairs:
        for label in pair:
            left[label] -= 1
    return [*pairs, *((label,) for label, count in left.items() for _ in range(count))]


class _Writer:
    """Turns a set of labels into a message that it has not written before."""

    def __init__(
        self, templates: Mapping[str, Any], random: np.random.Generator, written: set[str]
    ) -> None:
        self.templates = templates
        self.generator = random
        self.written = written

    def unseen(self, labels: tuple[str, ...]) -> str:
        """Return a message for ``labels`` unlike all before it, whatever case or punctuation."""
        while True:
            text = self._message(labels)
            key = " ".join(re.findall(r"\w+", text.casefold()))
            if key not in self.written:
                self.written.add(key)
                return text

    def _message(self, labels: tuple[str, ...]) -> str:
        style = self.templates["style"]
        parts = (self._one_of(style["openers"]), self._body(labels), self._one_of(style["closers"]))
        text = self._filled(". ".join(part for part in parts if part), labels)
        if self.generator.random() < LOWER_CASE_SHARE:
            return text.lower()
        return _sentence_case(text)

    def _body(self, labels: tuple[str, ...]) -> str:
        shapes = self.templates["shapes"]
        if labels == ("neutral",):
            return self._one_of(shapes["calm"])
        if len(labels) == 2:
            return self._one_of(shapes["both"])
        if labels == ("self_harm_low",) and self.generator.random() < REMEMBERED_SHARE:
            return self._one_of(shapes["remembered"])
        return self._one_of(shapes["own"])

    def _filled(self, text: str, labels: tuple[str, ...]) -> str:
        while "{" in text:
            text = re.sub(r"\{(\w+)\}", lambda match: self._slot(match[1], labels), text)
        return text

    def _slot(self, name: str, labels: tuple[str, ...]) -> str:
        if name in self.templates["slots"]:
            return self._one_of(self.templates["slots"][name])
        if name == "aside":
            return self._one_of(self.templates["style"]["asides"])
        if name == "calm":
            return self._one_of(self.templates["neutral"]["calm"])
        if name in ("own", "first", "second"):
            return self._phrase((labels[name == "second"],), "own")
        if name == "past_harm":
            return self._phrase(HARM, "past")
        return self._phrase(self._absent(name, labels), "own" if name == "quoted" else name)

    def _absent(self, form: str, labels: tuple[str, ...]) -> Sequence[str]:
        barred = {"neutral", *labels, *(HARM if form == "past" else ())}
        if form == "denied" and "self_harm_high" in labels:
            barred.add("self_harm_low")
        return [label for label in LABELS if label not in barred]

    def _phrase(self, labels: Sequence[str], form: str) -> str:
        return self._one_of([phrase[form] for phrase in self.templates[self._one_of(labels)]])

    def _one_of(self, choices: Sequence[str]) -> str:
        return choices[int(self.generator.integers(len(choices)))]


def _sentence_case(text: str) -> str:
    return re.sub(r"(^|[.?!] )([a-z])", lambda match: match[1] + match[2].upper(), text)


_LEDGER = (
    "read: nothing; every message is made from templates that come with evenhand",
    "kept: 583 + 103 messages; a message that would repeat an earlier one is drawn again",
    "labels: of the writer, now; what is denied, quoted, about others or over does not count, "
    "except that past thoughts of self-harm count as self_harm_low",
    "valid.json also draws on phrases that train.json never uses",
)


def _draw(seed: int, client: Client) -> DrawnTexts:
    return draw_triage(seed)


SAMPLE = Sample(
    name="triage",
    title="synthetic messages to a help desk",
    facts="583 + 103 rows, 6 labels, several a row, 1.5:1",
    licence="Apache-2.0, as evenhand",
    source="synthetic: made by evenhand's own templates, nobody wrote these messages",
    not_for="deciding anything about a person; a model trained on it knows templates, not people",
    archive=None,
    settings=(),
    draw=_draw,
)
