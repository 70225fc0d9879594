"""An interrupted output, gone on with, is the uninterrupted one, and no other is gone on with."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import odd_even
from evenhand import locks
from evenhand.data.portions import Limit, open_rows
from evenhand.errors import EvenhandError, UnfinishedError
from evenhand.run.predict_state import Beside
from evenhand.run.predict_stream import answer_stream, print_stream
from evenhand.run.screen import Screen
from odd_even import OddEven, question

ENDINGS = ("csv", "tsv", "jsonl", "parquet")
ROWS = "".join(f'{i},"text {i}\nof {i * i}",=1+{i}\n' for i in range(10))


class StoppedError(Exception):
    """Stands in for whatever ends a process."""


def stop_at(portion):
    def stop(number):
        if number == portion:
            raise StoppedError("at a portion")

    return stop


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "in.csv"
    path.write_text(f"id,text,labels\n\n{ROWS}\n10,,\n", encoding="utf-8")
    return path


def interrupted(rows: Path, out: Path, portion: int = 3) -> None:
    with pytest.raises(StoppedError, match="at a portion"):
        answer_stream(question(rows, OddEven(before=stop_at(portion))), out)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("ending", ENDINGS)
def test_stopped_at_any_portion_and_gone_on_with(rows, tmp_path, ending):
    whole, out = tmp_path / f"whole.{ending}", tmp_path / f"out.{ending}"
    tally = answer_stream(question(rows), whole)
    for portion in range(1, 5):
        interrupted(rows, out, portion)
        assert not out.exists()
        again = OddEven()
        assert answer_stream(question(rows, again), out, resume=True) == tally
        assert sum(again.sizes) == 11 - 3 * (portion - 1) + (portion > 1)
        assert out.read_bytes() == whole.read_bytes()
        assert names(tmp_path) == ["in.csv", out.name, whole.name]
        out.unlink()


def test_stopped_at_every_portion_in_turn(rows, tmp_path):
    answer_stream(question(rows), tmp_path / "whole.csv")
    interrupted(rows, tmp_path / "out.csv", 2)
    for _ in range(2):
        again = question(rows, OddEven(before=stop_at(2)))
        with pytest.raises(StoppedError, match="at a portion"):
            answer_stream(again, tmp_path / "out.csv", resume=True)
    answer_stream(question(rows), tmp_path / "out.csv", resume=True)
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


@pytest.mark.parametrize("kind", ["rows.jsonl", "rows.json", "rows.parquet", "rows.tsv"])
def test_whatever_is_read_is_gone_on_with(tmp_path, kind):
    path, cells = tmp_path / kind, [{"id": i, "text": f"text\n{i * i}"} for i in range(11)]
    lines = [json.dumps(row) for row in cells]
    if kind == "rows.parquet":
        pq.write_table(pa.Table.from_pylist(cells), path, row_group_size=4)
    elif kind == "rows.tsv":
        path.write_text("".join(f'{row["id"]}\t"{row["text"]}"\n' for row in cells))
    else:
        path.write_text("\n".join(lines) if kind.endswith("l") else f"[{', '.join(lines)}]")
    schema = replace(odd_even.NAMED, has_header=False, columns=("id", "text"))
    whole, out = tmp_path / "whole.csv", tmp_path / "out.csv"
    answer_stream(question(path, OddEven(schema)), whole)
    for portion in (2, 3, 4):
        with pytest.raises(StoppedError, match="at a portion"):
            answer_stream(question(path, OddEven(schema, stop_at(portion))), out)
        answer_stream(question(path, OddEven(schema)), out, resume=True)
        assert out.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_process_that_is_killed_without_warning(rows, tmp_path, ending):
    whole, out = tmp_path / f"whole.{ending}", tmp_path / f"out.{ending}"
    answer_stream(question(rows), whole)
    killed = subprocess.run(
        [sys.executable, odd_even.__file__, str(rows), str(out), "3"], check=False
    )
    assert killed.returncode == -signal.SIGKILL
    assert Beside(out).found().place.rows == 5
    answer_stream(question(rows), out, resume=True)
    assert out.read_bytes() == whole.read_bytes()


def test_bytes_that_do_not_count_are_cut_off(rows, tmp_path):
    out = tmp_path / "out.csv"
    answer_stream(question(rows), tmp_path / "whole.csv")
    interrupted(rows, out)
    with Beside(out).part.open("ab") as part:
        part.write(b'9,"half a ro')
    answer_stream(question(rows), out, resume=True)
    assert out.read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_portions_that_are_not_yet_forced_to_disk_are_answered_again(rows, tmp_path):
    out = tmp_path / "out.csv"
    answer_stream(question(rows), tmp_path / "whole.csv")
    seldom = question(rows, OddEven(before=stop_at(3)))
    with pytest.raises(StoppedError, match="at a portion"):
        answer_stream(type(seldom)(seldom.classifier, seldom.source, "b", seldom.limit), out)
    assert Beside(out).found().place.rows == 0
    answer_stream(question(rows), out)
    assert out.read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_a_former_output_stays_until_the_new_one_is_whole(rows, tmp_path):
    out = tmp_path / "out.csv"
    out.write_text("former")
    interrupted(rows, out)
    assert out.read_text() == "former"
    answer_stream(question(rows), out, resume=True)
    assert out.read_text().startswith("id,text,input:labels,labels,p:odd,p:even\n")


def test_rows_that_are_done_are_not_lost_without_a_word(rows, tmp_path):
    out = tmp_path / "out.csv"
    interrupted(rows, out)
    before = Beside(out).part.read_bytes()
    with pytest.raises(UnfinishedError, match=r"\[E406\] an output(.|\n)*5 rows(.|\n)*--resume"):
        answer_stream(question(rows), out)
    assert Beside(out).part.read_bytes() == before


def spoil_rows(rows, beside):
    rows.write_text(rows.read_text() + "11,one more,\n")


def spoil_part(rows, beside):
    content = bytearray(beside.part.read_bytes())
    content[20] ^= 1
    beside.part.write_bytes(content)


def shorten_part(rows, beside):
    os.truncate(beside.part, beside.part.stat().st_size - 1)


def remove_part(rows, beside):
    beside.part.unlink()


def spoil_state(rows, beside):
    beside.state.write_text("{")


def age_state(rows, beside):
    beside.state.write_text(json.dumps(json.loads(beside.state.read_text()) | {"format": 0}))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (spoil_rows, "begun with other rows"),
        (spoil_part, "not what was written"),
        (shorten_part, "not what was written"),
        (remove_part, "not what was written"),
        (spoil_state, "cannot be read"),
        (age_state, "another version"),
    ],
)
def test_what_is_not_as_it_was_is_not_gone_on_with(rows, tmp_path, spoil, words):
    out = tmp_path / "out.csv"
    interrupted(rows, out)
    beside = Beside(out)
    spoil(rows, beside)
    with pytest.raises(UnfinishedError, match=rf"\[E406\] .*{words}(.|\n)*fix: begin anew: rm -f"):
        answer_stream(question(rows), out, resume=True)
    assert not out.exists()
    for path in (beside.part, beside.state):
        path.unlink(missing_ok=True)
    answer_stream(question(rows), out, resume=True)
    assert out.exists()


def test_a_file_that_happens_to_be_in_the_way_stays(rows, tmp_path):
    Beside(tmp_path / "out.csv").part.write_text("mine")
    for resume in (False, True):
        with pytest.raises(UnfinishedError, match=r"\[E406\] a file is in the way(.|\n)*move it"):
            answer_stream(question(rows), tmp_path / "out.csv", resume=resume)
    assert Beside(tmp_path / "out.csv").part.read_text() == "mine"


def other_ending(question):
    named = Path(question.source.path).with_suffix(".txt")
    named.write_bytes(Path(question.source.path).read_bytes().replace(b",", b"\t"))
    return replace(question, source=open_rows(str(named)))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda q: replace(q, bundle="c"), "another bundle"),
        (lambda q: replace(q, limit=Limit(2)), "other portions"),
        (other_ending, "other rows"),
    ],
)
def test_a_changed_question_does_not_go_on(rows, tmp_path, change, words):
    interrupted(rows, tmp_path / "out.csv")
    with pytest.raises(UnfinishedError, match=rf"\[E406\] the output was begun with {words}"):
        answer_stream(change(question(rows)), tmp_path / "out.csv", resume=True)


def test_another_version_does_not_go_on(rows, tmp_path, monkeypatch):
    interrupted(rows, tmp_path / "out.csv")
    monkeypatch.setattr("evenhand.run.predict_state.version", lambda _: "0.0.1")
    with pytest.raises(UnfinishedError, match=r"\[E406\] .* begun with another version of"):
        answer_stream(question(rows), tmp_path / "out.csv", resume=True)


def test_a_file_may_be_called_otherwise_meanwhile(rows, tmp_path):
    answer_stream(question(rows), tmp_path / "whole.csv")
    interrupted(rows, tmp_path / "out.csv")
    moved = rows.rename(tmp_path / "moved.csv")
    answer_stream(question(moved), tmp_path / "out.csv", resume=True)
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_two_processes_do_not_write_one_output(rows, tmp_path):
    out = tmp_path / "out.csv"
    interrupted(rows, out)
    with (
        locks.held(Beside(out).part),
        pytest.raises(UnfinishedError, match=r"\[E406\] another process"),
    ):
        answer_stream(question(rows), out, resume=True)


def test_a_file_that_changes_while_it_is_read(rows, tmp_path):
    def grow(number):
        if number == 2:
            spoil_rows(rows, None)

    with pytest.raises(UnfinishedError, match=r"\[E406\] the file changed while it was being read"):
        answer_stream(question(rows, OddEven(before=grow)), tmp_path / "out.csv")
    assert Beside(tmp_path / "out.csv").found().place.rows == 2


def test_a_bad_line_far_below_is_found_before_anything_is_written(tmp_path):
    path = tmp_path / "in.csv"
    path.write_text("id,text,n\n" + "1,a,2\n" * 5000 + "1,a\n")
    classifier = OddEven()
    with pytest.raises(EvenhandError, match=r"\[E204\](.|\n)*in\.csv:5002 has 2, line 1 has 3"):
        answer_stream(question(path, classifier), tmp_path / "out.csv")
    assert classifier.sizes == []
    assert names(tmp_path) == ["in.csv"]


def test_where_every_row_went(rows, tmp_path):
    tally = answer_stream(question(rows), tmp_path / "out.csv")
    assert tally.lines("in.csv") == [
        "in.csv: 13 rows read, 11 answered",
        "  1 answered without text (line 24)",
        "  2 set aside: blank line (lines 2, 23)",
    ]
    with (tmp_path / "out.csv").open(newline="") as file:
        assert len(list(csv.reader(file))) == 12


def test_on_the_screen_it_is_the_same_csv(rows, tmp_path):
    shown: list[str] = []
    tally = print_stream(question(rows), shown.append, Screen())
    assert tally == answer_stream(question(rows), tmp_path / "out.csv")
    assert "".join(shown).encode() == (tmp_path / "out.csv").read_bytes()
    assert len(shown) == 5


@pytest.mark.parametrize("kind", ENDINGS)
def test_every_format_is_read_and_written(kind, tmp_path):
    cells = {"id": ["1", "2", "3", "4"], "text": ["a", "bc", "", "=d"], "p:odd": ["x"] * 4}
    first = tmp_path / "rows.jsonl"
    first.write_text("".join(f"{json.dumps(dict(zip(cells, row, strict=True)))}\n"
                             for row in zip(*cells.values(), strict=True)))  # fmt: skip
    answer_stream(question(first), tmp_path / f"one.{kind}")
    answer_stream(question(tmp_path / f"one.{kind}"), tmp_path / "two.jsonl")
    found = [json.loads(line) for line in (tmp_path / "two.jsonl").read_text().splitlines()]
    assert list(found[0]) == [
        "id", "text", "input:p:odd", "input:labels", "input:input:p:odd", "input:p:even",
        "labels", "p:odd", "p:even",
    ]  # fmt: skip
    escaped = "'=d" if kind in ("csv", "tsv") else "=d"
    assert [row["text"] for row in found] == ["a", "bc", "", escaped]
    assert [row["input:labels"] for row in found] == ["odd", "even", "even", "even"]


def test_parquet_keeps_the_types_of_parquet(tmp_path):
    cells = pa.table(
        {
            "text": pa.array(["a", "bc", None]).dictionary_encode(),
            "n": pa.array([1, None, 3], pa.int32()),
            "when": pa.array([0, 1, 2], pa.timestamp("ms")),
            "many": pa.array([[1], [], None], pa.list_(pa.int64())),
        }
    )
    pq.write_table(cells, tmp_path / "in.parquet")
    answer_stream(question(tmp_path / "in.parquet"), tmp_path / "out.parquet")
    found = pq.read_table(tmp_path / "out.parquet")
    assert found.column_names == [*cells.column_names, "labels", "p:odd", "p:even"]
    assert found["text"].to_pylist() == ["a", "bc", None]
    for name in ("n", "when", "many"):
        assert found[name].combine_chunks() == cells[name].combine_chunks()


def test_json_cells_of_several_kinds_become_text_in_parquet(tmp_path):
    (tmp_path / "in.jsonl").write_text(
        '{"text": "a", "n": 1, "x": 1, "o": {"k": 1}}\n' * 4 + '{"text": "b", "n": 2.5, "x": "é"}\n'
    )
    answer_stream(question(tmp_path / "in.jsonl"), tmp_path / "out.parquet")
    found = pq.read_table(tmp_path / "out.parquet").to_pydict()
    assert found["n"] == [1.0, 1.0, 1.0, 1.0, 2.5]
    assert found["x"] == ["1", "1", "1", "1", "é"]
    assert found["o"] == ['{"k": 1}'] * 4 + [None]
