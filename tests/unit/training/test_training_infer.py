"""Scores of many rows come back in their own order."""

import itertools

import numpy as np
import pytest
import torch
from torch import nn

from evenhand.models.tokens import TokenTable
from evenhand.training import infer

LENGTHS = np.array([3, 9, 1, 4, 9, 2, 5])


class Sums(nn.Module):
    """Scores are the sum and the number of a row's ids, so every row has scores of its own."""

    def __init__(self):
        super().__init__()
        self.one = nn.Parameter(torch.ones(1))
        self.dropout = nn.Dropout(0.5)

    def forward(self, ids_BT, mask_BT):
        kept_BT = self.dropout((ids_BT * mask_BT).float()) * self.one
        return torch.stack([kept_BT.sum(dim=1), mask_BT.sum(dim=1).float()], dim=1)


def table() -> TokenTable:
    starts = np.concatenate([[0], np.cumsum(LENGTHS)])
    return TokenTable(np.arange(starts[-1], dtype=np.int32), starts, 0, 99)


@pytest.mark.parametrize("batch_size", [1, 2, 7, 64])
def test_rows_come_back_in_order_whatever_the_batches(batch_size):
    scores_NC = infer.logits(Sums(), table(), batch_size=batch_size)
    starts = table().starts
    sums = [np.arange(a, b).sum() for a, b in itertools.pairwise(starts)]
    np.testing.assert_array_equal(scores_NC, np.stack([sums, LENGTHS], axis=1))
    assert scores_NC.dtype == np.float64


@pytest.mark.parametrize("training", [True, False])
def test_the_model_is_left_as_it_was_found(training):
    model = Sums().train(training)
    infer.logits(model, table())
    assert model.training is training


def test_no_gradients_are_kept():
    model = Sums()
    infer.logits(model, table())
    assert model.one.grad is None


def test_progress_counts_rows():
    done = []
    infer.logits(Sums(), table(), batch_size=3, progress=done.append)
    assert done == [3, 6, 7]
