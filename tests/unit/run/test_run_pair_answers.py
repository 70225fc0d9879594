"""Stored, decided, perturbed and timed: with a model whose scores can be worked out by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch

from evenhand.bundle import Classifier
from evenhand.decide import Decision, fit_decision
from evenhand.evaluate.compare import OVERALL, Settings
from evenhand.predictions import load_predictions
from evenhand.run.pair_answers import Bench, Written
from evenhand.run.pair_columns import Asked
from evenhand.run.pair_decide import Decider
from evenhand.run.pair_latency import REPEATS, latency
from evenhand.run.pair_perturb import corrected, perturbed
from evenhand.run.pair_store import Store
from evenhand.types import LabelSpace, Logits, Predictions, Role, Task

LABELS = LabelSpace(("blank", "long"), Task.MULTILABEL)
TEXTS = {"r1": "ab", "r2": "a b", "r3": "abc", "r4": "a", "r5": "東 京"}


class Reader:
    """Says ``blank`` where a text has a blank, and ``long`` from three characters on."""

    def __init__(self) -> None:
        self.model = torch.nn.Linear(1, 1)
        self.asked: list[list[str]] = []

    def logits(self, texts: Sequence[str]) -> Logits:
        self.asked.append(list(texts))
        said = [[" " in text, len(text) >= 3] for text in texts]
        return Logits(np.where(np.array(said).reshape(len(texts), 2), 2.0, -2.0))

    def predict(self, texts: Sequence[str]) -> None:
        self.asked.append(list(texts))


@pytest.fixture
def decision() -> Decision:
    truth_NC = np.array([[1, 0], [0, 1]] * 10, np.float32)
    ids = tuple(map(str, range(20)))
    tune = Predictions(ids, Logits(4 * truth_NC - 2.0), truth_NC, LABELS, Role.TUNE)
    return fit_decision(tune, cuts="fixed", calibrate="none", resamples=0)


@pytest.fixture
def reader() -> Reader:
    return Reader()


@pytest.fixture
def bench(reader: Reader, decision: Decision, tmp_path: Path) -> Bench:
    store = Store(tmp_path / "kept")
    settings = Settings(resamples=100)
    return Bench(cast(Classifier, reader), Decider(decision), store, True, settings)


@pytest.fixture
def before(bench: Bench) -> Written:
    return kept(bench, TEXTS)


def kept(bench: Bench, texts: Mapping[str, str], column: str = "text") -> Written:
    """Return rows of which ``blank`` and ``long`` are true where they are in TEXTS."""
    truth_NC = np.array([[0, 0], [1, 1], [0, 1], [0, 0], [1, 1]], np.float32)
    scores = bench.model.logits(list(texts.values()))
    rows = Predictions(tuple(texts), scores, truth_NC, LABELS, Role.REPORT)
    return bench.keep(rows, texts, column)


def test_two_writings_by_hand(bench: Bench, before: Written) -> None:
    other = {"r1": "a b", "r2": "ab", "r3": "abc", "r4": "a", "r5": "to kyo"}
    found = bench.compare(before, kept(bench, other, "romaji")).to_dict()
    assert (found["a"], found["b"]) == ("text", "romaji")
    assert found["four_way"] == {
        "both_right": 3, "a_only": 2, "b_only": 0, "both_wrong": 0, "unjudged": 0
    }  # fmt: skip
    assert found["mcnemar"][OVERALL] == {"p": 0.5, "a_only": 2, "b_only": 0}
    flips = found["flips"]
    assert (flips["count"], flips["rate"], flips["to_wrong"], flips["to_right"]) == (2, 0.4, 2, 0)
    assert flips["labels"] == {
        "blank": {"gained": 1, "lost": 1}, "long": {"gained": 1, "lost": 1}
    }  # fmt: skip
    assert [(e["id"], e["text"], e["text_b"]) for e in flips["examples"]] == [
        ("r1", "ab", "a b"), ("r2", "a b", "ab")
    ]  # fmt: skip
    assert found["macro_f1"]["a"] == 1.0
    assert found["macro_f1"]["difference"] == pytest.approx((1 / 2 + 2 / 3) / 2 - 1)


def test_figures_are_counted_from_the_files(bench: Bench, before: Written) -> None:
    path = bench.store.path("text")
    stored = load_predictions(path)
    assert path.name == "pair-text.parquet"
    assert stored.ids == tuple(TEXTS)
    np.testing.assert_array_equal(stored.scores.values_NC, before.stored.scores.values_NC)
    given_NC = bench.decider.decide(stored)
    np.testing.assert_array_equal(given_NC, before.answered.decided_NC)
    assert given_NC.tolist() == [[0, 0], [1, 1], [0, 1], [0, 0], [1, 1]]


def test_texts_are_shown_only_if_they_may_be(
    reader: Reader, decision: Decision, tmp_path: Path
) -> None:
    model = cast(Classifier, reader)
    silent = Bench(model, Decider(decision), Store(tmp_path), False, Settings(resamples=100))
    one, two = kept(silent, TEXTS), kept(silent, {**TEXTS, "r1": "a b"}, "romaji")
    examples = silent.compare(one, two).to_dict()["flips"]["examples"]
    assert [(e["id"], e["text"], e["text_b"]) for e in examples] == [("r1", None, None)]


def test_file_names_cannot_meet() -> None:
    own, other = Store(Path("p")), Store(Path("p"), "new rows.csv")
    paths = {
        own.path("a b"),
        own.path("a_b"),
        own.path("a/b"),
        own.path("a~typos"),
        own.path("a", "typos"),
        own.path("a", "typos:0.1"),
        own.path("a@new rows.csv"),
        other.path("a"),
        own.path("文"),
    }
    assert len(paths) == 9
    assert {path.parent for path in paths} == {Path("p")}
    assert own.path("a/b", "typos:0.1").name == "pair-a%2Fb~typos%3A0.1.parquet"


def test_perturbed_by_hand(bench: Bench, before: Written, reader: Reader) -> None:
    """At rate 1 ``spacing`` parts letters that touch, and takes blanks away between two."""
    found = perturbed(bench, Asked("spacing", {"rate": 1.0}), before)
    assert reader.asked[-1] == ["a b", "ab", "a b c", "東京"]
    assert (found["changed"], found["rows"], found["rate"]) == (4, 5, 1.0)
    assert (found["column"], found["name"]) == ("text", "spacing")
    assert found["four_way"]["a_only"] == 4
    assert found["mcnemar"][OVERALL]["p"] == 2 * 0.5**4
    flips = found["flips"]
    assert (flips["count"], flips["rate"], flips["to_wrong"]) == (4, 0.8, 4)
    assert {e["id"]: e["text_b"] for e in flips["examples"]} == {
        "r1": "a b", "r2": "ab", "r3": "a b c", "r5": "東京"
    }  # fmt: skip
    assert found["macro_f1"]["a"] == 1.0
    assert found["macro_f1"]["b"] == pytest.approx((0.0 + 2 * 1 / (2 * 1 + 1 + 2)) / 2)
    stored = load_predictions(Path(found["stored"]))
    assert stored.ids == tuple(TEXTS)
    assert stored.scores.values_NC[3].tolist() == before.stored.scores.values_NC[3].tolist()


@pytest.mark.parametrize("asked", [Asked("romanisation", {}), Asked("typos", {"rate": 0.0})])
def test_a_perturbation_that_changes_no_text(bench: Bench, before: Written, asked: Asked) -> None:
    found = perturbed(bench, asked, before)
    assert (found["changed"], found["rows"], found["stored"]) == (0, 5, None)
    assert [found[key] for key in ("macro_f1", "mcnemar", "four_way", "flips")] == [None] * 4
    assert not list(bench.store.folder.glob("*~*"))


def test_p_values_are_corrected_over_the_perturbations_that_were_tested() -> None:
    def tested(p: float) -> dict[str, Any]:
        return {"mcnemar": {OVERALL: {"p": p}}}

    found = corrected([tested(0.01), {"mcnemar": None}, tested(0.04), tested(0.03)])
    assert [one["mcnemar"] and one["mcnemar"][OVERALL]["p_holm"] for one in found] == [
        0.03, None, 0.06, 0.06
    ]  # fmt: skip
    assert corrected([]) == []


def test_milliseconds_by_a_clock_that_is_set(reader: Reader) -> None:
    spent = iter([9.0, 9.0, 1.0, 2.0, 3.0, 4.0, 2.0, 8.0, 5.0, 6.0, 4.0, 2.0])
    moment = 0.0
    between = False

    def clock() -> float:
        nonlocal moment, between
        moment += next(spent) if between else 100.0
        between = not between
        return moment

    found = latency(cast(Classifier, reader), ["a", "b"], ["c", "d"], clock=clock)
    assert found["a"] == {"ms": 1500.0, "low": 500.0, "high": 2500.0}
    assert found["b"] == {"ms": 2000.0, "low": 1000.0, "high": 4000.0}
    assert (found["rows"], found["repeats"], found["device"]) == (2, REPEATS, "cpu")
    assert reader.asked == [["a", "b"], ["c", "d"]] * (1 + REPEATS)


def test_the_timed_rows_are_spread_evenly_and_the_same_in_both(reader: Reader) -> None:
    a, b = [f"a{i}" for i in range(511)], [f"b{i}" for i in range(511)]
    found = latency(cast(Classifier, reader), a, b)
    assert found["rows"] == 256
    assert reader.asked[0] == a[::2]
    assert reader.asked[1] == b[::2]
