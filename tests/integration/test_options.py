"""Every option of training is live: it changes the weights, or how the run goes."""

from __future__ import annotations

from pathlib import Path

import pytest

import evenhand
from evenhand.cli import main
from evenhand.durable import file_sha256
from evenhand.run import Run
from evenhand.toml import toml_text

CHANGES_WEIGHTS = [
    {"model.layers": 2},
    {"model.prior_bias": False},
    {"model.pooling": "attention"},
    {"loss.name": "focal"},
    {"loss.name": "asymmetric"},
    {"sampler.name": "weighted"},
    {"sampler.name": "oversample"},
    {"augment": "word-dropout"},
    {"mix.name": "mixup"},
    {"mix.name": "smote"},
    {"optim.lr": 1e-3},
    {"optim.head_lr": 1e-3},
    {"optim.weight_decay": 0.5},
    {"optim.clip": 1e-3},
    {"optim.layer_decay": 0.5},
    {"optim.frozen_layers": 1},
    {"optim.frozen_layers": "all", "optim.unfreeze_every": 1, "train.epochs": 2},
    {"optim.ema": 0.9},
    {"schedule.name": "cosine"},
    {"schedule.name": "warm-restarts", "schedule.T_0": 1},
    {"train.accumulate": 2},
    {"train.batch_size": 8},
    {"train.max_steps": 3},
    {"train.steps_per_epoch": 4},
    {"train.r_drop": 1.0},
    {"seed": 1},
]


@pytest.fixture(scope="module")
def quick(tiny: dict[str, object]) -> dict[str, object]:
    """Settings of one short run without baselines."""
    return tiny | {"train.epochs": 1, "report.baselines": False}


def weights(run: Run) -> str:
    return file_sha256(run.layout.bundle / "model.safetensors")


@pytest.fixture(scope="module")
def plain(
    tmp_path_factory: pytest.TempPathFactory, labelled_file: Path, quick: dict[str, object]
) -> str:
    return weights(
        evenhand.train(labelled_file, tmp_path_factory.mktemp("plain") / "run", settings=quick)
    )


@pytest.mark.parametrize("change", CHANGES_WEIGHTS, ids=str)
def test_an_option_changes_the_weights(
    tmp_path: Path,
    labelled_file: Path,
    quick: dict[str, object],
    plain: str,
    change: dict[str, object],
) -> None:
    run = evenhand.train(labelled_file, tmp_path / "run", settings=quick | change)
    assert weights(run) != plain


def test_label_texts_change_the_weights(
    tmp_path: Path, labelled_file: Path, quick: dict[str, object], plain: str
) -> None:
    texts = tmp_path / "texts.json"
    texts.write_text('{"joy": "happy day", "anger": "rude talk", "grief": "sad song"}', "utf-8")
    asked = quick | {"model.label_texts": str(texts)}
    assert weights(evenhand.train(labelled_file, tmp_path / "run", settings=asked)) != plain


def test_the_same_settings_give_the_same_weights(
    tmp_path: Path, labelled_file: Path, quick: dict[str, object], plain: str
) -> None:
    asked = quick | {"train.deterministic": True, "train.keep": 1, "train.checkpoint_every": 2}
    assert weights(evenhand.train(labelled_file, tmp_path / "run", settings=asked)) == plain


def test_limits_are_kept_and_said(
    tmp_path: Path, labelled_file: Path, quick: dict[str, object]
) -> None:
    run = evenhand.train(labelled_file, tmp_path / "a", settings=quick | {"train.max_steps": 3})
    assert run.manifest["facts"]["stopped"] == "steps"
    assert run.manifest["facts"]["steps_done"] == run.manifest["facts"]["planned_steps"] == 3
    long = quick | {"train.epochs": 500, "train.patience": 0, "train.max_time": "1s"}
    run = evenhand.train(labelled_file, tmp_path / "b", settings=long)
    assert run.manifest["facts"]["stopped"] == "time"
    assert 0 < run.manifest["facts"]["steps_done"] < run.manifest["facts"]["planned_steps"]


def test_gates_are_judged_and_make_the_exit_code(
    tmp_path: Path,
    labelled_file: Path,
    quick: dict[str, object],
    capsys: pytest.CaptureFixture[str],
) -> None:
    named = [f"{key}={toml_text(value)}" for key, value in quick.items()]
    named += ["gates.macro_f1=0.999", "gates.size_mb=50"]
    options = [part for setting in named for part in ("--set", setting)]
    out = tmp_path / "run"
    assert main(["train", str(labelled_file), "--out", str(out), *options]) == 1
    said = capsys.readouterr().out
    assert "FAIL  macro_f1" in said
    assert "pass  size_mb" in said
    gates = Run(out).metrics["gates"]
    assert [gate["passed"] for gate in gates] == [False, True]
    assert main(["evaluate", str(out)]) == 0
    assert main(["evaluate", str(out), "--gates"]) == 1


def test_a_gate_of_a_label_that_is_not_there_is_refused_before_training(
    tmp_path: Path, labelled_file: Path, quick: dict[str, object]
) -> None:
    asked = quick | {"gates.recall.joyy": 0.5}
    with pytest.raises(evenhand.EvenhandError, match=r"(?s)\[E201\].*did you mean 'joy'"):
        evenhand.train(labelled_file, tmp_path / "run", settings=asked)
    assert not (tmp_path / "run").exists()


def test_a_tracker_is_told(tmp_path: Path, labelled_file: Path, quick: dict[str, object]) -> None:
    asked = quick | {"report.tracker": "tensorboard"}
    run = evenhand.train(labelled_file, tmp_path / "run", settings=asked)
    assert list((run.folder / "tensorboard").glob("events.out.tfevents.*"))


def test_weighting_is_undone_in_the_scores(
    tmp_path: Path, labelled_file: Path, quick: dict[str, object]
) -> None:
    """A weighted run's mean probability is near the labels' shares, not near one half."""
    asked = quick | {"loss.name": "weighted-bce", "train.epochs": 3, "optim.lr": 1e-3}
    run = evenhand.train(labelled_file, tmp_path / "run", settings=asked)
    tune = run.predictions("tune")
    shares_C = tune.truth_NC.mean(axis=0)
    assert abs(tune.probs().mean(axis=0) - shares_C).max() < 0.12
    facts = run.manifest["facts"]
    assert facts["corrections"] == ["loss weighted-bce (weights)"]
    assert min(facts["effective_prior"]) == pytest.approx(0.5, abs=0.01)


def test_bad_combinations_are_refused_before_anything_is_written(
    tmp_path: Path, labelled_file: Path, quick: dict[str, object]
) -> None:
    for change, code, said in (
        ({"sampler.name": "weighted", "loss.name": "weighted-bce"}, "E105", "two corrections"),
        ({"schedule.name": "warm-restarts", "schedule.T_0": 0}, "E102", "T_0"),
        ({"sampler.name": "weighted", "train.batch_size": 4096}, "E105", "do not fill a batch"),
        ({"optim.frozen_layers": 9}, "E105", "fewer layers"),
        ({"train.max_time": "soon"}, "E102", "no time budget"),
        ({"model.layers": 7}, "E105", "layers"),
        ({"augment": "wrod-dropout"}, "E101", "word-dropout"),
    ):
        with pytest.raises(evenhand.EvenhandError, match=rf"(?s)\[{code}\].*{said}"):
            evenhand.train(labelled_file, tmp_path / "run", settings=quick | change)
        assert not (tmp_path / "run").exists()
