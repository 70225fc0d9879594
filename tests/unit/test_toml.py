"""Keys and values as they are typed, and what is written can be read again."""

import re
import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.errors import ConfigError
from evenhand.toml import to_toml, toml_key, toml_text, typed_setting


@pytest.mark.parametrize(
    ("setting", "path", "value"),
    [
        ("optim.lr=3e-5", ("optim", "lr"), 3e-5),
        (" seed = 7", ("seed",), 7),
        ("data.id=a=b", ("data", "id"), "a=b"),
        ("decision.recall.self harm=0.9", ("decision", "recall", "self harm"), 0.9),
        ('decision.recall."v1.0"=0.9', ("decision", "recall", "v1.0"), 0.9),
        ("decision.recall.'a=b' = 0.9", ("decision", "recall", "a=b"), 0.9),
        (r'decision.recall."say \"no\""=1', ("decision", "recall", 'say "no"'), 1),
        ('"a=1', ('"a',), 1),
        ("decision.recall.don't=1", ("decision", "recall", "don't"), 1),
        ("decision.alerts.怒り=2%", ("decision", "alerts", "怒り"), "2%"),
        ('decision.fpr={"a.b"=0.1}', ("decision", "fpr"), {"a.b": 0.1}),
    ],
)
def test_a_setting_is_a_dotted_key_and_a_value(setting, path, value):
    assert typed_setting(setting) == (path, value)


@pytest.mark.parametrize("setting", ["optim.lr", "=3", ".lr=3", "optim.=3", "a..b=1", '"a.b"'])
def test_what_is_no_setting_is_refused(setting):
    with pytest.raises(ConfigError, match=re.escape(f"got: {setting!r}")) as caught:
        typed_setting(setting)
    assert caught.value.code == "E102"


@pytest.mark.parametrize(
    ("setting", "fix"),
    [
        ('decision.recall."a.b', """--set 'decision.recall."NAME"=0.9'"""),
        ('gates.f1."a', """--set 'gates.f1."NAME"=0.9'"""),
        ("decision.recalls", "--set optim.lr=3e-5"),
    ],
)
def test_below_demands_the_answer_shows_a_quoted_label(setting, fix):
    with pytest.raises(ConfigError, match=r"\[E102\] a setting must look like") as caught:
        typed_setting(setting)
    assert caught.value.fix == fix


@pytest.mark.parametrize(
    ("word", "key"), [("joy", "joy"), ("self harm", '"self harm"'), ("v1.0", '"v1.0"'), ("", '""')]
)
def test_a_word_stands_in_quotes_where_it_must(word, key):
    assert toml_key(word) == key


def test_an_empty_table_is_two_braces():
    assert toml_text({}) == "{}"


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1)


@settings(deadline=None, max_examples=50)
@given(st.dictionaries(NAMES, st.floats(0, 1)), NAMES)
def test_a_run_file_with_any_names_is_read_as_it_was_written(demands, note):
    values = {"seed": 3, "decision": {"recall": demands, "beta": 2.0}, "report": {"note": note}}
    assert tomllib.loads(to_toml(values)) == values


@settings(deadline=None, max_examples=50)
@given(NAMES, st.floats(0, 1))
def test_a_quoted_label_is_found_again_on_the_command_line(name, value):
    setting = f"decision.recall.{toml_key(name)}={toml_text(value)}"
    assert typed_setting(setting) == (("decision", "recall", name), value)
