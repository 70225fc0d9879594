import pytest

from evenhand.data.delimited import parse_delimited
from evenhand.errors import DataError


def test_line_of_a_row_is_where_it_starts_even_when_a_quoted_cell_spans_lines():
    rows = parse_delimited('text,label\n"one\ntwo",a\nthree,b\n', "f.csv", ",")
    assert rows.cells == [["text", "label"], ["one\ntwo", "a"], ["three", "b"]]
    assert rows.lines == [1, 2, 4]


def test_doubled_quotes_and_the_delimiter_inside_a_quoted_cell():
    rows = parse_delimited('"say ""hi""\tnow"\t3,17\tx\n', "f.tsv", "\t")
    assert rows.cells == [['say "hi"\tnow', "3,17", "x"]]


def test_windows_line_ends_count_as_one():
    assert parse_delimited("a,b\r\nc,d\r\n", "f.csv", ",").lines == [1, 2]


def test_blank_lines_are_counted_not_rows():
    rows = parse_delimited("a,b\n\nc,d\n  \n", "f.csv", ",")
    assert (rows.lines, rows.blank) == ([1, 3], [2, 4])


def test_blank_line_between_rows_of_one_column_is_an_empty_cell():
    rows = parse_delimited("text\n\none\n\n", "f.csv", ",")
    assert rows.cells == [["text"], [""], ["one"]]
    assert rows.blank == [4]


def test_ten_megabytes_in_one_cell():
    assert len(parse_delimited("x" * 10_000_000 + ",b\n", "f.csv", ",").cells[0][0]) == 10_000_000


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('a,b\nc,"open\nd,e\n', 2),
        ('a,b\n"x\ny","open\nd,e\n', 3),
        ('a,b\n"closed"tail,e\n', 2),
        ('a,b\n"open,1\n"def",2\n', 2),
    ],
)
def test_unbalanced_quote_names_the_line_where_it_opens(text, line):
    with pytest.raises(DataError, match=rf"\[E204\](.|\n)*f\.csv:{line}, where the quote opens"):
        parse_delimited(text, "f.csv", ",")


@pytest.mark.parametrize("row", ["c", "c,d,e"])
def test_row_with_another_number_of_cells(row):
    with pytest.raises(DataError, match=r"\[E204\](.|\n)*f\.csv:2 has \d, line 1 has 2"):
        parse_delimited(f"a,b\n{row}\n", "f.csv", ",")
