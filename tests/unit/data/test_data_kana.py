"""Kana in Latin letters: worked by hand, in both systems."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.data.kana import JAPANESE, System, katakana, to_latin

GOJUON = (
    "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワ"
    "ガギグゲゴザジズゼゾダヂヅデドバビブベボパピプペポ"
)
HEPBURN = (
    "a i u e o ka ki ku ke ko sa shi su se so ta chi tsu te to na ni nu ne no "
    "ha hi fu he ho ma mi mu me mo ya yu yo ra ri ru re ro wa "
    "ga gi gu ge go za ji zu ze zo da ji zu de do ba bi bu be bo pa pi pu pe po"
)
KUNREI = (
    "a i u e o ka ki ku ke ko sa si su se so ta ti tu te to na ni nu ne no "
    "ha hi hu he ho ma mi mu me mo ya yu yo ra ri ru re ro wa "
    "ga gi gu ge go za zi zu ze zo da zi zu de do ba bi bu be bo pa pi pu pe po"
)
BOTH = {
    "キャキュキョ": ("kyakyukyo", "kyakyukyo"),
    "シャシュショ": ("shashusho", "syasyusyo"),
    "チャチュチョ": ("chachucho", "tyatyutyo"),
    "ジャジュジョ": ("jajujo", "zyazyuzyo"),
    "ヂャヂュヂョ": ("jajujo", "zyazyuzyo"),
    "ニャヒュミョリャ": ("nyahyumyorya", "nyahyumyorya"),
    "シンブン": ("shinbun", "sinbun"),
    "シンアイ": ("shin'ai", "sin'ai"),
    "キンヨウ": ("kin'you", "kin'you"),
    "コンニャク": ("konnyaku", "konnyaku"),
    "ザッシ": ("zasshi", "zassi"),
    "マッチャ": ("matcha", "mattya"),
    "ミッツ": ("mittsu", "mittu"),
    "バッジ": ("bajji", "bazzi"),
    "ワッフル": ("waffuru", "wahhuru"),
    "ガッコウ": ("gakkou", "gakkou"),
    "ッッッス": ("ssssu", "ssssu"),
    "アッ": ("a'", "a'"),
    "アッ!": ("a'!", "a'!"),
    "アッア": ("a'a", "a'a"),
    "カレー": ("karee", "karee"),
    "ヤバーーイ": ("yabaaai", "yabaaai"),
    "ーア": ("-a", "-a"),
    "ンー": ("n-", "n-"),
    "アッー": ("a'-", "a'-"),
    "パーティー": ("paatii", "paat'ii"),
    "チーム": ("chiimu", "tiimu"),
    "トゥデイ": ("tudei", "t'udei"),
    "ディスク": ("disuku", "disuku"),
    "ファイル": ("fairu", "fairu"),
    "シェフ": ("shefu", "syehu"),
    "ジェット": ("jetto", "zyetto"),
    "ウィーン": ("wiin", "wiin"),
    "ヴァイオリン": ("vaiorin", "vaiorin"),
    "ヰヱヲ": ("ieo", "ieo"),
    "スゲェ": ("sugee", "sugee"),
    "Tシャツ100%": ("Tshatsu100%", "Tsyatu100%"),
    "": ("", ""),
}


@pytest.mark.parametrize(("system", "spelt"), [(System.HEPBURN, HEPBURN), (System.KUNREI, KUNREI)])
def test_the_syllabary(system, spelt):
    assert [to_latin(kana, system) for kana in GOJUON] == spelt.split()


@pytest.mark.parametrize(("kana", "spelt"), BOTH.items(), ids=BOTH)
def test_words_in_both_systems(kana, spelt):
    assert (to_latin(kana, System.HEPBURN), to_latin(kana, System.KUNREI)) == spelt


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ひらがなゔゖ", "ヒラガナヴヶ"),
        ("あゝ", "アア"),
        ("みすゞ", "ミスズ"),
        ("づゝ", "ヅツ"),
        ("スヽメ", "ススメ"),
        ("かゞゝ", "カガカ"),
        ("なゞ", "ナナ"),
        ("ゝ", "ヽ"),
        ("漢字 abc、", "漢字 abc、"),
    ],
)
def test_katakana(text, expected):
    assert katakana(text) == expected


@pytest.mark.parametrize(
    "sign",
    ["あ", "ゝ", "ア", "ー", "ヽ", "ㇰ", "ｱ", "ｰ", "漢", "々", "〆", "㐀", "𠮷", "\uf900", "𛀀"],
)
def test_japanese_writing(sign):
    assert JAPANESE.fullmatch(sign)


@pytest.mark.parametrize(
    "sign", ["a", "é", "ю", "한", "、", "。", "「", "・", "〇", "〜", "゛", "１"]
)
def test_no_japanese_writing(sign):
    assert not JAPANESE.search(sign)


@given(
    st.text(alphabet=[chr(c) for c in (*range(0x3041, 0x3097), 0x30FC)]), st.sampled_from(System)
)
def test_hiragana_always_become_plain_lower_case_letters(text, system):
    spelt = to_latin(katakana(text), system)
    assert spelt.isascii()
    assert not JAPANESE.search(spelt)
    assert spelt == spelt.lower()
    assert bool(spelt) == bool(text)
