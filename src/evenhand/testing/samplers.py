"""What every sampler must do, as checks that a plug-in author can run.

``check_sampler("my-sampler")`` runs them all on a registered sampler. To see each by its name::

    @pytest.mark.parametrize("case", sampler_cases("my-sampler"), ids=str)
    @pytest.mark.parametrize("check", SAMPLER_CHECKS, ids=lambda check: check.__name__)
    def test_contract(check, case):
        check(case)
"""
# Shapes: N fit rows, C classes.

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from evenhand.errors import ConfigError
from evenhand.sampling import SAMPLERS, Sampler, effective_prior
from evenhand.types import Floats, Task, Truth

__all__ = ["SAMPLER_CHECKS", "SamplerCase", "check_sampler", "sampler_cases"]

SHARES = (0.0, 0.25, 0.5, 1.0)
ONE_LABEL = ((1, 0, 0, 0),) * 24 + ((0, 1, 0, 0),) * 10 + ((0, 0, 1, 0),) * 5 + ((0, 0, 0, 1),)
MANY_LABELS = (
    ((1, 0, 0, 0),) * 20
    + ((0, 1, 0, 0),) * 8
    + ((1, 0, 1, 0),) * 3
    + ((1, 1, 0, 1),)
    + ((0, 0, 0, 0),) * 6
    + ((0, np.nan, 1, 0), (np.nan,) * 4)
)


@dataclass(frozen=True)
class SamplerCase:
    """A registered sampler with settings, on one kind of data.

    Args:
        name: under which it is registered.
        task: multiclass or multilabel.
        settings: keyword settings of its factory.
    """

    name: str
    task: Task
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.name}-{self.task}"

    def truth(self) -> Truth:
        """Return 40 rows of four labels, the last the rarest; multilabel has 0 to 3 a row."""
        rows = ONE_LABEL if self.task is Task.MULTICLASS else MANY_LABELS
        return np.array(rows, np.float32)

    def sampler(self, truth_NC: Truth) -> Sampler:
        """Build it for that truth."""
        return SAMPLERS.build(self.name, truth_NC, self.task, settings=self.settings)

    def expected(self, truth_NC: Truth, share: float = 0.5) -> Floats:
        """Return the draws of each row when ``share`` of the run is done."""
        return self.sampler(truth_NC)(share)


def sampler_cases(name: str, settings: Mapping[str, Any] | None = None) -> list[SamplerCase]:
    """Return a case for each task that the sampler accepts (it refuses one by E105).

    Raises:
        AssertionError: when it accepts neither.
    """
    cases = [SamplerCase(name, task, settings or {}) for task in Task]
    accepted = [case for case in cases if _accepts(case)]
    assert accepted, f"{name} accepts neither multiclass nor multilabel data"
    return accepted


def _accepts(case: SamplerCase) -> bool:
    try:
        case.sampler(case.truth())
    except ConfigError as error:
        if error.code != "E105":
            raise
        return False
    return True


def check_sampler(name: str, settings: Mapping[str, Any] | None = None) -> None:
    """Run every check on the sampler called ``name``, on each task that it accepts.

    Raises:
        AssertionError: naming the first property that does not hold.
    """
    for case in sampler_cases(name, settings):
        for check in SAMPLER_CHECKS:
            check(case)


def one_number_a_row(case: SamplerCase) -> None:
    """The answer is float64, one a row, finite and not below 0, at any time of the run."""
    sampler = case.sampler(case.truth())
    for share in SHARES:
        expected_N = sampler(share)
        assert expected_N.shape == (40,), f"{case}: {expected_N.shape} instead of (40,)"
        assert expected_N.dtype == np.float64, f"{case}: {expected_N.dtype}"
        assert np.isfinite(expected_N).all(), f"{case}: not finite at {share}"
        assert (expected_N >= 0).all(), f"{case}: below 0 at {share}"


def passes_are_equally_long(case: SamplerCase) -> None:
    """The sum is that of the first pass at any time of the run, and at least one row."""
    sampler = case.sampler(case.truth())
    lengths = [float(sampler(share).sum()) for share in SHARES]
    assert np.allclose(lengths, lengths[0], rtol=1e-9), f"{case}: passes of {lengths} rows"
    assert lengths[0] >= 1, f"{case}: a pass of {lengths[0]} rows"


def asking_changes_nothing(case: SamplerCase) -> None:
    """The same question has the same answer, and truth is not written to."""
    truth_NC = case.truth()
    sampler = case.sampler(truth_NC)
    first_N = sampler(0.25).copy()
    for share in SHARES:
        sampler(share)
    assert np.array_equal(sampler(0.25), first_N), f"{case}: it depends on what was asked before"
    assert np.array_equal(truth_NC, case.truth(), equal_nan=True), f"{case}: truth is written to"


def rows_keep_their_draws(case: SamplerCase) -> None:
    """A row is drawn as often wherever it stands in the data."""
    truth_NC = case.truth()
    order_N = np.random.default_rng(3).permutation(len(truth_NC))
    moved_N = case.expected(truth_NC[order_N])
    here_N = case.expected(truth_NC)[order_N]
    assert np.allclose(moved_N, here_N), f"{case}: the place of a row counts"


def every_label_is_read(case: SamplerCase) -> None:
    """The order of the labels is of no account: none stands for its row because it is first."""
    truth_NC = case.truth()
    expected_N = case.expected(truth_NC)
    for shift in range(1, truth_NC.shape[1]):
        moved_N = case.expected(np.roll(truth_NC, shift, axis=1))
        assert np.allclose(moved_N, expected_N), f"{case}: the order of the labels counts"


def rare_labels_come_no_less(case: SamplerCase) -> None:
    """The rarest label has at least its natural share of the draws."""
    truth_NC = case.truth()
    natural = effective_prior(truth_NC, np.ones(len(truth_NC)))[-1]
    for share in SHARES:
        drawn = effective_prior(truth_NC, case.expected(truth_NC, share))[-1]
        assert drawn >= natural * (1 - 1e-9), f"{case}: the rarest label is drawn less often"


def rows_without_labels_are_drawn(case: SamplerCase) -> None:
    """Multilabel rows without a label, and rows of which nothing is known, are not lost."""
    if case.task is Task.MULTICLASS:
        return
    expected_N = case.expected(case.truth())
    assert expected_N[32:38].sum() > 0, f"{case}: rows without a label are never drawn"
    for value in (0.0, np.nan):
        bare_N = case.expected(np.full((5, 4), value, np.float32))
        assert np.isfinite(bare_N).all(), f"{case}: no draws where no row has a label"
        assert bare_N.sum() >= 1, f"{case}: no draws where no row has a label"


def small_data_are_taken(case: SamplerCase) -> None:
    """One row, and a class without rows, are no trouble."""
    for truth_NC in (case.truth()[:1], case.truth()[:34]):
        expected_N = case.expected(truth_NC)
        assert np.isfinite(expected_N).all(), f"{case}: not finite for few rows"
        assert expected_N.sum() >= 0.5, f"{case}: no draws from few rows"


SAMPLER_CHECKS: tuple[Callable[[SamplerCase], None], ...] = (
    one_number_a_row,
    passes_are_equally_long,
    asking_changes_nothing,
    rows_keep_their_draws,
    every_label_is_read,
    rare_labels_come_no_less,
    rows_without_labels_are_drawn,
    small_data_are_taken,
)
