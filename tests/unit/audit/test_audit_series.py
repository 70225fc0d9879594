"""A401 to A411: values, targets and recordings of series; what applies to whom."""

from __future__ import annotations

import numpy as np
import pytest

from evenhand.audit import AUDITS, Corpus, audit
from evenhand.audit.checks import codes_of
from evenhand.audit.recorded import Recorded
from evenhand.data.ledger import FileCount, Ledger
from evenhand.data.series import Frames, Oddity, SeriesSchema, Stream, Windows
from evenhand.types import LabelSpace, Role, Task

nan = np.nan


def corpus(
    labels=(0, 1) * 20,
    *,
    units=None,
    roles=None,
    current=None,
    aside=None,
    target="horizon",
    group=None,
    keys=(),
    oddities=(),
):
    """Return windows of recordings of four, each recording a unit of its own."""
    rows = len(labels)
    units = np.arange(rows) // 4 if units is None else np.asarray(units)
    frames = Frames(
        {"x": np.zeros((rows, 1), np.float32)},
        {"x": np.ones(rows, bool)},
        np.array([0, rows]),
        ("r",),
    )
    at_N = np.arange(rows)
    current_N = np.zeros(rows) if current is None else np.asarray(current)
    windows = Windows(
        frames, at_N, at_N + 1, units, current_N.astype(np.float32), np.full(rows, nan)
    )
    schema = SeriesSchema((Stream("x", 1),), 10.0, 1, 1, 20, target, ("rest", "stop"), group=group)
    count = FileCount.of("r.npz", Role.FIT, rows, aside or {})
    return Corpus(
        ids=tuple(f"r@{i}" for i in range(rows)),
        texts=tuple(f"r {i} s" for i in range(rows)),
        truth_NC=np.eye(2, dtype=np.float32)[np.asarray(labels)],
        labels=LabelSpace(("rest", "stop"), Task.MULTICLASS),
        roles=tuple(Role(r) for r in roles or ["fit"] * rows),
        ledger=Ledger((count,)),
        max_length=0,
        recorded=Recorded(windows, schema, units, tuple(oddities), tuple(keys)),
    )


def run(code, rows):
    return AUDITS.build(code, rows, settings={})


def test_checks_of_texts_are_not_for_windows_nor_the_other_way_round(make) -> None:
    of_texts, of_windows = codes_of(make(["one", "two"])), codes_of(corpus())
    assert not [code for code in of_texts if code.startswith("A4")]
    assert {"A201", "A202", "A208", "A303", "A401", "A411"} <= set(of_windows)
    assert not {"A101", "A104", "A206", "A301", "A304"} & set(of_windows)
    assert {*of_texts, *of_windows} == set(AUDITS.names())


def test_sound_windows_have_no_finding() -> None:
    assert audit(corpus()) == []


@pytest.mark.parametrize(
    ("kind", "code", "severity"),
    [
        ("limit", "A401", "error"),
        ("speed", "A401", "error"),
        ("angle", "A401", "error"),
        ("units", "A402", "warning"),
        ("clock", "A403", "warning"),
        ("unknown", "A404", "tip"),
        ("constant", "A405", "tip"),
        ("future", "A406", "warning"),
    ],
)
def test_what_reading_found_odd_is_a_finding(kind, code, severity) -> None:
    odd = [Oddity(kind, "first", "look"), Oddity(kind, "second", "look")]
    (finding,) = audit(corpus(oddities=odd))
    assert (finding.code, finding.severity) == (code, severity)
    assert (finding.evidence, finding.advice) == ("first; second", "look")


def test_a_label_that_looks_into_the_window_itself() -> None:
    finding = run("A406", corpus(target="any"))
    assert finding.remedy == {"series": {"target": "horizon"}}
    assert "counts as foretold" in finding.evidence
    assert run("A406", corpus(target="majority")) is None


def test_half_of_the_positives_in_an_event_already_are_many() -> None:
    labels = [1] * 4 + [0] * 36
    most = run("A407", corpus(labels, current=[1, 1, 0, nan] + [0] * 36))
    assert most.evidence == "2 windows of 3 with an event ahead (66.7%) end in one already"
    assert run("A407", corpus(labels, current=[1, 0, 0, 0] + [0] * 36)) is None
    assert run("A407", corpus(labels, current=[1] * 40, target="majority")) is None


@pytest.mark.parametrize(("lost", "severity"), [(13, "tip"), (14, "warning")])
def test_windows_set_aside_are_counted_by_reason(lost, severity) -> None:
    ids = [f"r@{i}" for i in range(lost)]
    finding = run("A408", corpus(aside={"cut off": ids[:10], "unlabelled": ids[10:]}))
    assert finding.severity == severity
    assert f"{lost} windows of {40 + lost}" in finding.evidence
    assert f"(10: cut off, {lost - 10}: unlabelled)" in finding.evidence


def test_a_group_in_two_roles_is_an_error() -> None:
    roles = ["fit"] * 30 + ["report"] * 10
    parted = run("A409", corpus(roles=roles, group="person"))
    assert parted.severity == "error"
    assert parted.evidence == "1 person of 10 have windows in more than one role (fit, report)"
    assert parted.rows == ("r@28", "r@29", "r@30", "r@31")
    assert run("A409", corpus(roles=["fit"] * 32 + ["report"] * 8)) is None


def test_labels_of_few_groups_are_named_with_their_role() -> None:
    labels = [1] * 16 + [0] * 24
    few = run("A410", corpus(labels))
    assert few.evidence == "groups of recordings with a label, fewer than 5: stop 4 of fit"
    assert run("A410", corpus([1] * 20 + [0] * 20)) is None


@pytest.mark.parametrize(
    ("keys", "group", "fires"),
    [(("Person", "place"), None, True), (("place",), None, False), (("person",), "person", False)],
)
def test_persons_that_nothing_keeps_together(keys, group, fires) -> None:
    finding = run("A411", corpus(keys=keys, group=group))
    assert (finding is not None) == fires
    if finding is not None:
        assert finding.remedy == {"data": {"group": "Person"}}
