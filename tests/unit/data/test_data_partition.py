from dataclasses import replace

import numpy as np
import pytest

from evenhand.config import DataConfig
from evenhand.data.block import Block
from evenhand.data.ledger import FileCount
from evenhand.data.partition import draw_sample, refuse_rare, share_out
from evenhand.errors import ConfigError, DataError
from evenhand.types import LabelSpace, Role, Task

SPACE = LabelSpace(("a", "b"), Task.MULTILABEL)


def block(positives, rows, role=Role.FIT):
    truth_NC = np.zeros((rows, 2), dtype=np.float32)
    truth_NC[:, 0] = 1
    truth_NC[rows - positives :, 1] = 1
    return Block(
        role=role,
        ids=[f"{role}:{i}" for i in range(rows)],
        texts=[f"text {i}" for i in range(rows)],
        truth_NC=truth_NC,
        groups=None,
        places=[f"r.csv:{i + 2}" for i in range(rows)],
        count=FileCount.of("r.csv", role, rows, {}),
    )


def test_label_with_one_row_names_it_and_three_ways_out():
    message = r"\[E207\](.|\n)*'b' has 1 \(r\.csv:11\)(.|\n)*drop the row, add rows.*min_rows=1"
    with pytest.raises(DataError, match=message):
        refuse_rare(block(1, 10), SPACE, 2, names_from=None)


def test_label_with_just_enough_rows_passes():
    assert refuse_rare(block(2, 10), SPACE, 2, names_from=None) is None
    assert refuse_rare(block(1, 10), SPACE, 1, names_from=None) is None


@pytest.mark.parametrize(("file", "fix"), [("l.txt", "its line in l.txt"), (None, "its column")])
def test_label_without_rows(file, fix):
    with pytest.raises(DataError, match=rf"\[E207\](.|\n)*'b' has 0(.|\n)*{fix}"):
        refuse_rare(block(0, 10), SPACE, 1, names_from=file)


def test_fit_rows_alone_become_three_roles():
    parts = share_out([block(20, 100)], DataConfig(), 0)
    assert [(p.role, len(p.ids)) for p in parts] == [
        (Role.FIT, 70), (Role.TUNE, 15), (Role.REPORT, 15)
    ]  # fmt: skip


def test_tune_rows_come_from_fit_rows_when_report_rows_are_given():
    parts = share_out([block(20, 100), block(5, 30, Role.REPORT)], DataConfig(tune_share=0.2), 0)
    assert {p.role: len(p.ids) for p in parts} == {Role.FIT: 80, Role.TUNE: 20, Role.REPORT: 30}


def test_with_tune_rows_nothing_is_shared_out():
    given = [block(20, 100), block(5, 30, Role.TUNE)]
    assert share_out(given, DataConfig(), 0) == given


def test_role_that_would_be_empty():
    with pytest.raises(DataError, match=r"\[E209\](.|\n)*2 rows in 2 units(.|\n)*other texts or"):
        share_out([block(1, 2)], DataConfig(), 0)


def test_shares_do_not_help_where_all_rows_are_one_group():
    one = replace(block(20, 40), groups=["same"] * 40)
    with pytest.raises(
        DataError, match=r"40 rows in 1 units(.|\n)*add rows of other texts or groups"
    ):
        share_out([one], DataConfig(), 0)


def test_sample_keeps_shares_and_every_label():
    blocks = [block(10, 1000), block(1, 200, Role.TUNE)]
    drawn, notes = draw_sample(blocks, 100, 0)
    assert len(drawn[0].ids) == 100
    assert drawn[0].truth_NC[:, 1].sum() == 1
    assert 20 <= len(drawn[1].ids) <= 21
    assert drawn[1].truth_NC[:, 1].sum() == 1
    assert notes == [f"{100 + len(drawn[1].ids)} of 1200 rows: not a result"]


def test_sample_of_all_rows_changes_nothing():
    blocks = [block(10, 100)]
    assert draw_sample(blocks, 100, 0) == (blocks, [])


def test_folds_measure_every_row_once():
    rows = block(20, 100)
    measured = []
    for number in range(1, 6):
        fit, tune, report = share_out([rows], DataConfig(fold=f"{number}/5"), 3)
        assert [part.role for part in (fit, tune, report)] == list(Role)
        assert sorted(fit.ids + tune.ids + report.ids) == sorted(rows.ids)
        assert (len(tune.ids), len(report.ids)) == (12, 20)
        assert report.truth_NC[:, 1].sum() == 4
        measured += report.ids
    assert sorted(measured) == sorted(rows.ids)


def test_folds_keep_groups_whole():
    rows = replace(block(20, 60), groups=[f"g{i // 6}" for i in range(60)])
    for number in (1, 2, 3):
        parts = share_out([rows], DataConfig(fold=f"{number}/3"), 0)
        where = [{rows.groups[rows.ids.index(name)] for name in part.ids} for part in parts]
        assert not where[0] & where[1]
        assert not where[0] & where[2]
        assert not where[1] & where[2]


def test_folds_and_other_roles_are_refused():
    given = [block(20, 100), block(5, 30, Role.REPORT)]
    with pytest.raises(ConfigError, match=r"\[E105\](.|\n)*beside report rows(.|\n)*data\.split"):
        share_out(given, DataConfig(fold="1/5"), 0)


@pytest.mark.parametrize("fold", ["0/5", "6/5", "1/1", "2", "a/b", "1/2/3", "-1/5", "²/3"])
def test_folds_that_do_not_exist(fold):
    with pytest.raises(ValueError, match="fold"):
        DataConfig(fold=fold)
