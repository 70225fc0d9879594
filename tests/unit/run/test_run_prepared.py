"""Rows of a data set become predictions that know which of them belong together."""

import numpy as np

from evenhand.config import DataConfig
from evenhand.data import read_dataset
from evenhand.decide import crossfit
from evenhand.run.prepared import predictions_of
from evenhand.types import Logits, Role


def test_copies_and_rows_of_a_group_share_a_fold_of_the_tune_rows():
    texts = [f"text {n // 2}" for n in range(160)]
    source = {"text": texts, "label": ["a", "b"] * 80, "who": [n // 8 for n in range(160)]}
    dataset = read_dataset(source, config=DataConfig(group="who", tune_share=0.4), seed=0)
    rows = dataset.rows(Role.TUNE)
    scores_NC = np.random.default_rng(0).normal(size=(len(rows), 2))
    tune = predictions_of(dataset, Role.TUNE, Logits(scores_NC))
    authors = [int(dataset.texts[i].removeprefix("text ")) // 4 for i in rows]
    assert len(set(authors)) > 5
    pairs = set(zip(crossfit(tune).fold_N.tolist(), authors, strict=True))
    assert len(pairs) == len(set(authors))
