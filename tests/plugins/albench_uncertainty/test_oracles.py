"""Oracles: class counts by hand, and a look ahead that finds the batch that was planted as the best."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from albench.errors import ContractError, PluginError
from albench.testing import make_view
from albench.trial.view import PoolView
from albench_uncertainty.oracles import BalancedOracle, LookaheadOracle, leveled

RNG = np.random.Generator(np.random.PCG64(0))


def view_of(labels: list[int], bought: list[int], seed: int = 0) -> PoolView:
    return make_view(
        torch.zeros(len(labels), 3),
        labeled_embeddings=torch.zeros(len(bought), 3),
        labeled_y=torch.tensor(bought, dtype=torch.int64),
        true_labels=torch.tensor(labels),
        needs={"true_labels"},
        seed=seed,
    )


def test_all_labels_together_are_as_even_as_can_be() -> None:
    """5, 1 and 0 are bought; 6 more make 5, 4 and 3 or 5, 3 and 4."""
    labels = [0] * 20 + [1] * 20 + [2] * 20
    picks = BalancedOracle().select(view_of(labels, [0] * 5 + [1]), 6)
    counts = np.bincount(np.array(labels)[picks.numpy()], minlength=3).tolist()
    assert sorted(picks.tolist()) == sorted(set(picks.tolist()))
    assert counts in ([0, 3, 3], [0, 2, 4])
    assert np.add(counts, [5, 1, 0]).tolist() in ([5, 4, 3], [5, 3, 4])


def test_a_class_that_is_used_up_leaves_its_share_to_the_others() -> None:
    assert leveled(np.array([0, 0, 0]), np.array([9, 1, 9]), 7, RNG).tolist() == [3, 1, 3]
    assert leveled(np.array([4, 0]), np.array([9, 2]), 5, RNG).tolist() == [3, 2]
    assert leveled(np.array([0, 0]), np.array([2, 3]), 5, RNG).tolist() == [2, 3], "the whole pool"


def test_of_equal_classes_none_is_favoured_and_items_are_drawn() -> None:
    labels = [0] * 10 + [1] * 10
    picks = [int(BalancedOracle().select(view_of(labels, [], seed), 1)) for seed in range(60)]
    assert 15 < sum(pick >= 10 for pick in picks) < 45
    assert len(set(picks)) > 10


def test_the_batch_that_validates_best_is_bought() -> None:
    tried: list[set[int]] = []

    def score(ids: torch.Tensor) -> tuple[float, ...]:
        tried.append(set(ids.tolist()))
        return (0.5, float(len(tried) == 3))  # the first number ties, the second tells

    view = make_view(torch.zeros(30, 2), needs={"score_after"}, score_after=score)
    picks = LookaheadOracle(candidates=4).select(view, 5)
    assert len(tried) == 4
    assert set(picks.tolist()) == tried[2]
    assert len({frozenset(batch) for batch in tried}) == 4
    assert all(len(batch) == 5 for batch in tried)


def test_what_is_left_is_bought_without_training() -> None:
    view = make_view(torch.zeros(4, 2), needs={"score_after"})
    assert sorted(LookaheadOracle().select(view, 4).tolist()) == [0, 1, 2, 3]


def test_no_wrapper_hides_that_labels_are_seen() -> None:
    from albench.components.registry import registry

    with pytest.raises(PluginError, match=r"'subsample' would see hidden labels \(it needs true_labels\)"):
        registry().build("strategy", "subsample[of=balanced-oracle]")
    assert registry().build("strategy", "balanced-oracle") == BalancedOracle()


def test_a_view_without_labels_says_so() -> None:
    with pytest.raises(ContractError, match="shows no hidden labels"):
        BalancedOracle().select(make_view(torch.zeros(4, 2)), 2)
