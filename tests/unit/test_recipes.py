"""Every recipe parses, and the parts that it names exist."""

import pytest

from evenhand import recipes
from evenhand.config import parse_config
from evenhand.errors import ConfigError, MissingFileError
from evenhand.run.prepare import check_parts
from evenhand.run.remedies import corrections
from evenhand.training.schedule import SCHEDULES


def test_names():
    seeds = ("seed0", "seed1", "seed2", "seed3", "seed4")
    ours = ("asymmetric", "balanced", "focal", "multilingual", "plain", "quick", "triage")
    ours += ("bytes", "japanese", "series")
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


def test_seed3_is_what_its_document_prescribes():
    config = parse_config(recipes.load("seed3"), source="seed3")
    network = config.model.network.settings()
    assert [network[key] for key in ("d_model", "heads", "layers")] == [256, 8, 4]
    schedule = SCHEDULES.build("warm-restarts", 2000, 200, settings=config.schedule.settings())
    # Ten passes down half a cosine from 1e-3 to 1e-6, then back to the peak for twenty.
    rates = [config.optim.lr * schedule(step, ()) for step in (0, 1000, 2000, 4000)]
    assert rates == pytest.approx([1e-3, (1e-3 + 1e-6) / 2, 1e-3, (1e-3 + 1e-6) / 2])
    assert (config.train.epochs, config.train.steps_per_epoch, config.train.batch_size) == (
        10,
        200,
        16,
    )
    assert corrections(config) == ["sampler weighted", "loss focal (gamma, alpha)"]
    assert (config.series.target, config.series.auxiliary) == ("any", 0.5)
    assert (config.decision.calibrate, config.decision.cuts) == ("none", "fixed")


def test_series_corrects_imbalance_once_and_looks_ahead():
    config = parse_config(recipes.load("series"), source="series")
    assert corrections(config) == []
    assert config.series.target == "auto"


def test_seed2_is_its_documents_quick_test():
    config = parse_config(recipes.load("seed2"), source="seed2")
    train, optim = config.train, config.optim
    assert (config.data.sample, train.epochs, train.batch_size, train.patience) == (200, 3, 16, 3)
    assert (config.loss.name, config.loss.settings()) == ("weighted-ce", {"weights": "balanced"})
    assert (config.schedule.name, optim.clip) == ("linear", 1.0)
    schedule = SCHEDULES.build("linear", 100, 50, settings=config.schedule.settings())
    assert [schedule(step, ()) for step in (4, 9, 99)] == pytest.approx([0.5, 1.0, 1 / 90])
    assert "ByT5" in str(config.report.note)


def test_bytes_leaves_everything_to_its_preset():
    assert recipes.load("bytes").keys() == {"model", "loss", "decision"}


def test_japanese_keeps_more_rows_to_measure_on_and_says_why():
    config = parse_config(recipes.load("japanese"), source="japanese")
    assert (config.model.backbone, config.model.vocabulary) == ("e5", "data")
    assert (config.data.tune_share, config.data.report_share) == (0.2, 0.3)
    assert "one draw" in str(config.report.note)
    assert corrections(config) == []


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
