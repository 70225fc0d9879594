import pytest

from evenhand.data.hub import is_hub_id, is_saved_folder
from evenhand.data.table import read_table
from evenhand.errors import DataError

datasets = pytest.importorskip("datasets")


def part(texts, labels):
    names = datasets.ClassLabel(names=["no", "yes"])
    features = datasets.Features({"text": datasets.Value("string"), "label": names})
    return datasets.Dataset.from_dict({"text": texts, "label": labels}, features=features)


def test_saved_folder_gives_class_names_and_none_for_withheld_labels(tmp_path):
    part(["a", "b", "c"], [1, 0, -1]).save_to_disk(tmp_path / "d")
    assert is_saved_folder(tmp_path / "d")
    table = read_table(tmp_path / "d")
    assert table.columns == {"text": ["a", "b", "c"], "label": ["yes", "no", None]}
    assert table.sha256


def test_lists_of_class_numbers_become_names(tmp_path):
    names = datasets.Sequence(datasets.ClassLabel(names=["no", "yes"]))
    features = datasets.Features({"labels": names})
    rows = datasets.Dataset.from_dict({"labels": [[0, 1], []]}, features=features)
    rows.save_to_disk(tmp_path / "d")
    assert read_table(tmp_path / "d").columns == {"labels": [["no", "yes"], []]}


def test_several_splits_get_a_split_column(tmp_path):
    parts = {"train": part(["a", "b"], [1, 0]), "test": part(["c"], [1])}
    datasets.DatasetDict(parts).save_to_disk(tmp_path / "d")
    columns = read_table(str(tmp_path / "d")).columns
    assert columns["split"] == ["train", "train", "test"]
    assert columns["label"] == ["yes", "no", "yes"]


def test_damaged_folder(tmp_path):
    (tmp_path / "dataset_info.json").write_text("{}")
    with pytest.raises(DataError, match=r"\[E204\] that folder is no data set"):
        read_table(tmp_path)


@pytest.mark.parametrize(
    ("name", "found"),
    [("owner/name", True), ("owner/name:test", True), ("name", False), ("/a/b", False)],
)
def test_form_of_hub_ids(name, found):
    assert is_hub_id(name) is found


def test_path_below_a_folder_that_exists_is_no_hub_id(tmp_path, monkeypatch):
    (tmp_path / "reviews").mkdir()
    monkeypatch.chdir(tmp_path)
    assert not is_hub_id("reviews/trian")
