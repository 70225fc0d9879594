"""Which texts are rewritten, and what is taken back."""

import subprocess
import sys

import pytest

from evenhand.augment import AUGMENTERS
from evenhand.augment.protected import Protected
from evenhand.augment.rewriting import Rewriter, one_by_one


def shout(text, random, protected):
    return text.upper()


def spoil(texts, generators, protected):
    return [text.replace("not", "") for text in texts]


def test_share_of_texts():
    texts = ["so"] * 1000
    for share in (0, 0.3, 1):
        changed = one_by_one(shout, share=share, protected=())(texts, range(1000)).count("SO")
        assert changed == pytest.approx(1000 * share, abs=50 * (0 < share < 1))


def test_a_larger_share_changes_the_same_texts_and_more():
    few, many = (
        one_by_one(shout, share=share, protected=())(["so"] * 99, range(99)) for share in (0.2, 0.6)
    )
    assert all(b == "SO" for a, b in zip(few, many, strict=True) if a == "SO")


def test_what_loses_a_protected_word_is_taken_back():
    rewriter = Rewriter(spoil, 1.0, Protected(("not",)))
    assert rewriter(["not so", "knot so", "not"], [1, 2, 3]) == ["not so", "k so", "not"]


def test_texts_without_a_word_are_not_asked():
    rewriter = Rewriter(lambda texts, generators, protected: ["x"] * len(texts), 1.0, Protected())
    assert rewriter(["", " \n", "a"], [1, 2, 3]) == ["", " \n", "x"]


def test_a_seed_for_each_text():
    with pytest.raises(ValueError, match="shorter"):
        one_by_one(shout, share=1, protected=())(["a", "b", "c"], [1, 2])


def test_naming_any_augmenter_imports_no_model_library():
    program = (
        "import sys; from evenhand.augment import AUGMENTERS;"
        "[AUGMENTERS.describe(n) for n in AUGMENTERS.names()];"
        "sys.exit(bool({'torch', 'transformers'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_names():
    assert AUGMENTERS.names() == (
        "word-dropout",
        "synonyms",
        "insertion",
        "swap",
        "deletion",
        "eda",
        "noise",
        "back-translation",
        "contextual",
    )
