"""Augmenters of series: what each changes, how often, and that it depends on the row alone."""

import subprocess
import sys

import numpy as np
import pytest

from evenhand.errors import ConfigError
from evenhand.models.series import SERIES_AUGMENTERS, augmented_table
from evenhand.models.series.augmenters import Window, refuse_idle
from tiny_series import frames_of, table_of, windows_of

SETTINGS = {"jitter": {}, "scale": {}, "time-mask": {}, "stream-mask": {}}


def window(frames=40, *, known=1.0, seed=0):
    """Return a window of two streams, of which a share of the frames is known."""
    random = np.random.default_rng(seed)
    kept = [random.random(frames) < known for _ in range(2)]
    values = [random.standard_normal((frames, width)).astype(np.float32) for width in (3, 2)]
    for values_TD, known_T in zip(values, kept, strict=True):
        values_TD[~known_T] = 0
    return Window(tuple(values), tuple(kept))


def copied(made):
    return Window(tuple(v.copy() for v in made.values), tuple(k.copy() for k in made.known))


def changed(name, made, seed=0, **settings):
    after = copied(made)
    SERIES_AUGMENTERS.build(name, settings={"share": 1, **settings})(
        after, np.random.default_rng(seed)
    )
    return after


def differ(one, other):
    return any(
        a.tobytes() != b.tobytes()
        for a, b in zip((*one.values, *one.known), (*other.values, *other.known), strict=True)
    )


def test_there_is_a_test_for_each():
    assert set(SETTINGS) == set(SERIES_AUGMENTERS.names())


@pytest.mark.parametrize("name", SETTINGS)
def test_unknown_frames_stay_0_and_unknown(name):
    made = window(known=0.7)
    for seed in range(20):
        after = changed(name, made, seed)
        for s in range(2):
            assert not after.values[s][~after.known[s]].any()
            assert not (after.known[s] & ~made.known[s]).any()
            assert after.values[s].dtype == np.float32


@pytest.mark.parametrize("name", SETTINGS)
def test_the_share_says_how_many_windows_are_changed(name):
    made, found = window(), SERIES_AUGMENTERS.build(name, settings={"share": 0.3})
    count = 0
    for seed in range(1000):
        after = copied(made)
        found(after, np.random.default_rng(seed))
        count += differ(made, after)
    assert count == pytest.approx(300, abs=60)


def test_jitter_adds_noise_of_the_size_asked_for_to_known_numbers():
    made = window(4000, known=0.5)
    after = changed("jitter", made, size=0.2)
    for s in range(2):
        added = (after.values[s] - made.values[s])[made.known[s]]
        assert added.std() == pytest.approx(0.2, rel=0.05)
        assert abs(added.mean()) < 0.02
        assert after.known[s].tobytes() == made.known[s].tobytes()


def test_scale_multiplies_each_stream_by_one_factor():
    made, logs = window(), []
    for seed in range(400):
        after = changed("scale", made, seed, size=0.3)
        for s in range(2):
            factors = after.values[s] / made.values[s]
            assert factors.std() < 1e-5
            logs.append(np.log(factors.mean()))
    assert np.std(logs) == pytest.approx(0.3, rel=0.1)
    assert abs(np.corrcoef(np.reshape(logs, (-1, 2)).T)[0, 1]) < 0.15


def test_time_mask_hides_spans_in_all_streams_at_once():
    made, hidden = window(40), []
    for seed in range(300):
        after = changed("time-mask", made, seed, longest=0.25)
        gone_T = ~after.known[0]
        assert gone_T.tobytes() == (~after.known[1]).tobytes()
        assert (np.diff(np.flatnonzero(gone_T)) == 1).all()
        assert not after.values[0][gone_T].any()
        hidden.append(gone_T.sum())
    assert (min(hidden), max(hidden)) == (1, 10)
    several = [
        (~changed("time-mask", made, s, spans=3, longest=0.25).known[0]).sum() for s in range(300)
    ]
    assert max(several) > 12


def test_time_mask_never_hides_the_last_known_frames():
    made = window(1)
    assert not differ(made, changed("time-mask", made, longest=0.5))
    short = window(3)
    for seed in range(50):
        assert changed("time-mask", short, seed, spans=20, longest=0.5).known[0].any()


def test_stream_mask_hides_one_stream_of_either_kind_and_never_the_last():
    made, left = window(), set()
    for seed in range(50):
        after = changed("stream-mask", made, seed)
        left.add(tuple(after.present()))
        assert not after.values[1 - after.present()[0]].any()
    assert left == {(0,), (1,)}
    alone = changed("stream-mask", made)
    assert not differ(alone, changed("stream-mask", alone))


def test_a_single_stream_leaves_nothing_to_hide():
    chosen = [SERIES_AUGMENTERS.build(name, settings={}) for name in SETTINGS]
    refuse_idle(chosen, ("pose", "traj"))
    refuse_idle(chosen[:3], ("pose",))
    with pytest.raises(ConfigError, match=r"\[E105\] a window's only stream is never hidden"):
        refuse_idle(chosen, ("pose",))


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("jitter", {"size": 0}), ("time-mask", {"longest": 0.6}), ("stream-mask", {"rate": 0.1})],
)
def test_settings_out_of_range(name, wrong):
    with pytest.raises(ConfigError, match=r"\[E102\](.|\n)*augment\."):
        SERIES_AUGMENTERS.build(name, settings=wrong)


def pass_of(rows, *, seed=0, epoch=0, names=("jitter", "time-mask"), table=None):
    chosen = [SERIES_AUGMENTERS.build(name, settings={"share": 1}) for name in names]
    return augmented_table(
        table or table_of(), chosen, seed=seed, epoch=epoch, rows_E=np.array(rows)
    )


def test_a_row_is_changed_alike_in_any_batch_and_by_its_own_seed():
    made = pass_of([3, 4, 3, 7])
    assert made.lengths().tolist() == table_of().lengths()[[3, 4, 3, 7]].tolist()
    together = made.batch(np.array([0, 1, 2, 3]))
    for draw in range(4):
        alone = made.batch(np.array([draw]))
        for name, values in alone.items():
            np.testing.assert_array_equal(together[name][draw, : values.shape[1]], values[0])
    first, second = (made.batch(np.array([d]))["pose:values_BTD"] for d in (0, 2))
    assert not np.array_equal(first, second)


def test_other_draws_of_the_pass_do_not_matter():
    one = pass_of([3, 4]).batch(np.array([0]))
    other = pass_of([9, 8, 3]).batch(np.array([2]))
    for name, values in one.items():
        np.testing.assert_array_equal(values, other[name])


@pytest.mark.parametrize("other", [{"seed": 1}, {"epoch": 1}, {"names": ("time-mask", "jitter")}])
def test_seed_epoch_and_order_matter(other):
    one, two = (pass_of([5], **o).batch(np.array([0]))["pose:values_BTD"] for o in ({}, other))
    assert not np.array_equal(one, two)


def test_without_augmenters_the_pass_is_the_table_and_the_table_stays_as_it_was():
    table = table_of(windows_of(frames_of(), ragged=True))
    before = {name: values.copy() for name, values in table.batch(np.array([2, 5])).items()}
    pass_of([2, 5], table=table).batch(np.array([0, 1]))
    plain = pass_of([2, 5], names=(), table=table).batch(np.array([0, 1]))
    for name, values in before.items():
        np.testing.assert_array_equal(table.batch(np.array([2, 5]))[name], values)
        np.testing.assert_array_equal(plain[name], values)


def test_listing_them_imports_no_torch():
    code = (
        "import sys; from evenhand.models.series import NETWORKS, SERIES_AUGMENTERS, WindowTable;"
        "[SERIES_AUGMENTERS.describe(n) for n in SERIES_AUGMENTERS.names()];"
        "assert NETWORKS.names()[0] == 'transformer'; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
