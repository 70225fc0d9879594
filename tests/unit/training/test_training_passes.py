"""Which examples a pass has, and that nobody needs to remember it."""

import numpy as np

from evenhand.models.tokens import TokenTable
from evenhand.training.passes import Passes

LENGTHS = np.array([2, 5, 3, 4])
STARTS = np.concatenate([[0], np.cumsum(LENGTHS)])
TABLE = TokenTable(np.arange(LENGTHS.sum(), dtype=np.int32), STARTS, 0, 0)
TEXTS = ["one", "two", "three", "four"]


def encode(texts):
    lengths = [len(text) for text in texts]
    ids = np.array([ord(letter) for text in texts for letter in text], np.int32)
    return TokenTable(ids, np.concatenate([[0], np.cumsum(lengths)]), 0, 0)


def tagged(texts, seeds):
    return [f"{text}{seed}" for text, seed in zip(texts, seeds, strict=True)]


def passes(expected, **settings):
    return Passes(TABLE, lambda share: np.array(expected, float), 7, **settings)


def test_the_natural_pass_is_every_row_once_in_the_table_as_it_is():
    made = passes([1, 1, 1, 1]).make(0, 0.0)
    assert made.table is TABLE
    assert made.rows_E.tolist() == made.entries_E.tolist() == [0, 1, 2, 3]
    batches = made.batches(3, seed=7, epoch=0)
    assert sorted(np.concatenate(batches).tolist()) == [0, 1, 2, 3]


def test_a_pass_is_as_long_as_its_draws():
    made = passes([0, 3, 0, 2])
    assert made.rows == 5
    assert made.make(0, 0.0).rows_E.tolist() == [1, 1, 1, 3, 3]


def test_drawn_rows_are_read_from_the_table_by_their_own_position():
    made = passes([0, 3, 0, 2]).make(0, 0.0)
    batch = made.table.batch(made.entries_E)
    assert batch["mask_BT"].sum(axis=1).tolist() == [5, 5, 5, 4, 4]


def test_every_copy_of_a_row_is_changed_in_its_own_way_and_the_next_pass_anew():
    made = passes([0, 2, 0, 1], texts=TEXTS, augmenters=[tagged], encode=encode)

    def texts(epoch):
        found = made.make(epoch, 0.0)
        assert found.entries_E.tolist() == [0, 1, 2]
        assert found.rows_E.tolist() == [1, 1, 3]
        ids = np.split(found.table.ids, found.table.starts[1:-1])
        return ["".join(map(chr, part)) for part in ids]

    first, again, next_pass = texts(0), texts(0), texts(1)
    assert [text.rstrip("0123456789") for text in first] == ["two", "two", "four"]
    assert first == again
    assert len({*first, *next_pass}) == 6


def test_what_is_no_text_is_changed_as_a_table_of_the_draws():
    asked = []

    def changed(epoch, rows_E):
        asked.append((epoch, rows_E.tolist()))
        return encode(["x" * (row + 1) for row in rows_E])

    made = passes([0, 2, 0, 1], changed=changed).make(4, 0.0)
    assert asked == [(4, [1, 1, 3])]
    assert made.entries_E.tolist() == [0, 1, 2]
    assert made.rows_E.tolist() == [1, 1, 3]
    assert np.diff(made.table.starts).tolist() == [2, 2, 4]
