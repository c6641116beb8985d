"""Cluster-Margin by hand, and its clusters against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from albench.errors import ContractError
from albench.testing.views import make_view
from albench.trial.answers import choose
from albench.trial.view import PoolView
from albench_hybrid.cluster_margin import ClusterMargin, _distances, average_linkage, round_robin


def _partition(clusters: np.ndarray) -> set[frozenset[int]]:
    return {frozenset(np.flatnonzero(clusters == c).tolist()) for c in np.unique(clusters)}


def _groups(seed: int = 0, labels: list[int] | None = None) -> PoolView:
    """Items at 0, 100 or 200 on the first axis; the third axis sets the margin, smaller for higher positions."""
    x = torch.zeros(12, 3)
    x[:, 0] = 100.0 * torch.tensor(labels or [0, 0, 0, 1, 2, 2, 0, 0, 0, 1, 2, 2])
    x[:, 2] = torch.arange(12, 0, -1) / 10
    return make_view(x, weight=torch.tensor([[0.0, 0.0, 1.0], [0.0, 0.0, 0.0]]), seed=seed)


def test_round_robin_by_hand() -> None:
    # Sizes: 9 has one, 7 two, 3 three. First turn 9, 7, 3, second 7, 3, third 3.
    assert round_robin(torch.tensor([3, 7, 3, 9, 3, 7])).tolist() == [3, 1, 0, 5, 2, 4]
    # Equal sizes: the one that comes first.
    assert round_robin(torch.tensor([5, 2, 5, 2])).tolist() == [0, 1, 2, 3]
    assert round_robin(torch.empty(0, dtype=torch.int64)).tolist() == []


def test_small_clusters_of_unsure_items_come_first() -> None:
    # The 6 smallest margins are 6 .. 11, in clusters {9}, {10, 11}, {6, 7, 8}.
    strategy = ClusterMargin(margin_factor=2.0, n_clusters=3)
    seen = set()
    for seed in range(30):
        picks = strategy.select(_groups(seed), 3).tolist()
        assert picks[0] == 9
        assert picks[1] in (10, 11)
        assert picks[2] in (6, 7, 8)
        seen.add(tuple(picks))
    assert len(seen) == 6
    # The fourth and fifth come from the clusters that have any left, again the smaller one first.
    picks = ClusterMargin(margin_factor=1.2, n_clusters=3).select(_groups(), 5).tolist()
    assert set(picks[1::2]) == {10, 11}
    assert len(set(picks[2::2]) & {6, 7, 8}) == 2


def test_a_factor_of_one_takes_the_smallest_margins() -> None:
    assert sorted(ClusterMargin(margin_factor=1.0).select(_groups(), 4).tolist()) == [8, 9, 10, 11]


def test_clusters_are_those_of_scikit_learn() -> None:
    from sklearn.cluster import AgglomerativeClustering

    x = torch.randn(80, 4, generator=torch.Generator().manual_seed(0)) + 50.0
    for n_clusters in (1, 2, 9, 80):
        theirs = AgglomerativeClustering(n_clusters=n_clusters, linkage="average").fit_predict(x.numpy())
        assert _partition(average_linkage(x, n_clusters).numpy()) == _partition(theirs)


def test_duplicates_are_one_cluster() -> None:
    x = torch.randn(3, 4, generator=torch.Generator().manual_seed(0)).repeat(5, 1)
    for n_clusters in (3, 10):
        assert len(average_linkage(x, n_clusters).unique()) == 3


def test_large_pools_are_represented_by_some_items() -> None:
    # Three far groups: whichever 50 of 600 items are clustered, and wherever the others join, they are found.
    random = torch.Generator().manual_seed(0)
    group = torch.randint(0, 3, (600,), generator=random)
    x = torch.randn(600, 3, generator=random) + 100.0 * torch.eye(3)[group]
    view = make_view(x, weight=torch.randn(3, 3, generator=random) / 100)
    for factor in (1.0, 20.0):  # 30 or all items have small margins
        strategy = ClusterMargin(margin_factor=factor, n_clusters=3, max_items=50)
        unsure = torch.arange(int(30 * factor))
        clusters = strategy._clusters(x, unsure, 3, view.generator)
        assert _partition(clusters.numpy()) == _partition(group[unsure].numpy())
        picks = choose(strategy, view, 30, "cluster-margin")
        if factor > 1:
            assert torch.bincount(group[picks]).tolist() == [10, 10, 10]


def test_odd_pools() -> None:
    x, head = torch.randn(9, 3, generator=torch.Generator().manual_seed(0)), torch.eye(3)
    certain = torch.tensor([[1e4, 0.0, 0.0]]).repeat(9, 1)
    for strategy in (ClusterMargin(), ClusterMargin(max_items=4, margin_factor=1.0)):
        for pool in (x, x[:1], x[:1].repeat(9, 1), x * 0, certain):
            view = make_view(pool, weight=head)
            for budget in {1, len(pool)}:
                assert len(choose(strategy, view, budget, "cluster-margin")) == budget
    for bad in (torch.nan, torch.inf):
        x[3, 1] = bad
        with pytest.raises(ContractError, match="not finite"):
            choose(ClusterMargin(), make_view(x), 2, "cluster-margin")


def test_distances_are_those_of_scipy_in_its_order_over_several_blocks() -> None:
    from scipy.spatial.distance import pdist

    x = torch.randn(300, 5, generator=torch.Generator().manual_seed(0))
    x[200:] = x[:100]
    found = _distances(x)
    np.testing.assert_allclose(found, pdist(x.double().numpy()), atol=1e-9)
    assert (found == 0).sum() == 100
