"""Checks of rows and texts: copies, twins, conflicts, lengths, variety, order, leakage."""

from pathlib import Path

import numpy as np
import pytest

from evenhand.audit import AUDITS
from evenhand.audit.variety import vocabulary_of

PAGES = Path(__file__).parents[3] / "docs" / "checks"
LONG = "the committee met on tuesday to discuss the new budget for schools"
TWIN = "the committee met on tuesday to discuss the new budget for school"


def find(code, corpus):
    return AUDITS.build(code, corpus, settings={})


def test_copies_name_the_later_rows_of_a_role_alone(make):
    corpus = make(["One", "two", " one ", "ONE", "one"], roles=["fit"] * 4 + ["tune"])
    finding = find("A101", corpus)
    assert finding.rows == ("r2", "r3")
    assert finding.count == 2
    assert "40.0%" in finding.evidence
    assert "stands 3 times" in finding.evidence
    assert finding.marks[1].detail == "same text as r0"
    assert find("A101", make(["one", "one"], roles=["fit", "tune"])) is None


def test_few_copies_are_a_tip_and_many_a_warning(make, varied):
    assert find("A101", make([*varied, varied[0]])).severity == "tip"
    assert find("A101", make([*varied[:10], varied[0]])).severity == "warning"


def test_near_copies_name_both_twins_of_one_role(make):
    finding = find("A102", make([LONG, "something else that is long enough", TWIN]))
    assert finding.rows == ("r0", "r2")
    assert finding.marks[0].detail == "nearly r2"
    assert find("A102", make([LONG, TWIN], roles=["fit", "tune"])) is None


def test_leaks_are_errors_in_the_later_role(make):
    texts = ["one", "two", "ONE", "two", "three", "three"]
    finding = find("A301", make(texts, roles=["fit", "fit", "tune", "report", "tune", "report"]))
    assert finding.severity == "error"
    assert finding.rows == ("r2", "r3", "r5")
    assert "1 tune text (50.0%) stand among the fit rows" in finding.evidence
    assert "2 report texts (66.7%) stand among the fit and tune rows" not in finding.evidence
    assert finding.marks[0].detail == "same text as fit row r0"
    assert finding.marks[2].detail == "same text as tune row r4"


def test_a_leak_is_found_though_the_later_role_comes_first_in_the_file(make):
    assert find("A301", make(["one", "one"], roles=["tune", "fit"])).rows == ("r0",)


def test_near_leaks_leave_exact_ones_to_the_other_check(make):
    roles = ["fit", "tune", "tune"]
    finding = find("A302", make([LONG, TWIN, LONG], roles=roles))
    assert finding.rows == ("r1",)
    assert finding.severity == "error"
    assert "70%" in finding.evidence
    assert find("A302", make([LONG, TWIN], roles=["fit", "fit"])) is None


def test_conflicts_name_every_row_of_the_text(make):
    texts = ["same", "Same", "other", "other", "alone"]
    finding = find("A204", make(texts, ["a", "b", "a", "a", "b"]))
    assert finding.rows == ("r0", "r1")
    assert "1 text of 2 that stand more than once" in finding.evidence
    assert find("A204", make(["x", "x"], ["a", "a"])) is None


def test_near_conflicts_say_what_the_twin_has(make):
    finding = find("A205", make([LONG, TWIN], ["a", "b"]))
    assert finding.rows == ("r0", "r1")
    assert finding.marks[0].detail == "a; b at the near twin r1"
    assert find("A205", make([LONG, TWIN], ["a", "a"])) is None


def test_rows_set_aside_are_named_by_file_and_line(make):
    corpus = make(["x"] * 90, aside={"empty text": [4], "no label": list(range(50, 59))})
    empty, bare = find("A103", corpus), find("A203", corpus)
    assert empty.rows == ("rows.csv:4",)
    assert (bare.count, bare.severity) == (9, "warning")
    assert "9 rows of 100 (9.0%)" in bare.evidence
    assert find("A103", make(["x"])) is None


def test_texts_of_signs_alone_are_too_short(make):
    finding = find("A104", make(["ok!", "...", "yes", "😀😀😀", "nay"]))
    assert finding.rows == ("r0", "r1", "r3")
    assert finding.marks[1].detail == "0 letters or digits"


def test_long_texts_ask_for_a_longer_model(make):
    corpus = make(["short text"] * 8 + ["word " * 200] * 2)
    finding = find("A105", corpus)
    assert finding.rows == ("r8", "r9")
    assert finding.remedy == {"model": {"max_length": 512}}
    assert "without tokenizer" in finding.evidence
    assert find("A105", make(["word " * 90])) is None
    assert find("A105", make(["word " * 90], max_length=64)).severity == "warning"


def test_length_without_blanks_goes_by_characters(make):
    assert find("A105", make(["天" * 200])).count == 1
    assert find("A105", make(["天" * 100])) is None


def test_templates_have_few_words_and_made_up_ones_many(make, varied):
    poor = make([f"the {w} is not so good today" for w in ("meal", "room", "train")] * 150)
    assert vocabulary_of(poor) == (3150, 9)
    assert "9 different words among 3,150" in find("A106", poor).evidence
    assert find("A106", make(varied * 3)) is None


def test_blocks_of_labels_are_seen_and_mixed_rows_are_not(make):
    texts = [str(i) for i in range(200)]
    blocks = find("A107", make(texts, ["a"] * 150 + ["b"] * 50))
    assert "99.5% of neighbouring rows" in blocks.evidence
    assert "chance has 62.5%" in blocks.evidence
    mixed = np.random.default_rng(0).permutation(["a"] * 150 + ["b"] * 50).tolist()
    assert find("A107", make(texts, mixed)) is None
    assert find("A107", make(texts, ["a"] * 200)) is None
    assert find("A107", make(texts[:20], ["a"] * 10 + ["b"] * 10)) is None


def test_a_sound_corpus_has_no_finding(make, varied):
    from evenhand.audit import audit

    labels = ["a", "b"] * 50 + ["b", "a"] * 50
    assert audit(make(varied, labels)) == []


def test_every_check_has_a_page_and_every_page_a_check():
    pages = {p.stem: p.read_text("utf-8") for p in PAGES.glob("A*.md")}
    assert set(pages) == set(AUDITS.names())
    assert all(text.startswith(f"# {code}: ") for code, text in pages.items())


def test_one_character_without_blanks_is_too_short_and_two_are_not(make):
    assert find("A104", make(["草", "天使", "いわゆる天使だろ"])).rows == ("r0",)


@pytest.mark.parametrize("code", AUDITS.names())
def test_every_check_says_what_it_looks_for(code):
    assert AUDITS.describe(code).endswith(".")
