"""Presets: which family a backbone is of, what applies where nobody said anything, and who wins."""

import copy
import json
import re
import tomllib
from pathlib import Path

import pytest

from evenhand import recipes
from evenhand.config import known_keys, override, parse_config
from evenhand.diagnose.rate import NEW
from evenhand.errors import MissingFileError
from evenhand.models.presets import PRESETS, SAID_WITH, family_of, preset_for, with_preset

EACH = [(family, key) for family, values in PRESETS.items() for key in values]
GUIDE = Path(__file__).parents[3] / "docs" / "howto" / "choose-a-backbone.md"
OTHER = {
    "model.max_length": 64,
    "optim.lr": 3e-5,
    "train.epochs": 2,
    "train.batch_size": 4,
    "train.patience": 1,
    "train.accumulate": 3,
}
ID = {"bytes": "bytes", "byt5": "google/byt5-small", "t5": "google/mt5-small", "static": "static"}


def settled(asked, backbone):
    return with_preset(asked, preset_for(asked, backbone=backbone))


def value_of(values, key):
    section, _, name = key.partition(".")
    return parse_config(values, source="test").model_dump()[section][name]


@pytest.mark.parametrize(
    ("backbone", "family"),
    [
        ("bytes", "bytes"),
        ("static", "static"),
        ("static:e5", "static"),
        ("google/byt5-small", "byt5"),
        ("someone/ByT5-toxic", "byt5"),
        ("t5-small", "t5"),
        ("google/flan-t5-base", "t5"),
        ("google/mt5-small", "t5"),
        ("google/umt5-small", "t5"),
        ("minilm", None),
        ("e5", None),
        ("intfloat/multilingual-e5-small", None),
        ("microsoft/mdeberta-v3-base", None),
        ("Salesforce/codet5-small", None),
        ("someone/robert50", None),
        ("google/canine-s", None),
    ],
)
def test_names_say_of_which_family_a_backbone_is(backbone, family):
    assert family_of(backbone) == family


@pytest.mark.parametrize(
    ("config", "tokenizer", "family"),
    [
        ({"model_type": "t5"}, {"tokenizer_class": "ByT5Tokenizer"}, "byt5"),
        ({"model_type": "t5", "tokenizer_class": "ByT5Tokenizer"}, None, "byt5"),
        ({"model_type": "t5"}, {"tokenizer_class": "T5Tokenizer"}, "t5"),
        ({"model_type": "umt5"}, None, "t5"),
        ({"model_type": "bert"}, None, None),
    ],
)
def test_a_folder_is_what_its_files_say_whatever_its_name(tmp_path, config, tokenizer, family):
    folder = tmp_path / "byt5"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config))
    if tokenizer is not None:
        (folder / "tokenizer_config.json").write_text(json.dumps(tokenizer))
    assert family_of(str(folder)) == family


def test_a_damaged_folder_is_named(tmp_path):
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(MissingFileError, match=r"\[E107\]"):
        family_of(str(tmp_path))


@pytest.mark.parametrize(("family", "key"), EACH)
def test_each_value_applies_where_nobody_said_anything(family, key):
    assert value_of(settled({}, ID[family]), key) == PRESETS[family][key]
    assert value_of({}, key) != PRESETS[family][key]


@pytest.mark.parametrize(("family", "key"), EACH)
def test_a_value_that_was_given_wins(family, key):
    asked = override({}, [f"{key}={OTHER[key]}"])
    given = copy.deepcopy(asked)
    assert value_of(settled(asked, ID[family]), key) == OTHER[key]
    assert asked == given


@pytest.mark.parametrize(("family", "key"), EACH)
def test_a_value_that_is_given_as_the_default_wins_as_well(family, key):
    default = value_of({}, key)
    if default is not None:
        asked = override({}, [f"{key}={default}"])
        assert value_of(settled(asked, ID[family]), key) == default


@pytest.mark.parametrize("family", [f for f, v in PRESETS.items() if "train.accumulate" in v])
def test_rows_a_batch_are_rows_a_step_for_who_names_them(family):
    assert SAID_WITH == {"train.accumulate": "train.batch_size"}
    train = parse_config(settled({"train": {"batch_size": 16}}, ID[family]), source="test").train
    assert (train.batch_size, train.accumulate) == (16, 1)
    train = parse_config(settled({"train": {"accumulate": 4}}, ID[family]), source="test").train
    assert (train.batch_size, train.accumulate) == (8, 4)


@pytest.mark.parametrize("backbone", ["minilm", "e5", "bert-base-cased"])
def test_others_have_none(backbone):
    assert preset_for({}, backbone=backbone) is None
    assert with_preset({"seed": 1}, None) == {"seed": 1}


def test_it_says_what_it_sets_and_nothing_where_all_was_said():
    asked = {"model": {"max_length": 64}, "train": {"batch_size": 4, "epochs": 1}}
    assert preset_for(asked, backbone="google/byt5-small").line() == (
        "preset of byt5: optim.lr = 1e-05"
    )
    assert preset_for(asked | {"optim": {"lr": 1e-4}}, backbone="google/byt5-small") is None


def test_the_table_names_keys_of_a_run_file():
    keys = known_keys()
    assert all(key in keys for values in PRESETS.values() for key in values)


def test_the_doctor_knows_the_rate_of_what_starts_at_random():
    assert NEW["bytes"] == PRESETS["bytes"]["optim.lr"]


@pytest.mark.parametrize("name", ["asymmetric", "balanced", "focal", "multilingual", "plain"])
def test_recipes_leave_to_a_preset_what_it_decides(name):
    asked = recipes.load(name)
    assert preset_for(asked, backbone="bytes").values == PRESETS["bytes"]
    config = parse_config(asked, source=name)
    assert (config.optim.lr, config.train.batch_size, config.model.max_length) == (1e-4, 32, 128)
    assert (config.train.epochs, config.train.patience, config.train.accumulate) == (None, 3, 1)


@pytest.mark.parametrize("name", ["seed0", "seed1", "seed2", "seed4"])
def test_what_a_document_prescribes_stays(name):
    asked = recipes.load(name)
    config = parse_config(with_preset(asked, preset_for(asked, backbone="bytes")), source=name)
    assert (config.optim.lr, config.train.epochs) == (2e-5, asked["train"]["epochs"])


def test_the_guide_says_what_the_table_does():
    section = GUIDE.read_text("utf-8").partition("## Presets\n")[2].partition("\n## ")[0]
    rows = [re.findall(r"`(\S+) = (\S+)`", line) for line in section.splitlines() if " = " in line]
    said = [{key: tomllib.loads(f"v = {value}")["v"] for key, value in row} for row in rows]
    assert said == [PRESETS[family] for family in ("bytes", "byt5", "t5", "static")]
