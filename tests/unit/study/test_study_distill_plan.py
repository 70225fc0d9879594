"""What a distillation says it will do."""

from evenhand.config import override, parse_config
from evenhand.study.distill.plan import Plan, Planned


def planned(name, *settings, rows=100):
    return Planned(name, parse_config(override({}, settings), source="test"), rows, tokens=12.0)


ALONE = planned("alone", "train.epochs=3", "train.batch_size=10")
STUDENT = planned(
    "student", "train.epochs=3", "train.batch_size=10", "distill.teacher=t", "distill.weight=0.75",
    rows=150,
)  # fmt: skip


def plan(**more):
    rows = {"fit": 100, "tune": 20, "report": 0}
    known = {"teacher": "T (model)", "rows": rows, "unlabelled": 50, "notes": ("beware",)}
    return Plan(**{**known, "trainings": (ALONE, STUDENT), **more})


def test_every_training_is_told_with_its_steps():
    assert list(plan().lines()) == [
        "teacher T (model): scores 100 fit rows and 50 unlabelled rows",
        "alone   100 fit rows: at most 3 passes, 30 steps of 10 rows",
        "student 100 fit rows, 75% teacher and 25% truth; 50 unlabelled rows, the teacher alone: "
        "at most 3 passes, 45 steps of 10 rows",
        "compare 20 tune rows, cross-fitted",
        "note: beware",
    ]


def test_report_rows_are_held_out():
    told = plan(rows={"fit": 100, "tune": 20, "report": 30}, unlabelled=0, notes=())
    assert list(told.lines())[-1] == "compare 30 report rows, held out"


def test_time_is_told_where_somebody_knows_it():
    assert "time    at most about 5 min of training" in plan().lines(4.0)
    assert not any(line.startswith("time") for line in plan().lines())
