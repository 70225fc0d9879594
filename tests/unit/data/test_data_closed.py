"""Report rows can be left closed: the other rows keep their roles, and nothing of them is read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evenhand.config import RunConfig, override, parse_config
from evenhand.data.roles import Closed
from evenhand.run.sources import Sources
from evenhand.types import Role
from series_folder import write_recordings


def rows(name: str, count: int, *, split: str = "") -> str:
    head = "text,label,split\n" if split else "text,label\n"
    lines = (f"the {name} {n} day,{'ab'[n % 2]}" for n in range(count))
    return head + "".join(f"{line},{split}\n" if split else f"{line}\n" for line in lines)


def same(whole: Sources, config: RunConfig | None = None) -> None:
    """Check that fit and tune rows are the same with report rows and without."""
    config = config or RunConfig()
    seen, closed = whole.read(config), whole.closed().read(config)
    assert seen.count(Role.REPORT) > 0
    assert closed.count(Role.REPORT) == 0
    for role in (Role.FIT, Role.TUNE):
        before, after = seen.rows(role), closed.rows(role)
        # Names that stand in a closed file as well are told apart only where that is read.
        names = [seen.ids[i].removeprefix("fit/") for i in before]
        assert names == [closed.ids[i].removeprefix("fit/") for i in after]
        texts = [seen.texts[i].removeprefix("fit/") for i in before]
        assert texts == [closed.texts[i].removeprefix("fit/") for i in after]
        np.testing.assert_array_equal(seen.truth(role), closed.truth(role))


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    named = {name: tmp_path / f"{name}.csv" for name in ("fit", "tune", "report", "column")}
    for name in ("fit", "tune", "report"):
        named[name].write_text(rows(name, 60), "utf-8")
    parts = [rows(role, 30, split=role).partition("\n")[2] for role in ("fit", "tune", "report")]
    named["column"].write_text("text,label,split\n" + "".join(parts), "utf-8")
    return {name: str(path) for name, path in named.items()}


def test_rows_that_the_split_deals_keep_their_roles(files: dict[str, str]) -> None:
    same(Sources(files["fit"]))


def test_rows_that_a_column_deals_keep_their_roles(files: dict[str, str]) -> None:
    same(Sources(files["column"]))


def test_rows_of_files_keep_their_roles(files: dict[str, str]) -> None:
    same(Sources(files["fit"], files["tune"], files["report"]))


def test_tune_rows_are_drawn_as_beside_a_file_of_report_rows(files: dict[str, str]) -> None:
    same(Sources(files["fit"], report=files["report"]))


def test_a_sample_is_the_same_sample(files: dict[str, str]) -> None:
    config = parse_config(override({}, ["data.sample=20"]), source="test")
    same(Sources(files["fit"]), config)
    same(Sources(files["fit"], files["tune"], files["report"]), config)


@pytest.mark.parametrize("tune", [None, "tune"])
def test_a_closed_file_is_never_opened(files: dict[str, str], tune: str | None) -> None:
    given = None if tune is None else files[tune]
    closed = Sources(files["fit"], given, Closed("/nowhere/report.csv")).read(RunConfig())
    assert closed.count(Role.TUNE) > 0
    assert closed.count(Role.REPORT) == 0
    assert "report" not in " ".join(closed.sha256)


def test_a_run_remembers_what_was_closed(files: dict[str, str]) -> None:
    for whole in (Sources(files["fit"]), Sources(files["fit"], report=files["report"])):
        assert Sources.from_dict(whole.closed().to_dict()) == whole.closed()


def test_recordings_keep_their_roles(tmp_path: Path) -> None:
    write_recordings(tmp_path / "all")
    same(Sources(str(tmp_path / "all")))
    write_recordings(tmp_path / "later", seed=1, recordings=8)
    same(Sources(str(tmp_path / "all"), report=str(tmp_path / "later")))


def test_a_closed_folder_is_never_opened(tmp_path: Path) -> None:
    write_recordings(tmp_path / "all")
    closed = Sources(str(tmp_path / "all"), report=Closed("/nowhere/later")).read(RunConfig())
    assert closed.count(Role.REPORT) == 0
    assert closed.count(Role.TUNE) > 0
