"""What a teacher adds to a run, and what it leaves as it was."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import evenhand
from evenhand.config import override, parse_config
from evenhand.errors import ConfigError, DataError, MissingFileError
from evenhand.losses import HARD_TARGETS
from evenhand.predictions import save_predictions
from evenhand.run import Run, Screen, Sources, resume
from evenhand.run.engine import assemble
from evenhand.run.folder import Layout
from evenhand.run.prepare import prepare
from evenhand.run.teaching import probs_for, refuse_untaught, teaching_of
from evenhand.types import LabelSpace, Logits, Predictions, Probs, Role, Task

NAMES = ("joy", "anger", "grief")


def write_rows(path: Path, texts: list[str], truth: np.ndarray) -> Path:
    rows = [
        {
            "id": f"{path.stem}-{i}",
            "text": text,
            "labels": dict(zip(NAMES, map(int, row), strict=True)),
        }
        for i, (text, row) in enumerate(zip(texts, truth, strict=True))
    ]
    path.write_text(json.dumps(rows), "utf-8")
    return path


def write_scores(path: Path, ids: list[str], *, seed: int = 5, names=NAMES, **more) -> Path:
    values = np.random.default_rng(seed).random((len(ids), len(names)))
    labels = LabelSpace(tuple(names), more.get("task", Task.MULTILABEL))
    truth_NC = np.full(values.shape, np.nan, np.float32)
    kind = more.get("kind", Probs)
    save_predictions(path, Predictions(tuple(ids), kind(values), truth_NC, labels, Role.FIT))
    return path


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory, labelled_file: Path) -> dict[str, Path]:
    """Return fit rows whole and in halves, tune rows, bare texts, a teacher's scores."""
    folder = tmp_path_factory.mktemp("world")
    rows = json.loads(labelled_file.read_text("utf-8"))
    texts = [row["text"] for row in rows]
    truth = np.array([[row["labels"][name] for name in NAMES] for row in rows])
    made = {
        "fit": write_rows(folder / "fit.json", texts[:100], truth[:100]),
        "other": write_rows(folder / "other.json", texts[:100], 1 - truth[:100]),
        "first": write_rows(folder / "first.json", texts[:60], truth[:60]),
        "tune": write_rows(folder / "tune.json", texts[160:], truth[160:]),
    }
    bare = [{"id": f"bare-{i}", "text": text} for i, text in enumerate(texts[60:100])]
    made["bare"] = folder / "bare.json"
    made["bare"].write_text(json.dumps(bare), "utf-8")
    half = [f"first-{i}" for i in range(60)] + [f"bare-{i}" for i in range(40)]
    for name, ids in (
        ("fit", [f"fit-{i}" for i in range(100)]),
        ("other", [f"other-{i}" for i in range(100)]),
        ("half", half),
    ):
        made[f"{name}-scores"] = write_scores(folder / f"{name}.parquet", ids)
    return made


def run_of(world, tiny, out, fit, **settings):
    asked = {**tiny, "report.baselines": False, "train.patience": 0, **settings}
    return evenhand.train(world[fit], out, tune=world["tune"], settings=asked)


def weights(run: Run) -> bytes:
    return (run.layout.bundle / "model.safetensors").read_bytes()


def test_weight_0_is_plain_training_to_the_bit(tmp_path, world, tiny):
    plain = run_of(world, tiny, tmp_path / "plain", "fit")
    taught = run_of(
        world,
        tiny,
        tmp_path / "taught",
        "fit",
        **{"distill.teacher": str(world["fit-scores"]), "distill.weight": 0.0},
    )
    assert weights(plain) == weights(taught)
    for name in ("history.jsonl", "decision.json"):
        assert (plain.folder / name).read_bytes() == (taught.folder / name).read_bytes()
    assert plain.manifest["distill"] is None
    assert taught.manifest["distill"]["weight"] == 0


def test_a_teacher_changes_what_is_learnt(tmp_path, world, tiny):
    runs = [
        run_of(
            world,
            tiny,
            tmp_path / str(weight),
            "fit",
            **{"distill.teacher": str(world["fit-scores"]), "distill.weight": weight},
        )
        for weight in (0.0, 0.5, 1.0)
    ]
    assert len(set(map(weights, runs))) == 3


def test_at_weight_1_the_labels_of_fit_rows_are_not_learnt_from(tmp_path, world, tiny):
    runs = [
        run_of(
            world,
            tiny,
            tmp_path / fit,
            fit,
            **{"distill.teacher": str(world[f"{fit}-scores"]), "distill.weight": 1.0},
            **{"model.prior_bias": False},
        )
        for fit in ("fit", "other")
    ]
    assert runs[0].manifest["fit"] != runs[1].manifest["fit"]
    assert weights(runs[0]) == weights(runs[1])


def test_a_text_without_label_is_learnt_as_a_labelled_one_is_at_weight_1(tmp_path, world, tiny):
    asked = {"distill.weight": 1.0, "model.prior_bias": False}
    whole = run_of(
        world,
        tiny,
        tmp_path / "whole",
        "fit",
        **{**asked, "distill.teacher": str(world["fit-scores"])},
    )
    half = run_of(
        world,
        tiny,
        tmp_path / "half",
        "first",
        **{**asked, "distill.teacher": str(world["half-scores"])},
        **{"distill.unlabelled": str(world["bare"])},
    )
    assert weights(whole) == weights(half)
    assert half.manifest["rows"]["fit"] == 60
    assert half.manifest["distill"]["unlabelled"] == 40
    assert [file["kept"] for file in half.manifest["ledger"]["files"]] == [60, 80, 40]


def made(world, tiny, *settings):
    asked = [f"{key}={value}" for key, value in tiny.items()]
    config = parse_config(override({}, [*asked, *settings]), source="test")
    dataset = Sources(str(world["first"]), str(world["tune"])).read(config)
    prepared = prepare(dataset, config, teaching_of(config, dataset))
    layout = Layout(Path("unused"))
    return prepared, assemble(config, dataset, prepared, layout=layout, screen=Screen()), dataset


def test_what_counts_labels_does_not_see_rows_without(world, tiny):
    settings = ["sampler=weighted", "model.head.name=mlp"]
    taught = [f"distill.teacher={world['half-scores']}", f"distill.unlabelled={world['bare']}"]
    plain, alone, dataset = made(world, tiny, *settings)
    more, engine, same = made(world, tiny, *settings, *taught)
    assert more.fit.to_dict() == plain.fit.to_dict()
    assert dataset.sha256 == same.sha256
    assert dataset.ids == same.ids
    ours, theirs = (e.loop.passes.expected(0.0) for e in (engine, alone))
    assert ours[:60].tolist() == theirs.tolist()
    assert ours[60:].tolist() == [1.0] * 40
    for fact in ("natural_prior", "corrections", "learning_share", "data_share"):
        assert engine.known[fact] == alone.known[fact]


def test_the_loss_reads_soft_targets_and_unlabelled_rows_the_teacher_alone(world, tiny):
    prepared, engine, dataset = made(
        world,
        tiny,
        f"distill.teacher={world['half-scores']}",
        f"distill.unlabelled={world['bare']}",
        "distill.weight=0.25",
    )
    said = np.random.default_rng(5).random((100, 3))
    found_NC = engine.loop.stepper.targets_NC
    expected_NC = 0.25 * said[:60] + 0.75 * dataset.truth(Role.FIT)
    np.testing.assert_allclose(found_NC[:60], expected_NC, rtol=1e-6)
    assert found_NC[60:].tolist() == said[60:].astype(np.float32).tolist()
    assert len(prepared.tables[Role.FIT].lengths()) == 100


@pytest.mark.parametrize(("weight", "share"), [("0.5", 0.3), ("1.0", 0.0)])
def test_sampling_moves_scores_only_as_far_as_the_truth_is_learnt(world, tiny, weight, share):
    settings = ["sampler=weighted", f"distill.weight={weight}"]
    settings += [f"distill.teacher={world['half-scores']}", f"distill.unlabelled={world['bare']}"]
    prepared, engine, _ = made(world, tiny, *settings)
    _, alone, _ = made(world, tiny, "sampler=weighted")
    shifts = []
    for one in (engine, alone):
        one.loop.before_pass(1)
        shifts.append(one.loop.model.get_buffer("shift_C").numpy().astype(float))
    assert prepared.teaching.truth_share == pytest.approx(share)
    assert np.abs(shifts[1]).min() > 0
    np.testing.assert_allclose(shifts[0], share * shifts[1], rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", ["teacher", "unlabelled"])
def test_resume_refuses_a_teacher_or_texts_that_have_changed(tmp_path, world, tiny, name):
    scores, bare = tmp_path / "scores.parquet", tmp_path / "bare.json"
    scores.write_bytes(world["half-scores"].read_bytes())
    bare.write_bytes(world["bare"].read_bytes())
    run = run_of(
        world,
        tiny,
        tmp_path / "run",
        "first",
        **{"distill.teacher": str(scores), "distill.unlabelled": str(bare)},
    )
    run.layout.findings.unlink()
    if name == "teacher":
        write_scores(scores, list(evenhand.predictions.load_predictions(scores).ids), seed=6)
    else:
        bare.write_text(bare.read_text("utf-8").replace("the", "a"), "utf-8")
    with pytest.raises(evenhand.EvenhandError, match=rf"\[E303\](.|\n)*file of distill.{name}"):
        resume(run.folder, screen=Screen())


def test_a_run_with_a_teacher_goes_on_and_names_the_teacher_in_its_report(tmp_path, world, tiny):
    run = run_of(
        world,
        tiny,
        tmp_path / "run",
        "first",
        **{"distill.teacher": str(world["half-scores"]), "distill.unlabelled": str(world["bare"])},
    )
    before = weights(run)
    run.layout.findings.unlink()
    assert weights(resume(run.folder, screen=Screen())) == before
    resolved = json.loads(run.layout.resolved.read_text("utf-8"))["distill"]
    assert resolved == {
        "teacher": str(world["half-scores"]),
        "weight": 0.5,
        "unlabelled": str(world["bare"]),
    }
    page = run.layout.report.read_text("utf-8")
    assert "half.parquet" in page
    assert "40 unlabelled rows read, 40 kept" in page


def test_paths_are_found_again_from_another_folder(tmp_path, world, tiny, monkeypatch):
    monkeypatch.chdir(world["half-scores"].parent)
    run = run_of(
        world,
        tiny,
        tmp_path / "run",
        "first",
        **{"distill.teacher": "half.parquet", "distill.unlabelled": "bare.json"},
    )
    run.layout.findings.unlink()
    monkeypatch.chdir(tmp_path)
    assert resume(run.folder, screen=Screen()).metrics["rows"] == 80


def config(*settings):
    return parse_config(override({}, settings), source="test")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["distill.weight=0.2"], r"\[E105\] without a teacher(.|\n)*distill.weight = 0.2"),
        (["distill.unlabelled=x.csv"], r"\[E105\] without a teacher(.|\n)*distill.unlabelled"),
        (
            ["distill.teacher=t", "distill.weight=0", "distill.unlabelled=x.csv"],
            r"\[E105\] unlabelled rows have the teacher alone, and at weight 0",
        ),
        (["distill.teacher=t", "mix=smote"], r"\[E105\] with a teacher(.|\n)*mix.name = 'smote'"),
    ],
)
def test_what_does_not_go_together_is_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        refuse_untaught(config(*settings))


def test_a_loss_of_hard_targets_is_refused_with_a_teacher_and_fine_without(monkeypatch):
    monkeypatch.setattr("evenhand.run.teaching.HARD_TARGETS", HARD_TARGETS | {"ldam"})
    with pytest.raises(ConfigError, match=r"\[E105\] with a teacher(.|\n)*loss.name = 'ldam'"):
        refuse_untaught(config("distill.teacher=t", "loss=ldam"))
    refuse_untaught(config("loss=ldam"))
    refuse_untaught(config("distill.teacher=t", "loss=ldam", "distill.weight=0"))


@pytest.mark.parametrize("weight", ["-0.1", "1.5", "true"])
def test_a_weight_is_a_share(weight):
    with pytest.raises(ConfigError, match=r"\[E102\](.|\n)*got: distill.weight = "):
        config("distill.teacher=t", f"distill.weight={weight}")


def test_a_missing_teacher_is_named(world, tiny):
    with pytest.raises(MissingFileError, match=r"\[E202\](.|\n)*nowhere.parquet"):
        made(world, tiny, "distill.teacher=nowhere.parquet")


def test_a_teacher_that_lacks_rows_says_how_many_and_which(tmp_path, world, tiny):
    scores = write_scores(tmp_path / "few.parquet", [f"first-{i}" for i in range(3, 60)])
    with pytest.raises(DataError, match=r"\[E242\].*does not know 3 of 60 rows(.|\n)*'first-0'"):
        made(world, tiny, f"distill.teacher={scores}")


ONE = LabelSpace(("a", "b"), Task.MULTICLASS)
ANY = LabelSpace(("a", "b"), Task.MULTILABEL)


def stored(values, labels, *, kind=Probs):
    ids = tuple(f"r{i}" for i in range(len(values)))
    truth_NC = np.full(np.shape(values), np.nan, np.float32)
    return Predictions(ids, kind(np.array(values, float)), truth_NC, labels, Role.FIT)


def test_rows_and_labels_are_found_by_name_and_others_left_out():
    given = stored([[0.1, 0.9], [0.2, 0.8], [0.3, 0.7]], LabelSpace(("b", "a"), Task.MULTILABEL))
    found_MC = probs_for(given, ["r2", "r0"], ANY, source="t")
    assert found_MC.tolist() == [[0.7, 0.3], [0.9, 0.1]]


def test_logits_become_probabilities():
    given = stored([[0.0, np.log(3.0)]], ONE, kind=Logits)
    np.testing.assert_allclose(probs_for(given, ["r0"], ONE, source="t"), [[0.25, 0.75]])


def test_rounded_multiclass_rows_are_made_to_add_up_to_1():
    given = stored([[0.3334, 0.6662]], ONE)
    np.testing.assert_allclose(probs_for(given, ["r0"], ONE, source="t").sum(), 1.0, rtol=1e-12)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (stored([[0.9, 0.8]], ONE), r"\[E242\].*do not add up to 1(.|\n)*1.7000 for 'r0' in t"),
        (stored([[0.9, 0.1]], ANY), r"\[E242\](.|\n)*t is multilabel, the data multiclass"),
        (
            stored([[0.9, 0.1]], LabelSpace(("a", "c"), Task.MULTICLASS)),
            r"\[E242\](.|\n)*'c' only in t; 'b' only in the data",
        ),
    ],
)
def test_a_teacher_that_does_not_fit_is_refused(given, message):
    with pytest.raises(DataError, match=message):
        probs_for(given, ["r0"], ONE, source="t")
