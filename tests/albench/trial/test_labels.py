"""The holder of the hidden labels: what it draws, sells and tells."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from albench.data.pool import index_hash
from albench.errors import ContractError
from albench.trial.labels import Oracle

LABELS = np.repeat([0, 1, 2], [70, 25, 5])


@given(st.integers(3, 100), st.integers(0, 5))
def test_stratified_draws_follow_the_pool_and_hold_every_class(count: int, seed: int) -> None:
    ids = Oracle(LABELS, 3, 100).draw_initial(count, "stratified", seed)
    drawn = np.bincount(LABELS[ids], minlength=3)
    assert len(ids.unique()) == count
    assert (drawn >= 1).all()
    assert (np.abs(drawn - np.array([0.7, 0.25, 0.05]) * count) <= 2).all()


def test_balanced_draws_take_the_same_of_each_class_while_it_lasts() -> None:
    oracle = Oracle(LABELS, 3, 100)
    assert np.bincount(LABELS[oracle.draw_initial(12, "balanced", 0)]).tolist() == [4, 4, 4]
    assert np.bincount(LABELS[oracle.draw_initial(30, "balanced", 0)])[2] == 5


def test_classes_with_the_same_claim_are_served_by_lot() -> None:
    """Five labels for four classes of one size: each class gets the second one now and then, none always."""
    y = np.repeat(np.arange(4), 25)
    for how in ("balanced", "stratified"):
        twice = [np.bincount(y[Oracle(y, 4, 9).draw_initial(5, how, seed)]).argmax() for seed in range(80)]
        assert np.bincount(twice, minlength=4).min() >= 8


def test_random_draws_are_uniform() -> None:
    oracle = Oracle(LABELS, 3, 100)
    hits = np.zeros(100)
    for seed in range(400):
        hits[oracle.draw_initial(10, "random", seed)] += 1
    assert abs(hits - 40).max() < 5 * np.sqrt(36)


def test_the_same_seed_draws_the_same() -> None:
    draws = [index_hash(Oracle(LABELS, 3, 100).draw_initial(10, "stratified", seed)) for seed in (1, 1, 2)]
    assert draws[0] == draws[1] != draws[2]


def test_the_oracle_keeps_the_budget_and_hands_out_copies() -> None:
    oracle = Oracle(LABELS, 3, budget=5)
    answer = oracle.annotate(torch.tensor([0, 70, 99]))
    assert answer.tolist() == [0, 1, 2]
    answer += 1
    with pytest.raises(ContractError, match="3 labels asked for, 2 left"):
        oracle.annotate(torch.tensor([1, 2, 3]))
    assert oracle.annotate(torch.tensor([0])).tolist() == [0]
    assert answer.untyped_storage().nbytes() == 3 * 8, "a slice would carry the other labels in its storage"


def test_the_oracle_checks_pseudo_labels() -> None:
    oracle = Oracle(LABELS, 3, 5)
    assert oracle.accuracy(torch.tensor([0, 70]), torch.tensor([0, 2])) == 0.5
    assert oracle.accuracy(torch.tensor([], dtype=torch.int64), torch.tensor([])) is None


def test_classes_of_ids_are_counted_for_the_record() -> None:
    oracle = Oracle(LABELS, 3, 5)
    ids = torch.tensor([0, 1, 70, 99])
    assert oracle.class_counts(ids) == [2, 1, 1]
    assert oracle.minority_share(ids) == 0.5, "classes 1 and 2 have fewer items than a third of the pool"
    assert oracle.minority_share(ids[:0]) is None


def test_the_budget_is_that_of_all_labels_and_a_private_copy_is_kept() -> None:
    y = LABELS.copy()
    oracle = Oracle(y, 3, 5)
    y[:] = 2
    assert oracle.annotate(torch.tensor([0, 1])).tolist() == [0, 0]
    assert oracle.budget_left == 3
