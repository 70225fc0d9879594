import json

import numpy as np
import pytest

from evenhand.decide import Costs, fit_decision, read_costs
from evenhand.decide.aim import Aim
from evenhand.decide.shrink import cost_biases, cost_cuts
from evenhand.errors import ConfigError, DataError, MissingFileError
from evenhand.types import LabelSpace, Logits, Predictions, Role, Task

ML, MC = Task.MULTILABEL, Task.MULTICLASS
SIDES = Costs(sides={"spam": (1.0, 4.0)})
MATRIX = Costs(matrix={"ham": {"spam": 9.0}, "spam": {"ham": 1.0}})


@pytest.mark.parametrize(
    ("name", "text", "costs"),
    [
        ("c.json", '{"spam": {"false_positive": 1, "false_negative": 4}}', SIDES),
        ("c.csv", "label,false_positive,false_negative\nspam,1,4\n", SIDES),
        ("c.json", '{"matrix": {"ham": {"spam": 9}, "spam": {"ham": 1}}}', MATRIX),
        ("c.tsv", "truth\tspam\tham\nham\t9\t0\nspam\t0\t1\n", None),
    ],
)
def test_costs_are_read(tmp_path, name, text, costs):
    (tmp_path / name).write_text(text)
    found = read_costs(tmp_path / name)
    if costs is not None:
        assert found == costs
    labels = LabelSpace(("ham", "spam"), ML if found.sides else MC)
    for key, array in (costs or MATRIX).arrays(labels).items():
        np.testing.assert_array_equal(found.arrays(labels)[key], array)


@pytest.mark.parametrize("costs", [SIDES, MATRIX])
def test_costs_survive_json(tmp_path, costs):
    (tmp_path / "c.json").write_text(json.dumps(costs.to_dict()))
    assert read_costs(tmp_path / "c.json") == costs


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("c.json", "{", r"\[E204\] a file is not JSON"),
        ("c.json", "[1]", r"\[E205\].*\n  got: .*no object with labels"),
        ("c.json", '{"a": {"false_positive": 1}}', r"\[E205\].*\n  got: .*'a'"),
        ("c.json", '{"a": {"false_positive": 1, "false_negative": -1}}', r"\[E206\].*\n  got: -1"),
        ("c.json", '{"a": {"false_positive": true, "false_negative": 1}}', r"\[E206\]"),
        ("c.csv", "label,false_positive\na,1\n", r"\[E205\].*\n.*'false_negative'"),
        ("c.csv", "label,false_positive,false_negative\na,,1\n", r"\[E206\].*\n  got: .*c.csv:2"),
        (
            "c.csv",
            "label,false_positive,false_negative\na,x,1\n",
            r"\[E206\].*\n  got: 'x' at .*:2",
        ),
        (
            "c.json",
            '{"a": {"false_positive": "x", "false_negative": 1}}',
            r"\[E206\].*\n  got: 'x'",
        ),
        ("c.json", '{"a": {"false_positive": true, "false_negative": 1}}', "got: True at"),
        ("c.json", f'{{"matrix": {{"a": {{"b": 1{"0" * 400}}}}}}}', r"\[E206\]"),
        (
            "c.json",
            '{"matrix": {"a": {"a": 2}}}',
            r"\[E206\].*\n  got: 2.0 for giving 'a' .*c.json",
        ),
        ("c.csv", "truth,a,b\na,3,1\n", r"\[E206\].*\n  got: 3.0 for giving 'a' .*c.csv"),
        (
            "c.csv",
            "label,false_positive,false_negative\na,0,0\n",
            r"\[E206\].*\n  got: 0 and 0 .*csv",
        ),
        (
            "c.csv",
            "label,false_positive,false_negative\na,1,2\nb,1,2\na,1,3\n",
            r"\[E204\].*twice\n  got: 'a' in .*c.csv:2 and .*c.csv:4",
        ),
        ("c.csv", "truth,a,b\na,0,1\na,0,2\n", r"\[E204\].*twice\n  got: 'a'"),
        (
            "c.json",
            '{"a": {"false_positive": 1, "false_negative": 1, "false_negative": 2}}',
            r"\[E204\].*twice\n  got: 'false_negative' in .*c.json",
        ),
        (
            "c.csv",
            "name,fp,fn\na,1,2\n",
            r"\[E205\].*\n  got: .*no column 'label' among 'name', 'fp', 'fn'\n  fix: .*label, fal",
        ),
        ("c.yaml", "a: 1", r"\[E204\].*\n  got: .*c.yaml\n  fix: .*: .json .csv .tsv .parquet"),
    ],
)
def test_bad_files_of_costs_are_refused(tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=message):
        read_costs(tmp_path / name)


@pytest.mark.parametrize("name", ["none.json", "none.csv"])
def test_a_missing_file_of_costs(tmp_path, name):
    with pytest.raises(MissingFileError, match=r"\[E202\]"):
        read_costs(tmp_path / name)


@pytest.mark.parametrize("name", ["costs", "costs.json", "costs.csv"])
def test_a_folder_is_called_a_folder(tmp_path, name):
    (tmp_path / name).mkdir()
    with pytest.raises(MissingFileError, match=r"\[E202\] that is a folder, not a file"):
        read_costs(tmp_path / name)


def test_a_table_of_costs_may_have_notes(tmp_path):
    (tmp_path / "c.CSV").write_text("label,false_positive,false_negative,why\nspam,1,4,rare\n")
    assert read_costs(tmp_path / "c.CSV") == SIDES


@pytest.mark.parametrize("cost", [-1, float("nan"), float("inf"), 1e300, True, "1", None])
def test_the_record_refuses_what_is_no_cost(cost):
    with pytest.raises(DataError, match=r"\[E206\] a cost is no number from 0 to 1e\+12"):
        Costs(sides={"rare": (cost, 50)})
    with pytest.raises(DataError, match=r"\[E206\] a cost is no number from 0 to 1e\+12"):
        Costs(matrix={"rare": {"common": cost}})


def test_the_record_refuses_costs_without_sense():
    with pytest.raises(DataError, match=r"\[E206\].*no sense\n  got: 0 and 0 for 'rare'\n"):
        Costs(sides={"rare": (0, 0)})
    with pytest.raises(DataError, match=r"\[E206\].*no sense\n  got: 2 for giving 'a' to its own"):
        Costs(matrix={"a": {"a": 2}})
    assert Costs(matrix={"a": {"a": 0, "b": 0}}).labels == {"a", "b"}


def test_sides_of_classes_make_a_matrix():
    labels = LabelSpace(("ham", "spam", "scam"), MC)
    costs_CC = Costs(sides={"spam": (3.0, 5.0)}).arrays(labels)["costs_CC"]
    np.testing.assert_array_equal(costs_CC, [[0, 4, 2], [6, 0, 6], [2, 4, 0]])


def test_the_cut_of_a_calibrated_probability():
    costs_2C = np.array([[1.0, np.nan, 0.0], [4.0, np.nan, 0.0]])
    np.testing.assert_array_equal(
        cost_cuts(np.full(3, 0.7), Aim(costs_2C=costs_2C)), [0.2, 0.7, 0.5]
    )


def test_the_biases_of_calibrated_probabilities_have_the_least_expected_cost():
    missed_C = np.array([1.0, 5.0, 20.0])
    costs_CC = np.repeat(missed_C[:, None], 3, axis=1)
    np.fill_diagonal(costs_CC, 0.0)
    truth_NC = np.eye(3, dtype=np.float32)[[0, 0, 1, 2]]
    biases_C = cost_biases(truth_NC, Aim(costs_CC=costs_CC))
    assert biases_C[0] == 0
    p_NC = np.random.default_rng(0).dirichlet(np.ones(3), size=200)
    np.testing.assert_array_equal(
        (np.log(p_NC) + biases_C).argmax(axis=1), (p_NC @ costs_CC).argmin(axis=1)
    )


def spam(task=ML, rows=600):
    rng = np.random.default_rng(1)
    truth_N = rng.random(rows) < 0.2
    truth_NC = np.stack([~truth_N, truth_N], axis=1).astype(np.float32)
    z_NC = rng.normal(size=(rows, 2)) + 2 * truth_NC - 1
    labels = LabelSpace(("ham", "spam"), task)
    return Predictions(tuple(map(str, range(rows))), Logits(z_NC), truth_NC, labels, Role.TUNE)


def paid(tune, decision, costs):
    decided_N, truth_N = decision.decide(tune.scores)[:, 1], tune.truth_NC[:, 1] == 1
    return costs[0] * (decided_N & ~truth_N).sum() + costs[1] * (~decided_N & truth_N).sum()


@pytest.mark.parametrize("task", [ML, MC])
def test_costs_move_the_cut_the_right_way(task):
    tune = spam(task)
    settings = {"calibrate": "platt"}
    given = {}
    for side in ((1.0, 30.0), (30.0, 1.0)):
        decision = fit_decision(tune, costs=Costs(sides={"spam": side}), **settings)
        given[side] = decision.decide(tune.scores)[:, 1].sum()
        assert paid(tune, decision, side) <= paid(tune, fit_decision(tune, **settings), side)
    assert given[1.0, 30.0] > given[30.0, 1.0]


def test_a_weak_label_with_costs_gets_the_cut_of_its_costs():
    tune = spam()
    decision = fit_decision(tune, costs=Costs(sides={"spam": (1.0, 4.0)}), min_support=10_000)
    assert (decision.cuts[1].value, decision.cuts[1].source) == (0.2, "cost")
    fixed = fit_decision(tune, costs=Costs(sides={"spam": (1.0, 4.0)}), cuts="fixed")
    assert [(c.value, c.source) for c in fixed.cuts] == [(0.5, "fixed"), (0.2, "cost")]


def test_costs_are_given_once():
    with pytest.raises(ConfigError, match=r"\[E105\] costs are given twice"):
        Costs(sides={"a": (1, 2)}, matrix={"a": {"b": 3}})
