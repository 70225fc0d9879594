import re
from dataclasses import replace
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from evenhand.errors import DataError
from evenhand.evaluate.report import Evidence, tell, to_html, write_report
from evenhand.evaluate.report_verdict import cautions
from evenhand.types import Task
from report_evidence import EMOTIONS, evidence_of, part, system

SECTIONS = "systems gates classes decision training mistakes findings data provenance reading"


def render(evidence: Evidence) -> str:
    return to_html(tell(evidence))


class Page(HTMLParser):
    """Tags, ids and addresses of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def changed(evidence: Evidence, **metrics: Any) -> Evidence:
    return replace(evidence, metrics={**evidence.metrics, **metrics}, history=())


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))


@pytest.fixture(scope="module")
def three() -> Evidence:
    return evidence_of(["yes", "no", "maybe"], Task.MULTICLASS)


@pytest.fixture(scope="module")
def page_three(three: Evidence) -> str:
    return render(three)


@pytest.fixture(scope="module")
def page_28() -> str:
    return render(evidence_of(EMOTIONS, Task.MULTILABEL, rows=5426, steps=10_000, rarest=0.004))


def test_twenty_eight_classes_and_ten_thousand_steps_stay_small(page_28: str) -> None:
    assert len(page_28.encode()) < 500_000


@pytest.mark.parametrize("page", ["page_28", "page_three"])
def test_nothing_is_loaded_from_anywhere(page: str, request: pytest.FixtureRequest) -> None:
    html = request.getfixturevalue(page)
    assert "http:" not in html
    assert "https:" not in html
    assert "url(" not in re.sub(r"url\(#", "", html)
    assert "default-src 'none'" in html
    for _, attributes in Page(html).tags:
        assert "src" not in attributes
        assert (attributes.get("href") or "#").startswith("#")


@pytest.mark.parametrize("page", ["page_28", "page_three"])
def test_ids_are_unique_and_every_reference_has_its_target(
    page: str, request: pytest.FixtureRequest
) -> None:
    tags = Page(request.getfixturevalue(page)).tags
    ids = [a["id"] for _, a in tags if "id" in a]
    assert len(ids) == len(set(ids))
    wanted = {str(a["href"])[1:] for _, a in tags if "href" in a}
    for name in ("aria-labelledby", "clip-path"):
        for _, attributes in tags:
            value = str(attributes.get(name) or "")
            wanted |= set(value.removeprefix("url(#").removesuffix(")").split())
    assert wanted <= set(ids)


def test_every_plot_has_a_title_and_a_description(page_28: str, page_three: str) -> None:
    for page, small in ((page_28, 0), (page_three, 3)):
        plots = re.findall(r"<svg class=\"plot\".*?</svg>", page, re.DOTALL)
        curves = 28 if page is page_28 else 3
        assert len(plots) == 2 + 1 + small + curves + 4
        for plot in plots:
            assert re.search(
                r"<title id=\"[\w-]+\">[^<]+</title><desc id=\"[\w-]+\">[^<]+</desc>", plot
            )


def test_sections_are_landmarks_in_the_order_of_the_story(page_28: str) -> None:
    page = Page(page_28)
    assert [len(page.all(tag)) for tag in ("header", "nav", "main", "footer", "h1")] == [1] * 5
    assert " ".join(str(a["id"]) for a in page.all("section")) == SECTIONS
    assert page.all("html") == [{"lang": "en"}]
    assert len(page.all("caption")) == len(page.all("table"))
    assert all("scope" in a for a in page.all("th"))


def test_the_table_of_classes_starts_sorted_by_rows_and_can_be_sorted(page_28: str) -> None:
    table = page_28[page_28.index('aria-label="Classes"') :]
    table = table[: table.index("</table>")]
    assert '<table class="stack full sortable">' in table
    rows = [int(n) for n in re.findall(r'<td class="n" data-sort="([\d]+)">[\d,]+</td>', table)]
    assert rows == sorted(rows, reverse=True)
    assert len(rows) == 28
    for name in EMOTIONS:
        assert f'<th scope="row" data-sort="{name}">{name}' in table
        assert f"<b>{name}</b>" in page_28


def test_gates_stand_before_the_classes_and_below_the_verdict(page_three: str) -> None:
    said = text_of(page_three)
    assert "1 of 2 gates fail: macro-F1." in said
    assert "macro-F1 holds &gt; 0.4 0.500 0.300 to 0.700 the interval reaches past" in said
    assert "macro-F1 fails &gt; 0.9 0.500" in said


def test_a_run_without_gates_has_no_such_section(three: Evidence) -> None:
    html = render(changed(three, gates=[]))
    assert 'id="gates"' not in html
    assert 'class="gates"' not in html


def test_the_interval_is_named_with_resamples_and_seed(page_three: str) -> None:
    assert "95 % percentile bootstrap, 1,000 resamples of rows, seed 7" in text_of(page_three)


def test_cuts_have_interval_and_support_and_lack_what_nobody_knows(page_three: str) -> None:
    table = page_three[page_three.index('aria-label="Decision"') :]
    said = text_of(table[: table.index("</table>")])
    assert "Class Bias Positives From ECE" in said
    assert "0.300 0.250 to 0.410 8 own" in said
    assert "Optimism" not in said


def test_a_row_is_quoted_where_its_text_is_known_and_named_where_not(page_three: str) -> None:
    assert "a text &lt;b&gt;in bold&lt;/b&gt; <small>3</small>" in page_three
    assert '<th scope="row">4</th>' in page_three


def test_without_texts_the_page_says_why(three: Evidence) -> None:
    said = text_of(render(replace(three, texts={}, why_no_texts="The data is gone.")))
    assert "The data is gone." in said
    assert "This page quotes rows" not in said


def test_findings_of_run_and_data_say_what_to_type(page_three: str, three: Evidence) -> None:
    assert "warning D104 Labels are uneven Yes has 90 rows, no 9." in text_of(page_three)
    assert "<code>--set loss=asymmetric</code>" in page_three
    healthy = text_of(render(replace(three, findings=[])))
    assert "Nothing that the checks know is wrong with this run." in healthy
    unasked = render(changed(replace(three, findings=None), data_findings=None))
    assert 'id="findings"' not in unasked


def test_data_tells_roles_shares_and_imbalance(page_three: str) -> None:
    said = text_of(page_three)
    assert "3 to 1: maybe has 30 fit rows, yes 10" in said
    assert "maybe 30 3 %" in said


def test_settings_stand_under_provenance(page_three: str) -> None:
    assert "<dt>loss.name</dt><dd>auto</dd>" in page_three


def ratio(one: str, two: str) -> float:
    """Return the contrast of two colours by WCAG 2.2, 1 to 21."""
    lights = []
    for colour in (one, two):
        parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        red, green, blue = (
            p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts
        )
        lights.append(0.2126 * red + 0.7152 * green + 0.0722 * blue)
    return (max(lights) + 0.05) / (min(lights) + 0.05)


def test_every_colour_of_text_can_be_read_by_day_and_by_night(page_three: str) -> None:
    themes = [
        dict(re.findall(r"--([\w-]+): (#\w{6})", b)) for b in page_three.split(":root {")[1:3]
    ]
    for theme in themes:
        for ink in ("ink", "muted", "accent", "second", "bad", "good"):
            for paper in ("paper", "wash"):
                assert ratio(theme[ink], theme[paper]) >= 4.5, (ink, paper)
        assert ratio(theme["bad"], theme["bad-wash"]) >= 4.5


def test_same_evidence_gives_the_same_bytes(three: Evidence, page_three: str) -> None:
    assert render(three) == page_three


def test_label_names_and_texts_are_escaped() -> None:
    wicked = '<script>alert("x")</script>'
    evidence = replace(
        changed(evidence_of([wicked, "a & b", "$x_1$ 日本語"], Task.MULTICLASS), note=wicked),
        title=wicked,
        ledger=[wicked],
        provenance={wicked: wicked},
    )
    html = render(evidence)
    assert wicked not in html
    assert html.count("<script") == 1
    assert escape(wicked, quote=False).split("(")[0] in html
    assert "a &amp; b" in html
    assert "$x_1$" in html


def test_undefined_values_read_not_available(three: Evidence) -> None:
    last = three.metrics["per_class"][-1]
    empty = {"precision": part(None), "f1": part(None), "ap": None, "auc": None, "mcc": None}
    bare = {**last, **empty, "threshold": None}
    html = render(changed(three, per_class=[*three.metrics["per_class"][:-1], bare], undefined=1))
    table = html[html.index('aria-label="Classes"') :]
    row = next(r for r in re.findall(r"<tr>.*?</tr>", table, re.DOTALL) if ">maybe" in r)
    assert row.count("n/a") == 6
    assert row.count('data-sort=""') == 6
    assert "None" not in text_of(html)
    assert "nan" not in text_of(html).split()
    assert "F1 is undefined for 1 of 3 classes" in html


def test_classes_with_few_rows_are_marked(three: Evidence, page_three: str) -> None:
    few = [row["name"] for row in three.metrics["per_class"] if row["unstable"]]
    assert few
    assert page_three.count("&lt; 20 rows") == len(few)


def test_a_run_without_training_or_decision_has_no_such_section(three: Evidence) -> None:
    html = render(replace(three, history=(), decision={}, ledger=()))
    assert 'id="training"' not in html
    assert "What became of every row" not in html
    assert "What is decided" not in html


def test_the_selection_metric_is_read_under_its_name_or_as_value(three: Evidence) -> None:
    epoch = {"kind": "epoch", "epoch": 1, "fit_loss": 0.1, "metric": "macro_ap", "best": True}
    history = [{**epoch, "step": n, "value": 0.1 * n} for n in (1, 2, 3)]
    assert "macro AP over optimizer steps." in render(replace(three, history=history))


def test_seventy_classes_list_confusions_instead_of_a_matrix() -> None:
    names = [f"class {n}" for n in range(70)]
    html = render(replace(evidence_of(names, Task.MULTICLASS), history=()))
    assert "The most frequent confusions" in html
    assert "28 of 70 classes" in html
    assert "the 60 rarest" in html


def test_banners_say_note_never_predicted_and_equals_baseline(three: Evidence) -> None:
    assert cautions(three.metrics) == []
    evidence = changed(
        three, note="Only 14 rows.", never_predicted=["maybe"], equals_baseline=["majority"]
    )
    assert cautions(evidence.metrics) == [
        "Only 14 rows.",
        "Never predicted, 1 of 3: maybe.",
        "The run's macro-F1 equals that of a trivial baseline: majority.",
    ]
    assert render(evidence).count('<p class="banner" role="note">') == 3


def test_a_lead_finds_its_system_without_the_name_of_the_house(three: Evidence) -> None:
    systems = [three.metrics["systems"][0], system("evenhand, argmax", 0.3, "ours")]
    differences = [{"name": "over argmax", "macro_f1": part(0.123, 0.1)}]
    html = render(changed(three, systems=systems, differences=differences))
    assert "+0.123" in html
    assert "Lead over argmax" not in html


def test_evidence_about_other_labels_is_refused(three: Evidence) -> None:
    with pytest.raises(DataError, match="E213"):
        changed(three, labels=["no", "yes", "maybe"])


def test_probabilities_of_other_rows_are_refused(three: Evidence) -> None:
    with pytest.raises(DataError, match="E211"):
        replace(three, probs_NC=three.probs_NC[:-1])


def test_page_and_text_are_written_side_by_side(
    three: Evidence, page_three: str, tmp_path: Path
) -> None:
    write_report(tmp_path, three)
    assert (tmp_path / "report.md").read_text("utf-8").startswith("# Evidence report")
    assert (tmp_path / "report.html").read_text("utf-8") == page_three
