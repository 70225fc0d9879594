from typing import Any

import pytest

from evenhand.evaluate.report_mistakes import OF_A_LABEL, SHOWN, digest, mistakes_section
from evenhand.evaluate.report_story import Table


def row(name: str, probability: float) -> dict[str, Any]:
    about = {"id": name, "text": f"text of {name}", "truth": ["a"], "decided": ["b"]}
    return about | {"probability": probability, "nearest_fit": []}


def label(name: str, *probabilities: float) -> dict[str, Any]:
    rows = [row(f"{name}{n}", p) for n, p in enumerate(probabilities)]
    kind = {"count": len(rows), "words": []}
    missed = sorted(rows, key=lambda r: r["probability"])
    alarms = sorted(rows, key=lambda r: -r["probability"])
    return {"name": name, "missed": kind | {"hardest": missed}} | {
        "false_alarm": kind | {"hardest": alarms}
    }


def contents(task: str, *labels: dict[str, Any]) -> dict[str, Any]:
    words = [{"term": t, "proven": t == "so"} for t in ("so", "it")]
    return {
        "task": task,
        "rows": 9,
        "wrong": 5,
        "words": words,
        "effects": [],
        "labels": list(labels),
    }


def test_the_most_confident_mistakes_of_all_labels_come_first_two_of_a_label() -> None:
    found = digest(contents("multilabel", label("a", 0.9, 0.1, 0.8), label("b", 0.85)))
    alarms, missed = found["hardest"]["false_alarm"], found["hardest"]["missed"]
    assert [r["id"] for r in alarms] == ["a0", "b0", "a2"]
    assert [r["id"] for r in missed] == ["a1", "a2", "b0"]


def test_where_a_row_has_one_label_a_mistake_is_told_once() -> None:
    assert list(digest(contents("multiclass", label("a", 0.9)))["hardest"]) == ["false_alarm"]


def test_the_list_is_short_however_many_labels_there_are() -> None:
    many = [label(f"l{n}", 0.5, 0.6, 0.7) for n in range(40)]
    rows = digest(contents("multilabel", *many))["hardest"]["missed"]
    assert len(rows) == SHOWN
    assert max(sum(r["label"] == f"l{n}" for r in rows) for n in range(40)) <= OF_A_LABEL


def test_no_text_is_kept_and_only_proven_words() -> None:
    found = digest(contents("multilabel", label("a", 0.9)))
    assert "text of" not in str(found)
    assert [word["term"] for word in found["words"]] == ["so"]


def section_tables(matrix: list[list[int]]) -> list[Table]:
    names = [f"c{n}" for n in range(len(matrix))]
    metrics = {"task": "multiclass", "confusion": {"labels": names, "matrix": matrix}}
    section = mistakes_section(metrics, texts={})
    assert section is not None
    return [block for block in section.blocks if isinstance(block, Table)]


def test_a_matrix_is_shaded_by_the_share_of_its_row() -> None:
    (table,) = section_tables([[3, 1], [0, 0]])
    shades = [[cell.shade for cell in line[1:]] for line in table.rows]
    assert shades == [[34, 12], [None, None]]
    assert [line[1 + i].tone for i, line in enumerate(table.rows)] == ["hit", "hit"]


@pytest.mark.parametrize(("classes", "look"), [(20, "heat"), (21, "")])
def test_many_classes_list_their_confusions(classes: int, look: str) -> None:
    matrix = [[5 * (i == j) for j in range(classes)] for i in range(classes)]
    matrix[0][1], matrix[2][1] = 3, 4
    (table,) = section_tables(matrix)
    assert table.look == look
    if not look:
        rows = [[cell.text for cell in line] for line in table.rows]
        assert rows == [["c2", "c1", "4", "9"], ["c0", "c1", "3", "8"]]


def test_nothing_known_is_no_section() -> None:
    assert mistakes_section({"confusion": None}, texts={}) is None
