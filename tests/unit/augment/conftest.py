"""Folders with tiny random language models."""

from pathlib import Path

import pytest

from tiny_models import masked_model, translation_model

WORDS = ["the", "a", "was", "very", "happy", "good", "big", "new", "old", "day", "film", "not"]


@pytest.fixture(scope="session")
def masked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a masked language model that reads 16 tokens."""
    return masked_model(tmp_path_factory.mktemp("models") / "masked", WORDS, positions=16)


@pytest.fixture(scope="session")
def translators(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return the folders of two translation models that read 16 tokens."""
    folder = tmp_path_factory.mktemp("models")
    there = translation_model(folder / "there", WORDS, seed=1, positions=16)
    return there, translation_model(folder / "back", WORDS, seed=2, positions=16)
