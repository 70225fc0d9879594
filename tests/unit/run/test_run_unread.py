"""Which settings a report tells of, and which are refused: by what the rows are."""

import pytest

from evenhand.config import known_keys, override, parse_config
from evenhand.errors import ConfigError
from evenhand.run.unread import (
    OF_SERIES,
    OF_TEXTS,
    refuse_series_settings,
    refuse_text_settings,
    without_unread,
)


def asked(**sections):
    return parse_config(sections, source="a test")


def told(*settings, series):
    config = parse_config(override({}, settings), source="test")
    left = without_unread(config.model_dump(mode="json"), series=series)
    sections = {name: part for name, part in left.items() if isinstance(part, dict)}
    return {f"{name}.{key}" for name, part in sections.items() for key in part}


def test_texts_tell_nothing_of_windows_and_windows_nothing_of_texts():
    of_texts, of_series = told(series=False), told(series=True)
    assert not of_texts & set(OF_SERIES)
    assert not of_series & set(OF_TEXTS)
    assert {"model.backbone", "data.text", "optim.lr", "decision.cuts"} <= of_texts
    assert {"model.network", "series.window", "optim.lr", "data.min_rows"} <= of_series
    assert "seed" in without_unread({"seed": 3}, series=True)


def test_pretraining_is_told_of_where_a_run_starts_from_it():
    assert not any(key.startswith("pretrain.") for key in told(series=True))
    assert "pretrain.mask" in told("model.pretrained=folder", series=True)


def test_every_key_is_one_of_a_run_file():
    known = {key.removesuffix(".name") for key in known_keys()}
    assert {*OF_SERIES, *OF_TEXTS} <= known


@pytest.mark.parametrize(
    ("key", "value"),
    [("backbone", "e5"), ("pooling", "cls"), ("max_length", 64), ("label_texts", "names")],
)
def test_series_refuse_what_only_texts_read(key, value):
    with pytest.raises(ConfigError, match=rf"\[E105\] only texts read(.|\n)*model.{key} is set"):
        refuse_text_settings(asked(model={key: value}))


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [("series", "window", 2.0), ("series", "auxiliary", 0.1), ("model", "network", "lstm")],
)
def test_texts_refuse_what_only_series_read(section, key, value):
    with pytest.raises(ConfigError, match=rf"\[E105\] only series read(.|\n)*{section}.{key}"):
        refuse_series_settings(asked(**{section: {key: value}}))


def test_defaults_are_for_both():
    refuse_text_settings(asked())
    refuse_series_settings(asked())
