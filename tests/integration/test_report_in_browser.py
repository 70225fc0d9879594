"""What only a browser can tell of a report: width, focus, silence on the network."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from evenhand.evaluate.report import write_report
from evenhand.types import Task
from report_evidence import EMOTIONS, evidence_of

SCRIPT = Path(__file__).parents[2] / "scripts" / "screenshots.py"


@pytest.fixture(scope="module")
def screenshots() -> ModuleType:
    spec = importlib.util.spec_from_file_location("screenshots", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_many_labels_are_readable_on_a_phone_and_by_keyboard(
    screenshots: ModuleType, tmp_path: Path
) -> None:
    path = screenshots.browser_path()
    if path is None or importlib.util.find_spec("playwright") is None:
        pytest.skip("there is no Chromium here, or no playwright to steer it")
    write_report(tmp_path, evidence_of(EMOTIONS, Task.MULTILABEL, rows=120))
    found = []
    with screenshots.browsing(path) as browser:
        for view in screenshots.VIEWS[1:3]:
            found += screenshots.faults(browser, tmp_path / "report.html", view)
    assert found == []


def test_without_a_browser_the_script_says_so(
    screenshots: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["screenshots.py", str(tmp_path), "--out", str(tmp_path)])
    assert screenshots.main() == 2
    assert "there is no browser here" in capsys.readouterr().err
