"""Japanese texts in Latin letters: words joined by hand-made parts, and real texts."""

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.data import readings
from evenhand.data.kana import JAPANESE, System
from evenhand.data.readings import Part, parts
from evenhand.data.romaji import Spacing, normal, romaji, units
from evenhand.errors import MissingExtraError

VERB, AUXILIARY, PARTICLE, NOUN = "動詞", "助動詞", "助詞", "名詞"


def words(*found):
    return [unit.kana for unit in units(found)]


def test_a_verb_and_its_endings_are_one_word():
    assert words(
        Part("食べ", "タベ", VERB),
        Part("られ", "ラレ", AUXILIARY, base="られる"),
        Part("なかっ", "ナカッ", AUXILIARY, base="ない"),
        Part("た", "タ", AUXILIARY, base="た"),
    ) == ["タベラレナカッタ"]


def test_te_joins_the_verb_but_de_after_a_noun_is_a_word():
    assert words(
        Part("読ん", "ヨン", VERB),
        Part("で", "デ", PARTICLE, "接続助詞", "で"),
        Part("家", "イエ", NOUN),
        Part("で", "デ", PARTICLE, "格助詞", "で"),
    ) == ["ヨンデ", "イエ", "デ"]


def test_the_copula_is_a_word_and_takes_its_own_endings():
    assert words(
        Part("静か", "シズカ", "形状詞"),
        Part("だっ", "ダッ", AUXILIARY, base="だ"),
        Part("た", "タ", AUXILIARY, base="た"),
    ) == ["シズカ", "ダッタ"]


def test_affixes_join_also_foreign_words():
    assert words(
        Part("お", "オ", "接頭辞"),
        Part("寺", "テラ", NOUN),
        Part("さん", "サン", "接尾辞"),
    ) == ["オテラサン"]
    assert words(Part("10", "イチレイ", NOUN), Part("人", "ニン", "接尾辞")) == ["10ニン"]


def test_a_drawn_out_sound_joins_what_it_draws_out():
    assert words(Part("最高", "サイコウ", NOUN), Part("ーー", "ーー", "補助記号")) == [
        "サイコウーー"
    ]
    assert words(Part("。", "。", "補助記号"), Part("ーー", "ーー", "補助記号")) == ["。", "ーー"]


def test_a_double_consonant_across_parts_joins_them():
    assert words(Part("さらっ", "サラッ", "副詞"), Part("と", "ト", PARTICLE)) == ["サラット"]


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (Part("私", "ワタクシ", "代名詞"), "ワ"),
        (Part("」", "」", "補助記号"), "ワ"),
        (Part("%", "%", "補助記号"), "ワ"),
        (Part("、", "、", "補助記号"), "ハ"),
        (Part("\n", "\n", "空白"), "ハ"),
    ],
)
def test_the_particle_ha_sounds_wa_where_a_particle_can_stand(before, expected):
    assert words(before, Part("は", "ハ", PARTICLE))[-1] == expected


def test_a_part_that_begins_a_text_is_no_particle_and_ha_in_a_noun_stays():
    assert words(Part("は", "ハ", PARTICLE), Part("よ", "ヨ", PARTICLE)) == ["ハ", "ヨ"]
    assert words(Part("本", "ホン", NOUN), Part("は", "ハ", NOUN)) == ["ホン", "ハ"]


def test_kana_are_spelt_as_written_and_kanji_as_read():
    assert words(Part("アツい", "アチイ", "形容詞")) == ["アツイ"]
    assert words(Part("熱い", "アツイ", "形容詞")) == ["アツイ"]
    assert words(Part("髙", "髙", NOUN)) == ["髙"]


TEXTS = {
    "私は学校へ行く": "watakushi wa gakkou e iku",
    "こんにちは、元気ですか？": "konnichiwa, genki desu ka?",
    "お母さんを助けられなかった。": "okaasan o tasukerarenakatta.",
    "「東京」は大きい": '"toukyou" wa ookii',
    "えぇ…マジかよぉ": "ee... maji ka yoo",
    "ﾃﾚﾋﾞを見て寝る": "terebi o mite neru",
    "草ｗｗｗ": "kusa www",
    "iPhone15を買った。https://a.b/c?d=1 見て": "iPhone15 o katta. https://a.b/c?d=1 mite",
    "ジョン・スミス・・・": "jon sumisu...",
    "これ（笑）は": "kore (warai) wa",
    "50%は多い": "50% wa ooi",
    "すごいね〜": "sugoi ne~",
    "改行\nあり": "kaigyou\nari",
    "お゛い": "oi",
    "Привет abc": "Привет abc",
    "、。": ",.",
    "": "",
    " \n": " \n",
}


@pytest.mark.parametrize(("text", "expected"), TEXTS.items(), ids=range(len(TEXTS)))
def test_whole_texts(text, expected):
    assert romaji(text) == expected


def test_kunrei_and_no_blanks_but_the_texts_own():
    text = "信じて、新宿に 行った"
    assert romaji(text, system=System.KUNREI) == "sinzite, sinzyuku ni itta"
    assert romaji(text, spacing=Spacing.NONE) == "shinjite,shinjukuni itta"


def test_a_kanji_without_a_reading_stays():
    assert romaji("彁だ") == "彁 da"


def test_a_text_longer_than_the_tokenizer_takes():
    assert romaji("ねこ" * 30_000, spacing=Spacing.NONE) == "neko" * 30_000


def test_parts_joined_are_the_text():
    text = "すもももももももものうち。\n東京 tokyo…(笑)"
    assert "".join(part.written for part in parts(normal(text))) == normal(text)


@settings(max_examples=50, deadline=None)
@given(st.text(alphabet="あいかがっんーャ漢字日本語、。「」・ abcＡ１\n😀゛", max_size=30))
def test_no_kana_is_ever_left_and_the_same_text_gives_the_same_letters(text):
    spelt = romaji(text)
    assert spelt == romaji(text)
    assert not JAPANESE.search(spelt)
    assert "".join(romaji(text, spacing=Spacing.NONE).split()) == "".join(spelt.split())


def test_without_the_extra(monkeypatch):
    readings._tokenizer.cache_clear()
    monkeypatch.setitem(sys.modules, "sudachidict_core", None)
    assert romaji("no Japanese") == "no Japanese"
    with pytest.raises(MissingExtraError, match=r"pip install 'evenhand\[japanese\]'"):
        romaji("日本")
