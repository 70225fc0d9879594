"""``evenhand export``: the same answers without torch, or a refusal; and its publishing."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys

import numpy as np
import onnx
import onnxruntime
import pytest

import evenhand
from evenhand.bundle import files_of
from evenhand.bundle.onnx import OnnxClassifier
from evenhand.cli import main
from evenhand.durable import write_folder
from evenhand.errors import BundleError
from evenhand.predictions import load_predictions, save_predictions
from evenhand.run import Run
from evenhand.types import Logits

TEXTS = ["a happy day", "", "sad and angry 😀 so very", "the the the"]
WITHOUT = """
import importlib.abc, sys
class Missing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top in {"torch", "transformers", "safetensors", "onnx", "sklearn"}:
            raise ModuleNotFoundError(f"No module named {top!r}", name=top)
sys.meta_path.insert(0, Missing())
from evenhand.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def exported(teacher, tmp_path_factory):
    out = tmp_path_factory.mktemp("exports") / "light"
    assert main(["export", str(teacher), "--to", "onnx", "-o", str(out)]) == 0
    return out


def test_it_answers_as_the_run_does(teacher, exported):
    ours, light = evenhand.load(teacher), evenhand.load(exported)
    assert isinstance(light, OnnxClassifier)
    np.testing.assert_allclose(
        light.scores(TEXTS).values_NC, ours.scores(TEXTS).values_NC, atol=1e-5
    )
    assert light.predict(TEXTS).names() == ours.predict(TEXTS).names()
    assert light.labels == ours.labels


def test_its_cuts_were_chosen_on_its_own_scores_of_the_same_rows(teacher, exported):
    ours, light = Run(teacher).decision, evenhand.load(exported).decision
    np.testing.assert_allclose(light.values_C, ours.values_C, atol=1e-4)
    assert [cut.support for cut in light.cuts] == [cut.support for cut in ours.cuts]


def test_no_rows_give_no_answers_and_progress_counts_all(exported):
    light, done = evenhand.load(exported), []
    assert light.predict([]).names() == []
    light.predict(TEXTS * 10, progress=done.append)
    assert done == [16, 32, 40]


def test_an_answer_does_not_depend_on_its_neighbours(exported):
    light = evenhand.load(exported)
    alone = np.concatenate([light.predict([text]).probs_NC for text in TEXTS])
    beside = [*TEXTS, "happy " * 60, "x" * 300]
    np.testing.assert_allclose(light.predict(beside).probs_NC[:4], alone, atol=1e-6)


def test_it_predicts_where_there_is_no_torch(exported, tmp_path):
    (tmp_path / "in.csv").write_text("text\na happy day\nsad song\n", "utf-8")
    arguments = ["predict", exported, tmp_path / "in.csv", "-o", tmp_path / "out.csv"]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with (tmp_path / "out.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    expected = evenhand.load(exported).predict(["a happy day", "sad song"])
    assert [row["labels"] for row in rows] == expected.frame()["labels"]
    assert [float(row["p:joy"]) for row in rows] == expected.frame()["p:joy"]


def test_a_bundle_of_torch_says_what_to_install(teacher):
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, "predict", str(teacher), "--text", "a happy day"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("[E104] this needs the package 'torch'")


def test_the_graph_alone_holds_calibrated_probabilities(teacher, exported, tmp_path, capsys):
    file = tmp_path / "light.onnx"
    assert main(["export", str(teacher), "-o", str(file)]) == 0
    assert "passed   macro-F1 keeps 99.5%: 100.00%" in capsys.readouterr().out
    light = evenhand.load(exported)
    opened = onnxruntime.InferenceSession(file)
    batch = light.reader.table(TEXTS).batch(np.arange(4))
    probs_NC = opened.run(["probabilities"], batch)[0]
    np.testing.assert_allclose(probs_NC, light.predict(TEXTS).probs_NC, atol=1e-5)


def test_its_parity_is_kept_beside_it(exported):
    stored = json.loads((exported / "parity.json").read_text("utf-8"))
    assert stored["passed"] is True
    assert stored["precision"] == "float32"
    assert [row["name"] for row in stored["per_class"]] == ["joy", "anger", "grief"]
    assert stored["largest"] < 1e-4
    card = (exported / "README.md").read_text("utf-8")
    assert "## This bundle is an export" in card
    assert "passed   macro-F1 keeps 99.5%: 100.00%" in card


def test_a_failed_gate_leaves_nothing_and_says_so(teacher, tmp_path, capsys):
    """The stored scores are made perfect, so that what is exported must be worse."""
    better = tmp_path / "better"
    shutil.copytree(teacher, better)
    for file in (better / "predictions").glob("[rt]*.parquet"):
        rows = load_predictions(file)
        perfect = Logits(np.where(rows.truth_NC == 1, 9.0, -9.0))
        save_predictions(file, rows.__class__(**{**vars(rows), "scores": perfect}))
    out = tmp_path / "out"
    assert main(["export", str(better), "-o", str(out)]) == 1
    shown = capsys.readouterr()
    assert "FAILED   macro-F1 keeps 99.5%" in shown.out
    assert shown.err == "refused: a gate failed, and nothing was written\n"
    assert not out.exists()


def test_int8_answers_nearly_the_same_whatever_stands_beside(teacher, tmp_path):
    out = tmp_path / "out"
    assert main(["export", str(teacher), "--int8", "-o", str(out)]) == 0
    light = evenhand.load(out)
    gap_NC = light.scores(TEXTS).values_NC - evenhand.load(teacher).scores(TEXTS).values_NC
    assert 0 < np.abs(gap_NC).max() < 0.05
    alone = np.concatenate([light.predict([text]).probs_NC for text in TEXTS])
    beside = light.predict([*TEXTS, "happy " * 60, "x" * 300]).probs_NC[:4]
    np.testing.assert_allclose(beside, alone, atol=1e-6)


def test_an_output_that_is_there_is_refused(teacher, exported, capsys, three_lines):
    assert main(["export", str(teacher), "-o", str(exported)]) == 2
    three_lines(capsys.readouterr().err.strip(), "E109")


def test_an_ensemble_is_refused(ensemble_by, tmp_path, capsys, three_lines):
    run = ensemble_by("average").folder
    assert main(["export", str(run), "-o", str(tmp_path / "out")]) == 2
    assert "no network of its own to export" in three_lines(capsys.readouterr().err.strip(), "E110")


@pytest.mark.parametrize(
    ("changes", "code", "what"),
    [
        ({"model.onnx": b"not a graph"}, "E401", "no ONNX file"),
        ({"labels": ["joy", "anger"]}, "E402", "other labels"),
        ({"pad_id": None}, "E402", "without pad_id"),
        ({"trained_steps": 0}, "E402", "untrained"),
    ],
)
def test_parts_that_do_not_fit_are_refused(exported, tmp_path, changes, code, what):
    files = {p.name: p.read_bytes() for p in exported.iterdir() if p.name != "MANIFEST.json"}
    described = json.loads(files["bundle.json"]) | {
        key: value for key, value in changes.items() if key != "model.onnx"
    }
    described = {key: value for key, value in described.items() if value is not None}
    files["bundle.json"] = json.dumps(described).encode()
    files["model.onnx"] = changes.get("model.onnx", files["model.onnx"])
    write_folder(tmp_path / "other", files)
    with pytest.raises(BundleError, match=f"{code}(.|\n)*{what}"):
        evenhand.load(tmp_path / "other")


def changed(exported, folder, **changes):
    """Return a copy of an export with some of its files changed, and a manifest that fits."""
    write_folder(folder, {**files_of(exported), **changes})
    return folder


def test_it_is_published_in_place_of_its_run(teacher, exported, tmp_path, capsys):
    out = tmp_path / "public"
    asked = ["publish", str(teacher), "--export", str(exported), "-o", str(out)]
    assert main([*asked, "--set", "card.license=apache-2.0"]) == 0
    assert "private no code, no path, none of the 240 texts" in capsys.readouterr().out
    names = {path.name for path in out.iterdir()}
    assert names == {path.name for path in exported.iterdir()} | {"LICENSE"}
    card = (out / "README.md").read_text("utf-8")
    assert card.startswith("---\n")
    assert 'license: "apache-2.0"' in card
    section = card.partition("\n## This bundle is an export\n")[2]
    assert (exported / "README.md").read_text("utf-8").endswith(section)
    ours, theirs = (evenhand.load(folder).predict(TEXTS).probs_NC for folder in (exported, out))
    np.testing.assert_array_equal(ours, theirs)


@pytest.fixture
def refused(teacher, tmp_path, capsys, three_lines):
    """Return what asks for an export to be published, and gives the error's three lines."""

    def ask(folder, code, run=teacher):
        out = tmp_path / "new" / "public"
        assert main(["publish", str(run), "--export", str(folder), "-o", str(out)]) == 2
        assert not out.parent.exists()
        return three_lines(capsys.readouterr().err.strip(), code)

    return ask


def described(exported, **changes):
    """Return ``bundle.json`` of an export with some keys changed; None takes a key away."""
    about = json.loads((exported / "bundle.json").read_text("utf-8")) | changes
    return json.dumps({key: value for key, value in about.items() if value is not None}).encode()


def test_only_an_export_of_this_very_run_is_published(
    teacher, exported, ensemble_by, tmp_path, refused
):
    other = {"bundle.json": described(exported, made_from="0" * 64)}
    assert "from another run" in refused(changed(exported, tmp_path / "other", **other), "E407")
    old = {"bundle.json": described(exported, made_from=None)}
    assert "does not say" in refused(changed(exported, tmp_path / "old", **old), "E407")
    assert "no export" in refused(teacher, "E407")
    own = {"model.safetensors": (teacher / "bundle" / "model.safetensors").read_bytes()}
    assert "no export" in refused(changed(exported, tmp_path / "both", **own), "E407")
    assert "no network of its own" in refused(exported, "E110", ensemble_by("average").folder)
    refused(tmp_path / "nowhere", "E401")


def test_a_path_among_the_notes_of_its_graph_is_named(exported, tmp_path, refused):
    graph = onnx.load(exported / "model.onnx")
    graph.metadata_props.add(key="made by", value="/home/somebody/" + "x" * 60)
    written = {"model.onnx": graph.SerializeToString()}
    said = refused(changed(exported, tmp_path / "path", **written), "E407")
    assert "model.onnx: a path of a machine" in said


def test_an_export_that_is_not_inert_is_never_copied(exported, tmp_path, refused):
    out = changed(exported, tmp_path / "out")
    (tmp_path / "up.json").write_text("{}", "utf-8")
    manifest = json.loads((out / "MANIFEST.json").read_text("utf-8"))
    manifest["files"]["../up.json"] = manifest["files"]["parity.json"]
    (out / "MANIFEST.json").write_text(json.dumps(manifest), "utf-8")
    refused(out, "E405")
    link = changed(exported, tmp_path / "link")
    (link / "golden.json").unlink()
    (link / "golden.json").symlink_to(exported / "golden.json")
    refused(link, "E405")
    graph = onnx.load(exported / "model.onnx")
    graph.opset_import.append(onnx.helper.make_opsetid("com.somebody", 1))
    written = {"model.onnx": graph.SerializeToString()}
    refused(changed(exported, tmp_path / "operators", **written), "E405")


@pytest.mark.parametrize(
    "changes",
    [
        None,
        {"precision": "int8, [a link](http://example.org)"},
        {"megabytes": "x"},
        {"per_class": [{}]},
        {"ece": [0.1]},
        {"gates": [{"name": "a\ud800", "passed": True, "found": ""}]},
    ],
)
def test_a_parity_that_export_did_not_write_is_damage(exported, tmp_path, refused, changes):
    stored = json.loads((exported / "parity.json").read_text("utf-8"))
    parity = {} if changes is None else {**stored, **changes}
    broken = changed(exported, tmp_path / "a", **{"parity.json": json.dumps(parity).encode()})
    assert "parity.json" in refused(broken, "E401")


def test_a_failed_gate_stops_an_export_unless_told(teacher, exported, tmp_path, refused):
    parity = json.loads((exported / "parity.json").read_text("utf-8"))
    parity["gates"][1] |= {"passed": False, "found": "12.00%"}
    worse = changed(exported, tmp_path / "a", **{"parity.json": json.dumps(parity).encode()})
    assert "macro-F1 keeps 99.5%: 12.00%" in refused(worse, "E407")
    asked = ["publish", str(teacher), "--export", str(worse), "-o", str(tmp_path / "public")]
    assert main([*asked, "--despite-gates"]) == 0
    assert "FAILED   macro-F1 keeps 99.5%: 12.00%" in (tmp_path / "public/README.md").read_text()


def test_the_gate_of_size_is_held_against_what_is_published(teacher, exported, tmp_path, capsys):
    def sizes(folder):
        return sum(path.stat().st_size for path in folder.iterdir()) / 1e6

    own, light = sizes(teacher / "bundle"), sizes(exported)
    asked = tmp_path / "run"
    shutil.copytree(teacher, asked)
    (asked / "run.toml").write_text(
        (asked / "run.toml").read_text("utf-8") + f"\n[gates]\nsize_mb = {(own + light) / 2}\n"
    )
    commands = {
        own: ["publish", str(asked), "-o", str(tmp_path / "a")],
        light: ["publish", str(asked), "--export", str(exported), "-o", str(tmp_path / "b")],
    }
    assert main(commands[min(own, light)]) == 0
    assert main(commands[max(own, light)]) == 2
    assert "size_mb" in capsys.readouterr().err


def test_the_card_of_an_export_has_the_cuts_that_go_with_it(teacher, exported, tmp_path):
    decision = json.loads((exported / "decision.json").read_text("utf-8"))
    name = next(iter(decision["thresholds"]))
    decision["thresholds"][name]["value"] = 0.98765
    written = {"decision.json": json.dumps(decision).encode()}
    other = changed(exported, tmp_path / "a", **written)
    out = tmp_path / "public"
    assert main(["publish", str(teacher), "--export", str(other), "-o", str(out)]) == 0
    assert "0.988" in (out / "README.md").read_text("utf-8")
