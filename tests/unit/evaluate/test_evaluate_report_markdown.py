import re
from dataclasses import replace

import pytest

from evenhand.evaluate.report import Evidence, tell, to_html
from evenhand.evaluate.report_markdown import escaped, to_markdown
from evenhand.types import Task
from report_evidence import evidence_of

NUMBER = re.compile(r"\d\.\d{3,4}")


@pytest.fixture(scope="module")
def three() -> Evidence:
    return evidence_of(["yes", "no_way", "may|be"], Task.MULTICLASS)


def test_every_number_of_the_text_stands_on_the_page_and_the_other_way_round(
    three: Evidence,
) -> None:
    story = tell(three)
    page = re.sub(r"<(style|script|svg).*?</\1>", " ", to_html(story), flags=re.DOTALL)
    page = re.sub(r'data-sort="[^"]*"', "", page)
    multiples = re.findall(r"<figcaption>.*?</figcaption>", page, re.DOTALL)
    for caption in multiples:
        page = page.replace(caption, "")
    text = to_markdown(story)
    assert set(NUMBER.findall(text)) == set(NUMBER.findall(page))


def test_sections_are_numbered_in_the_order_of_the_page(three: Evidence) -> None:
    text = to_markdown(tell(three))
    assert re.findall(r"^## (\d+\. .*)$", text, re.MULTILINE) == [
        "1. Against baselines",
        "2. Gates",
        "3. Class by class",
        "4. Thresholds and calibration",
        "5. Training",
        "6. Mistakes",
        "7. Findings",
        "8. Data",
        "9. Provenance",
        "10. How to read this page",
    ]


def test_every_table_has_as_many_cells_in_a_row_as_in_its_head(three: Evidence) -> None:
    text = to_markdown(tell(three))
    for table in re.findall(r"(?:^\|.*\|$\n?)+", text, re.MULTILINE):
        counts = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
        assert len(counts) == 1


def test_labels_and_texts_are_never_markup(three: Evidence) -> None:
    text = to_markdown(tell(replace(three, title="<script>`#` *x*")))
    assert text.startswith("# \\<script\\>\\`\\#\\` \\*x\\*\n")
    assert "may\\|be" in text
    assert "a text \\<b\\>in bold\\</b\\> (3)" in text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1. first", "1\\. first"),
        ("- a", "\\- a"),
        ("---", "\\---"),
        ("0.541 of 2", "0.541 of 2"),
        ("two\nlines", "two lines"),
    ],
)
def test_no_line_begins_a_list_a_rule_or_a_heading(text: str, said: str) -> None:
    assert escaped(text) == said


def test_undefined_values_read_not_available(three: Evidence) -> None:
    text = to_markdown(tell(three))
    assert "| F1 | 0.500 | n/a | 0.600 | 1 |" in text
    assert "None" not in text
