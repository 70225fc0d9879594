"""Ablation from the command line: one change at a time, measured beside the base."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from sklearn.metrics import f1_score

from evenhand.cli import main
from evenhand.decide import crossfit
from evenhand.run import Run
from evenhand.run.reread import decided_rows, settings_of
from evenhand.types import Role

Lines = Callable[[str, str], str]
TRIED = ("without cuts", "focal", "sampler square-root", "ensemble", "weighted-ce")


def command(data: Path, tiny: dict[str, object], *options: str) -> list[str]:
    named = [part for key, value in tiny.items() for part in ("--set", f"{key}={value}")]
    return ["ablate", str(data), "--set", "report.baselines=false", *named, *options]


def broken_backbone(whole: Path, folder: Path) -> Path:
    """Return a copy of a backbone with a weight that is no number."""
    shutil.copytree(whole, folder)
    weights = load_file(folder / "model.safetensors")
    name = next(name for name in weights if name.endswith("word_embeddings.weight"))
    weights[name][:] = np.inf
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


@pytest.fixture(scope="module")
def study(
    labelled_file: Path, tiny: dict[str, object], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    out = tmp_path_factory.mktemp("studies") / "first"
    tried = [
        part for name in (*TRIED, "loss.name=focal loss.gamma=0.5") for part in ("--try", name)
    ]
    assert main(command(labelled_file, tiny, "--out", str(out), "--seeds", "2", *tried)) == 0
    return out


@pytest.fixture(scope="module")
def told(study: Path) -> dict[str, dict[str, object]]:
    result = json.loads((study / "result.json").read_text("utf-8"))
    return {row["technique"]: row for row in result["techniques"]}


def worth(run: Run, **change: object) -> float:
    report = run.predictions("report")
    assert not change
    return float(
        f1_score(
            report.truth_NC, run.decision.decide(report.scores), average="macro", zero_division=0
        )
    )


def test_effects_are_differences_between_runs_of_equal_seeds(
    study: Path, told: dict[str, dict[str, object]]
) -> None:
    for name, folder in (
        ("focal", "focal"),
        ("loss.name=focal loss.gamma=0.5", "loss.name=focal-loss.gamma=0.5"),
    ):
        gaps = [
            worth(Run(study / "runs" / f"{folder}-seed-{seed}"))
            - worth(Run(study / "runs" / f"base-seed-{seed}"))
            for seed in (0, 1)
        ]
        assert told[name]["effect"]["value"] == pytest.approx(np.mean(gaps), abs=1e-12)


def test_base_and_techniques_differ_in_one_thing(study: Path) -> None:
    base, focal = (Run(study / "runs" / name) for name in ("base-seed-1", "focal-seed-1"))
    assert base.manifest["sha256"] == focal.manifest["sha256"]
    assert [run.manifest["seed"] for run in (base, focal)] == [1, 1]
    settings = [settings_of(run).model_dump(mode="json") for run in (base, focal)]
    assert {key for key in settings[0] if settings[0][key] != settings[1][key]} == {"loss"}


def test_decisions_are_tried_without_training(
    study: Path, told: dict[str, dict[str, object]]
) -> None:
    assert told["without cuts"]["seconds"] == 0
    assert not list((study / "runs").glob("without*"))
    gaps = []
    for seed in (0, 1):
        run = Run(study / "runs" / f"base-seed-{seed}")
        report = run.predictions("report")
        fixed = run.decision.probs(report.scores) >= 0.5
        gaps.append(f1_score(report.truth_NC, fixed, average="macro", zero_division=0) - worth(run))
    assert told["without cuts"]["effect"]["value"] == pytest.approx(np.mean(gaps), abs=1e-12)


def test_the_ensemble_is_that_of_the_command(
    study: Path, told: dict[str, dict[str, object]], tmp_path: Path
) -> None:
    runs = [str(study / "runs" / f"base-seed-{seed}") for seed in (0, 1)]
    assert main(["ensemble", *runs, "--out", str(tmp_path / "both")]) == 0
    expected = Run(tmp_path / "both").metrics["systems"][0]["macro_f1"]["value"]
    assert told["ensemble"]["macro_f1"] == pytest.approx(expected, abs=1e-12)


def test_what_is_not_for_this_data_says_so(told: dict[str, dict[str, object]]) -> None:
    row = told["weighted-ce"]
    assert row["verdict"] == "not tried"
    assert row["effect"] is None
    assert row["reason"]


def test_table_holds_the_columns_of_the_contract(
    study: Path, told: dict[str, dict[str, object]]
) -> None:
    with (study / "table.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0])[:6] == ["technique", "effect", "low", "high", "seconds", "verdict"]
    assert rows[0]["technique"] == "base"
    assert [row["technique"] for row in rows] == list(told)
    effects = [float(row["effect"]) for row in rows[1:] if row["effect"]]
    assert effects == sorted(effects, reverse=True)
    assert rows[-1]["effect"] == ""
    for row in rows[1:-1]:
        low, high = float(row["low"]), float(row["high"])
        expected = "helps" if low > 0 else "hurts" if high < 0 else "not shown"
        assert row["verdict"] == expected


def test_page_and_screen(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = (study / "effects.html").read_text("utf-8")
    assert "http:" not in page
    assert "https:" not in page
    assert page.count("without cuts") >= 3
    assert main(["ablate", "--resume", str(study)]) == 0
    said = capsys.readouterr().out
    assert "note: weighted-ce is not for this data: " in said
    assert "8 of them are finished" in said
    assert "Of 5 techniques without any effect, 0.3 would seem to have one." in said
    assert "One seed" not in said
    table = said[said.index("technique ") : said.index("Of 5")]
    assert table.count("…") == 1  # the longest name; every figure is whole
    assert max(map(len, table.splitlines())) <= 100


def test_going_on_trains_only_what_is_missing(study: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    shutil.copytree(study, again)
    before = (again / "table.csv").read_text("utf-8")
    shutil.rmtree(again / "runs" / "focal-seed-1")
    kept = {p: p.stat().st_mtime_ns for p in (again / "runs").glob("*/metrics.json")}
    assert main(["ablate", "--resume", str(again)]) == 0
    assert all(path.stat().st_mtime_ns == written for path, written in kept.items())
    without_seconds = [
        [",".join(line.split(",")[:4]) for line in text.splitlines()]
        for text in (before, (again / "table.csv").read_text("utf-8"))
    ]
    assert without_seconds[0] == without_seconds[1]


def test_cross_fitted_rows_where_nothing_is_held_out(
    labelled_file: Path, tiny: dict[str, object], tmp_path: Path
) -> None:
    rows = json.loads(labelled_file.read_text("utf-8"))
    fit, tune, out = tmp_path / "fit.json", tmp_path / "tune.json", tmp_path / "study"
    fit.write_text(json.dumps(rows[:160]), "utf-8")
    tune.write_text(json.dumps(rows[160:]), "utf-8")
    options = ("--tune", str(tune), "--out", str(out), "--try", "without cuts")
    assert main(command(fit, tiny, *options)) == 0
    result = json.loads((out / "result.json").read_text("utf-8"))
    assert (result["role"], result["rows"], result["seeds"]) == ("tune", 80, 1)
    run = Run(out / "runs" / "base-seed-0")
    scored, decided, _ = decided_rows(run, Role.TUNE)
    asked = settings_of(run).decision.model_dump() | {"cuts": "fixed", "costs": None}
    fixed = crossfit(scored, seed=0, **asked).decided_NC
    gap = f1_score(scored.truth_NC, fixed, average="macro", zero_division=0)
    gap -= f1_score(scored.truth_NC, decided, average="macro", zero_division=0)
    assert result["techniques"][1]["effect"]["value"] == pytest.approx(gap, abs=1e-12)


def test_a_technique_that_diverges_is_a_row_and_is_not_trained_again(
    labelled_file: Path,
    tiny: dict[str, object],
    backbone: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    broken, out = broken_backbone(backbone, tmp_path / "broken"), tmp_path / "study"
    tried = ("--try", f"model.backbone={broken}", "--try", "focal", "--try", "without cuts")
    options = ("--set", "train.epochs=1", "--out", str(out), *tried)
    assert main(command(labelled_file, tiny, *options)) == 0
    assert re.search(
        r"of 3 .*: diverged, not finite: the weight '.*word_emb", capsys.readouterr().out
    )
    rows = json.loads((out / "result.json").read_text("utf-8"))["techniques"]
    assert {row["technique"] for row in rows[:3]} == {"base", "focal", "without cuts"}
    assert all(row["effect"] is not None for row in rows[:3])
    assert (rows[3]["verdict"], rows[3]["effect"], rows[3]["macro_f1"]) == ("diverged", None, None)
    assert "not finite: seed 0, the weight" in rows[3]["reason"]
    last = (out / "table.csv").read_text("utf-8").splitlines()[-1]
    assert last.endswith(",,,,0.0,diverged,,,,,,,")
    assert "diverged" in (out / "effects.html").read_text("utf-8")
    before = {path: path.stat().st_mtime_ns for path in (out / "runs").glob("*/manifest.json")}
    assert main(["ablate", "--resume", str(out)]) == 0
    said = capsys.readouterr().out
    assert "3 of them are finished" in said
    assert len(before) == 3
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_a_base_that_diverges_ends_the_study(
    labelled_file: Path,
    tiny: dict[str, object],
    backbone: Path,
    tmp_path: Path,
    three_lines: Lines,
    capsys: pytest.CaptureFixture[str],
) -> None:
    broken, out = broken_backbone(backbone, tmp_path / "broken"), tmp_path / "study"
    options = ("--set", f"model.backbone={broken}", "--try", "focal", "--out", str(out))
    assert main(command(labelled_file, tiny, *options)) == 2
    three_lines(capsys.readouterr().err, "E301")


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        (["--try", "focl"], "E101", "focal"),
        (["--try", "loss.gama=2"], "E102", "gama"),
        (["--try", "data.min_rows=3"], "E105", "--set data.min_rows=3"),
        (["--set", "loss.name=focal", "--set", "sampler.name=weighted"], "E105", "allow_stacked"),
        (["--try", "without sampler"], "E110", "evenhand list techniques"),
    ],
)
def test_what_cannot_be_is_refused_before_work(
    labelled_file: Path,
    tiny: dict[str, object],
    tmp_path: Path,
    three_lines: Lines,
    capsys: pytest.CaptureFixture[str],
    *,
    change: list[str],
    code: str,
    words: str,
) -> None:
    out = tmp_path / "none"
    assert main(command(labelled_file, tiny, "--out", str(out), *change)) == 2
    assert words in three_lines(capsys.readouterr().err, code)
    assert not out.exists()


def test_dry_run_of_the_seeds_claims(
    labelled_file: Path, tiny: dict[str, object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "plan"
    options = ("--recipe", "plain", "--try", "seeds", "--seeds", "3", "--dry-run")
    assert main(command(labelled_file, tiny, "--out", str(out), *options)) == 0
    said = capsys.readouterr().out
    assert "plan    9 runs: base-seed-0, base-seed-1, base-seed-2, focal-seed-0" in said
    assert not out.exists()


def test_list_of_techniques(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "techniques"]) == 0
    names = [line.split("  ")[0] for line in capsys.readouterr().out.splitlines()]
    assert {"focal", "sampler weighted", "without cuts", "ensemble", "eda"} <= set(names)


@pytest.mark.parametrize(
    "beside", [["--try", "focal"], ["--seeds", "2"], ["--tune", "t.csv"], ["--recipe", "plain"]]
)
def test_resume_stands_alone(
    study: Path, beside: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ablate", "--resume", str(study), *beside]) == 2
    assert "nothing beside it" in capsys.readouterr().err
