"""What a trial has bought: ids, their labels, and how many came last."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from albench.errors import ContractError
from albench.trial.bought import Bought
from albench.trial.labels import Oracle

LABELS = np.arange(12) % 3


def bought(budget: int = 10) -> Bought:
    return Bought(Oracle(LABELS, 3, budget), len(LABELS), 3)


def test_labels_are_kept_beside_their_ids() -> None:
    made = bought()
    made.start_with(torch.tensor([7, 1]))
    assert made.n_last == 0
    made.buy(torch.tensor([11, 3, 0]))
    pool = made.annotated
    assert (pool.labeled.tolist(), pool.y.tolist()) == ([0, 1, 3, 7, 11], [0, 1, 0, 1, 2])
    assert pool.unlabeled.tolist() == [2, 4, 5, 6, 8, 9, 10]
    assert pool.class_counts.tolist() == [2, 2, 1]
    assert (made.n_last, made.oracle.budget_left) == (3, 5)


def test_what_was_handed_out_is_as_it_was_then() -> None:
    made = bought()
    made.start_with(torch.tensor([0]))
    before = made.annotated
    made.buy(torch.tensor([1]))
    assert before.labeled.tolist() == [0]
    assert before.y.untyped_storage().nbytes() == 8, "no other label lies beside it"


def test_rounds_that_are_replayed_buy_what_they_bought() -> None:
    made = bought()
    made.start_with(torch.tensor([0]))
    made.replay([{"queried": [4, 2]}, {"queried": [9]}, {"queried": []}])
    assert made.pool.labeled.tolist() == [0, 2, 4, 9]
    assert made.n_last == 1


def test_neither_the_budget_nor_an_item_is_used_twice() -> None:
    made = bought(budget=3)
    made.start_with(torch.tensor([0, 1]))
    with pytest.raises(ContractError, match="2 labels asked for, 1 left"):
        made.buy(torch.tensor([2, 3]))
    with pytest.raises(ContractError, match="labelled twice"):
        made.buy(torch.tensor([1]))


def test_a_copy_is_bought_for_apart() -> None:
    made = bought()
    made.start_with(torch.tensor([0]))
    other = copy.deepcopy(made)
    other.buy(torch.tensor([5, 6]))
    assert (len(made.pool.labeled), made.oracle.budget_left) == (1, 9)


def test_items_beyond_the_pool_are_unlabelled_ones_for_training_alone() -> None:
    made = Bought(Oracle(LABELS, 3, 10), len(LABELS), 3, n_beyond=3)
    made.start_with(torch.arange(2, 11))
    assert made.annotated.unlabeled.tolist() == [0, 1, 11]
    assert made.trained_on.unlabeled.tolist() == [0, 1, 11, 12, 13, 14]
    assert made.trained_on.labeled.tolist() == made.annotated.labeled.tolist() == list(range(2, 11))
    assert made.labeled_mask.tolist() == [False] * 2 + [True] * 9 + [False] * 4
    with pytest.raises(IndexError):
        made.buy(torch.tensor([12]))
