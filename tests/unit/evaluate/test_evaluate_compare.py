"""Compare: by hand, against scipy's paired bootstrap, and what is refused."""

from __future__ import annotations

import io
import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from rich.console import Console
from scipy import stats
from sklearn.metrics import cohen_kappa_score, f1_score

from evenhand.errors import DataError
from evenhand.evaluate.compare import OVERALL, Settings, compare
from evenhand.evaluate.compare_rows import Answered, align
from evenhand.evaluate.compare_slices import Slicing, by_length
from evenhand.evaluate.compare_summary import summary, verdict
from evenhand.evaluate.flips import Rows, find_flips
from evenhand.types import LabelSpace, Logits, Predictions, Role, Task

nan = math.nan
MULTI = LabelSpace(("a", "b"), Task.MULTILABEL)
ONE = LabelSpace(("a", "b", "c"), Task.MULTICLASS)


def answered(
    decided: Any, truth: Any, *, labels: LabelSpace = MULTI, name: str = "A", ids: Any = None
) -> Answered:
    ids = tuple(f"r{i}" for i in range(len(truth))) if ids is None else tuple(ids)
    return Answered(name, ids, np.array(truth, np.float32), np.array(decided, dtype=bool), labels)


def one_hot(classes: Any) -> np.ndarray:
    return np.eye(3)[np.array(classes)]


def random_pair(rows: int = 300, seed: int = 0) -> tuple[Answered, Answered]:
    random = np.random.default_rng(seed)
    truth_NC = (random.random((rows, 2)) < [0.4, 0.2]).astype(np.float32)
    scores_NC = truth_NC + random.normal(size=truth_NC.shape)
    other_NC = scores_NC + random.normal(scale=0.5, size=truth_NC.shape)
    return answered(scores_NC > 0.5, truth_NC), answered(other_NC > 0.9, truth_NC, name="B")


def compared(*sides: Answered, **more: Any) -> dict[str, Any]:
    found = compare(*sides, settings=Settings(resamples=100), **more).to_dict()
    json.dumps(found, allow_nan=False)
    return found


def test_a_system_against_itself() -> None:
    a, _ = random_pair()
    found = compared(a, a)
    gap = found["macro_f1"]
    assert (gap["difference"], gap["low"], gap["high"]) == (0, 0, 0)
    assert found["mcnemar"][OVERALL] == {"p": 1.0, "a_only": 0, "b_only": 0}
    assert found["flips"]["count"] == found["flips"]["rate"] == 0
    assert found["kappa"][OVERALL] == pytest.approx(1.0)
    assert verdict(found)[1] == ""


def test_four_rows_by_hand() -> None:
    truth = [[1, 0], [1, 0], [0, 1], [0, 0]]
    a = answered([[1, 0], [1, 0], [0, 0], [0, 1]], truth)
    b = answered([[1, 0], [0, 0], [0, 1], [0, 1]], truth, name="B")
    found = compared(a, b)
    assert found["macro_f1"]["a"] == pytest.approx((1 + 0) / 2)
    assert found["macro_f1"]["b"] == pytest.approx((2 / 3 + 2 / 3) / 2)
    assert found["macro_f1"]["difference"] == pytest.approx(1 / 6)
    assert found["mcnemar"][OVERALL] == {"p": 1.0, "a_only": 1, "b_only": 1}
    assert found["mcnemar"]["a"] == {"p": 1.0, "a_only": 1, "b_only": 0, "p_holm": 1.0}
    assert found["four_way"] == {
        "both_right": 1,
        "a_only": 1,
        "b_only": 1,
        "both_wrong": 1,
        "unjudged": 0,
    }
    assert found["flips"]["count"] == 2
    assert (found["flips"]["to_right"], found["flips"]["to_wrong"]) == (1, 1)


def test_the_difference_is_that_of_scikit_learn() -> None:
    a, b = random_pair()
    found = compared(a, b)["macro_f1"]
    theirs = [f1_score(a.truth_NC, side.decided_NC, average="macro") for side in (a, b)]
    assert [found["a"], found["b"]] == pytest.approx(theirs)
    assert found["difference"] == pytest.approx(theirs[1] - theirs[0])


def test_the_interval_is_that_of_scipys_bootstrap() -> None:
    a, b = random_pair(rows=120)
    right = [(side.decided_NC == (side.truth_NC == 1)).all(axis=1) for side in (a, b)]
    ours = compare(a, b, settings=Settings(resamples=4000)).to_dict()["accuracy"]
    theirs = stats.bootstrap(
        (right[0].astype(float), right[1].astype(float)),
        lambda one, two, axis=-1: two.mean(axis=axis) - one.mean(axis=axis),
        paired=True,
        vectorized=True,
        n_resamples=4000,
        method="percentile",
        rng=np.random.default_rng(0),
    ).confidence_interval
    assert [ours["low"], ours["high"]] == pytest.approx([theirs.low, theirs.high], abs=0.01)


def test_the_macro_f1_interval_is_that_of_scipys_bootstrap() -> None:
    a, b = random_pair(rows=120)
    ours = compare(a, b, settings=Settings(resamples=1000)).to_dict()["macro_f1"]

    def difference(rows_N: np.ndarray) -> float:
        f1s = []
        for side in (a, b):
            truth_NC, given_NC = side.truth_NC[rows_N] == 1, side.decided_NC[rows_N]
            hits_C = (truth_NC & given_NC).sum(axis=0)
            f1s.append((2 * hits_C / (truth_NC.sum(axis=0) + given_NC.sum(axis=0))).mean())
        return float(f1s[1] - f1s[0])

    theirs = stats.bootstrap(
        (np.arange(120),),
        difference,
        vectorized=False,
        n_resamples=1000,
        method="percentile",
        rng=np.random.default_rng(0),
    ).confidence_interval
    assert [ours["low"], ours["high"]] == pytest.approx([theirs.low, theirs.high], abs=0.015)


def test_rows_and_columns_may_stand_in_any_order() -> None:
    a, b = random_pair(rows=40)
    order = np.random.default_rng(1).permutation(40)
    turned = Answered(
        "B",
        tuple(b.ids[i] for i in order),
        b.truth_NC[order][:, ::-1],
        b.decided_NC[order][:, ::-1],
        LabelSpace(("b", "a"), Task.MULTILABEL),
    )
    assert compared(a, turned) == compared(a, b)


def test_swapping_the_systems_turns_everything_round() -> None:
    a, b = random_pair(rows=60)
    there, back = compared(a, b), compared(b, a)
    assert there["macro_f1"]["difference"] == -back["macro_f1"]["difference"]
    assert there["mcnemar"][OVERALL]["a_only"] == back["mcnemar"][OVERALL]["b_only"]
    assert there["mcnemar"][OVERALL]["p"] == back["mcnemar"][OVERALL]["p"]
    assert there["flips"]["to_right"] == back["flips"]["to_wrong"]
    assert there["kappa"] == back["kappa"]


def test_kappa_of_classes_is_that_of_the_two_answers() -> None:
    random = np.random.default_rng(2)
    truth, one, two = (random.integers(0, 3, 50) for _ in range(3))
    a = answered(one_hot(one), one_hot(truth), labels=ONE)
    b = answered(one_hot(two), one_hot(truth), labels=ONE, name="B")
    found = compared(a, b)["kappa"]
    assert found[OVERALL] == pytest.approx(cohen_kappa_score(one, two))
    assert found["c"] == pytest.approx(cohen_kappa_score(one == 2, two == 2))


def test_unknown_truth_judges_nothing() -> None:
    a = answered([[1, 0], [1, 0]], [[nan, nan], [1, nan]])
    b = answered([[0, 0], [1, 1]], [[nan, nan], [1, nan]], name="B")
    found = compared(a, b)
    assert found["mcnemar"][OVERALL] == {"p": 1.0, "a_only": 0, "b_only": 0}
    assert (found["four_way"]["both_right"], found["four_way"]["unjudged"]) == (1, 1)
    assert (found["flips"]["count"], found["flips"]["unjudged"]) == (2, 2)
    assert found["mcnemar"]["b"]["p_holm"] == 1.0


def test_a_class_nobody_can_judge_is_null() -> None:
    a = answered([[1, 0]], [[1, 0]])
    found = compared(a, a)
    assert found["per_class"][1]["f1_a"] == dict.fromkeys(("value", "low", "high"))
    assert found["kappa"][OVERALL] is None


def test_a_label_called_overall_does_not_hide_the_test() -> None:
    labels = LabelSpace(("overall", "b"), Task.MULTILABEL)
    a = answered([[1, 0], [0, 0]], [[1, 0], [1, 0]], labels=labels)
    found = compared(a, a)
    assert set(found["mcnemar"]) == {"overall", "label overall", "b"}


def test_average_precision_needs_scores_of_both() -> None:
    truth_NC = np.array([[1, 0], [0, 1], [0, 1]], np.float32)
    scores = Logits(np.array([[2.0, -1.0], [0.0, 1.0], [1.0, 2.0]]))
    stored = Predictions(("x", "y", "z"), scores, truth_NC, MULTI, Role.REPORT)
    scored = Answered.of("A", stored, scores.values_NC > 0.5)
    assert compared(scored, scored)["macro_ap"]["a"] == pytest.approx(1.0)
    bare = answered(scores.values_NC > 0.5, truth_NC, ids=("x", "y", "z"))
    assert compared(scored, bare)["macro_ap"] is None


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"ids": ("r0", "r2")}, r"E211(.|\n)*'r1'"),
        ({"truth": [[1, 0], [1, 1]]}, r"E211(.|\n)*truth of 1 rows"),
        ({"labels": LabelSpace(("a", "B"), Task.MULTILABEL)}, r"E213(.|\n)*only in case"),
        ({"labels": LabelSpace(("a", "x"), Task.MULTILABEL)}, r"E213(.|\n)*'b' only in A"),
        ({"labels": LabelSpace(("a", "b"), Task.MULTICLASS)}, r"E213(.|\n)*one label a row"),
    ],
)
def test_what_does_not_fit_is_refused(change: dict[str, Any], code: str) -> None:
    truth = [[1, 0], [0, 1]]
    a = answered(truth, truth)
    b = answered(truth, change.pop("truth", truth), name="B", **change)
    with pytest.raises(DataError, match=code):
        align(a, b)


def test_rows_that_contradict_themselves_are_refused() -> None:
    with pytest.raises(DataError, match="E211"):
        answered([[1, 0]], [[1, 0]], ids=("x", "y"))
    with pytest.raises(DataError, match="E211"):
        answered([[1, 0]] * 2, [[1, 0]] * 2, ids=("x", "x"))
    with pytest.raises(DataError, match="E209"):
        answered(np.zeros((0, 2)), np.zeros((0, 2)))


def test_slices_are_comparisons_of_their_own() -> None:
    a, b = random_pair(rows=90)
    values = {name: "long" if i % 3 else "short" for i, name in enumerate(a.ids)}
    found = compared(a, b, slices=[Slicing("kind", values)])["slices"][0]
    assert [(p["value"], p["rows"]) for p in found["parts"]] == [("long", 60), ("short", 30)]
    rows = np.arange(0, 90, 3)
    alone = compared(a.take(rows), b.take(rows))
    short = found["parts"][1]
    assert short["macro_f1"] == alone["macro_f1"]
    assert short["flips"] == alone["flips"]
    p = [part["mcnemar"][OVERALL]["p"] for part in found["parts"]]
    assert found["parts"][0]["mcnemar"][OVERALL]["p_holm"] >= p[0]


def test_a_slicing_must_cover_the_rows_and_have_few_values() -> None:
    with pytest.raises(DataError, match=r"E211(.|\n)*'y'"):
        Slicing("kind", {"x": "1"}).parts(["x", "y"])
    many = {str(i): str(i) for i in range(60)}
    with pytest.raises(DataError, match=r"E205(.|\n)*60 values"):
        Slicing("kind", many).parts(list(many))


def test_lengths_are_cut_in_quarters_that_cover_everything() -> None:
    texts = {str(i): "x" * i for i in range(1, 9)}
    sliced = by_length(texts)
    found = [(value, rows.tolist()) for value, rows in sliced.parts(list(texts))]
    assert [value for value, _ in found] == [
        "1 to 2 characters",
        "3 to 4 characters",
        "5 to 6 characters",
        "7 to 8 characters",
    ]
    assert sorted(i for _, rows in found for i in rows) == list(range(8))
    assert len(by_length(dict.fromkeys("abc", "same")).parts(list("abc"))) == 1


def test_flips_have_a_direction_labels_moves_and_examples() -> None:
    ids = ("w", "x", "y", "z")
    truth_NC = one_hot([0, 1, 2, 2])
    flips = find_flips(
        Rows(ids, truth_NC.astype(np.float32), ONE, {"x": "a text"}),
        one_hot([0, 0, 2, 0]) == 1,
        one_hot([0, 1, 0, 1]) == 1,
        shown=2,
    )
    assert (flips.count, flips.rate) == (3, 0.75)
    assert dict(flips.directions) == {
        "to_wrong": 1,
        "to_right": 1,
        "still_wrong": 1,
        "unjudged": 0,
    }
    assert flips.labels["b"] == {"gained": 2, "lost": 0}
    assert flips.moves[0] == {"a": "a", "b": "b", "rows": 2}
    assert [(e["id"], e["kind"]) for e in flips.examples] == [("y", "to_wrong"), ("x", "to_right")]
    assert flips.examples[1] == {
        "id": "x",
        "kind": "to_right",
        "truth": "b",
        "a": "a",
        "b": "b",
        "text": "a text",
    }


def test_the_frame_has_a_row_a_class_and_the_plot_is_a_picture() -> None:
    found = compare(*random_pair(), settings=Settings(resamples=100))
    frame = found.frame().to_pylist()
    assert [row["label"] for row in frame] == ["a", "b"]
    assert {"f1_a", "f1_difference_low", "p_holm", "a_only"} <= set(frame[0])
    assert found.plot().startswith("<svg")


def test_the_summary_says_who_is_better() -> None:
    truth = [[1, 0], [0, 1]] * 30
    worse = answered([[1, 0], [1, 0]] * 30, truth)
    better = answered(truth, truth, name="B")
    console = Console(width=100, file=io.StringIO())
    values = {f"r{i}": str(i % 2) for i in range(60)}
    found = compared(worse, better, slices=[Slicing("half", values)], texts={"r1": "some text"})
    summary(found, console=console)
    shown = console.file.getvalue()
    for words in ("B is better: macro-F1 B less A +0.667", "p < 0.0001", "some text", "half"):
        assert words in shown
    assert verdict(compared(better, worse))[1] == "A"


def test_rows_of_a_group_are_resampled_together_and_it_is_said() -> None:
    a, b = random_pair()
    groups_N = np.repeat(np.arange(20), 15)
    plain = compared(a, b)
    grouped = compared(replace(a, groups_N=groups_N), b)
    assert "groups" not in plain
    assert grouped["groups"] == 20
    assert grouped["macro_f1"]["difference"] == plain["macro_f1"]["difference"]
    assert grouped["macro_f1"]["low"] != plain["macro_f1"]["low"]
    one = compared(a, replace(b, groups_N=np.zeros(300, np.int64)))
    assert one["macro_f1"]["low"] == one["macro_f1"]["high"] == one["macro_f1"]["difference"]
    out = io.StringIO()
    summary(grouped, console=Console(file=out, width=120))
    assert "intervals draw 20 groups of rows, each as a whole; McNemar" in out.getvalue()


def test_a_slice_draws_the_groups_that_it_holds() -> None:
    a, b = random_pair()
    a = replace(a, groups_N=np.repeat(np.arange(20), 15))
    half = Slicing("half", {name: str(int(name[1:]) // 150) for name in a.ids})
    parts = compared(a, b, slices=[half])["slices"][0]["parts"]
    assert [part["groups"] for part in parts] == [10, 10]


def test_groups_follow_the_rows_into_another_order() -> None:
    a, b = random_pair()
    b = replace(b, groups_N=np.repeat(np.arange(20), 15))
    shuffled = b.take(np.random.default_rng(1).permutation(300))
    assert compared(a, shuffled)["macro_f1"] == compared(a, b)["macro_f1"]
