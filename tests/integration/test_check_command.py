"""``evenhand check`` from file to findings, page and review."""

from __future__ import annotations

import csv
import json
from html.parser import HTMLParser

import numpy as np
import pytest

from evenhand.cli import main
from evenhand.config import RunConfig
from evenhand.run import Sources
from evenhand.run.check import look

WORDS = {"joy": "happy glad smile", "anger": "furious rage hate", "grief": "tears loss mourn"}


@pytest.fixture
def files(tmp_path):
    """Write fit and tune files with a leak, a near-leak, a formula, and a row without label."""
    random = np.random.default_rng(2)
    letters = list("bcdfghklmnprst")
    rows = []
    for i in range(120):
        label = list(WORDS)[i % 3]
        filler = ["".join(random.choice(letters, 6)) for _ in range(8)]
        rows.append((f"r{i}", " ".join([*filler, str(random.choice(WORDS[label].split()))]), label))
    tune = [(f"t{i}", text + " indeed so", label) for i, (_, text, label) in enumerate(rows[:1])]
    tune += [
        (f"t{i + 1}", f"{text.upper()} ", label) for i, (_, text, label) in enumerate(rows[5:7])
    ]
    fit = [*rows[:100], ("empty", "", "joy"), ("bare", "no label here", "")]
    fit += [
        ("sum", "=1+1 is a formula of letters", "joy"),
        ("sum2", "=1+1 is a formula of letters", "joy"),
    ]
    for name, part in (("fit", fit), ("tune", tune + rows[100:])):
        with (tmp_path / f"{name}.csv").open("w", encoding="utf-8", newline="") as handle:
            csv.writer(handle).writerows([("id", "text", "label"), *part])
    return tmp_path


def run(files, *options):
    return main(["check", str(files / "fit.csv"), "--tune", str(files / "tune.csv"), *options])


def test_findings_are_said_in_words_and_written(files, capsys):
    out = [str(files / name) for name in ("f.json", "r.csv", "p.html")]
    assert run(files, "--json", out[0], "--review", out[1], "--html", out[2]) == 0
    screen = capsys.readouterr().out
    assert screen.index("error A301") < screen.index("tip A101")
    assert "2 tune texts (8.7%) stand among the fit rows" in screen
    assert "TF-IDF + logistic regression, biases" in screen
    assert "evenhand train" in screen

    found = {f["code"]: f for f in json.loads((files / "f.json").read_text("utf-8"))}
    assert found["A301"]["severity"] == "error"
    assert found["A301"]["rows"] == ["t1", "t2"]
    assert found["A302"]["rows"] == ["t0"]
    assert found["A103"]["count"] == found["A203"]["count"] == 1
    assert set(found["A301"]) == {
        "code", "severity", "title", "evidence", "remedy", "advice", "page", "rows", "count",
    }  # fmt: skip

    with (files / "r.csv").open(encoding="utf-8", newline="") as handle:
        review = list(csv.DictReader(handle))
    assert list(review[0]) == ["id", "role", "text", "issue", "severity"]
    assert review[0]["id"] == "t1"
    assert review[0]["issue"] == "A301 texts in two roles: same text as fit row r5"
    assert next(r for r in review if r["id"] == "sum2")["text"].startswith("'=1+1")


class Links(HTMLParser):
    """Collects what a page would load, its anchors, and its tags."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.anchors: set[str] = set()
        self.targets: set[str] = set()
        self.tags: set[str] = set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        values = dict(attrs)
        self.loaded += [values[name] for name in ("src", "srcset") if name in values]
        if "id" in values:
            self.targets.add(values["id"])
        if "href" in values:
            self.anchors.add(values["href"])


def test_the_page_loads_nothing_and_its_links_lead_somewhere(files):
    page = files / "p.html"
    run(files, "--html", str(page))
    text = page.read_text("utf-8")
    links = Links()
    links.feed(text)
    assert links.loaded == []
    assert not links.tags & {"script", "link", "img", "iframe"}
    assert {anchor.removeprefix("#") for anchor in links.anchors} <= links.targets
    assert "prefers-color-scheme: dark" in text
    assert "default-src 'none'" in text


def test_markup_in_a_text_stays_text(files, tmp_path):
    with (files / "fit.csv").open("a", encoding="utf-8") as handle:
        handle.write("x1,<b>bold</b> words that stand twice,joy\n" * 1)
        handle.write("x2,<b>bold</b> words that stand twice,joy\n")
    run(files, "--html", str(tmp_path / "p.html"))
    text = (tmp_path / "p.html").read_text("utf-8")
    assert "<b>bold</b>" not in text
    assert "&lt;b&gt;bold&lt;/b&gt;" in text


@pytest.mark.parametrize(
    ("tune", "level", "code"),
    [(True, "error", 1), (True, None, 0), (False, "error", 0), (False, "tip", 1)],
)
def test_exit_code_by_severity(files, tune, level, code, capsys):
    options = ["--fail-on", level] if level else []
    if tune:
        assert run(files, *options) == code
    else:
        assert main(["check", str(files / "fit.csv"), *options]) == code


def test_a_level_that_is_none_is_refused(files, capsys):
    assert run(files, "--fail-on", "grave") == 2
    assert "[E110]" in capsys.readouterr().err


def test_one_file_is_not_shared_out_and_no_label_is_too_rare(files, capsys):
    with (files / "fit.csv").open("a", encoding="utf-8") as handle:
        handle.write("y1,a text of its own,once\n")
    assert main(["check", str(files / "fit.csv")]) == 0
    screen = capsys.readouterr().out
    assert "(103 fit)" in screen
    assert "once 1" in screen


def test_the_same_rows_give_the_same_bytes(files):
    for name in ("one", "two"):
        run(files, "--html", str(files / f"{name}.html"), "--review", str(files / f"{name}.csv"))
    for ending in ("html", "csv"):
        assert (files / f"one.{ending}").read_bytes() == (files / f"two.{ending}").read_bytes()


def test_copies_of_one_text_are_checked_without_baselines(tmp_path, capsys):
    rows = [f"one text of five words,{'ab'[n % 2]}" for n in range(40)]
    (tmp_path / "same.csv").write_text("\n".join(["text,label", *rows]) + "\n")
    assert main(["check", str(tmp_path / "same.csv")]) == 0
    assert "A204 one text, different labels" in capsys.readouterr().out


def test_few_rows_are_checked_without_baselines(tmp_path, capsys):
    path = tmp_path / "few.csv"
    path.write_text("text,label\nyes indeed,a\nno never,b\nyes indeed,b\n", encoding="utf-8")
    assert main(["check", str(path)]) == 0
    screen = capsys.readouterr().out
    assert "A204 one text, different labels" in screen
    assert "costs nothing" not in screen


def made_of(pieces, *, rows, join):
    """Return texts whose label shows in most of their pieces, and the labels."""
    random = np.random.default_rng(4)
    labels = [list(pieces)[i % len(pieces)] for i in range(rows)]
    texts = [
        join.join(random.choice(pieces[label], 6)) + join + str(i) for i, label in enumerate(labels)
    ]
    return texts, labels


@pytest.mark.parametrize(
    ("pieces", "join"),
    [
        ({"x": ["alpha", "beta", "gamma", "delta"], "y": ["one", "two", "three", "four"]}, " "),
        ({"x": ["天使", "笑顔", "花火", "春風"], "y": ["悪魔", "怒声", "暗闇", "嵐夜"]}, ""),
    ],
)
def test_planted_flips_are_suspected_with_and_without_blanks(pieces, join):
    texts, labels = made_of(pieces, rows=240, join=join)
    flipped = (20, 83, 151)
    for i in flipped:
        labels[i] = "y" if labels[i] == "x" else "x"
    table = {"id": [f"r{i}" for i in range(240)], "text": texts, "label": labels}
    checked = look(Sources(table), RunConfig())
    found = next(f for f in checked.findings if f.code == "A208")
    assert set(found.rows) == {f"r{i}" for i in flipped}
    assert checked.corpus.scored.baselines[-1].macro_f1 > 0.95
    assert checked.corpus.spaced is bool(join)


def test_beyond_the_fitted_rows_every_row_is_scored(monkeypatch):
    monkeypatch.setattr("evenhand.run.check.MOST_FITTED", 100)
    pieces = {"x": ["alpha", "beta", "gamma", "delta"], "y": ["one", "two", "three", "four"]}
    texts, labels = made_of(pieces, rows=160, join=" ")
    scored = look(Sources({"text": texts, "label": labels}), RunConfig()).corpus.scored
    assert scored.measured == 100
    assert scored.rows_S.tolist() == list(range(160))
    named = np.array(["x", "y"])[scored.probs_SC.argmax(axis=1)]
    assert (named == labels).mean() > 0.95
    assert scored.probs_SC.sum(axis=1) == pytest.approx(np.ones(160), abs=1e-5)


def test_checking_needs_no_torch(files):
    import subprocess
    import sys

    code = (
        "import sys; from evenhand.run.check import look; from evenhand.audit import audit; "
        "print([m for m in ('torch', 'transformers') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def shown(capsys, *arguments):
    """Return the lines that a look at data prints from ``next`` on."""
    assert main(["check", *map(str, arguments)]) == 0
    lines = capsys.readouterr().out.splitlines()
    return lines[lines.index("next") + 1 :]


def rows_of(path, labels, *, header="text,label"):
    lines = [f"row {i} of its own,{label}" for i, label in enumerate(labels)]
    path.write_text("\n".join([header, *lines, ""]), encoding="utf-8")
    return path


@pytest.mark.parametrize("setting", ["sampler=banana", "optim.lr=1e-3", "model.head=mlp"])
def test_a_setting_that_only_training_reads_is_refused(setting, tmp_path, capsys, three_lines):
    assert main(["check", str(tmp_path / "x.csv"), "--set", setting]) == 2
    error = three_lines(capsys.readouterr().err, "E110")
    assert f"leave {setting.partition('=')[0]} to evenhand train" in error


@pytest.mark.parametrize("setting", ["samplr=banana", "data.txt=a", "model.max_lenght=64"])
def test_a_setting_that_nobody_reads_is_refused(setting, tmp_path, capsys, three_lines):
    assert main(["check", str(tmp_path / "x.csv"), "--set", setting]) == 2
    three_lines(capsys.readouterr().err, "E102")


def test_the_next_command_asks_for_the_same_rows_in_the_same_way(tmp_path, capsys):
    data = rows_of(tmp_path / "my rows.csv", ["a", "b"] * 12, header="body,kind")
    asked = ["--text", "body", "--label", "kind", "--set", "data.tune_share=0.2"]
    findings = tmp_path / "found.json"
    assert main(["check", str(data), *asked, "--json", str(findings)]) == 0
    screen = capsys.readouterr().out
    assert f"written {findings}" in screen
    assert screen.splitlines()[-1] == (
        f"  evenhand train '{data}' --text body --label kind --set data.tune_share=0.2 "
        "--out runs/first"
    )


def test_no_command_is_offered_that_would_be_refused(tmp_path, capsys):
    once = shown(capsys, rows_of(tmp_path / "once.csv", ["a", "b"] * 12 + ["c"]))
    assert once[0].startswith("  mend first: evenhand train refuses these rows, as a label has")
    assert once[1].startswith("  fix: drop the row")
    few = shown(capsys, rows_of(tmp_path / "few.csv", ["a", "b", "a", "b"]))
    assert not any(line.startswith("  evenhand train") for line in few)
    assert shown(
        capsys, tmp_path / "once.csv", "--set", "data.min_rows=1"
    )[-1].startswith("  evenhand train")  # fmt: skip


def test_what_is_proposed_to_be_written_is_not_there_yet(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows_of(tmp_path / "review.csv", ["a", "b"] * 12 + [""])
    (tmp_path / "runs" / "first").mkdir(parents=True)
    assert shown(capsys, "review.csv") == [
        "  evenhand check review.csv --review review-2.csv",
        "  evenhand train review.csv --out runs/first-2",
    ]


def test_rows_of_one_class_lack_the_other_and_are_not_called_easy(tmp_path, capsys):
    data = rows_of(tmp_path / "one.csv", ["1,0"] * 40, header="text,a,b")
    assert main(["check", str(data)]) == 0
    screen = capsys.readouterr().out
    assert "A303 a label that a role lacks\n  no fit row has b" in screen
    assert "A209" not in screen


def test_rows_without_any_label_are_an_error_and_nothing_is_scored(tmp_path, capsys):
    data = rows_of(tmp_path / "zero.csv", ["0,0"] * 40, header="text,a,b")
    assert main(["check", str(data), "--fail-on", "error", "--html", str(tmp_path / "p.html")]) == 1
    screen = capsys.readouterr().out
    assert "error A203 no label anywhere\n  not one of 40 rows carries a, b" in screen
    assert "A303" not in screen
    assert "nan" not in screen
    assert "evenhand train zero" not in screen
