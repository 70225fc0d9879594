from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np

from evenhand.evaluate.plots import (
    Series,
    Words,
    draw_dumbbells,
    draw_precision_recall,
    draw_reliability,
    draw_small_reliability,
    draw_training,
    printable,
)
from evenhand.evaluate.report_curves import Bin

WORDS = Words("plot", "A title", "A description.")


def interval(value: float | None) -> dict[str, float | None]:
    if value is None:
        return {"value": None, "low": None, "high": None}
    return {"value": value, "low": value - 0.1, "high": value + 0.1}


def rows(*names: str) -> list[dict[str, object]]:
    return [
        {"name": n, "support": 1234, "f1": interval(0.6), "f1_half": interval(0.4)} for n in names
    ]


def texts(svg: str) -> list[str]:
    return ["".join(e.itertext()) for e in ElementTree.fromstring(svg).iter("text")]


def test_printable_drops_control_characters_and_cuts() -> None:
    assert printable("a\x00b\n", 9) == "a\ufffdb\ufffd"
    assert printable("abcdef", 4) == "abc…"


def test_dumbbells_keep_text_as_text_and_need_no_markup_of_their_own() -> None:
    svg = draw_dumbbells(rows("<b>&amp;", "$x_1$", "日本語", "a\x01b"), WORDS)
    found = texts(svg)
    assert {"<b>&amp;", "$x_1$", "日本語", "a\ufffdb", "1,234", "rows"} <= set(found)
    assert "<b>" not in svg


def test_an_undefined_class_draws_no_point() -> None:
    bare = {"name": "a", "support": 0, "f1": interval(None), "f1_half": interval(None)}
    assert draw_dumbbells([bare], WORDS).count("<use") < draw_dumbbells(rows("a"), WORDS).count(
        "<use"
    )


def test_plots_take_their_colours_from_the_page() -> None:
    svg = draw_dumbbells(rows("a"), WORDS)
    assert "var(--accent)" in svg
    assert "currentColor" in svg
    assert "#00000" not in svg
    assert "#fff" not in svg
    assert "font-family" not in svg
    assert "DejaVu" not in svg


def test_plots_are_named_for_those_who_cannot_see_them() -> None:
    root = ElementTree.fromstring(draw_reliability(honest(), WORDS))
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-labelledby"] == "plot-title plot-desc"
    assert [(e.tag, e.attrib["id"], e.text) for e in root[:2]] == [
        ("title", "plot-title", "A title"),
        ("desc", "plot-desc", "A description."),
    ]


def honest() -> list[Bin]:
    return [Bin(0.2, 0.3, 12_345, 0.25, 0.3, 0.2, 0.4), Bin(0.8, 0.9, 3, 0.85, 1.0, 0.4, 1.0)]


def test_both_curves_of_honesty_are_drawn_and_counts_written() -> None:
    alone = draw_reliability(honest(), WORDS)
    both = draw_reliability(honest(), WORDS, before=honest())
    assert both.count("<use") > alone.count("<use")
    assert {"12.3k", "3"} <= set(texts(both))
    small = draw_small_reliability(honest(), WORDS, before=honest())
    assert "var(--accent)" in small
    assert "<use" in small


def test_ids_carry_the_key_so_that_plots_can_share_a_page() -> None:
    curve = np.array([0.5, 1.0]), np.array([1.0, 0.5])
    drawn = [
        draw_precision_recall(*curve, Words(key, "t", "d"), prevalence=0.1, cut=(0.5, 1.0))
        for key in ("first", "second")
    ]
    ids = [
        {e.attrib["id"] for e in ElementTree.fromstring(svg).iter() if "id" in e.attrib}
        for svg in drawn
    ]
    assert ids[0]
    assert ids[0].isdisjoint(ids[1])


def test_drawing_is_deterministic_and_leaves_matplotlib_alone() -> None:
    before = dict(mpl.rcParams)
    series = [Series("loss", np.arange(3.0), np.array([3.0, 2.0, 1.0]), "accent")]
    first = draw_training(series, WORDS, mark=1.0)
    with mpl.rc_context({"font.size": 30, "lines.linewidth": 9, "text.color": "red"}):
        assert draw_training(series, WORDS, mark=1.0) == first
    assert dict(mpl.rcParams) == before


def test_plots_load_nothing_and_hold_no_script() -> None:
    svg = draw_training([Series("x", np.arange(3.0), np.arange(3.0), "faint")], WORDS)
    assert "http" not in svg
    assert "<script" not in svg
    assert "<style" not in svg
