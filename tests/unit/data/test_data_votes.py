"""Votes to labels: every outcome worked by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.data.table import Table, read_table
from evenhand.data.votes import Ballot, count_votes
from evenhand.errors import DataError

LABELS = {"toxic": ("bad", "worse"), "fine": ("good",)}


def ballot(ties="drop", **options):
    return Ballot(LABELS, ("hard",), ties=ties, **options)


def table(*rows, blank=()):
    names = ("good", "bad", "worse", "hard")
    columns = {name: [row[c] for row in rows] for c, name in enumerate(names)}
    columns = {"text": [f"t{i}" for i in range(len(rows))]} | columns
    return Table(columns, list(range(2, len(rows) + 2)), "v.csv", blank=blank)


WINNERS = {
    "a majority": ((3, 1, 0, 0), ("fine", 3), ("fine", 3), ("fine", 3)),
    "columns of a label are added up": ((2, 1, 2, 0), ("toxic", 3), ("toxic", 3), ("toxic", 3)),
    "a plurality": ((2, 1, 0, 1), ("fine", 2), ("fine", 2), ("fine", 2)),
    "a tie of labels": ((2, 1, 1, 0), (None, 0), ("toxic", 2), ("fine", 2)),
    "a tie with unsure": ((2, 1, 0, 2), (None, 0), ("fine", 2), ("fine", 2)),
    "another tie with unsure": ((1, 2, 0, 2), (None, 0), ("toxic", 2), (None, 0)),
    "a tie of all three": ((1, 1, 0, 1), (None, 0), ("toxic", 1), ("fine", 1)),
    "most unsure": ((1, 1, 0, 3), (None, 3), (None, 3), (None, 3)),
    "only unsure": ((0, 0, 0, 1), (None, 1), (None, 1), (None, 1)),
}


@pytest.mark.parametrize("case", WINNERS.values(), ids=WINNERS)
def test_winner_when_ties_are_dropped_go_to_the_first_or_to_a_label(case):
    counts, *expected = case
    votes = dict(zip(("good", "bad", "worse", "hard"), counts, strict=True))
    assert [ballot(ties).winner(votes) for ties in ("drop", "first", "fine")] == expected


def test_rows_go_where_the_ledger_says():
    counted = count_votes(
        table((3, 1, 0, 0), (2, 1, 1, 0), (0, 0, 0, 2), (0, 2, 1, 0), (0, 0, 0, 0), blank=(9,)),
        ballot(drop_empty=True),
    )
    assert list(counted.table.columns) == [
        *("text", "good", "bad", "worse", "hard"), "label", "confidence",
    ]  # fmt: skip
    assert counted.table.columns["text"] == ["t0", "t3"]
    assert counted.table.columns["label"] == ["fine", "toxic"]
    assert counted.table.columns["confidence"] == [0.75, 1.0]
    assert counted.table.lines == [2, 5]
    assert counted.lines() == [
        "v.csv: 6 rows read, 2 kept",
        "  1 set aside: a tie (line 3)",
        "  1 set aside: most votes are unsure (line 4)",
        "  1 set aside: no votes (line 6)",
        "  1 set aside: blank line (line 9)",
        "labels  1 fine, 1 toxic",
    ]


def test_confidence_counts_unsure_votes_and_has_four_places():
    counted = count_votes(table((2, 0, 0, 1)), ballot())
    assert counted.table.columns["confidence"] == [0.6667]


def test_kept_columns_in_their_order():
    counted = count_votes(table((1, 0, 0, 0)), ballot(), keep=["hard", "text"])
    assert list(counted.table.columns) == ["hard", "text", "label", "confidence"]


@pytest.mark.parametrize("count", ["2", " 2 ", "+2", "2.0", 2, 2.0])
def test_counts_as_files_write_them(count):
    assert count_votes(table((count, 1, 0, 0)), ballot()).table.columns["label"] == ["fine"]


@pytest.mark.parametrize("count", ["", "-1", "1.5", "two", None, 1.5, True, -1, float("nan")])
def test_counts_that_are_none(count):
    with pytest.raises(DataError, match=r"\[E221\](.|\n)*\(column 'bad', v\.csv:3\)"):
        count_votes(table((1, 0, 0, 0), (1, count, 0, 0)), ballot())


def test_a_row_without_votes_is_refused():
    with pytest.raises(DataError, match=r"\[E221\] a row has no votes(.|\n)*v\.csv:3"):
        count_votes(table((1, 0, 0, 0), (0, 0, 0, 0)), ballot())


def test_no_row_left():
    with pytest.raises(DataError, match=r"\[E221\] no row got a label(.|\n)*2 set aside: a tie"):
        count_votes(table((1, 1, 0, 0), (0, 1, 0, 1)), ballot())


@pytest.mark.parametrize("taken", ["label", "confidence"])
def test_a_name_that_is_taken(taken):
    rows = table((1, 0, 0, 0))
    rows = Table(rows.columns | {taken: ["x"]}, rows.lines, rows.path)
    with pytest.raises(DataError, match=rf"\[E221\] v\.csv has a column '{taken}' already"):
        count_votes(rows, ballot())
    assert len(count_votes(rows, ballot(), keep=["text"]).table) == 1


@pytest.mark.parametrize(
    ("labels", "keep"), [({"a": ("god",), "b": ("bad",)}, None), (LABELS, ["god"])]
)
def test_a_column_that_is_not_there(labels, keep):
    with pytest.raises(DataError, match=r"\[E205\](.|\n)*did you mean 'good'\?"):
        count_votes(table((1, 0, 0, 0)), Ballot(labels), keep=keep)


@pytest.mark.parametrize(
    ("labels", "options", "words"),
    [
        ({"a": ("x",)}, {}, "two labels or more"),
        ({}, {}, "two labels or more"),
        ({"a": ("x",), "b": ("x",)}, {}, "named twice"),
        ({"a": ("x",), "b": ("y",)}, {"unsure": ("y",)}, "named twice"),
        ({"a": ("x",), "b": ("y",)}, {"ties": "frist"}, "did you mean 'first'"),
    ],
)
def test_a_ballot_that_cannot_be(labels, options, words):
    with pytest.raises(DataError, match=rf"\[E221\](.|\n)*{words}"):
        Ballot(labels, **options)


def test_a_file_with_a_byte_order_mark_and_semicolon_less_quotes(tmp_path):
    path = tmp_path / "v.csv"
    path.write_bytes('\ufefftext,yes,no\r\n"a, b",2,1\r\n\r\nc,0,1\r\n'.encode())
    votes = Ballot({"y": ("yes",), "n": ("no",)})
    counted = count_votes(read_table(path, expect=votes.columns()), votes)
    assert counted.table.columns["text"] == ["a, b", "c"]
    assert counted.table.columns["label"] == ["y", "n"]
    assert counted.lines()[1] == "  1 set aside: blank line (line 3)"


@given(st.tuples(*[st.integers(0, 5)] * 4).filter(any), st.sampled_from(["drop", "first", "fine"]))
def test_the_winner_has_the_most_votes_and_a_share_that_fits(counts, ties):
    votes = dict(zip(("good", "bad", "worse", "hard"), counts, strict=True))
    label, most = ballot(ties).winner(votes)
    sums = {"fine": counts[0], "toxic": counts[1] + counts[2]}
    if label is None:
        assert most in (0, counts[3])
    else:
        assert most == sums[label] == max(*sums.values(), counts[3]) > 0
