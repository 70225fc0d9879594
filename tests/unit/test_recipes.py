"""Every recipe parses, and the parts that it names exist."""

import pytest

from evenhand import recipes
from evenhand.config import parse_config
from evenhand.errors import ConfigError, MissingFileError
from evenhand.run.prepare import check_parts


def test_names():
    seeds = ("seed0", "seed1", "seed2", "seed4")
    ours = ("asymmetric", "balanced", "focal", "multilingual", "plain", "quick", "triage")
    assert recipes.names() == tuple(sorted(seeds + ours))
    assert recipes.DEFAULT in recipes.names()


@pytest.mark.parametrize("name", recipes.names())
def test_every_recipe_parses_and_its_parts_take_its_settings(name):
    check_parts(parse_config(recipes.load(name), source=name))


@pytest.mark.parametrize("name", recipes.names())
def test_every_recipe_says_what_it_is_for(name):
    assert len(recipes.describe(name)) > 20


def test_plain_is_the_before():
    decision = parse_config(recipes.load("plain"), source="plain").decision
    assert (decision.calibrate, decision.cuts) == ("none", "fixed")


def test_quick_says_that_it_is_no_result():
    assert "not a result" in str(parse_config(recipes.load("quick"), source="quick").report.note)


def test_a_file_of_ones_own(tmp_path):
    (tmp_path / "my.toml").write_text("seed = 4\n")
    assert recipes.load(str(tmp_path / "my.toml")) == {"seed": 4}


def test_an_unknown_name():
    with pytest.raises(ConfigError, match=r"\[E101\](.|\n)*did you mean 'balanced'"):
        recipes.load("balancd")


def test_a_file_that_is_missing(tmp_path):
    with pytest.raises(MissingFileError, match=r"\[E202\] there is no such run file"):
        recipes.load(str(tmp_path / "my.toml"))


def test_a_file_that_is_no_toml(tmp_path):
    (tmp_path / "my.toml").write_text("seed = 1\nseed 4\n")
    with pytest.raises(ConfigError, match=r"\[E103\](.|\n)*line 2"):
        recipes.load(str(tmp_path / "my.toml"))
