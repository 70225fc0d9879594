"""Two views of a window: changed and hidden apart, and the same in any batch and any run."""

import numpy as np
import pytest

from evenhand.models.series import SERIES_AUGMENTERS
from evenhand.models.series.views import Hiding, hidden_of, input_of, view_table
from tiny_series import table_of

HIDING = Hiding(0.3, 2)


def views(rows=(3, 4, 3), *, names=(), seed=0, epoch=0, hiding=HIDING):
    chosen = [SERIES_AUGMENTERS.build(name, settings={"share": 1}) for name in names]
    return view_table(table_of(), chosen, hiding, seed=seed, epoch=epoch, rows_E=np.array(rows))


@pytest.mark.parametrize(
    ("share", "span", "frames", "most"),
    [(0.3, 5, 20, 6), (0.3, 50, 20, 6), (0.01, 5, 20, 1), (0.99, 3, 6, 6), (0.5, 4, 1, 1)],
)
def test_about_the_share_is_hidden_in_spans(share, span, frames, most):
    counts = []
    for seed in range(200):
        hidden_T = Hiding(share, span).draw(frames, np.random.default_rng(seed))
        assert hidden_T.shape == (frames,)
        counts.append(int(hidden_T.sum()))
    assert 1 <= min(counts) <= max(counts) <= most


def test_spans_are_as_long_as_was_asked_for():
    hidden_T = Hiding(0.1, 10).draw(100, np.random.default_rng(0))
    assert (np.diff(np.flatnonzero(hidden_T)) == 1).all()
    assert hidden_T.sum() == 10


def test_without_augmenters_both_views_are_the_window_and_hide_other_frames():
    made, rows = views(), np.arange(3)
    batch, plain = made.batch(rows), table_of().batch(np.array([3, 4, 3]))
    for view in range(2):
        for name, values in plain.items():
            np.testing.assert_array_equal(batch[input_of(view, name)], values)
    hidden = [batch[input_of(v, hidden_of(s))] for v in range(2) for s in ("pose", "traj")]
    assert all(hidden_BT[0].any() for hidden_BT in hidden)
    assert len({hidden_BT.tobytes() for hidden_BT in hidden}) == 4
    assert not any((hidden_BT & ~plain["inside_BT"]).any() for hidden_BT in hidden)
    assert made.lengths().tolist() == plain["inside_BT"].sum(axis=1).tolist()


def test_augmenters_change_the_views_apart():
    batch = views(names=("jitter",)).batch(np.array([0]))
    one, other = (batch[input_of(v, "pose:values_BTD")] for v in range(2))
    assert not np.array_equal(one, other)


def test_the_place_of_each_window_is_told():
    windows, batch = table_of().windows, views().batch(np.array([1, 0]))
    assert batch["first_B"].tolist() == windows.first_N[[4, 3]].tolist()
    assert batch["end_B"].tolist() == windows.end_N[[4, 3]].tolist()


def test_a_draw_is_the_same_in_any_batch():
    made = views(names=("time-mask",))
    together, alone = made.batch(np.arange(3)), made.batch(np.array([2]))
    for name, values in alone.items():
        own = together[name][2]
        np.testing.assert_array_equal(own[: values.shape[1]] if own.ndim else own, values[0])


@pytest.mark.parametrize("other", [{"seed": 1}, {"epoch": 1}, {"hiding": Hiding(0.6, 2)}])
def test_seed_epoch_and_share_matter(other):
    name = input_of(0, hidden_of("pose"))
    one, two = (views(**given).batch(np.arange(3))[name] for given in ({}, other))
    assert not np.array_equal(one, two)
