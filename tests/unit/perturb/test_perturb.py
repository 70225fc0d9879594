"""What holds of every perturbation: a text and a seed decide, nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.errors import ConfigError
from evenhand.perturb import PERTURBATIONS, perturb

NAMES = PERTURBATIONS.names()
SIGNS = "abkosthzjfuei nNōŪ' .\nあおうーぇ漢é1"
TEXTS = st.dictionaries(st.text("abc", min_size=1), st.text(SIGNS), min_size=1, max_size=4)
EXAMPLES = {"r1": "Shinjuku no ōkii tatemono", "r2": "おおきい カレー", "r3": "toukyou", "r4": ""}


def test_the_roll_call():
    assert NAMES == ("typos", "spacing", "long-vowels", "romanisation")
    assert all(PERTURBATIONS.describe(name).endswith(".") for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
@given(texts=TEXTS, seed=st.integers(0, 9))
def test_at_rate_0_every_text_stays(name, texts, seed):
    assert perturb(name, texts, seed=seed, settings={"rate": 0.0}) == texts


@pytest.mark.parametrize("name", NAMES)
@given(texts=TEXTS, rate=st.floats(0, 1), seed=st.integers(0, 9))
def test_a_row_does_not_depend_on_the_others(name, texts, rate, seed):
    together = perturb(name, texts, seed=seed, settings={"rate": rate})
    assert list(together) == list(texts)
    for row, text in reversed(texts.items()):
        assert perturb(name, {row: text}, seed=seed, settings={"rate": rate}) == {
            row: together[row]
        }


@pytest.mark.parametrize("name", NAMES)
def test_at_rate_1_something_changes(name):
    assert perturb(name, EXAMPLES, seed=0, settings={"rate": 1.0}) != EXAMPLES


@pytest.mark.parametrize("name", ["typos", "spacing"])
def test_seed_and_id_make_the_draws(name):
    rows = {f"r{i}": "the very same long text" for i in range(20)}
    first = perturb(name, rows, seed=0, settings={"rate": 0.3})
    assert len(set(first.values())) > 10
    assert perturb(name, rows, seed=1, settings={"rate": 0.3}) != first


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("rate", [-0.1, 1.1, float("nan")])
def test_a_rate_that_is_none(name, rate):
    with pytest.raises(ConfigError, match=r"\[E102\](.|\n)*perturbation\.rate"):
        perturb(name, EXAMPLES, seed=0, settings={"rate": rate})


def test_an_unknown_name():
    with pytest.raises(ConfigError, match=r"\[E101\](.|\n)*did you mean 'typos'\?"):
        perturb("typo", EXAMPLES, seed=0)
