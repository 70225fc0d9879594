import hashlib

import pyarrow.parquet as pq
import pytest

from evenhand.config import DataConfig
from evenhand.data.dataset import read_dataset
from evenhand.data.split_file import save_split, split_hash


@pytest.fixture
def dataset():
    rows = [f"text {i}" for i in range(40)]
    source = {"text": rows, "label": ["a", "b"] * 20}
    return read_dataset(source, config=DataConfig(), seed=3)


def test_equal_splits_are_equal_files(tmp_path, dataset):
    save_split(tmp_path / "one.parquet", dataset)
    save_split(tmp_path / "two.parquet", dataset)
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()
    written = pq.read_table(tmp_path / "one.parquet").to_pydict()
    assert written == {"id": list(dataset.ids), "role": [role.value for role in dataset.roles]}


def test_split_hash_is_of_pairs_of_id_and_role(dataset):
    pairs = sorted((i, r.value) for i, r in zip(dataset.ids, dataset.roles, strict=True))
    assert split_hash(dataset) == hashlib.sha256(repr(pairs).encode()).hexdigest()
