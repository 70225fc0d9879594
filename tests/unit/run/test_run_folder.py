"""The run folder's names and refusals."""

import json

import pytest

from evenhand.errors import BundleError, ConfigError, MissingFileError
from evenhand.run.folder import Layout, Run


def test_names_are_those_of_the_design(tmp_path):
    layout = Layout(tmp_path)
    files = [
        layout.asked, layout.resolved, layout.manifest, layout.split, layout.history,
        layout.checkpoints, layout.predictions("tune"), layout.decision, layout.metrics,
        layout.report, layout.markdown, layout.bundle,
    ]  # fmt: skip
    assert [str(f.relative_to(tmp_path)) for f in files] == [
        "run.toml", "resolved.json", "manifest.json", "split.parquet", "history.jsonl",
        "checkpoints", "predictions/tune.parquet", "decision.json", "metrics.json",
        "report.html", "report.md", "bundle",
    ]  # fmt: skip


def test_a_folder_that_is_not_there_or_empty_may_be_used(tmp_path):
    Layout(tmp_path / "new").refuse_used()
    Layout(tmp_path).refuse_used()


@pytest.mark.parametrize("name", ["folder", "file"])
def test_what_is_in_use_is_refused(tmp_path, name):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / ".hidden").touch()
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"\[E109\](.|\n)*--resume"):
        Layout(tmp_path / name).refuse_used()


def test_what_a_start_left_that_was_killed_before_its_manifest_may_be_used(tmp_path):
    for name in ("checkpoints", "predictions"):
        (tmp_path / name).mkdir()
    for name in ("resolved.json", "run.toml", ".split.parquet.host.9.part"):
        (tmp_path / name).touch()
        Layout(tmp_path).refuse_used()
    (tmp_path / "manifest.json").touch()
    with pytest.raises(ConfigError, match=r"\[E109\]"):
        Layout(tmp_path).refuse_used()


def test_a_run_file_of_the_users_own_is_never_written_over(tmp_path):
    (tmp_path / "run.toml").touch()
    with pytest.raises(ConfigError, match=r"\[E109\]"):
        Layout(tmp_path).refuse_used()


def test_a_run_that_is_not_finished_is_none(tmp_path):
    with pytest.raises(MissingFileError, match=r"\[E401\] no finished run lies here"):
        Run(tmp_path)


def test_a_run_reads_what_it_left(tmp_path):
    metrics = {"systems": [], "labels": ["a", "b"], "task": "multiclass", "per_class": []}
    manifest = {"sources": {}, "sha256": {}, "rows": {}, "seconds": {}, "seed": 4}
    (tmp_path / "metrics.json").write_text(json.dumps(metrics))
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    run = Run(tmp_path)
    assert (run.metrics, run.manifest, run.folder) == (metrics, manifest, tmp_path)
    with pytest.raises(MissingFileError, match=r"\[E202\] there is no such prediction file"):
        run.predictions("report")
    with pytest.raises(MissingFileError, match=r"\[E401\] there is no bundle here"):
        run.classifier  # noqa: B018


@pytest.mark.parametrize(
    ("content", "said"),
    [("{", "Expecting property name"), ("[]", "list instead of an object"), ("{}", "no 'systems'")],
)
def test_figures_that_cannot_be_read_are_damaged(tmp_path, content, said):
    (tmp_path / "metrics.json").write_text(content)
    with pytest.raises(
        BundleError, match=rf"\[E401\] the run's file metrics.json is damaged(.|\n)*{said}"
    ):
        Run(tmp_path).metrics  # noqa: B018


def test_a_run_without_its_manifest_says_so(tmp_path):
    (tmp_path / "metrics.json").write_text("{}")
    with pytest.raises(BundleError, match=r"\[E401\] the run's file manifest.json is missing"):
        Run(tmp_path).manifest  # noqa: B018
