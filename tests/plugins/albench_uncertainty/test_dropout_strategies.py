"""Strategies over dropout samples: samples written down, plain NumPy, scikit-activeml, and the real view."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from by_hand import entropy, random_samples
from torch import Tensor

from albench.api import Strategy
from albench.errors import ContractError
from albench.kernels import NonFiniteScores
from albench.testing import make_view
from albench.trial.view import PoolView
from albench_uncertainty.dropout import BALD, MeanStd, PowerBALD, VariationRatios

ALL = [VariationRatios(), MeanStd(), BALD(), PowerBALD()]


class Prescribed:
    """A view whose dropout samples (T, N, C) are written down; it keeps account of what was asked."""

    def __init__(self, samples: np.ndarray, seed: int = 0) -> None:
        self.samples = torch.tensor(samples, dtype=torch.float32)
        self._view = make_view(torch.zeros(samples.shape[1:]), needs=(), seed=seed)
        self.asked: list[tuple[int, float]] = []

    def __len__(self) -> int:
        return len(self._view)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._view, name)

    def mc_probs(self, samples: int, drop: float = 0.5) -> Iterator[Tensor]:
        assert samples == len(self.samples)
        self.asked.append((samples, drop))
        return (sample.clone() for sample in self.samples)


def prescribed(samples: np.ndarray, seed: int = 0) -> Any:
    return Prescribed(samples, seed)


# Three samples of four items: sure and agreeing, unsure and agreeing, sure and disagreeing, two against one.
HAND = np.array(
    [
        [[1.0, 0.0], [0.5, 0.5], [1.0, 0.0], [0.9, 0.1]],
        [[1.0, 0.0], [0.5, 0.5], [0.0, 1.0], [0.9, 0.1]],
        [[1.0, 0.0], [0.5, 0.5], [1.0, 0.0], [0.1, 0.9]],
    ]
)


def test_known_scores() -> None:
    view = prescribed(HAND)
    third = 1 / 3
    torch.testing.assert_close(VariationRatios(samples=3).scores(view), torch.tensor([0.0, 0.0, third, third]))
    # Of 1, 0, 1 the standard deviation is sqrt(2 / 9); 0.9, 0.9, 0.1 have 0.8 of it.
    deviation = math.sqrt(2 / 9)
    expected = torch.tensor([0.0, 0.0, deviation, 0.8 * deviation], dtype=torch.float64)
    torch.testing.assert_close(MeanStd(samples=3).scores(view), expected, atol=1e-7, rtol=1e-6)
    mixed = entropy([1.9 / 3, 1.1 / 3]) - entropy([0.9, 0.1])
    expected = torch.tensor([0.0, 0.0, entropy([2 / 3, 1 / 3]), mixed], dtype=torch.float64)
    torch.testing.assert_close(BALD(samples=3).scores(view), expected, atol=1e-7, rtol=1e-6)
    assert BALD(samples=3).select(view, 4).tolist() == [2, 3, 0, 1]


def test_the_options_reach_the_view_and_the_samples_are_read_once() -> None:
    for kind in (VariationRatios, MeanStd, BALD, PowerBALD):
        view = prescribed(HAND)
        kind(samples=3, drop=0.2).select(view, 1)
        assert view.asked == [(3, 0.2)]
        assert (kind().samples, kind().drop) == (20, 0.5)


def test_scores_of_random_samples_are_those_of_plain_numpy() -> None:
    view = prescribed(random_samples(20, 50, 4))
    stored = view.samples.double().numpy()
    torch.testing.assert_close(
        BALD().scores(view),
        torch.tensor(entropy(stored.mean(axis=0)) - entropy(stored).mean(axis=0)),
        atol=1e-14,
        rtol=0,
    )
    torch.testing.assert_close(MeanStd().scores(view), torch.tensor(stored.std(axis=0).mean(axis=1)))
    votes = (stored.argmax(axis=2)[:, :, None] == np.arange(4)).sum(axis=0)
    torch.testing.assert_close(VariationRatios().scores(view).double(), torch.tensor(1 - votes.max(axis=1) / 20))


def test_bald_is_that_of_scikit_activeml() -> None:
    from skactiveml.pool import batch_bald

    view = prescribed(random_samples(20, 60, 5, seed=7))
    expected = batch_bald(view.samples.double().numpy(), 1, random_state=0)[0]
    np.testing.assert_allclose(BALD().scores(view).numpy(), expected, atol=1e-6)
    assert BALD().select(view, 20).tolist() == np.argsort(-expected, kind="stable")[:20].tolist()


def test_small_disagreements_are_not_lost_in_rounding() -> None:
    # Two samples d apart: the standard deviation is d / 2, and the mutual information d^2 / 2 to second order.
    d = np.array([2.0**-20, 2.0**-16, 2.0**-18, 0.0])
    p = np.stack([0.5 + d / 2, 0.5 - d / 2])
    view = prescribed(np.stack([p, 1 - p], axis=2))
    torch.testing.assert_close(MeanStd(samples=2).scores(view), torch.tensor(d / 2), rtol=1e-9, atol=0)
    torch.testing.assert_close(BALD(samples=2).scores(view), torch.tensor(d**2 / 2), rtol=1e-2, atol=1e-15)
    assert BALD(samples=2).select(view, 3).tolist() == [1, 2, 0]


def test_power_bald_draws_in_proportion_to_a_power_of_the_scores() -> None:
    samples = HAND[:, [2, 3, 0]]
    view = prescribed(samples)
    scores = BALD(samples=3).scores(view).numpy()
    for power in (1.0, 2.0):
        strategy = PowerBALD(samples=3, power=power)
        pairs = np.array([strategy.select(view, 2).tolist() for _ in range(1500)])
        share = scores**power / (scores**power).sum()
        # 1,500 draws: a standard deviation of at most 0.013.
        np.testing.assert_allclose(np.bincount(pairs[:, 0], minlength=3) / 1500, share, atol=0.05)
        assert not (pairs == 2).any(), "no information comes last"


def test_power_bald_draws_pairs_without_replacement() -> None:
    # Plackett-Luce: p(i, j) = s_i / sum * s_j / (sum - s_i).
    samples = np.stack([np.stack([HAND[t, 2], HAND[t, 3], [0.7, 0.3] if t else [0.2, 0.8]]) for t in range(3)])
    view = prescribed(samples, seed=3)
    s = BALD(samples=3).scores(view).numpy()
    counts = np.zeros((3, 3))
    for _ in range(2000):
        i, j = PowerBALD(samples=3).select(view, 2).tolist()
        counts[i, j] += 1
    for i, j in itertools.permutations(range(3), 2):
        assert abs(counts[i, j] / 2000 - s[i] / s.sum() * s[j] / (s.sum() - s[i])) < 0.05


@pytest.mark.parametrize("power", [1e-3, 1.0, 50.0])
def test_items_without_information_come_last_at_any_power_and_in_any_order(power: float) -> None:
    samples = np.concatenate([HAND[:, [0, 1]], HAND[:, [2]], HAND[:, [0] * 8], HAND[:, [3]]], axis=1)
    orders = set()
    for seed in range(20):
        picks = PowerBALD(samples=3, power=power).select(prescribed(samples, seed), 12).tolist()
        assert set(picks[:2]) == {2, 11}
        assert sorted(picks) == list(range(12))
        orders.add(tuple(picks[2:]))
    assert len(orders) == 20


def test_the_stream_decides_what_is_drawn() -> None:
    samples = random_samples(5, 40, 3)
    first, again, other = (PowerBALD(samples=5).select(prescribed(samples, s), 10).tolist() for s in (1, 1, 2))
    assert first == again != other


def view_of(n: int = 30, seed: int = 0) -> PoolView:
    generator = torch.Generator().manual_seed(5)
    x, weight = torch.randn(n, 8, generator=generator), torch.randn(4, 8, generator=generator)
    return make_view(x, weight=weight, needs={"mc_probs"}, seed=seed)


@pytest.mark.parametrize("strategy", ALL)
def test_on_the_real_view(strategy: Strategy) -> None:
    picks = strategy.select(view_of(), 30)
    assert picks.dtype == torch.int64
    assert sorted(picks.tolist()) == list(range(30))
    first, again, other = (strategy.select(view_of(seed=s), 10).tolist() for s in (1, 1, 2))
    assert first == again != other
    assert strategy.select(make_view(torch.ones(1, 3)), 1).tolist() == [0]
    assert sorted(strategy.select(make_view(torch.ones(6, 3)), 6).tolist()) == list(range(6))
    one_class = make_view(torch.rand(9, 3), bias=torch.tensor([50.0, 0.0, 0.0]))
    assert len(set(strategy.select(one_class, 4).tolist())) == 4


@pytest.mark.parametrize("strategy", [VariationRatios(), MeanStd(), BALD()])
def test_samples_that_cannot_differ_leave_ties_to_the_lowest_position(strategy: Strategy) -> None:
    assert strategy.select(make_view(torch.zeros(6, 3)), 4).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("strategy", ALL)
@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_numbers_that_are_not_finite_raise(strategy: Strategy, value: float) -> None:
    broken = torch.ones(4, 3)
    broken[2] = value
    with pytest.raises(NonFiniteScores, match="1 of 4") as raised:
        strategy.select(make_view(broken), 2)
    assert isinstance(raised.value, ContractError)


@pytest.mark.parametrize("strategy", ALL)
def test_one_sample_that_is_not_finite_is_enough(strategy: Strategy) -> None:
    samples = random_samples(20, 7, 3)
    samples[11, 3] = np.nan
    with pytest.raises(NonFiniteScores, match="1 of 7"):
        strategy.select(prescribed(samples), 2)
