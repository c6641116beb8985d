"""Random, entropy and margin on views worked out by hand."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from albench.api import Strategy
from albench.errors import ContractError
from albench_uncertainty.random import Random
from albench_uncertainty.scores import Entropy, Margin


class FakeView(SimpleNamespace):
    def __len__(self) -> int:
        return self.n


def _view(probs: list[list[float]]) -> FakeView:
    return FakeView(n=len(probs), probs=torch.tensor(probs), rng=np.random.default_rng(0))


# Entropy ranks the flat third row first, margin the second row, whose two best classes tie.
PROBS = [[0.7, 0.2, 0.1], [0.48, 0.48, 0.04], [0.4, 0.35, 0.25], [0.98, 0.01, 0.01]]


def test_entropy_takes_the_flattest() -> None:
    assert Entropy().select(_view(PROBS), 3).tolist() == [2, 1, 0]


def test_margin_takes_the_closest_race() -> None:
    assert Margin().select(_view(PROBS), 3).tolist() == [1, 2, 0]


@pytest.mark.parametrize("strategy", [Entropy(), Margin()])
def test_non_finite_probabilities_raise(strategy: Strategy) -> None:
    view = _view([[float("nan"), 0.5], [0.5, 0.5]])
    with pytest.raises(ContractError, match="1 of 2 scores are not finite"):
        strategy.select(view, 1)


def test_random_draws_each_position_once_and_repeats_with_its_stream() -> None:
    def draw(seed: int, budget: int) -> list[int]:
        return Random().select(FakeView(n=50, rng=np.random.default_rng(seed)), budget).tolist()

    assert sorted(draw(0, 50)) == list(range(50))
    assert draw(1, 10) == draw(1, 10) != draw(2, 10)
    assert Random().select(FakeView(n=3, rng=np.random.default_rng(0)), 2).dtype == torch.int64


def test_random_is_uniform() -> None:
    rng = np.random.default_rng(5)
    counts = torch.zeros(6)
    for _ in range(3000):
        counts[Random().select(FakeView(n=6, rng=rng), 2)] += 1
    # Each position is expected 1,000 times with a standard deviation of 26.
    assert (counts - 1000).abs().max() < 130
