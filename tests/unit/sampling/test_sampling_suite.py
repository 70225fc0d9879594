"""The contract suite catches samplers that break the contract."""

import numpy as np
import pytest

from evenhand.errors import ConfigError
from evenhand.sampling import SAMPLERS
from evenhand.testing import samplers as suite
from evenhand.types import Task


def ones(truth_NC):
    return np.ones(len(truth_NC))


def one_a_label(truth_NC):
    return lambda share: np.ones(truth_NC.shape[1])


def in_single_precision(truth_NC):
    return lambda share: ones(truth_NC).astype(np.float32)


def unknown_spreads(truth_NC):
    return lambda share: 1 + truth_NC.sum(axis=1, dtype=np.float64)


def negative(truth_NC):
    return lambda share: ones(truth_NC) - 2 * (np.arange(len(truth_NC)) == 0)


def ever_longer(truth_NC):
    return lambda share: ones(truth_NC) * (1 + share)


def empty(truth_NC):
    return lambda share: ones(truth_NC) * 0


def remembering(truth_NC):
    asked = []

    def sampler(share):
        asked.append(share)
        return np.roll(np.arange(len(truth_NC), dtype=np.float64), len(asked))

    return sampler


def overwriting(truth_NC):
    np.nan_to_num(truth_NC, copy=False)
    return lambda share: ones(truth_NC)


def by_place(truth_NC):
    return lambda share: np.linspace(0.5, 1.5, len(truth_NC))


def first_label_only(truth_NC):
    first_N = np.nan_to_num(truth_NC).argmax(axis=1)
    return lambda share: 1 / np.bincount(first_N)[first_N]


def starving(truth_NC):
    return lambda share: np.where(np.nansum(truth_NC == 1, axis=1) > 2, 0.5, 1.0)


def labelled_only(truth_NC):
    return lambda share: (truth_NC == 1).any(axis=1).astype(np.float64)


def divides_by_nothing(truth_NC):
    with np.errstate(all="ignore"):
        weights_C = 1 / (truth_NC == 1).sum(axis=0, dtype=np.float64)
        draws_N = 0.1 + (truth_NC == 1) @ weights_C
    return lambda share: draws_N


FAULTS = {
    one_a_label: ("one_number_a_row", "instead of"),
    in_single_precision: ("one_number_a_row", "float32"),
    unknown_spreads: ("one_number_a_row", "not finite"),
    negative: ("one_number_a_row", "below 0"),
    ever_longer: ("passes_are_equally_long", "passes of"),
    empty: ("passes_are_equally_long", r"a pass of 0\.0 rows"),
    remembering: ("asking_changes_nothing", "asked before"),
    overwriting: ("asking_changes_nothing", "truth is written to"),
    by_place: ("rows_keep_their_draws", "the place of a row counts"),
    first_label_only: ("every_label_is_read", "the order of the labels counts"),
    starving: ("rare_labels_come_no_less", "drawn less often"),
    labelled_only: ("rows_without_labels_are_drawn", "never drawn"),
    divides_by_nothing: ("small_data_are_taken", "not finite"),
}


class Broken(suite.SamplerCase):
    def sampler(self, truth_NC):
        return next(fault for fault in FAULTS if fault.__name__ == self.name)(truth_NC)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_suite_finds_the_fault(fault):
    check, message = FAULTS[fault]
    with pytest.raises(AssertionError, match=message):
        getattr(suite, check)(Broken(fault.__name__, Task.MULTILABEL))


def test_every_check_finds_some_fault():
    assert {check for check, _ in FAULTS.values()} == {c.__name__ for c in suite.SAMPLER_CHECKS}


def test_multilabel_example_has_what_goes_wrong():
    truth_NC = suite.SamplerCase("natural", Task.MULTILABEL).truth()
    sizes = np.nansum(truth_NC, axis=1)
    assert truth_NC.shape == (40, 4)
    assert {0, 1, 2, 3} == set(sizes.astype(int))
    assert np.isnan(truth_NC).all(axis=1).any()
    assert np.nansum(truth_NC, axis=0).argmin() == 3
    assert (sizes[32:38] == 0).all()


@pytest.fixture
def one_task():
    """Register, for a test, a sampler that refuses multilabel data, and one that refuses all."""
    for name, refused in {"picky": {Task.MULTILABEL}, "pickier": set(Task)}.items():

        @SAMPLERS.register(name)
        def factory(truth_NC, task, /, refused=refused):
            if task in refused:
                raise ConfigError("E105", "not for this task", got=task, fix="another sampler")
            return lambda share: ones(truth_NC)

    yield
    del SAMPLERS._factories["picky"], SAMPLERS._factories["pickier"]


@pytest.mark.usefixtures("one_task")
def test_cases_cover_the_tasks_that_a_sampler_accepts():
    assert [case.task for case in suite.sampler_cases("natural")] == list(Task)
    assert [case.task for case in suite.sampler_cases("picky")] == [Task.MULTICLASS]
    with pytest.raises(AssertionError, match="accepts neither"):
        suite.sampler_cases("pickier")
