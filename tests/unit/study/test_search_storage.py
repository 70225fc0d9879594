"""The storage holds our study and no other's; a URL's password is kept nowhere."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import optuna
import pytest

from evenhand.errors import ConfigError, TrainingError
from evenhand.study.search.storage import MARK, opened, secret

OURS = {"data": "1", "space": "2", "recipe": "3", "objective": "tuned_macro_f1", "folder": "4"}


def url(folder: Path) -> str:
    return f"sqlite:///{folder / 'study.db'}"


def begin(folder: Path, mark: dict[str, str], *, name: str = "search") -> dict[str, object]:
    with opened(url(folder), name, pruner="median", mark=mark, lock=folder / "lock") as study:
        return dict(study.user_attrs)


def test_a_study_is_begun_once_and_opened_again(tmp_path: Path) -> None:
    assert begin(tmp_path, OURS) == begin(tmp_path, OURS) == {MARK: OURS}


@pytest.mark.parametrize("differs", sorted(OURS))
def test_another_search_of_that_name_is_refused_by_what_differs(
    tmp_path: Path, differs: str
) -> None:
    begin(tmp_path, OURS)
    with pytest.raises(TrainingError, match=rf"\[E303\].*(?s:.)*another {differs}\n") as refused:
        begin(tmp_path, OURS | {differs: "other"})
    assert len(str(refused.value).splitlines()) == 3


def test_a_study_that_evenhand_did_not_begin_is_refused(tmp_path: Path) -> None:
    storage = optuna.storages.RDBStorage(url(tmp_path))
    foreign = optuna.create_study(study_name="search", storage=storage)
    foreign.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=1)
    storage.engine.dispose()
    with pytest.raises(TrainingError, match=r"\[E303\] the storage holds a study of that name"):
        begin(tmp_path, OURS)


def test_a_storage_holds_several_searches_by_their_names(tmp_path: Path) -> None:
    begin(tmp_path, OURS)
    assert begin(tmp_path, OURS | {"data": "9"}, name="other")[MARK] == OURS | {"data": "9"}


@pytest.mark.parametrize(
    "bad", ["nonsense", "sqlite:////nowhere/at/all/study.db", "nodriver://host/db"]
)
def test_a_storage_that_cannot_be_opened_has_three_lines(tmp_path: Path, bad: str) -> None:
    with (
        pytest.raises(ConfigError, match=r"\[E110\] the storage") as refused,
        opened(bad, "search", pruner="none", mark=OURS, lock=tmp_path / "lock"),
    ):
        pass
    assert len(str(refused.value).splitlines()) == 3


def test_a_password_is_told_from_a_plain_url() -> None:
    assert secret("postgresql://me:word@host/db")
    assert not secret("postgresql://me@host/db")
    assert not secret("sqlite:////tmp/study.db")


def test_what_is_stored_is_json(tmp_path: Path) -> None:
    begin(tmp_path, OURS)
    with sqlite3.connect(tmp_path / "study.db") as database:
        (stored,) = database.execute("select value_json from study_user_attributes").fetchone()
    database.close()
    assert json.loads(stored) == OURS
