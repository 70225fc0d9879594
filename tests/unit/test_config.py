"""Run files: what is asked is checked before any work starts."""

import re

import pytest

from evenhand.config import RunConfig, known_keys, override, parse_config
from evenhand.errors import ConfigError, MissingFileError
from evenhand.toml import read_toml


def test_nothing_asked_gives_the_defaults():
    assert parse_config({}, source="run.toml") == RunConfig()


@pytest.mark.parametrize(
    ("values", "hint"),
    [
        ({"optim": {"lrr": 1e-4}}, "did you mean 'optim.lr'?"),
        ({"train": {"epoch": 3}}, "did you mean 'train.epochs'?"),
        ({"sede": 1}, "did you mean 'seed'?"),
    ],
)
def test_unknown_key_is_refused_with_a_hint(values, hint):
    with pytest.raises(ConfigError, match=re.escape(hint)) as caught:
        parse_config(values, source="run.toml")
    assert caught.value.code == "E102"
    assert "run.toml" in caught.value.what


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("optim", "lr", 0),
        ("optim", "lr", 1),
        ("optim", "clip", 0),
        ("train", "epochs", 0),
        ("train", "batch_size", 2.5),
        ("train", "patience", -1),
        ("data", "tune_share", 0.5),
        ("model", "max_length", 7),
        ("decision", "cuts", "some"),
        ("report", "level", 1.0),
        ("series", "window", 1e300),
        ("series", "stride", 1e300),
        ("series", "horizon", 1e300),
    ],
)
def test_value_out_of_range_names_key_and_value(section, key, value):
    with pytest.raises(ConfigError, match=re.escape(f"got: {section}.{key} = {value!r}")) as caught:
        parse_config({section: {key: value}}, source="run.toml")
    assert caught.value.code == "E102"


@pytest.mark.parametrize(
    ("setting", "got", "fix"),
    [
        ("decision.beta=1e300", "decision.beta = 1e+300", "less than or equal to 1000"),
        ("decision.beta=true", "decision.beta = True", "a number, not true or false"),
        ("decision.recall.joy=true", "decision.recall.joy = True", "a number, not true or false"),
        ("decision.fpr.joy=false", "decision.fpr.joy = False", "a number, not true or false"),
        ("gates.recall.joy=true", "gates.recall.joy = True", "a number, not true or false"),
        ("decision.alerts.joy=200%", "decision.alerts.joy = '200%'", "should be 50 or 2%: "),
        ("decision.alerts.joy=0%", "decision.alerts.joy = '0%'", "should be 50 or 2%: "),
        ("decision.alerts.joy=0", "decision.alerts.joy = 0", "should be 50 or 2%: "),
        ('decision.recall.a=b "q"=0.2', "'b \"q\"=0.2'", "--set 'decision.recall.\"NAME\"=0.9'"),
        ("decision.fpr.v1.0=0.2", "{'0': 0.2}", "--set 'decision.fpr.\"NAME\"=0.9'"),
        ('decision.recall."a b=c', " = 'c'", "--set 'decision.recall.\"NAME\"=0.9'"),
        ("decision.recall.joy=high", "decision.recall.joy = 'high'", "a valid number"),
        ("Decision.recall.joy=0.9", "'Decision'", "did you mean 'decision.recall'?"),
        ("DECISION.Beta=2", "'DECISION'", "did you mean 'decision.beta'?"),
        ("decision.Recall.joy=0.9", "'decision.Recall'", "did you mean 'decision.recall'?"),
        ("Decision=2", "'Decision'", "did you mean"),
    ],
)
def test_what_was_typed_is_answered_with_what_to_type(setting, got, fix):
    with pytest.raises(ConfigError, match=r"\[E102\]") as caught:
        parse_config(override({}, [setting]), source="the command line")
    assert got in caught.value.got
    assert fix in caught.value.fix


def test_negative_seed_is_refused():
    with pytest.raises(ConfigError, match="got: seed = -1"):
        parse_config({"seed": -1}, source="run.toml")


def test_settings_without_a_name_are_those_of_the_default_part():
    config = parse_config(
        {"loss": {"smoothing": 0.1}, "schedule": {"warmup": 5}}, source="run.toml"
    )
    assert (config.loss.name, config.loss.settings()) == ("auto", {"smoothing": 0.1})
    assert (config.schedule.name, config.schedule.settings()) == ("linear", {"warmup": 5})


@pytest.mark.parametrize("value", [3, True, [["eda"]]])
def test_what_is_no_part_says_what_one_looks_like(value):
    with pytest.raises(ConfigError, match="sampler should be a name, or a table"):
        parse_config({"sampler": value}, source="run.toml")


@pytest.mark.parametrize("value", [{"rate": 0.1}, 3, [{"share": 1}]])
def test_an_augmenter_without_a_name_is_told_how_to_be_named(value):
    with pytest.raises(ConfigError, match=re.escape("--set augment=eda")):
        parse_config({"augment": value}, source="run.toml")


def test_a_key_that_stands_below_a_section_by_mistake_is_sent_above_it():
    with pytest.raises(ConfigError, match=r"augment stands above the first \[section\]"):
        parse_config({"train": {"augment": "eda"}}, source="run.toml")


def test_a_run_file_with_a_byte_order_mark_is_read(tmp_path):
    (tmp_path / "run.toml").write_text("seed = 3", encoding="utf-8-sig")
    assert read_toml(tmp_path / "run.toml") == {"seed": 3}


@pytest.mark.parametrize("section", ["loss", "schedule"])
def test_bare_string_names_a_part(section):
    config = parse_config({section: "constant"}, source="run.toml")
    assert getattr(config, section).name == "constant"
    assert getattr(config, section).settings() == {}


def test_head_is_a_part_with_settings():
    config = parse_config(
        {"model": {"head": {"name": "mlp", "hidden": [384, 192]}}}, source="run.toml"
    )
    assert config.model.head.name == "mlp"
    assert config.model.head.settings() == {"hidden": [384, 192]}


def configured(*settings, values=None):
    return parse_config(override(values or {}, settings), source="--set")


def test_override_reads_toml_values_and_plain_words():
    merged = override(
        {},
        ["optim.lr=3e-5", "loss.name=focal", "model.head.hidden=[8, 4]", "seed = 7", "data.id=a b"],
    )
    assert merged == {
        "optim": {"lr": 3e-5},
        "loss": {"name": "focal"},
        "model": {"head": {"hidden": [8, 4]}},
        "seed": 7,
        "data": {"id": "a b"},
    }


def test_override_leaves_its_input_alone():
    values = {"model": {"head": {"name": "mlp"}}}
    override(values, ["model.head.dropout=0.5"])
    assert values == {"model": {"head": {"name": "mlp"}}}


def test_later_override_wins():
    assert override({}, ["optim.lr=1e-5", "optim.lr=2e-5"]) == {"optim": {"lr": 2e-5}}


@pytest.mark.parametrize(
    "settings",
    [
        ("loss=focal", "loss.gamma=2"),
        ("loss.gamma=2", "loss=focal"),
        ("loss.name=focal", "loss.gamma=2"),
        ("loss.gamma=2", "loss.name=focal"),
    ],
)
def test_part_and_its_settings_in_any_order(settings):
    loss = configured(*settings).loss
    assert (loss.name, loss.settings()) == ("focal", {"gamma": 2})


def test_another_part_leaves_the_former_settings_behind():
    recipe = {"loss": {"name": "weighted-bce", "weights": "sqrt"}}
    loss = configured("loss.name=focal", values=recipe).loss
    assert (loss.name, loss.settings()) == ("focal", {})


def test_the_same_part_keeps_its_settings():
    recipe = {"loss": {"name": "focal", "gamma": 2}}
    assert configured("loss.name=focal", values=recipe).loss.settings() == {"gamma": 2}


@pytest.mark.parametrize("setting", ["model.head=mlp", "model.head.name=mlp"])
def test_head_by_a_bare_name(setting):
    head = configured("model.head.hidden=[384,192]", setting).model.head
    assert (head.name, head.settings()) == ("mlp", {"hidden": [384, 192]})


def test_setting_below_a_part_named_in_the_file_by_a_string():
    head = configured("model.head.dropout=0.3", values={"model": {"head": "linear"}}).model.head
    assert (head.name, head.settings()) == ("linear", {"dropout": 0.3})


@pytest.mark.parametrize("setting", ["optim.lr", "=3", ".lr=3", "optim.=3"])
def test_override_without_key_or_value_is_refused(setting):
    with pytest.raises(ConfigError, match="must look like key=value") as caught:
        override({}, [setting])
    assert caught.value.code == "E102"


def test_override_below_a_number_is_refused():
    with pytest.raises(ConfigError, match="that setting has no parts") as caught:
        override({"seed": 3}, ["seed.tree=1"])
    assert caught.value.fix == "--set seed=..."


def test_every_known_key_has_a_description_and_parts_are_keys_by_name():
    keys = known_keys()
    assert all(keys.values())
    assert {
        "seed",
        "model.backbone",
        "model.pooling",
        "model.head.name",
        "loss.name",
        "schedule.name",
        "optim.lr",
        "train.epochs",
        "train.batch_size",
        "train.patience",
    } <= keys.keys()


def test_toml_error_names_file_and_line(tmp_path):
    path = tmp_path / "run.toml"
    path.write_text("[optim]\nlr = = 3\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"run\.toml: .*line 2") as caught:
        read_toml(path)
    assert caught.value.code == "E103"


def test_absent_run_file_is_named(tmp_path):
    with pytest.raises(MissingFileError, match=r"gone\.toml") as caught:
        read_toml(tmp_path / "gone.toml")
    assert caught.value.code == "E202"


def test_run_file_is_read_as_nested_tables(tmp_path):
    path = tmp_path / "run.toml"
    path.write_text('seed = 3\n[model.head]\nname = "mlp"\n', encoding="utf-8")
    assert read_toml(path) == {"seed": 3, "model": {"head": {"name": "mlp"}}}
