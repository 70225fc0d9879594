"""The report of a run, from training to looking at it again."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

import evenhand
from evenhand.cli import main
from evenhand.run import Run

SECTIONS = "systems gates classes decision training mistakes findings data provenance reading"
GATES = {"gates.macro_f1": 0.001, "gates.recall.grief": 0.9999}


@pytest.fixture(scope="module")
def rows_file(tmp_path_factory: pytest.TempPathFactory, labelled_file: Path) -> Path:
    """Return a copy of the rows that a test may take away."""
    return Path(shutil.copy(labelled_file, tmp_path_factory.mktemp("rows") / "rows.json"))


@pytest.fixture(scope="module")
def trained(
    tmp_path_factory: pytest.TempPathFactory, rows_file: Path, tiny: dict[str, object]
) -> Run:
    out = tmp_path_factory.mktemp("runs") / "first"
    return evenhand.train(rows_file, out, settings=tiny | GATES)


@pytest.fixture
def run(trained: Run, tmp_path: Path) -> Run:
    """Return a copy of the run, to be changed freely."""
    return Run(shutil.copytree(trained.folder, tmp_path / "first"))


def page(run: Run) -> str:
    return run.layout.report.read_text("utf-8")


def quoted(html: str, rows_file: Path) -> int:
    """Count the rows whose texts stand on the page."""
    texts = {row["text"] for row in json.loads(rows_file.read_text("utf-8"))}
    return len(texts & set(re.findall(r'<th scope="row">([^<]+) <small>', html)))


def test_the_page_of_a_run_tells_gates_findings_data_and_settings(
    trained: Run, rows_file: Path
) -> None:
    html = page(trained)
    assert " ".join(re.findall(r'<section id="(\w+)"', html)) == SECTIONS
    assert "recall of grief" in html
    assert "<dt>model.backbone" in html
    assert not re.search("<dt>(gates|series|pretrain|model.network)", html)
    assert quoted(html, rows_file) > 0
    for finding in json.loads(trained.layout.findings.read_text("utf-8")):
        assert finding["code"] in html
    assert len(html) < 500_000


def test_json_and_markdown_hold_what_the_page_shows(trained: Run) -> None:
    metrics = trained.metrics
    assert metrics["interval"] == "percentile bootstrap"
    assert metrics["seed"] == 0
    assert metrics["averages"]["f1"]["macro"] == metrics["overall"]["macro_f1"]["value"]
    assert set(metrics["calibration"]) == {"raw", "calibrated"}
    assert "text" not in str(metrics["mistakes"]["hardest"])
    assert [gate["gate"] for gate in metrics["gates"]] == ["macro_f1", "recall of grief"]
    text = trained.layout.markdown.read_text("utf-8")
    assert f"{metrics['overall']['macro_f1']['value']:.3f}" in text
    assert "## 2. Gates" in text


def test_looking_again_writes_the_same_report(run: Run) -> None:
    before, metrics = page(run), run.metrics
    run.layout.report.unlink()
    run.layout.markdown.unlink()
    assert main(["evaluate", str(run.folder)]) == 0
    timed = re.compile(r"<dt>Seconds reporting</dt><dd>[^<]*</dd>\n|Peak memory.*?</dd>")
    assert timed.sub("", page(run)) == timed.sub("", before)
    assert run.layout.markdown.is_file()
    assert Run(run.folder).metrics == metrics


def test_gates_of_today_are_judged_in_report_json_and_exit_code_alike(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = run.layout.asked
    lines = asked.read_text("utf-8").replace("0.9999", "0.0001")
    asked.write_text(lines, encoding="utf-8")
    code = main(["evaluate", str(run.folder), "--gates"])
    gate = Run(run.folder).metrics["gates"][1]
    assert gate["bound"] == 0.0001
    assert (code == 0) is gate["passed"]
    assert "&gt; 0.0001" in page(run)
    assert "recall of grief" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["findings.json", "resolved.json"])
def test_a_damaged_file_is_named(run: Run, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    (run.folder / name).write_text("{", encoding="utf-8")
    assert main(["evaluate", str(run.folder)]) == 2
    assert capsys.readouterr().err.startswith(f"[E401] the run's file {name} is damaged")


def test_gates_that_got_lost_do_not_pass(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    kept = run.layout.asked.read_text("utf-8").partition("[gates")[0]
    run.layout.asked.write_text(kept, encoding="utf-8")
    assert main(["evaluate", str(run.folder), "--gates"]) == 2
    assert capsys.readouterr().err.startswith("[E110] --gates has nothing to judge")


def test_figures_that_an_older_run_did_not_store_are_added(run: Run) -> None:
    whole = run.metrics
    later = ("averages", "calibration", "mistakes", "seed", "interval")
    older = {key: value for key, value in whole.items() if key not in later}
    run.layout.metrics.write_text(json.dumps(older), encoding="utf-8")
    run.layout.findings.unlink()
    assert main(["evaluate", str(run.folder)]) == 0
    assert Run(run.folder).metrics == whole


def test_rows_are_named_where_their_file_is_gone(run: Run, rows_file: Path) -> None:
    away = rows_file.rename(rows_file.with_suffix(".away"))
    try:
        assert main(["evaluate", str(run.folder)]) == 0
    finally:
        away.rename(rows_file)
    assert "Rows are shown by their ids: the data of" in page(run)
    assert quoted(page(run), rows_file) == 0


def test_no_row_is_quoted_where_the_run_file_says_so(
    tmp_path: Path, rows_file: Path, tiny: dict[str, object]
) -> None:
    silent = tiny | {"report.texts": False, "report.baselines": False}
    run = evenhand.train(rows_file, tmp_path / "run", settings=silent)
    assert quoted(page(run), rows_file) == 0
    assert run.metrics["mistakes"]["words"] == []
    assert main(["evaluate", str(run.folder)]) == 0
    assert quoted(page(run), rows_file) == 0
    assert "report.texts = false" in page(run)


def test_new_rows_get_a_report_of_their_own_with_the_gates(
    run: Run, tmp_path: Path, rows_file: Path
) -> None:
    rows = json.loads(rows_file.read_text("utf-8"))
    new, out, before = tmp_path / "new.json", tmp_path / "out", page(run)
    new.write_text(json.dumps([row | {"id": f"new{row['id']}"} for row in rows]), "utf-8")
    asked = ["evaluate", str(run.folder), "--data", str(new), "-o", str(out), "--gates"]
    code = main(asked)
    metrics = json.loads((out / "metrics.json").read_text("utf-8"))
    assert code == (0 if all(gate["passed"] for gate in metrics["gates"]) else 1)
    html = (out / "report.html").read_text("utf-8")
    assert 'id="gates"' in html
    assert 'id="training"' not in html
    assert "first on new.json" in html
    assert (out / "report.md").is_file()
    assert page(run) == before
