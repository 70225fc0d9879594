"""The romanised column and its checks."""

import pytest

from evenhand.data.kana import System
from evenhand.data.romaji import Spacing
from evenhand.data.romanize import add_romaji
from evenhand.data.table import Table
from evenhand.errors import DataError


def table(*texts, **others):
    lines = list(range(2, len(texts) + 2))
    return Table({"id": [f"r{i}" for i in lines], "text": list(texts)} | others, lines, "t.csv")


def test_the_new_column_comes_last_and_all_else_stays():
    given = table("死ね", "", "ok", " ねこ ", label=["1", "0", "0", "0"])
    done = add_romaji(given, "text")
    assert list(done.table.columns) == ["id", "text", "label", "text_romaji"]
    assert done.table.columns["text_romaji"] == ["shine", "", "ok", " neko "]
    assert {n: done.table.columns[n] for n in given.columns} == given.columns
    assert (done.table.lines, done.table.path) == (given.lines, "t.csv")
    assert list(given.columns) == ["id", "text", "label"]


def test_the_options_reach_the_spelling():
    done = add_romaji(table("お茶をどうぞ"), "text", system=System.KUNREI, spacing=Spacing.NONE)
    assert done.table.columns["text_romaji"] == ["otyaodouzo"]


def test_lengths_leave_blanks_out_and_rows_without_japanese():
    done = add_romaji(table("ねこ だ", "ｱ", "cat"), "text")
    assert done.ratios == {0: 6 / 3, 1: 1.0}
    assert done.lines() == [
        "t.csv: 3 rows, 2 with Japanese in 'text'",
        "length   1.50 letters a sign on average (1.00 to 2.00)",
        "left     0 rows with kana or kanji",
    ]


def test_rows_of_an_odd_length_are_named():
    done = add_romaji(table("志", "ねこ", "承る"), "text")
    assert done.table.columns["text_romaji"][0] == "kokorozashi"
    assert done.lines()[-1] == (
        "warning  2 rows with under 1 or over 5 letters a sign: t.csv:2, t.csv:4"
    )


def test_blank_lines_are_counted():
    given = table("ねこ")
    blank = Table(given.columns, given.lines, given.path, blank=(3, 4))
    assert "blank    2 blank lines are no rows" in add_romaji(blank, "text").lines()


def test_kanji_without_a_reading_are_refused_with_their_rows():
    given = table("ねこ", "彁だ", *["彁"] * 5)
    with pytest.raises(DataError) as caught:
        add_romaji(given, "text")
    assert str(caught.value) == (
        "[E222] 6 rows still hold kana or kanji that have no reading\n"
        "  got: '彁' (t.csv:3), '彁' (t.csv:4), '彁' (t.csv:5), '彁' (t.csv:6), '彁' (t.csv:7)"
        ", ...; the first is '彁だ'\n"
        "  fix: --left keep leaves them as they are; or write them in kana"
    )


def test_kanji_without_a_reading_are_kept_if_asked():
    done = add_romaji(table("ねこ", "彁だ"), "text", keep_left=True)
    assert done.table.columns["text_romaji"] == ["neko", "彁 da"]
    assert done.left == {1: "彁"}
    assert "left     1 row with kana or kanji: t.csv:3" in done.lines()


def test_a_name_that_is_taken():
    with pytest.raises(DataError, match=r"\[E222\] t\.csv has a column 'text_romaji' already"):
        add_romaji(table("ねこ", text_romaji=["neko"]), "text")


def test_a_column_without_japanese():
    with pytest.raises(DataError, match=r"\[E222\] no text of column 'id'(.|\n)*'r2' \(t\.csv:2\)"):
        add_romaji(table("ねこ"), "id")


def test_a_column_that_is_not_there():
    with pytest.raises(DataError, match=r"\[E205\](.|\n)*did you mean 'text'\?"):
        add_romaji(table("ねこ"), "txt")


def test_a_row_does_not_depend_on_the_others():
    texts = ["はい", "今日は", "行った"]
    together = add_romaji(table(*texts), "text").table.columns["text_romaji"]
    assert together == [add_romaji(table(t), "text").table.columns["text_romaji"][0] for t in texts]
