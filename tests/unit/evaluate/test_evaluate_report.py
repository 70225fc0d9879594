import re
from collections.abc import Sequence
from dataclasses import replace
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evenhand.errors import DataError
from evenhand.evaluate.report import (
    Evidence,
    cautions,
    interval,
    number,
    render,
    verdict,
    write_report,
)
from evenhand.types import LabelSpace, Logits, Predictions, Probs, Role, Task

EMOTIONS = tuple(f"emotion {n:02}" for n in range(28))


def part(value: float | None, half: float = 0.02) -> dict[str, float | None]:
    if value is None:
        return {"value": None, "low": None, "high": None}
    return {"value": value, "low": max(0.0, value - half), "high": min(1.0, value + half)}


def system(name: str, macro: float, kind: str = "baseline") -> dict[str, Any]:
    return {
        "name": name,
        "kind": kind,
        "macro_f1": part(macro),
        "micro_f1": part(min(1.0, macro + 0.06)),
        "weighted_f1": part(min(1.0, macro + 0.05)),
        "macro_ap": part(macro + 0.01) if kind == "ours" else None,
        "accuracy": part(macro),
    }


def shared(predictions: Predictions, per_class: list[dict[str, Any]]) -> dict[str, Any]:
    macro = float(np.mean([row["f1"]["value"] or 0.0 for row in per_class]))
    return {
        "estimate": "held out",
        "role": predictions.role.value,
        "rows": len(predictions),
        "task": predictions.labels.task.value,
        "labels": list(predictions.labels.names),
        "level": 0.95,
        "resamples": 1000,
        "note": None,
        "undefined": 0,
        "systems": [
            system("balanced", macro, "ours"),
            system("TF-IDF + logistic regression", 0.8 * macro),
            system("all positive", 0.09),
            system("majority", 0.02),
        ],
        "differences": [
            {"name": "over TF-IDF + logistic regression", "macro_f1": part(0.2 * macro)},
            {"name": "over all positive", "macro_f1": part(macro - 0.09)},
        ],
        "per_class": per_class,
        "overall": {"brier": 0.0312, "expected_calibration_error": part(0.0101, 0.002)},
        "never_predicted": [],
        "equals_baseline": [],
    }


def class_row(name: str, truth_N: Any, predicted_N: Any, cut: float | None) -> dict[str, Any]:
    hits = int((truth_N * predicted_N).sum())
    support, given = int(truth_N.sum()), int(predicted_N.sum())
    f1 = 2 * hits / (support + given) if support + given else None
    half = 0.9 / (support + 1) ** 0.5
    return {
        "name": name,
        "support": support,
        "precision": part(hits / given if given else None, half),
        "recall": part(hits / support if support else None, half),
        "f1": part(f1, half),
        "f1_half": part(None if f1 is None else f1 * (0.6 + 0.4 * min(1.0, support / 300)), half),
        "ap": part(None if f1 is None else f1 * 0.98, half),
        "auc": 0.93 if support else None,
        "mcc": f1,
        "threshold": cut,
        "threshold_source": "own" if support >= 20 else "shrunk",
        "unstable": support < 20,
    }


def training_history(steps: int) -> list[dict[str, Any]]:
    step = {"kind": "step", "epoch": 1, "lr": 5e-5, "grad_norm": 0.3}
    epoch = {"kind": "epoch", "fit_loss": 0.1, "tune_loss": 0.12, "metric": "tuned_macro_f1"}
    noise = np.random.default_rng(3).random(steps)
    lines = [{**step, "step": n + 1, "loss": float(0.1 + noise[n])} for n in range(steps)]
    ends = [{**epoch, "step": steps * n // 4, "epoch": n, "best": n == 3} for n in range(1, 5)]
    values = [{"tuned_macro_f1": 0.1 * e["epoch"], "macro_f1_half": 0.2} for e in ends]
    return lines + [e | v for e, v in zip(ends, values, strict=True)]


def evidence_of(
    names: Sequence[str], task: Task, *, rows: int = 300, steps: int = 40, rarest: float = 1 / 40
) -> Evidence:
    """Make scores of some skill for classes whose shares fall geometrically."""
    rng = np.random.default_rng(11)
    share_C = np.geomspace(1, rarest, len(names)) / 3
    label_N = rng.choice(len(names), size=rows, p=share_C / share_C.sum())
    truth_NC = np.eye(len(names), dtype=np.float32)[label_N]
    if task is Task.MULTILABEL:
        truth_NC = (rng.random((rows, len(names))) < share_C).astype(np.float32)
        truth_NC[0] = 1.0
    noise_NC = 1.3 * rng.normal(size=truth_NC.shape)
    probs_NC = Logits(np.log(share_C) + 3.5 * truth_NC + noise_NC).probs(task).values_NC
    given_NC = probs_NC >= (0.3 if task is Task.MULTILABEL else probs_NC.max(axis=1)[:, None])
    per_class = [
        class_row(name, truth_NC[:, c], given_NC[:, c], 0.3) for c, name in enumerate(names)
    ]
    space = LabelSpace(tuple(names), task)
    ids = tuple(str(n) for n in range(rows))
    predictions = Predictions(ids, Probs(probs_NC), truth_NC, space, Role.REPORT)
    wrong_C = (truth_NC != given_NC).sum(axis=0)
    counts: dict[str, Any] = {"one_vs_rest": [[rows - int(w), int(w), 2, 3] for w in wrong_C]}
    if task is Task.MULTICLASS:
        counts = {"matrix": (truth_NC.T @ given_NC).astype(int).tolist()}
    cuts = {row["name"]: {"value": 0.3, "support": 8, "source": "own"} for row in per_class}
    return Evidence(
        metrics={**shared(predictions, per_class), "confusion": {"labels": [*names], **counts}},
        predictions=predictions,
        probs_NC=probs_NC,
        history=training_history(steps),
        provenance={"version": "0.1.0", "seed": "7", "data_sha256": "53aa51172d142c89" * 4},
        ledger=["read 43,410 rows of train.tsv", "set aside 17 rows: no label"],
        decision={
            "calibrator": {"name": "temperature", "temperature": 1.138},
            "thresholds" if task is Task.MULTILABEL else "biases": cuts,
        },
    )


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


def test_every_plot_has_a_title_and_a_description(page_28: str) -> None:
    plots = re.findall(r"<svg class=\"plot\".*?</svg>", page_28, re.DOTALL)
    assert len(plots) == 2 + 1 + 28 + 4
    for plot in plots:
        assert re.search(
            r"<title id=\"[\w-]+\">[^<]+</title><desc id=\"[\w-]+\">[^<]+</desc>", plot
        )


def test_sections_are_landmarks_in_the_order_of_the_story(page_28: str) -> None:
    page = Page(page_28)
    assert [len(page.all(tag)) for tag in ("header", "nav", "main", "footer", "h1")] == [1] * 5
    assert " ".join(str(a["id"]) for a in page.all("section")) == (
        "systems classes decision curves training confusion ledger provenance reading"
    )
    assert len(page.all("caption")) == len(page.all("table"))
    assert all("scope" in a for a in page.all("th"))


def test_the_table_of_classes_starts_sorted_by_rows_and_has_buttons(page_28: str) -> None:
    table = page_28[page_28.index('id="by-class"') :]
    table = table[: table.index("</table>")]
    assert Page(table).all("button") == [{"type": "button"}] * 11
    assert [a["aria-sort"] for a in Page(table).all("th") if "aria-sort" in a] == ["descending"]
    rows = [int(n) for n in re.findall(r'<td class="n" data-sort="(\d+)">[\d,]+</td>', table)]
    assert rows == sorted(rows, reverse=True)
    assert len(rows) == 28
    for name in EMOTIONS:
        assert f'<th scope="row" data-sort="{name}">{name}' in table
        assert f"<b>{name}</b>" in page_28


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
    bare = {**last, **empty, "threshold": None, "threshold_source": None}
    html = render(changed(three, per_class=[*three.metrics["per_class"][:-1], bare], undefined=1))
    row = next(r for r in re.findall(r"<tr>.*?</tr>", html, re.DOTALL) if ">maybe" in r)
    assert row.count("n/a") == 7
    assert row.count('data-sort=""') == 7
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
    assert 'id="ledger"' not in html
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


def judged(low: float | None, high: float | None, **changes: Any) -> dict[str, Any]:
    metrics = {
        "estimate": "held out",
        "rows": 5426,
        "level": 0.95,
        "systems": [system("run", 0.5, "ours"), system("prior", 0.1), system("TF-IDF", 0.4)],
        "differences": [
            {"name": "over TF-IDF", "macro_f1": {"value": 0.1, "low": low, "high": high}}
        ],
    }
    return {**metrics, **changes}


def test_the_verdict_names_the_best_baseline_and_the_paired_interval() -> None:
    found = verdict(judged(0.05, 0.15))
    assert found.tone == "better"
    assert found.sentence == (
        "On 5,426 held-out rows, which chose nothing, the run reaches a macro-F1 of 0.500 "
        "(95 % interval 0.480 to 0.520); the best baseline, TF-IDF, reaches 0.400. "
        "The paired difference, +0.100 (+0.050 to +0.150), excludes zero."
    )


@pytest.mark.parametrize(
    ("low", "high", "tone", "zero"),
    [
        (-0.01, 0.2, "same", "includes zero"),
        (0.0, 0.2, "same", "includes zero"),
        (-0.2, -0.01, "worse", "excludes zero"),
        (None, None, "same", "without a paired interval"),
    ],
)
def test_the_verdict_claims_only_what_the_interval_shows(
    low: float | None, high: float | None, tone: str, zero: str
) -> None:
    found = verdict(judged(low, high))
    assert found.tone == tone
    assert zero in found.sentence


def test_the_verdict_without_a_baseline_compares_nothing() -> None:
    found = verdict(judged(0.1, 0.2, systems=[system("run", 0.5, "ours")]))
    assert found.judgement == "No baseline to compare with"
    assert "the best baseline" not in found.sentence


def test_a_cross_fitted_verdict_says_so() -> None:
    found = verdict(judged(0.1, 0.2, estimate="cross-fitted"))
    assert "each judged by thresholds that were chosen without it" in found.sentence


def test_a_lead_finds_its_system_without_the_name_of_the_house(three: Evidence) -> None:
    systems = [three.metrics["systems"][0], system("evenhand, argmax", 0.3, "ours")]
    differences = [{"name": "over argmax", "macro_f1": part(0.123, 0.1)}]
    html = render(changed(three, systems=systems, differences=differences))
    assert "+0.123" in html
    assert "Lead over argmax" not in html


def test_numbers_have_three_decimals_and_a_true_minus() -> None:
    assert number(0.12345) == "0.123"
    assert number(-0.02, signed=True) == "\N{MINUS SIGN}0.020"
    assert number(-0.0001) == "0.000"
    assert number(None) == "n/a"
    assert interval({"value": 0.2, "low": 0.1, "high": 0.3}) == "0.100 to 0.300"
    assert interval({"value": 0.2, "low": None, "high": 0.3}) == "n/a"


def test_evidence_about_other_labels_is_refused(three: Evidence) -> None:
    with pytest.raises(DataError, match="E213"):
        changed(three, labels=["no", "yes", "maybe"])


def test_probabilities_of_other_rows_are_refused(three: Evidence) -> None:
    with pytest.raises(DataError, match="E211"):
        replace(three, probs_NC=three.probs_NC[:-1])


def test_the_report_is_written_whole(three: Evidence, page_three: str, tmp_path: Path) -> None:
    write_report(tmp_path / "report.html", three)
    assert (tmp_path / "report.html").read_text("utf-8") == page_three
