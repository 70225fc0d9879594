"""The card in a bundle, and ``evenhand publish``."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import evenhand
from evenhand.bundle import add_card, files_of
from evenhand.cli import main
from evenhand.durable import folder_fault, write_folder
from evenhand.run import Run
from tiny_hub import tiny_hub

SAID = ["--set", "card.license=apache-2.0", "--set", "card.language=en"]


@pytest.fixture(scope="module")
def run(
    tmp_path_factory: pytest.TempPathFactory, labelled_file: Path, tiny: dict[str, object]
) -> Run:
    settings = {**tiny, "report.baselines": False, "gates.macro_f1": 0.99}
    settings["card.intended_use"] = "To sort *notes*."
    return evenhand.train(labelled_file, tmp_path_factory.mktemp("runs") / "a", settings=settings)


@pytest.fixture
def good(run: Run, tmp_path: Path) -> Path:
    """Return a copy of the run without its gate."""
    folder = tmp_path / "good"
    shutil.copytree(run.folder, folder)
    file = folder / "run.toml"
    file.write_text(file.read_text("utf-8").replace("macro_f1 = 0.99", ""), "utf-8")
    return folder


def card_in(folder: Path) -> tuple[dict[str, Any], str]:
    _, head, body = (folder / "README.md").read_text("utf-8").split("---\n", 2)
    return yaml.safe_load(head), body


def replaced(folder: Path, name: str, content: bytes) -> None:
    write_folder(folder / "bundle", {**files_of(folder / "bundle"), name: content})


def test_a_run_leaves_a_card_in_its_bundle_and_in_the_manifest(run: Run) -> None:
    bundle = run.layout.bundle
    assert folder_fault(bundle) is None
    assert "README.md" in json.loads((bundle / "MANIFEST.json").read_text("utf-8"))["files"]
    head, body = card_in(bundle)
    measured = run.metrics["overall"]["macro_f1"]
    first = head["model-index"][0]["results"][0]["metrics"][0]
    assert first["value"] == round(measured["value"], 4)
    assert first["args"]["low"] == round(measured["low"], 4)
    assert r"To sort \*notes\*." in body
    assert "Licence: Not said by those who made it." in body
    assert "license" not in head


def test_a_run_made_again_elsewhere_has_the_same_card(
    run: Run, tmp_path: Path, labelled_file: Path
) -> None:
    again = tmp_path / "elsewhere" / "b"
    evenhand.train(labelled_file, again, recipe=str(run.layout.asked))
    card = "bundle/README.md"
    assert (again / card).read_bytes() == (run.folder / card).read_bytes()


def test_what_is_published_answers_as_the_run_does(
    good: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new" / "public"
    assert main(["publish", str(good), "-o", str(out), *SAID]) == 0
    told = capsys.readouterr()
    assert "none of the 240 texts" in told.out
    assert "nobody has said: card.data" in told.err
    head, body = card_in(out)
    assert (head["license"], head["language"]) == ("apache-2.0", ["en"])
    assert "Demands" not in body
    assert "apache-2.0" in (out / "LICENSE").read_text("utf-8")
    assert folder_fault(out) is None
    texts = ["a happy day", "the angry train"]
    ours, theirs = (evenhand.load(folder).predict(texts).probs_NC for folder in (good, out))
    np.testing.assert_array_equal(ours, theirs)
    assert main(["publish", str(good), "-o", str(out)]) == 2
    assert "[E109]" in capsys.readouterr().err


def test_a_failed_gate_stops_it_unless_told_and_then_stands_in_the_card(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "public"
    assert main(["publish", str(run.folder), "-o", str(out)]) == 2
    error = capsys.readouterr().err
    assert "[E407] the run failed a gate" in error
    assert "FAIL  macro_f1" in error
    assert not out.exists()
    assert main(["publish", str(run.folder), "-o", str(out), "--despite-gates"]) == 0
    assert "1 of 1 gates fail: macro-F1" in card_in(out)[1]


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("config.json", b'{"a": ["/home/somebody/weights/x"]}', "config.json: a path of a machine"),
        ("bundle.json", b'{"a": "C:\\\\models\\\\x"}', "bundle.json: a path of a machine"),
        ("hook.py", b"print()", "hook.py: no weights, no graph and no JSON"),
        ("decision.json", b"\x80\x04.", "decision.json: something other"),
        ("model.safetensors", b"PK\x03\x04" * 9, "model.safetensors: something other"),
    ],
)
def test_what_must_not_be_published_is_named(
    good: Path, tmp_path: Path, capsys: Any, name: str, content: bytes, found: str
) -> None:
    replaced(good, name, content)
    assert main(["publish", str(good), "-o", str(tmp_path / "public")]) == 2
    error = capsys.readouterr().err
    assert "[E407] the bundle holds what must not be published" in error
    assert f"got: {found}" in error


def test_a_text_of_the_data_is_found_wherever_it_is(
    good: Path, labelled_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = json.loads(labelled_file.read_text("utf-8"))[7]["text"]
    out = str(tmp_path / "public")
    assert main(["publish", str(good), "-o", out, "--set", f"card.data=Such as: {text}"]) == 2
    assert "README.md: a text of the data" in capsys.readouterr().err
    bundle = json.loads((good / "bundle" / "bundle.json").read_text("utf-8"))
    replaced(good, "bundle.json", json.dumps({**bundle, "note": [text]}).encode())
    assert main(["publish", str(good), "-o", out]) == 2
    assert f"bundle.json: a text of the data, of {len(text)}" in capsys.readouterr().err


def test_data_that_is_gone_is_said_to_be(
    good: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = json.loads((good / "manifest.json").read_text("utf-8"))
    manifest["sources"]["data"] = str(tmp_path / "gone.json")
    (good / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    assert main(["publish", str(good), "-o", str(tmp_path / "public")]) == 0
    assert "no text of it was looked for" in capsys.readouterr().err


def test_what_is_unfinished_damaged_or_asked_wrongly(
    good: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(*options: str) -> str:
        assert main(["publish", str(good), "-o", str(tmp_path / "public"), *options]) == 2
        return capsys.readouterr().err

    assert "[E110] publishing changes what the card says" in refused("--set", "seed=3")
    assert "[E102]" in refused("--set", "card.license=My own!")
    assert "did you mean 'card.language'" in refused("--set", "card.languages=en")
    (good / "findings.json").rename(good / "aside.json")
    assert "[E407] the run is not finished" in refused()
    (good / "aside.json").rename(good / "findings.json")
    (good / "bundle" / "tokenizer.json").write_text("{}", "utf-8")
    assert "[E401] the bundle is damaged" in refused()


def test_an_ensemble_has_a_card_and_is_published(
    ensemble_by: Callable[[str], Run], tmp_path: Path
) -> None:
    made = ensemble_by("average")
    out = tmp_path / "public"
    assert main(["publish", str(made.folder), "-o", str(out)]) == 0
    _, body = card_in(out)
    assert "Made of: 3 models, combined by average" in body
    assert "The run itself was not examined." in body
    assert len(evenhand.load(out).predict(["a happy day"]).names()) == 1


def test_a_damaged_bundle_gets_no_new_card(good: Path) -> None:
    (good / "bundle" / "config.json").write_text("{}", "utf-8")
    with pytest.raises(evenhand.EvenhandError, match=r"\[E401\] the bundle is damaged"):
        add_card(good / "bundle", "# A card\n")


@pytest.mark.parametrize("refuse", [False, True])
def test_a_hub_gets_every_file_or_says_why_not(good: Path, tmp_path: Path, refuse: bool) -> None:
    out = tmp_path / "public"
    with tiny_hub(refuse=refuse) as hub:
        own = {"HF_ENDPOINT": hub.address, "HF_TOKEN": "hf_none", "HF_HUB_DISABLE_XET": "1"}
        asked = ["publish", str(good), "-o", str(out), "--repo", "team/notes"]
        done = subprocess.run(
            [sys.executable, "-m", "evenhand", *asked],
            env={**os.environ, **own, "HF_HOME": str(tmp_path / "hub")},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    written = {file.name: file.read_bytes() for file in out.iterdir()}
    if refuse:
        assert done.returncode == 2
        assert "[E407] the folder is written, but the hub did not take it" in done.stderr
        assert f"hf upload team/notes {out}" in done.stderr
        assert hub.files == {}
    else:
        assert done.returncode == 0, done.stderr
        assert hub.files == written
        assert hub.made[0]["visibility"] == "private"
        assert f"hub     {hub.address}/team/model" in done.stdout
