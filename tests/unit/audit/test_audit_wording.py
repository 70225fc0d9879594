import pytest

from evenhand.audit.wording import has_spaces, normalised, words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Thank  YOU\n", "thank you"),
        ("Ｆｕｌｌ　ｗｉｄｔｈ", "full width"),
        ("ﾃｽﾄ", "テスト"),
        ("Straße", "STRASSE"),
        ("cafe\u0301", "café"),
    ],
)
def test_case_blanks_and_character_width_make_no_difference(one, other):
    assert normalised(one) == normalised(other)


def test_accents_and_punctuation_do():
    assert len({normalised(t) for t in ("resume", "résumé", "resume!")}) == 3


@pytest.mark.parametrize(
    ("texts", "spaced"),
    [
        (["some words"], True),
        (["いわゆる天使だろ"], False),
        (["слова и слова"], True),
        (["สวัสดีครับ"], False),
        ([""], True),
        (["a long English text with one 漢字 in it"], True),
    ],
)
def test_scripts_without_blanks_are_told(texts, spaced):
    assert has_spaces(texts) is spaced


def test_words_of_spaced_texts_keep_their_apostrophe():
    assert words("don't, ever: 3 times", spaced=True) == ["don't", "ever", "3", "times"]


def test_words_without_blanks_are_pairs_of_characters():
    assert words("天使だ。ろ", spaced=False) == ["天使", "使だ", "ろ"]
