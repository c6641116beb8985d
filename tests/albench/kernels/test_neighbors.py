"""Nearest neighbours against scikit-learn and against cases worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.neighbors import NearestNeighbors

from albench.kernels import nearest_neighbors, similarity_to_others


def _random(n: int, dim: int, seed: int) -> torch.Tensor:
    return torch.randn(n, dim, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@pytest.mark.parametrize(
    ("n", "dim", "k", "block"), [(300, 8, 5, 32), (130, 20, 129, 48), (17, 3, 16, 16), (900, 6, 7, 64)]
)
def test_own_neighbors_are_those_of_sklearn(metric: str, n: int, dim: int, k: int, block: int) -> None:
    x = _random(n, dim, seed=n)
    value, index = nearest_neighbors(x, k, metric=metric, block=block)
    distance, expected = NearestNeighbors(n_neighbors=k, metric=metric).fit(x.double().numpy()).kneighbors()
    np.testing.assert_allclose(1 - value if metric == "cosine" else value, distance, atol=2e-6)
    # Neighbours closer to each other than rounding may change places, so allow for next to none of them.
    assert (index.numpy() != expected).mean() < 1e-3


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_neighbors_of_queries_are_those_of_sklearn(metric: str) -> None:
    x, queries = _random(257, 6, seed=1), _random(75, 6, seed=2)
    value, index = nearest_neighbors(x, 9, metric=metric, queries=queries, block=32)
    distance, expected = NearestNeighbors(n_neighbors=9, metric=metric).fit(x.double()).kneighbors(queries.double())
    np.testing.assert_allclose(1 - value if metric == "cosine" else value, distance, atol=2e-6)
    assert (index.numpy() == expected).all()


@pytest.mark.parametrize("block", [16, 32, 1024])
@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_equal_neighbors_go_to_the_lowest_position(block: int, metric: str) -> None:
    index = nearest_neighbors(torch.ones(100, 4), 3, metric=metric, block=block)[1]
    assert index[0].tolist() == [1, 2, 3]
    assert index[1].tolist() == [0, 2, 3]
    assert (index[3:] == torch.tensor([0, 1, 2])).all()


def test_zero_vectors_have_similarity_zero() -> None:
    x = torch.tensor([[0.0, 0.0], [1.0, 0.0], [-1.0, 0.0], [2.0, 0.0]])
    similarity, index = nearest_neighbors(x, 3)
    assert similarity[0].tolist() == [0.0, 0.0, 0.0]
    assert index[0].tolist() == [1, 2, 3]
    assert similarity[1].tolist() == [1.0, 0.0, -1.0]
    assert index[1].tolist() == [3, 0, 2]


def test_cosine_of_tiny_and_huge_vectors() -> None:
    x = torch.tensor([[1e-30, 1e-30], [1e30, 0.0], [1e30, 1e30]])
    similarity, index = nearest_neighbors(x, 2)
    assert index.tolist() == [[2, 1], [0, 2], [0, 1]]
    np.testing.assert_allclose(similarity[0], [1.0, 2**-0.5], rtol=1e-6)


def test_euclidean_far_from_the_origin_keeps_its_precision() -> None:
    x = torch.tensor([[1000.0, 0.0], [1000.001, 0.0], [1000.003, 0.0], [1001.0, 0.0]])
    distance, index = nearest_neighbors(x, 1, metric="euclidean")
    assert index[:, 0].tolist() == [1, 0, 1, 2]
    np.testing.assert_allclose(distance[3, 0], float(x[3, 0] - x[2, 0]), rtol=1e-6)


def test_a_query_finds_itself_and_its_duplicates() -> None:
    x = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    assert nearest_neighbors(x, 2, queries=x[:1])[1].tolist() == [[0, 2]]
    assert nearest_neighbors(x, 1)[1].tolist() == [[2], [0], [0]]


@pytest.mark.parametrize("k", [0, 5])
def test_k_out_of_range_is_named(k: int) -> None:
    with pytest.raises(ValueError, match=rf"k must be in 1 \.\. 4 for 5 items, got {k}"):
        nearest_neighbors(torch.ones(5, 2), k)


def test_bad_inputs_are_named() -> None:
    x = torch.ones(5, 2)
    x[1, 0], x[4, 1] = torch.nan, torch.inf
    with pytest.raises(ValueError, match="2 of 5 rows of x are not finite"):
        nearest_neighbors(x, 1)
    with pytest.raises(ValueError, match="queries have 3 columns, x has 2"):
        nearest_neighbors(torch.ones(5, 2), 1, queries=torch.ones(1, 3))
    with pytest.raises(ValueError, match="queries must be"):
        nearest_neighbors(torch.ones(5, 2), 1, queries=torch.ones(2))


def test_similarity_to_others_leaves_the_item_itself_out_among_duplicates_too() -> None:
    x = torch.cat([_random(50, 4, seed=3)] * 3)
    items = torch.tensor([0, 7, 60, 149])
    assert torch.equal(similarity_to_others(x, 2, items), nearest_neighbors(x, 2)[0][items])
    np.testing.assert_allclose(similarity_to_others(x, 9, items), nearest_neighbors(x, 9)[0][items], atol=1e-6)
