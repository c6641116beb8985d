"""k-means++ on factored vectors: against the materialised matrix, the plain algorithm and worked-out probabilities."""

from __future__ import annotations

import math
from collections import Counter
from itertools import permutations

import numpy as np
import pytest
import torch
from draws import generator
from hypothesis import given, settings
from hypothesis import strategies as st

from albench.errors import ContractError
from albench.kernels import NonFiniteScores, k_means_plus_plus


def _outer(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """(N, C * D): every item written out."""
    return torch.tensor(np.einsum("nc,nd->ncd", a.numpy(), b.numpy()).reshape(len(a), -1))


def _farthest(g: np.ndarray, k: int) -> list[int]:
    """Farthest first as it is written down, on the differences in float64, compared in float32."""
    g = g.astype(np.float64)
    picks = [int((g**2).sum(axis=1).astype(np.float32).argmax())]
    nearest = np.full(len(g), np.inf, dtype=np.float32)
    while len(picks) < k:
        nearest = np.minimum(nearest, ((g - g[picks[-1]]) ** 2).sum(axis=1).astype(np.float32))
        nearest[picks] = -1
        picks.append(int(nearest.argmax()))
    return picks


@given(
    seed=st.integers(0, 10_000),
    lookahead=st.sampled_from([2, 7, 64]),
    share=st.floats(0.01, 1),
    greedy=st.booleans(),
    far=st.booleans(),
)
@settings(deadline=None, max_examples=20)
def test_picks_are_those_on_the_materialised_matrix(
    seed: int, lookahead: int, share: float, greedy: bool, far: bool
) -> None:
    rng = np.random.default_rng(seed)
    n, c, d = int(rng.integers(1, 100)), int(rng.integers(1, 5)), int(rng.integers(1, 7))
    # Small whole numbers: products are exact, ties and duplicates abound.
    a = torch.tensor(rng.integers(-2, 3, (n, c)), dtype=torch.float32)
    b = torch.tensor(rng.integers(-3, 4, (n, d)) + (100 * rng.integers(0, 3, (n, 1)) if far else 0)).float()
    k = max(1, int(share * n))
    g = _outer(a, b)
    # As many columns in both: the slack of the bounds grows with them.
    width = max(c + d, 1 + c * d)
    b, g = torch.nn.functional.pad(b, (0, width - c - d)), torch.nn.functional.pad(g, (0, width - 1 - c * d))
    factored = k_means_plus_plus(a, b, k, generator=None if greedy else generator(seed), lookahead=lookahead)
    written = k_means_plus_plus(
        torch.ones(n, 1), g, k, generator=None if greedy else generator(seed), lookahead=lookahead
    )
    assert len(set(factored.tolist())) == k
    if greedy:
        assert factored.tolist() == written.tolist() == _farthest(g.numpy(), k)
    else:
        assert factored.tolist() == written.tolist()


@pytest.mark.parametrize("greedy", [True, False])
def test_real_numbers_in_many_blocks(greedy: bool) -> None:
    random = generator(0)
    a = torch.randn(2000, 4, generator=random).softmax(dim=1)
    b = torch.randn(2000, 8, generator=random) * torch.rand(2000, 1, generator=random)
    g = _outer(a, b)
    factored = k_means_plus_plus(a, b, 150, generator=None if greedy else generator(1), lookahead=32)
    written = k_means_plus_plus(torch.ones(2000, 1), g, 150, generator=None if greedy else generator(1), lookahead=32)
    assert torch.equal(factored, written)
    if greedy:
        assert factored.tolist() == _farthest(g.numpy(), 150)


@pytest.mark.parametrize("lookahead", [2, 64])
def test_sequences_have_the_probabilities_of_the_definition(lookahead: int) -> None:
    a = torch.tensor([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [2.0, 0.0], [1.0, 0.5]])
    b = torch.tensor([[1.0], [0.5], [1.0], [1.5], [-1.0]])
    g = _outer(a, b).double().numpy()
    square = ((g[:, None] - g[None]) ** 2).sum(axis=2)
    expected = {}
    for order in permutations([0, 1, 2, 4], 3):
        probability, picks = 1.0, [3]
        for pick in order:
            nearest = square[picks].min(axis=0)
            probability *= nearest[pick] / nearest.sum()
            picks.append(pick)
        expected[(3, *order)] = probability
    assert math.isclose(sum(expected.values()), 1.0)
    random = generator(0)
    n = 800
    seen = Counter(tuple(k_means_plus_plus(a, b, 4, generator=random, lookahead=lookahead).tolist()) for _ in range(n))
    assert set(seen) <= set(expected)
    chi_square = sum((seen[order] - n * p) ** 2 / (n * p) for order, p in expected.items())
    # 23 degrees of freedom: 49.7 is exceeded once in a thousand.
    assert chi_square < 49.7


def test_the_first_pick() -> None:
    a, b = torch.ones(4, 1), torch.tensor([[1.0], [-3.0], [3.0], [0.0]])
    assert k_means_plus_plus(a, b, 1).tolist() == [1]
    assert k_means_plus_plus(a, b, 2, first=3).tolist() == [3, 1]
    # From -3: 3 is 6 away, then 0 is 3 from both, then 1.
    assert k_means_plus_plus(a, b, 4).tolist() == [1, 2, 3, 0]


def test_what_is_left_coincides_with_picks() -> None:
    a, b = torch.full((1500, 2), 0.1), torch.full((1500, 3), 0.3)
    assert k_means_plus_plus(a, b, 1100).tolist() == list(range(1100))
    sampled = k_means_plus_plus(a, b, 1100, generator=generator(0)).tolist()
    assert sampled[0] == 0
    assert len(set(sampled)) == 1100
    assert sampled[1:] != sorted(sampled[1:])
    # One item differs: it comes right after the first.
    b[1234] = -0.3
    for drawn in (None, generator(3)):
        assert k_means_plus_plus(a, b, 1500, generator=drawn).tolist()[:2] == [0, 1234]
    assert k_means_plus_plus(torch.zeros(3, 2), b[:3], 3).tolist() == [0, 1, 2]


def test_arguments_are_checked() -> None:
    a, b = torch.ones(4, 2), torch.ones(4, 3)
    assert k_means_plus_plus(a, b, 0).tolist() == []
    with pytest.raises(ValueError, match=r"k must be in 0 \.\. 4, got 5"):
        k_means_plus_plus(a, b, 5)
    with pytest.raises(ValueError, match=r"\(4, 2\) and \(3, 3\)"):
        k_means_plus_plus(a, b[:3], 1)
    with pytest.raises(ValueError, match=r"first must be in 0 \.\. 3, got 4"):
        k_means_plus_plus(a, b, 1, first=4)
    for bad in (torch.nan, torch.inf, 1e25):
        b[2, 1] = bad
        with pytest.raises(NonFiniteScores, match="1 of 4 items") as error:
            k_means_plus_plus(a, b, 2)
        assert isinstance(error.value, ContractError)
    with pytest.raises(NonFiniteScores, match="1 of 4 items"):
        k_means_plus_plus(torch.zeros(4, 2), torch.where(b == 1.0, b, torch.inf), 2)
