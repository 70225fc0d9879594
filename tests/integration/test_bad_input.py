"""Bad input gets three lines and exit code 2, before any training, and leaves nothing behind."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from evenhand.cli import main
from evenhand.models import precision

ROWS = [
    (f"the {word} day {i}", name) for i in range(12) for word, name in (("good", "a"), ("bad", "b"))
]

Fails = Callable[..., str]
Check = Callable[[str, str], str]


def csv_of(rows: list[tuple[str, str]], header: str = "text,label") -> str:
    return "\n".join([header, *(f"{text},{label}" for text, label in rows)]) + "\n"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "rows.csv"
    path.write_text(csv_of(ROWS), encoding="utf-8")
    return path


@pytest.fixture
def fails(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    tiny: dict[str, object],
    three_lines: Check,
) -> Fails:
    """Run ``evenhand train`` and return its three lines, once they are known to be three."""

    def run(code: str, *arguments: object, settings: dict[str, object] | None = None) -> str:
        before = sorted(tmp_path.rglob("*"))
        pairs = [f"{key}={value}" for key, value in (tiny | (settings or {})).items()]
        options = [part for pair in pairs for part in ("--set", pair)]
        out = () if "--out" in arguments else ("--out", tmp_path / "run")
        given = [*options, *arguments, *out]
        assert main(["train", *map(str, given)]) == 2
        error = three_lines(capsys.readouterr().err, code)
        assert sorted(tmp_path.rglob("*")) == before
        return error

    return run


def written(tmp_path: Path, name: str, content: str | bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--text", "txet"], "did you mean 'text'?"),
        (["--label", "labl"], "did you mean 'label'?"),
        (["--group", "author"], "no column 'author'"),
        (["--set", "data.id=key"], "no column 'key'"),
    ],
    ids=["text", "label", "group", "id"],
)
def test_a_missing_column(fails: Fails, data: Path, options: list[str], words: str) -> None:
    assert words in fails("E205", data, *options)


@pytest.mark.parametrize("role", ["tune", "report"])
def test_a_label_that_fit_rows_do_not_have(
    fails: Fails, data: Path, tmp_path: Path, role: str
) -> None:
    other = written(tmp_path, "other.csv", csv_of([("new day", "a"), ("old day", "aa")]))
    error = fails("E201", data, f"--{role}", other)
    assert "'aa' (column 'label'" in error
    assert f"{other}:3" in error


def test_an_empty_file(fails: Fails, tmp_path: Path) -> None:
    assert "0 bytes" in fails("E202", written(tmp_path, "empty.csv", ""))


def test_a_header_without_rows(fails: Fails, tmp_path: Path) -> None:
    assert "no rows" in fails("E202", written(tmp_path, "bare.csv", "text,label\n")).replace(
        "there are ", ""
    )


def test_a_file_that_is_not_utf8(fails: Fails, tmp_path: Path) -> None:
    path = written(tmp_path, "old.csv", csv_of(ROWS).encode() + "un café,a\n".encode("cp1252"))
    assert f"byte 0xe9 at {path}:{len(ROWS) + 2}" in fails("E203", path)


def test_an_unbalanced_quote(fails: Fails, tmp_path: Path) -> None:
    path = written(tmp_path, "quote.csv", csv_of([*ROWS[:3], ('"never closed', "a"), *ROWS]))
    assert f"{path}:5, where the quote opens" in fails("E204", path)


def test_a_row_with_too_many_cells(fails: Fails, tmp_path: Path) -> None:
    path = written(tmp_path, "wide.csv", csv_of([*ROWS[:3], ("one, two", "a"), *ROWS]))
    assert f"{path}:5 has 3, line 1 has 2" in fails("E204", path)


def test_json_that_stops(fails: Fails, tmp_path: Path) -> None:
    path = written(tmp_path, "torn.json", '[{"text": "a", "label": "b"},\n {"text": "c"')
    assert f"{path}:2" in fails("E204", path)


def test_a_text_that_no_encoding_can_write(fails: Fails, tmp_path: Path) -> None:
    rows = [{"text": text, "label": label} for text, label in ROWS]
    rows[3]["text"] = "half a pair \ud83d of surrogates"
    path = written(tmp_path, "half.json", "[" + ",\n".join(map(json.dumps, rows)) + "]")
    assert f"{path}:4" in fails("E204", path)


def test_a_label_with_one_row(fails: Fails, tmp_path: Path) -> None:
    path = written(tmp_path, "rare.csv", csv_of([*ROWS, ("a new thing", "c")]))
    error = fails("E207", path)
    assert f"'c' has 1 ({path}:{len(ROWS) + 2})" in error


def test_rows_of_one_class(fails: Fails, tmp_path: Path) -> None:
    path = written(tmp_path, "one.csv", csv_of([(text, "a") for text, _ in ROWS]))
    assert "at least 2 labels" in fails("E213", path)


def test_a_split_value_that_names_no_role(fails: Fails, tmp_path: Path) -> None:
    rows = [(text, f"{label},fit") for text, label in ROWS] + [("x y", "a,later")]
    path = written(tmp_path, "split.csv", csv_of(rows, "text,label,split"))
    assert f"'later' (column 'split', {path}:{len(ROWS) + 2})" in fails("E209", path)


def test_a_split_column_without_tune_rows_takes_them_from_fit_not_from_report(
    fails: Fails, tmp_path: Path
) -> None:
    rows = [(text, f"{label},test") for text, label in ROWS]
    path = written(tmp_path, "split.csv", csv_of(rows, "text,label,split"))
    assert "only report" in fails("E209", path, "--split", "split")


def test_two_roles_share_a_file(fails: Fails, data: Path) -> None:
    assert "given for both" in fails("E208", data, "--tune", data)


def test_two_roles_share_the_same_bytes(fails: Fails, data: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copy(data, tmp_path / "copy.csv"))
    assert str(copy) in fails("E208", data, "--report", copy)


def test_two_roles_share_an_id(fails: Fails, tmp_path: Path) -> None:
    rows = [(f"r{i}", f"{text},{label}") for i, (text, label) in enumerate(ROWS)]
    fit = written(tmp_path, "fit.csv", csv_of(rows, "id,text,label"))
    tune = written(tmp_path, "tune.csv", csv_of([("n1", "x,a"), ("r3", "y,b")], "id,text,label"))
    assert f"'r3' at {fit}:5 and {tune}:3" in fails("E208", fit, "--tune", tune)


def test_an_output_folder_below_a_file(fails: Fails, data: Path) -> None:
    assert "Not a directory" in fails("E106", data, "--out", data / "run")


def test_an_output_folder_in_use(fails: Fails, data: Path, tmp_path: Path) -> None:
    (tmp_path / "used").mkdir()
    written(tmp_path, "used/notes.txt", "mine")
    assert "--resume" in fails("E109", data, "--out", tmp_path / "used")


LIMITED = """
import resource, sys
from evenhand.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
raise SystemExit(main(sys.argv[1:]))
"""


def train_on_a_full_disk(
    limit: int, data: Path, out: Path, tiny: dict[str, object]
) -> subprocess.CompletedProcess[str]:
    """Train in a process whose files may not grow beyond ``limit`` bytes."""
    options = [part for k, v in tiny.items() for part in ("--set", f"{k}={v}")]
    arguments = ["train", str(data), "--out", str(out), *options]
    return subprocess.run(
        [sys.executable, "-c", LIMITED.format(limit=limit), *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_disk_that_is_full_before_training_leaves_no_folder(
    tmp_path: Path, data: Path, tiny: dict[str, object], three_lines: Check
) -> None:
    done = train_on_a_full_disk(600, data, tmp_path / "run", tiny)
    assert done.returncode == 2, done.stderr
    assert "File too large" in three_lines(done.stderr, "E106")
    assert not (tmp_path / "run").exists()


def test_a_disk_that_fills_up_in_training_leaves_a_run_that_goes_on(
    tmp_path: Path, data: Path, tiny: dict[str, object], three_lines: Check
) -> None:
    done = train_on_a_full_disk(60_000, data, tmp_path / "run", tiny)
    assert done.returncode == 2, done.stderr
    assert "model.safetensors" in three_lines(done.stderr, "E106")
    assert not list((tmp_path / "run").rglob("*.part"))
    assert not list((tmp_path / "run" / "checkpoints").iterdir())
    assert main(["train", "--resume", str(tmp_path / "run")]) == 0
    assert (tmp_path / "run" / "report.html").is_file()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--recipe", "balancd"], "did you mean 'balanced'?"),
        (["--set", "model.pooling=men"], "did you mean 'mean'?"),
        (["--set", "loss.name=focl"], "did you mean 'focal'?"),
        (["--set", "schedule.name=step"], "no schedule of that name"),
        (["--set", "model.head=deep"], "no head of that name"),
        (["--set", "train.metric=accuracy"], "no metric of that name"),
        (["--set", "decision.calibrate=plat"], "no calibrator of that name"),
    ],
)
def test_an_unknown_name(fails: Fails, data: Path, arguments: list[str], words: str) -> None:
    assert words in fails("E101", data, *arguments)


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("optim.lrr=1", "did you mean 'optim.lr'?"),
        ("train.epoch=1", "did you mean 'train.epochs'?"),
        ("data=rows", "data = 'rows'"),
        ("optim.lr=0", "optim.lr = 0"),
        ("optim.clip=inf", "finite number"),
        ("train.batch_size=many", "train.batch_size = 'many'"),
        ("optim.lr", "got: 'optim.lr'"),
        ("=1", "got: '=1'"),
        ("seed.x=1", "seed = {'x': 1}"),
    ],
)
def test_a_setting_that_cannot_be(fails: Fails, data: Path, setting: str, words: str) -> None:
    assert words in fails("E102", data, "--set", setting)


def test_a_sample_of_no_rows(fails: Fails, data: Path) -> None:
    assert "data.sample = 0" in fails("E102", data, "--sample", "0")


def test_a_part_that_the_data_cannot_use(fails: Fails, data: Path) -> None:
    assert "loss.name = 'bce'" in fails("E105", data, settings={"loss.name": "bce"})


def test_a_warm_up_as_long_as_the_run(fails: Fails, data: Path) -> None:
    settings = {"schedule.name": "linear", "schedule.warmup": 5000}
    assert "schedule.warmup = 5000" in fails("E105", data, settings=settings)


def test_texts_longer_than_the_backbone_reads(fails: Fails, data: Path) -> None:
    assert "--set model.max_length=128" in fails("E105", data, settings={"model.max_length": 512})


def test_bfloat16_on_a_processor_without_it(
    fails: Fails, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precision, "cpu_has_bfloat16", lambda: False)
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert "on cpu" in fails("E105", data, settings={"model.precision": "bfloat16"})


def test_a_file_that_does_not_exist(fails: Fails, data: Path) -> None:
    assert "did you mean 'rows.csv'?" in fails("E202", data.with_name("rosw.csv"))


def test_a_folder_that_is_no_data_set(fails: Fails, tmp_path: Path) -> None:
    said = fails("E202", tmp_path)
    assert "that folder is no data set" in said
    assert "metadata.json" in said


def test_a_file_of_an_unknown_kind(fails: Fails, tmp_path: Path) -> None:
    assert ".csv .tsv" in fails("E204", written(tmp_path, "rows.xlsx", "PK"))


def test_a_labels_file_shorter_than_the_indices(fails: Fails, tmp_path: Path) -> None:
    rows = "".join(f"the day {i}\t{i % 4}\tid{i}\n" for i in range(40))
    data = written(tmp_path, "train.tsv", rows)
    labels = written(tmp_path, "labels.txt", "joy\nanger\ngrief\n")
    error = fails("E206", data, "--labels-file", labels)
    assert "'3'" in error
    assert f"{data}:4" in error


def test_a_labels_file_that_is_missing(fails: Fails, data: Path, tmp_path: Path) -> None:
    assert "labels.txt" in fails("E202", data, "--labels-file", tmp_path / "labels.txt")


def test_a_backbone_that_is_nowhere(
    fails: Fails, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert "neither a folder nor on a hub" in fails(
        "E107", data, settings={"model.backbone": tmp_path / "nowhere"}
    )


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("config.json", b"{"),
        ("config.json", b"{}"),
        ("config.json", b'{"model_type": "wonder"}'),
        ("tokenizer.json", b"{}"),
        ("tokenizer.json", b"\xff\xfe"),
        ("model.safetensors", b"\x10\x00"),
    ],
)
def test_a_damaged_backbone(
    fails: Fails, data: Path, tmp_path: Path, backbone: Path, file: str, content: bytes
) -> None:
    copy = tmp_path / "backbone"
    shutil.copytree(backbone, copy)
    (copy / file).write_bytes(content)
    fails("E107", data, settings={"model.backbone": copy})


@pytest.mark.parametrize("file", ["model.safetensors", "config.json"])
def test_a_backbone_that_lacks_a_file(
    fails: Fails, data: Path, tmp_path: Path, backbone: Path, file: str
) -> None:
    copy = tmp_path / "backbone"
    shutil.copytree(backbone, copy)
    (copy / file).unlink()
    assert file in fails("E107", data, settings={"model.backbone": copy})
