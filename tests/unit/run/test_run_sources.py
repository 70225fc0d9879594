"""Which files a run reads."""

from pathlib import Path

import pytest

from evenhand.config import RunConfig, parse_config
from evenhand.errors import EvenhandError
from evenhand.run.sources import Sources
from evenhand.types import Role

ROWS = "text,label\n" + "".join(f"the {n} day,{n % 2}\n" for n in range(40))


def test_paths_become_absolute_and_names_stay(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("rows.csv").write_text(ROWS)
    stored = Sources("rows.csv", tune=Path("rows.csv"), report="owner/name").to_dict()
    assert stored == {
        "data": str(tmp_path / "rows.csv"),
        "tune": str(tmp_path / "rows.csv"),
        "report": "owner/name",
        "labels_file": None,
    }


def test_a_stored_source_is_read_again_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("rows.csv").write_text(ROWS)
    first = Sources("rows.csv")
    again = Sources.from_dict(first.to_dict())
    read = first.read(RunConfig())
    monkeypatch.chdir("/")
    same = again.read(RunConfig())
    assert (read.texts, read.roles) == (same.texts, same.roles)
    assert read.count(Role.TUNE) > 0


def test_a_held_table_needs_its_file_no_more_and_deals_the_same_folds(tmp_path):
    file = tmp_path / "rows.csv"
    file.write_text(ROWS)
    configs = [parse_config({"data": {"fold": f"{n}/3"}}, source="test") for n in (1, 2, 3)]
    own = [Sources(file).read(config) for config in configs]
    held = Sources(file).held(configs[0])
    file.unlink()
    for config, expected in zip(configs, own, strict=True):
        read = held.read(config)
        assert read.ids == expected.ids
        assert (read.roles, read.sha256) == (expected.roles, expected.sha256)
    assert own[0].roles != own[1].roles


def test_a_table_in_memory_is_named_by_its_type_and_cannot_be_read_again():
    table = {"text": ["a", "b"], "label": ["x", "y"]}
    stored = Sources(table).to_dict()
    assert stored["data"] == "<dict>"
    with pytest.raises(EvenhandError, match=r"\[E202\]"):
        Sources.from_dict(stored).read(RunConfig())


def test_recordings_have_a_recipe_of_their_own(tmp_path):
    (tmp_path / "metadata.json").write_text("{}")
    assert Sources(str(tmp_path)).recipe() == "series"
    assert Sources("rows.csv").recipe() == Sources({"text": ["a"]}).recipe() == "balanced"
