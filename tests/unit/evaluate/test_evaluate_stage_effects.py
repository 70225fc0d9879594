"""What a stage brings: values by hand, differences paired, undefined kept apart from zero."""

from __future__ import annotations

import numpy as np
import pytest

from evenhand.evaluate.compare import Settings
from evenhand.evaluate.stage_effects import changes, stage_effects
from evenhand.types import LabelSpace, Predictions, Probs, Role, Task

NAN = float("nan")
TRUTH = np.array([[1, 0], [1, 0], [0, 1], [0, 1], [0, 0], [0, NAN]], np.float32)
FULL = np.array([[1, 0], [1, 0], [0, 1], [0, 1], [1, 0], [0, 1]], bool)
BARE = np.array([[1, 0], [0, 0], [0, 1], [0, 1], [0, 0], [0, 1]], bool)
SILENT = np.zeros((6, 2), bool)
SETTINGS = Settings(resamples=200)


@pytest.fixture(scope="module")
def rows() -> Predictions:
    ids = tuple(f"r{place}" for place in range(6))
    space = LabelSpace(("harm", "calm"), Task.MULTILABEL)
    return Predictions(ids, Probs(np.zeros((6, 2))), TRUTH, space, Role.REPORT)


def measured(rows: Predictions, **variants: np.ndarray) -> dict:
    return stage_effects(rows, variants, ["harm"], settings=SETTINGS)


def test_figures_of_a_critical_label_by_hand(rows: Predictions) -> None:
    found = measured(rows, full=FULL, bare=BARE)
    (harm,) = found["critical"]
    full, bare = harm["variants"]
    assert harm["support"] == 2
    assert full["recall"]["value"] == 1.0
    assert full["precision"]["value"] == pytest.approx(2 / 3)
    assert full["alerts"]["value"] == 3
    assert (bare["recall"]["value"], bare["precision"]["value"]) == (0.5, 1.0)
    assert bare["difference"]["recall"]["value"] == 0.5
    assert bare["difference"]["precision"]["value"] == pytest.approx(-1 / 3)
    assert bare["difference"]["alerts"]["value"] == 2
    # F1 of harm 0.8 and 2/3; that of calm is 1 in both, its unknown cell left out.
    macro = [variant["macro_f1"]["value"] for variant in found["variants"]]
    assert macro == pytest.approx([0.9, (2 / 3 + 1) / 2])
    assert found["variants"][1]["difference"]["value"] == pytest.approx(macro[0] - macro[1])


def test_the_whole_less_itself_is_0_from_0_to_0(rows: Predictions) -> None:
    found = measured(rows, full=FULL, again=FULL)
    nothing = {"value": 0.0, "low": 0.0, "high": 0.0}
    assert [variant["difference"] for variant in found["variants"]] == [nothing, nothing]
    assert found["critical"][0]["variants"][1]["difference"]["alerts"] == nothing


def test_precision_without_alerts_is_undefined(rows: Predictions) -> None:
    silent = measured(rows, full=FULL, silent=SILENT)["critical"][0]["variants"][1]
    assert silent["precision"] == {"value": None, "low": None, "high": None}
    assert silent["recall"]["value"] == 0.0
    assert silent["alerts"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    assert silent["difference"]["precision"]["value"] is None


def test_changes_are_counted_by_what_is_right_after_them() -> None:
    assert changes(TRUTH, BARE, FULL) == {"changed_rows": 2, "right": 1, "wrong": 1}
    assert changes(TRUTH, FULL, FULL) == {"changed_rows": 0, "right": 0, "wrong": 0}
    unknown = FULL.copy()
    unknown[5, 1] = False
    assert changes(TRUTH, unknown, FULL) == {"changed_rows": 1, "right": 0, "wrong": 0}
