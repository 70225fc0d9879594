"""Which model stands beside a run on texts: of words, or of characters without blanks."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from evenhand.config import override, parse_config
from evenhand.data import Dataset
from evenhand.evaluate.baselines import fit_tfidf
from evenhand.run import Sources
from evenhand.run.folder import Layout
from evenhand.run.rivals import CHARACTERS, TFIDF, rivals_of
from evenhand.types import Role

JAPANESE = (
    ["今日は良い日だ", "良い天気です", "とても良い本"],
    ["馬鹿な奴だ", "お前は馬鹿", "馬鹿め消えろ"],
)
ROMAJI = (
    ["kyou wa ii hi", "ii tenki desu", "totemo ii hon"],
    ["baka na yatsu", "omae wa baka", "baka me"],
)
THAI = (["วันนี้อากาศดี", "หนังดีมาก", "คนดีจริง"], ["แกมันโง่", "คนโง่มาก", "โง่จริงๆ"])


def dataset_of(folder: Path, texts: tuple[list[str], list[str]]) -> tuple[Dataset, Layout]:
    path = folder / "rows.csv"
    rows = [
        (f"{text} {i}", label)
        for i in range(8)
        for label, kind in zip(("other", "toxic"), texts, strict=True)
        for text in kind
    ]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("text", "label"), *rows])
    config = parse_config(override({}, []), source="test")
    layout = Layout(folder / "run")
    layout.predictions("tune").parent.mkdir(parents=True)
    return Sources(str(path)).read(config), layout


@pytest.mark.parametrize(
    ("texts", "name", "pieces"),
    [
        (JAPANESE, CHARACTERS, "characters"),
        (THAI, CHARACTERS, "characters"),
        (ROMAJI, TFIDF, "words"),
    ],
)
def test_the_fit_texts_say_what_is_counted(tmp_path, texts, name, pieces):
    dataset, layout = dataset_of(tmp_path, texts)
    (rival,) = rivals_of(dataset, layout)
    assert rival.name == name
    fit, tune = (dataset.rows(role) for role in (Role.FIT, Role.TUNE))
    alone = fit_tfidf(
        [dataset.texts[i] for i in fit],
        dataset.truth(Role.FIT),
        labels=dataset.labels,
        pieces=pieces,
    )
    expected = alone.predictions(
        [dataset.texts[i] for i in tune],
        dataset.truth_NC[tune],
        ids=[dataset.ids[i] for i in tune],
        role=Role.TUNE,
    )
    assert np.array_equal(rival.tune.scores.values_NC, expected.scores.values_NC)
    assert layout.predictions("tfidf-tune").is_file()
    assert layout.predictions("tfidf-report").is_file()


def test_the_names_say_which_it_is():
    assert (TFIDF, CHARACTERS) == (
        "TF-IDF + logistic regression",
        "TF-IDF of characters",
    )
