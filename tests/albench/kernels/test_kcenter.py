"""Greedy k-center against hand-made orders and against the plain algorithm."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from albench.kernels import k_center_greedy, kcenter


def _plain(x: np.ndarray, centers: np.ndarray, k: int) -> list[int]:
    """The algorithm as it is written down, on the differences in float64, compared in float32."""
    x, centers = x.astype(np.float64), centers.astype(np.float64)
    nearest = ((x[:, None] - centers[None]) ** 2).sum(axis=2).min(axis=1).astype(np.float32)
    picks: list[int] = []
    for _ in range(k):
        nearest[picks] = -1
        picks.append(int(nearest.argmax()))
        nearest = np.minimum(nearest, ((x - x[picks[-1]]) ** 2).sum(axis=1).astype(np.float32))
    return picks


def test_order_on_a_line() -> None:
    x = torch.tensor([[0.0], [1.0], [4.0], [9.0], [10.0]])
    # From 0: 10 is farthest; then 4 (4 from 0, 6 from 10); then 1 and 9 are both 1 away and the lower position wins.
    assert k_center_greedy(x, torch.zeros(1, 1), 5).tolist() == [4, 2, 1, 3, 0]


def test_without_centers_it_starts_nearest_the_mean() -> None:
    x = torch.tensor([[0.0], [10.0], [4.0], [3.0]])  # mean 4.25
    for centers in (None, torch.empty(0, 1)):
        assert k_center_greedy(x, centers, 4).tolist() == [2, 1, 0, 3]


def test_equal_distances_go_to_the_lowest_position() -> None:
    square = torch.tensor([[1.0, 1.0], [1.0, -1.0], [-1.0, -1.0], [-1.0, 1.0]])
    # Around the origin no pick is nearer to another than the origin is: all tie to the end.
    assert k_center_greedy(square, torch.zeros(1, 2), 4).tolist() == [0, 1, 2, 3]
    # From a point outside: (-1, -1) and (-1, 1) tie; taking the former leaves the latter 2 from it, the rest 1 or 2.
    assert k_center_greedy(square, torch.tensor([[2.0, 0.0]]), 4).tolist() == [2, 3, 0, 1]


def test_duplicates_are_picked_last_and_once_each() -> None:
    x = torch.tensor([[3.0], [3.0], [0.0], [1.0], [3.0]])
    assert k_center_greedy(x, torch.zeros(1, 1), 5).tolist() == [0, 3, 1, 2, 4]


@given(seed=st.integers(0, 10_000), integers=st.booleans(), lookahead=st.integers(1, 40), share=st.floats(0.01, 1))
@settings(deadline=None, max_examples=60)
def test_picks_are_those_of_the_plain_algorithm(seed: int, integers: bool, lookahead: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    shape = (int(rng.integers(1, 150)), int(rng.integers(1, 6)))
    x = (rng.integers(-3, 4, shape) if integers else rng.normal(size=shape)).astype(np.float32)
    x = np.concatenate([x, x[: len(x) // 3]])
    centers = x[rng.integers(0, len(x), int(rng.integers(1, 6)))] + np.float32(rng.integers(0, 2))
    k = max(1, int(share * len(x)))
    got = k_center_greedy(torch.tensor(x), torch.tensor(centers), k, block=32, lookahead=lookahead)
    assert got.tolist() == _plain(x, centers, k)


def test_far_clusters_far_from_the_centers() -> None:
    # Each cluster's items all look far until its first pick: the case in which most bounds are out of date.
    rng = np.random.default_rng(0)
    x = (rng.normal(size=(8, 16)) * 20)[rng.integers(0, 8, 600)] + rng.normal(size=(600, 16))
    x = x.astype(np.float32)
    got = k_center_greedy(torch.tensor(x), torch.tensor(x[:1]), 100, lookahead=8)
    assert got.tolist() == _plain(x, x[:1], 100)


def test_constant_items_are_picked_in_order() -> None:
    assert k_center_greedy(torch.full((700, 3), 0.3), torch.full((2, 3), 0.3), 600, lookahead=64).tolist() == list(
        range(600)
    )


def test_arguments_are_checked() -> None:
    x = torch.ones(4, 2)
    assert k_center_greedy(x, None, 0).tolist() == []
    with pytest.raises(ValueError, match=r"k must be in 0 \.\. 4, got 5"):
        k_center_greedy(x, None, 5)
    with pytest.raises(ValueError, match="centers have 3 columns, x has 2"):
        k_center_greedy(x, torch.ones(1, 3), 2)
    x[2] = torch.nan
    with pytest.raises(ValueError, match="1 of 4 rows of x are not finite"):
        k_center_greedy(x, None, 2)
    with pytest.raises(ValueError, match="1 of 4 rows of centers are not finite"):
        k_center_greedy(torch.ones(4, 2), x, 2)


def test_squares_that_overflow_are_named() -> None:
    with pytest.raises(ValueError, match="overflow float32"):
        k_center_greedy(torch.full((3, 2), 1e25), torch.zeros(1, 2), 1)


@pytest.mark.parametrize("lookahead", [1, 3, 256])
@pytest.mark.parametrize("n_centers", [0, 5])
def test_as_on_a_device_the_picks_are_the_same(lookahead: int, n_centers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    x = torch.randn(300, 3, generator=torch.Generator().manual_seed(2)).round(decimals=1)
    x[200:] = x[50:150]
    centers = x[:n_centers] + 0.05
    expected = k_center_greedy(x, centers, 300)
    monkeypatch.setattr(kcenter, "_Greedy", kcenter._GreedyOnDevice)
    assert torch.equal(k_center_greedy(x, centers, 300, lookahead=lookahead), expected)
