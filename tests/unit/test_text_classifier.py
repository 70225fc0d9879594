"""EvenhandClassifier: texts in, classes out, wherever scikit-learn takes a classifier."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

import evenhand
from evenhand import EvenhandClassifier, fit_decision
from evenhand.errors import ConfigError, DataError
from tiny_texts import SIGNALS, make_texts

TEXTS, TRUTH = make_texts(120, seed=3)
Y = TRUTH.astype(int)
ONE = np.where(TRUTH[:, 0], "joy", np.where(TRUTH[:, 1], "anger", "none"))


def shouted(texts: Any) -> list[str]:
    return [text.upper() for text in texts]


@pytest.fixture
def model(swift: dict[str, object]) -> EvenhandClassifier:
    return EvenhandClassifier(settings=swift)


def test_a_word_that_makes_the_class_is_learnt(model: EvenhandClassifier) -> None:
    model.set_params(**{"settings__train.epochs": 8}).fit(TEXTS, ONE)
    assert model.classes_.tolist() == ["anger", "joy", "none"]
    assert model.score(TEXTS, ONE) > 0.8
    probs_NC = model.predict_proba(TEXTS)
    np.testing.assert_allclose(probs_NC.sum(axis=1), 1.0)
    np.testing.assert_array_equal(
        model.predict(TEXTS),
        model.classes_[model.decision_.decide(model._predictor.scores(TEXTS)).argmax(axis=1)],
    )


def test_several_labels_a_row(model: EvenhandClassifier) -> None:
    known = pd.DataFrame(Y, columns=list(SIGNALS))
    model.fit(pd.Series(TEXTS), known)
    assert model.classes_.tolist() == list(SIGNALS)
    given_NC = model.predict(TEXTS)
    assert given_NC.shape == Y.shape
    cuts_C = [model.decision_.cuts[c].value for c in range(3)]
    np.testing.assert_array_equal(given_NC, model.predict_proba(TEXTS) >= cuts_C)
    by_position = clone(model).fit(TEXTS, Y)
    assert by_position.classes_.tolist() == [0, 1, 2]
    np.testing.assert_array_equal(by_position.predict(TEXTS), given_NC)


def test_tune_rows_choose_and_no_row_is_kept_for_a_report(model: EvenhandClassifier) -> None:
    model.set_params(tune_share=0.25).fit(TEXTS, ONE)
    rows = [int(name) for name in model.predictions_.ids]
    assert len(rows) == 30
    names = np.array(model.predictions_.labels.names)
    np.testing.assert_array_equal(names[model.predictions_.truth_NC.argmax(axis=1)], ONE[rows])
    told = model._predictor.scores([TEXTS[row] for row in rows]).values_NC
    np.testing.assert_allclose(told, model.predictions_.scores.values_NC, atol=1e-5)
    again = fit_decision(model.predictions_, cuts="fixed", calibrate="none")
    assert again.labels == model.decision_.labels


def test_a_sample_of_the_rows_keeps_their_positions(model: EvenhandClassifier) -> None:
    model.set_params(recipe="quick", **{"settings__data.sample": 40}).fit(TEXTS, ONE)
    rows = [int(name) for name in model.predictions_.ids]
    assert len(set(rows)) == len(rows) < 18
    names = np.array(model.predictions_.labels.names)
    np.testing.assert_array_equal(names[model.predictions_.truth_NC.argmax(axis=1)], ONE[rows])
    told = model._predictor.scores([TEXTS[row] for row in rows]).values_NC
    np.testing.assert_allclose(told, model.predictions_.scores.values_NC, atol=1e-5)


DATA = """
seed = 9
[data]
text = "body"
labels = "kind"
id = "key"
group = "customer"
fold = "2/5"
split = "part"
task = "multilabel"
"""


def test_columns_and_roles_of_a_run_file_give_way(
    model: EvenhandClassifier, tmp_path: Path
) -> None:
    file = tmp_path / "own.toml"
    file.write_text(DATA, "utf-8")
    model.set_params(recipe=str(file), out=tmp_path / "run").fit(TEXTS, ONE)
    assert len(set(model.predictions_.groups_N)) == 18
    run = evenhand.run.Run(tmp_path / "run")
    assert run.manifest["rows"] == {"fit": 102, "tune": 18, "report": 0}
    assert run.manifest["seed"] == 0


def test_numbers_as_classes_come_back_as_numbers(model: EvenhandClassifier) -> None:
    y = np.where(TRUTH[:, 0], 10, 9)
    assert set(model.fit(TEXTS, y).predict(TEXTS)) <= {9, 10}
    assert model.classes_.tolist() == [9, 10]


def test_classes_may_be_called_like_the_columns_that_hold_the_rows(
    model: EvenhandClassifier,
) -> None:
    y = np.select([TRUTH[:, 0], TRUTH[:, 1]], ["text", "role"], "group")
    model.fit(TEXTS, y, groups=np.arange(120) // 2)
    assert model.classes_.tolist() == ["group", "role", "text"]


def test_groups_and_copies_of_a_text_have_one_role(model: EvenhandClassifier) -> None:
    group_N = np.arange(120) // 4
    model.fit(TEXTS, ONE, groups=group_N)
    tune = {int(row) for row in model.predictions_.ids}
    assert all(len({row in tune for row in np.flatnonzero(group_N == g)}) == 1 for g in range(30))
    assert len(np.unique(model.predictions_.groups_N)) == len({group_N[row] for row in tune})


def test_it_is_cloned_stored_and_saved(model: EvenhandClassifier, tmp_path: Path) -> None:
    model.fit(TEXTS, ONE)
    probs_NC = model.predict_proba(TEXTS)
    copy = pickle.loads(pickle.dumps(model))
    assert copy._predictor is None
    np.testing.assert_array_equal(copy.predict_proba(TEXTS), probs_NC)
    fresh = clone(model)
    assert fresh.get_params() == model.get_params()
    with pytest.raises(NotFittedError, match="not fitted yet"):
        fresh.predict(TEXTS)
    model.save(tmp_path / "new" / "bundle")
    read = evenhand.load(tmp_path / "new" / "bundle").predict(TEXTS)
    assert read.labels.names == ("anger", "joy", "none")
    np.testing.assert_array_equal(read.probs_NC, probs_NC)
    with pytest.raises(ConfigError, match=r"\[E109\] the output folder is in use"):
        model.save(tmp_path / "new" / "bundle")


def test_the_same_seed_gives_the_same_bundle(model: EvenhandClassifier) -> None:
    one, two = clone(model).fit(TEXTS, ONE), clone(model).fit(TEXTS, ONE)
    assert one.bundle_ == two.bundle_
    other = clone(model).set_params(random_state=np.random.RandomState(7)).fit(TEXTS, ONE)
    assert other.bundle_["model.safetensors"] != one.bundle_["model.safetensors"]


def test_in_a_pipeline_and_under_cross_validation(model: EvenhandClassifier) -> None:
    line = make_pipeline(FunctionTransformer(shouted), model)
    scores = cross_val_score(line, np.array(TEXTS, dtype=object), ONE, cv=2, scoring="f1_macro")
    assert scores.shape == (2,)
    assert np.isfinite(scores).all()


def test_settings_can_be_searched_for(model: EvenhandClassifier) -> None:
    line = make_pipeline(FunctionTransformer(shouted), model)
    grid = {"evenhandclassifier__settings__train.max_steps": [1, 8]}
    search = GridSearchCV(line, grid, cv=2, refit=True, error_score="raise").fit(TEXTS, Y)
    best = search.best_estimator_[-1]
    chosen = search.best_params_["evenhandclassifier__settings__train.max_steps"]
    assert best.settings["train.max_steps"] == chosen
    assert "train.max_steps" not in model.settings


def test_the_run_may_be_kept(model: EvenhandClassifier, tmp_path: Path) -> None:
    model.set_params(out=tmp_path / "run").fit(TEXTS, ONE)
    run = evenhand.run.Run(tmp_path / "run")
    assert run.manifest["rows"] == {"fit": 102, "tune": 18, "report": 0}
    with pytest.raises(ConfigError, match=r"\[E109\] the output folder is in use"):
        model.fit(TEXTS, ONE)


@pytest.mark.parametrize("kept", [False, True])
def test_a_report_is_drawn_where_the_run_is_kept(
    model: EvenhandClassifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: bool
) -> None:
    drawn: list[Path] = []
    monkeypatch.setattr(
        "evenhand.run.train.report_run", lambda layout, *_, **__: drawn.append(layout.root)
    )
    model.set_params(out=tmp_path / "run" if kept else None).fit(TEXTS, ONE)
    assert drawn == ([tmp_path / "run"] if kept else [])


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"seed": 3}, r"\[E105\] a setting is made by.*\n.*'seed'.*\n.*random_state"),
        ({"data.group": "g"}, r"\[E105\].*\n.*\n.*groups="),
        (["optim.lr=1"], r"\[E102\] settings are of another kind"),
        ({"optim.lrr": 1e-3}, r"\[E102\].*\n.*\n.*'optim.lr'"),
    ],
)
def test_settings_that_cannot_be(settings: Any, match: str) -> None:
    with pytest.raises(ConfigError, match=match):
        EvenhandClassifier(settings=settings).fit(TEXTS, ONE)


def test_rows_that_cannot_be() -> None:
    plain = EvenhandClassifier()
    with pytest.raises(
        DataError, match=r"\[E204\] the classifier reads texts.*\n  got: row 1 is f"
    ):
        plain.fit(["a", float("nan"), "b"], ["x", "y", "x"])
    with pytest.raises(DataError, match=r"\[E204\].*\n  got: str\n"):
        plain.fit("a text", ["x"])
    with pytest.raises(DataError, match=r"\[E204\].*\n  got: ndarray\n"):
        plain.fit(np.array([["a"], ["b"]]), ["x", "y"])
    with pytest.raises(DataError, match=r"\[E204\] a text to learn from is empty\n  got: row 2, "):
        plain.fit(["a", "b", " "], ["x", "y", "x"])
    with pytest.raises(DataError, match=r"\[E213\].*at least two classes"):
        plain.fit(["a", "b"], ["x", "x"])
    with pytest.raises(DataError, match=r"\[E209\] the rows cannot be parted"):
        plain.fit(["a", "a"], ["x", "y"])
    with pytest.raises(DataError, match=r"\[E207\] a class has no rows to fit\n  got: '2', 0 of"):
        plain.fit(TEXTS, np.column_stack([Y[:, :2], np.zeros(120, int)]))
    with pytest.raises(ConfigError, match=r"\[E102\] tune_share has a value that cannot be"):
        EvenhandClassifier(tune_share=0.6).fit(TEXTS, ONE)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        plain.fit(TEXTS, ONE[:5])


def test_the_name_is_there_without_torch() -> None:
    code = (
        "import sys; from evenhand import EvenhandClassifier; EvenhandClassifier().get_params();"
        "assert not {'torch', 'transformers', 'matplotlib'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
