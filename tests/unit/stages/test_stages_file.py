"""Files of stages: what one holds, and each that is refused, in three lines, before any work."""

from __future__ import annotations

from pathlib import Path

import pytest

from evenhand.errors import ConfigError, MissingFileError
from evenhand.stages import load
from evenhand.stages.file import LOWERING, read_stages

HEAD = 'model = "nowhere"\ncritical = ["harm"]\n'
RULE = '[[rule]]\nname = "r"\n'


def write(folder: Path, text: str) -> Path:
    file = folder / "stages.toml"
    file.write_text(text, "utf-8")
    return file


def refused(folder: Path, text: str) -> str:
    with pytest.raises(ConfigError, match=r"^\[E502\] .+\n  got: .+\n  fix: .+$") as caught:
        load(write(folder, text))
    return str(caught.value)


def test_a_file_is_read_with_every_key(tmp_path: Path) -> None:
    asked = read_stages(
        write(
            tmp_path,
            HEAD
            + RULE
            + 'keywords = ["lost"]\npattern = "x"\nshorter_than = 9\nlonger_than = 1\n'
            + 'script = "latin"\nnot_script = "thai"\nraise = "harm"\nroute = "people"\n'
            + "floor = { worry = 0.4 }\n"
            + '[[rule]]\nname = "s"\nshorter_than = 2\nabstain = true\n'
            + '[verifier]\nmodel = "second"\nlabels = ["harm"]\nbetween = [0.2, 0.7]\n',
        )
    )
    assert asked.critical == ("harm",)
    assert [(rule.name, rule.raised, rule.abstain) for rule in asked.rule] == [
        ("r", "harm", False),
        ("s", None, True),
    ]
    assert asked.rule[0].floor == {"worry": 0.4}
    assert asked.verifier is not None
    assert asked.verifier.between == (0.2, 0.7)


@pytest.mark.parametrize("word", sorted(LOWERING))
def test_no_rule_lowers(tmp_path: Path, word: str) -> None:
    error = refused(tmp_path, f'{HEAD}{RULE}keywords = ["fine"]\n{word} = "harm"\n')
    assert "rule 'r': a rule may raise what the model says, never lower or silence it" in error
    assert f"got: {word} = 'harm'" in error
    assert 'raise = "LABEL"' in error


@pytest.mark.parametrize("floor", ["0", "0.0", "-0.1", "1.1", "nan", "true", '"high"'])
def test_a_floor_is_above_0_and_at_most_1(tmp_path: Path, floor: str) -> None:
    error = refused(tmp_path, f'{HEAD}{RULE}keywords = ["x"]\nfloor = {{ harm = {floor} }}\n')
    assert "rule 'r': a value that cannot be" in error
    assert "got: floor.harm = " in error


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the key 'model' is missing"),
        ('model = "m"\n', "critical = [] for nothing"),
        (HEAD + 'rules = "x"\n', "did you mean 'rule'?"),
        (HEAD + '[rule]\nname = "r"\n', "[[rule]], in two brackets"),
        (HEAD + '[[rule]]\nkeywords = ["x"]\nraise = "harm"\n', "rule 1: the key 'name'"),
        (HEAD + RULE + 'keyword = ["x"]\n', "did you mean 'keywords'?"),
        (HEAD + RULE + 'keywords = "x"\nraise = "harm"\n', "got: keywords = 'x'"),
        (HEAD + RULE + 'keywords = ["x"]\nfloor = 0.4\n', "floor = { LABEL = 0.4 }"),
        (HEAD + RULE + 'keywords = []\nraise = "harm"\n', "got: keywords = []"),
        (HEAD + RULE + 'keywords = ["x", " "]\nraise = "harm"\n', "nothing but blanks"),
        (HEAD + RULE + 'keywords = ["\\u00ad"]\nraise = "harm"\n', "nothing but blanks"),
        (HEAD + RULE + 'pattern = "("\nraise = "harm"\n', "that is no regular expression"),
        (HEAD + RULE + 'raise = "harm"\n', "without a condition would match every text"),
        (HEAD + RULE + 'keywords = ["x"]\n', "a rule without an effect does nothing"),
        (HEAD + RULE + 'keywords = ["x"]\nabstain = false\n', "without an effect"),
        (
            HEAD + RULE + 'keywords = ["x"]\nabstain = true\nraise = "harm"\n',
            "abstain beside raise",
        ),
        (HEAD + RULE + 'shorter_than = 0\nraise = "harm"\n', "got: shorter_than = 0"),
        (HEAD + RULE + 'longer_than = 8\nshorter_than = 9\nroute = "q"\n', "no text is as long"),
        (HEAD + RULE + 'script = "klingon"\nroute = "q"\n', "got: script = 'klingon'"),
        (HEAD + RULE + 'keywords = ["x"]\nroute = ""\n', "got: route = ''"),
        (HEAD + '[verifier]\nmodel = "m"\nlabels = ["harm"]\n', "the key 'verifier.between'"),
        (
            HEAD + '[verifier]\nmodel = "m"\nlabels = []\nbetween = [0, 1]\n',
            "got: verifier.labels = []",
        ),
        (HEAD + '[verifier]\nbundle = "m"\nlabels = ["harm"]\nbetween = [0, 1]\n', "model"),
        (HEAD + 'rule = ["r"]\n', "got: rule.0 = 'r'"),
        (HEAD + 'rule = "r"\n', "[[rule]], in two brackets"),
        ('model = "m"\ncritical = "harm"\n', 'critical = ["LABEL"] lists'),
        (
            HEAD + '[verifier]\nmodel = "m"\nlabels = ["harm"]\nbetween = [0.2]\n',
            "between = [LOW, HIGH]",
        ),
        (
            HEAD + '[verifier]\nmodel = "m"\nlabels = ["harm"]\nbetween = [0, 2]\n',
            "got: verifier.between.1 = 2",
        ),
        (HEAD + '[[verifier]]\nmodel = "m"\n', "there is one at most"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, text: str, said: str) -> None:
    assert said in refused(tmp_path, text)


def test_a_file_that_is_missing_or_no_toml_is_called_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r"^\[E202\] there is no such file of stages"):
        load(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match=r"^\[E103\] a file of stages is not valid TOML"):
        load(write(tmp_path, "model ="))


def test_a_model_that_is_not_there_is_named_from_the_file_on(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=rf"got: {tmp_path / 'nowhere'}"):
        load(write(tmp_path, HEAD))
