import json
import subprocess
import sys

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from evenhand.cli.decide import decide
from evenhand.decide import Decision, best_cut, fit_decision
from evenhand.decide.foreign import read_scores
from evenhand.errors import DataError

LABELS = ("a", "b", "[c]")


@pytest.fixture
def app():
    app = typer.Typer()
    app.command()(decide)
    return app


@pytest.fixture
def tables(tmp_path):
    rng = np.random.default_rng(1)
    truth_NC = (rng.random((300, 3)) < [0.4, 0.1, 0.03]).astype(int)
    probs_NC = 1 / (1 + np.exp(2 - 2 * truth_NC - rng.normal(size=truth_NC.shape)))
    header = "id," + ",".join(LABELS) + "\n"
    for name, values_NC in (("scores.csv", probs_NC), ("truth.csv", truth_NC)):
        rows = (f"r{i}," + ",".join(map(repr, row)) for i, row in enumerate(values_NC.tolist()))
        (tmp_path / name).write_text(header + "\n".join(rows) + "\n")
    return tmp_path, probs_NC, truth_NC


def arguments(folder, *more):
    files = [str(folder / "scores.csv"), "--truth", str(folder / "truth.csv")]
    return [*files, "-o", str(folder / "decision.json"), *more]


def test_plain_cuts_attain_the_highest_f1(app, tables):
    folder, probs_NC, truth_NC = tables
    more = ["--scores", "probs", "--shrink", "none", "--min-support", "1", "--calibrate", "none"]
    result = CliRunner().invoke(app, arguments(folder, *more))
    assert result.exit_code == 0, result.output
    stored = json.loads((folder / "decision.json").read_text())["thresholds"]
    for c, name in enumerate(LABELS):
        assert stored[name]["value"] == best_cut(probs_NC[:, c], truth_NC[:, c])[0]
        assert stored[name]["support"] == truth_NC[:, c].sum()


def test_what_is_printed(app, tables):
    folder, _, truth_NC = tables
    result = CliRunner().invoke(app, arguments(folder, "--scores", "probs"))
    for words in (
        "cross-fitted",
        "at 0.5",
        "one global cut",
        "per-label cuts",
        "F1 in-sample",
        "log loss",
    ):
        assert words in result.stdout
    assert str(folder / "decision.json") in result.stdout.replace("\n", "")
    line = next(line for line in result.stdout.splitlines() if "[c]" in line)
    assert str(truth_NC[:, 2].sum()) in line


def test_multiclass(app, tables):
    folder, probs_NC, _ = tables
    (folder / "truth.csv").write_text(
        "id,a,b,[c]\n"
        + "".join(
            f"r{i},{i % 3 % 2},{int(i % 3 == 0)},{i % 3 // 2}\n" for i in range(len(probs_NC))
        )
    )
    result = CliRunner().invoke(
        app, arguments(folder, "--scores", "probs", "--task", "multiclass", "--calibrate", "auto")
    )
    assert result.exit_code == 0, result.output
    assert "per-label biases" in result.stdout
    assert set(json.loads((folder / "decision.json").read_text())["biases"]) == set(LABELS)


def test_the_kind_of_scores_is_never_guessed(app, tables):
    result = CliRunner().invoke(app, arguments(tables[0]))
    assert result.exit_code == 2
    assert not (tables[0] / "decision.json").exists()


def test_an_error_leaves_no_file(app, tables):
    folder = tables[0]
    (folder / "truth.csv").write_text("id,a,b,[c]\nr0,1,0,0\n")
    result = CliRunner().invoke(app, arguments(folder, "--scores", "probs"))
    assert isinstance(result.exception, DataError)
    assert "[E211]" in str(result.exception)
    assert not (folder / "decision.json").exists()


def test_a_demand_is_met_and_its_price_told(app, tables):
    folder, probs_NC, truth_NC = tables
    more = ["--scores", "probs", "--recall", "[c]=0.95", "--resamples", "20"]
    result = CliRunner().invoke(app, arguments(folder, *more))
    assert result.exit_code == 0, result.output
    stored = json.loads((folder / "decision.json").read_text())
    cut = stored["thresholds"]["[c]"]
    assert cut["source"] == "demand"
    caught = probs_NC[truth_NC[:, 2] == 1, 2] >= cut["value"]
    assert caught.mean() >= 0.95
    assert stored["asked"] == {"recall": {"[c]": 0.95}}
    for words in ("[c], recall >= 0.95: give it from", "without the demand", "more alerts"):
        assert words in result.stdout


def test_a_demand_that_cannot_be_met_leaves_no_file(app, tables):
    folder = tables[0]
    more = ["--scores", "probs", "--precision", "b=0.99", "--recall", "b=0.99"]
    result = CliRunner().invoke(app, arguments(folder, *more))
    assert isinstance(result.exception, DataError)
    assert "[E214] a demand on 'b' cannot be met" in str(result.exception)
    assert "the nearest cut has precision" in str(result.exception)
    assert not (folder / "decision.json").exists()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--beta", "1e300"], "[E102] beta is out of range\n  got: beta = 1e+300"),
        (["--alerts", "b=200%"], "got: alerts.b = 200%\n  fix: pass a number of alerts"),
        (["--alerts", "b=0"], "got: alerts.b = 0\n"),
        (["--alerts", "b=301"], "got: alerts.b = 301, with 300 rows"),
        (["--cost", "."], "[E202] that is a folder, not a file"),
    ],
)
def test_what_cannot_be_asked_is_answered_as_it_was_typed(app, tables, more, message):
    folder = tables[0]
    result = CliRunner().invoke(app, arguments(folder, "--scores", "probs", *more))
    assert message in str(result.exception)
    assert not (folder / "decision.json").exists()


@pytest.mark.parametrize("option", ["--cost", "--truth"])
def test_a_folder_is_called_a_folder_even_where_the_output_lies_in_it(app, tables, option):
    folder = tables[0]
    more = ["--scores", "probs", option, str(folder)]
    result = CliRunner().invoke(app, arguments(folder, *more))
    assert "[E202] that is a folder, not a file" in str(result.exception)


def test_every_other_option_reaches_the_decision(app, tables):
    folder, _, _ = tables
    (folder / "costs.csv").write_text("label,false_positive,false_negative\n[c],1,40\n")
    more = ["--scores", "probs", "--fpr", "b=0.8", "--alerts", "b=90%", "--beta", "2"]
    more += ["--cost", str(folder / "costs.csv"), "--micro", "0.5", "--grid", "wide"]
    more += ["--at-least-one", "--exclusive", "a", "--resamples", "0", "--calibrate", "platt"]
    result = CliRunner().invoke(app, arguments(folder, *more))
    assert result.exit_code == 0, result.exception
    assert "rows whose only label was forced by --at-least-one" in result.stdout
    stored = json.loads((folder / "decision.json").read_text())
    assert (stored["at_least_one"], stored["exclusive"]) == (True, "a")
    assert stored["asked"] == {
        "beta": 2.0,
        "micro": 0.5,
        "grid": "wide",
        "costs": {"[c]": {"false_positive": 1.0, "false_negative": 40.0}},
        "fpr": {"b": 0.8},
        "alerts": {"b": 0.9},
    }
    assert stored["calibrator"]["name"] == "platt"


def test_fit_decision_takes_the_same_settings(app, tables):
    folder, _, _ = tables
    result = CliRunner().invoke(app, arguments(folder, "--scores", "probs", "--beta", "2"))
    assert result.exit_code == 0, result.output
    tune = read_scores(folder / "scores.csv", "probs", truth=folder / "truth.csv")
    decision = fit_decision(tune, calibrate="none", beta=2.0, resamples=200)
    assert Decision.load(folder / "decision.json") == decision


def test_deciding_needs_no_heavy_library():
    code = (
        "import sys, evenhand, evenhand.decide, evenhand.calibrate\n"
        "heavy = {'torch', 'transformers', 'sklearn', 'scipy', 'matplotlib', 'pandas', 'pyarrow'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
