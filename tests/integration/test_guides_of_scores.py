"""The examples of two guides run as they stand, block by block, in one folder."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from evenhand.cli import main

GUIDES = Path(__file__).parents[2] / "docs" / "howto"
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def follow(page: str, *, swift: dict[str, object] | None = None) -> tuple[dict[str, object], int]:
    """Run every Python block and command of a page; return its names and how many ran.

    Where a block trains, ``swift`` stands before its settings, so that it takes a tiny backbone.
    """
    names: dict[str, object] = {"__name__": "guide", "swift": swift}
    ran = 0
    page_text = (GUIDES / page).read_text("utf-8").replace("settings={", "settings={**swift, ", 1)
    for language, text in BLOCK.findall(page_text):
        if language == "python":
            exec(compile(text, page, "exec"), names)
        elif text.startswith("evenhand "):
            assert main(shlex.split(text)[1:]) == 0
        ran += language == "python" or text.startswith("evenhand ")
    return names, ran


@pytest.fixture
def scores_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Files of the names and forms that the guide shows, with 120 rows."""
    random = np.random.default_rng(0)
    truth_N2 = (random.random((120, 2)) < [0.2, 0.4]).astype(int)
    probs_N2 = 1 / (1 + np.exp(2 - 3 * truth_N2 - random.normal(size=(120, 2))))
    with (tmp_path / "truth.csv").open("w") as truth, (tmp_path / "scores.csv").open("w") as scores:
        truth.write("id,fraud,spam\n")
        scores.write("id,fraud,spam\n")
        for row, (known, probs) in enumerate(zip(truth_N2, probs_N2, strict=True)):
            truth.write(f"r{row},{known[0]},{known[1]}\n")
            scores.write(f"r{row},{probs[0]},{probs[1]}\n")
    answers = [
        {"id": f"r{row}", "scores": {"spam": round(spam, 2), "fraud": round(fraud, 2)}}
        for row, (fraud, spam) in enumerate(probs_N2.tolist())
    ]
    (tmp_path / "answers.jsonl").write_text("\n".join(map(json.dumps, answers)), "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_scores_from_elsewhere(scores_folder: Path) -> None:
    names, ran = follow("scores-from-elsewhere.md")
    assert ran == 5
    assert names["decision"].labels.names == ("fraud", "spam")
    table = (scores_folder / "scores.csv").read_text("utf-8").splitlines()
    assert table[0] == "id,fraud,spam"
    assert len(table) == 121
    stored = json.loads((scores_folder / "decision.json").read_text("utf-8"))
    assert stored["calibrator"]["name"] != "auto"
    assert set(stored["thresholds"]) == {"fraud", "spam"}


def test_inside_scikit_learn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, swift: dict[str, object]
) -> None:
    monkeypatch.chdir(tmp_path)
    names, ran = follow("scikit-learn.md", swift=swift)
    assert ran == 7
    assert set(names["reader"].classes_) == {"billing", "delivery"}
    assert names["several"].predict(names["X_many"]).shape == (800, 4)
    assert names["given_NC"].sum(axis=1).tolist() == [1] * len(names["X_report"])
