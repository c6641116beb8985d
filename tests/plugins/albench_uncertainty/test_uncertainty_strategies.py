"""Random draws, and the rankings by entropy, margin and least confidence: by hand and by scikit-activeml."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from albench.api import Strategy
from albench.errors import ContractError
from albench.kernels import NonFiniteScores
from albench.testing import make_view
from albench.trial.view import PoolView
from albench_uncertainty.random import Random
from albench_uncertainty.scores import Entropy, LeastConfidence, Margin

SCORES = [Entropy(), Margin(), LeastConfidence()]


def view_of(probs: list[list[float]] | np.ndarray) -> PoolView:
    """A view whose probabilities are written down: the head is the identity, the embeddings are their logarithms."""
    return make_view(torch.tensor(np.log(np.asarray(probs))), needs={"probs"})


# Entropy ranks the flat third row first, margin the second row, whose two best classes tie.
PROBS = [[0.7, 0.2, 0.1], [0.48, 0.48, 0.04], [0.4, 0.35, 0.25], [0.98, 0.01, 0.01]]


def test_entropy_takes_the_flattest() -> None:
    assert Entropy().select(view_of(PROBS), 3).tolist() == [2, 1, 0]
    flat = Entropy().scores(view_of([[0.25] * 4, [0.5, 0.5 - 2e-9, 1e-9, 1e-9]]))
    torch.testing.assert_close(flat, torch.tensor([np.log(4), np.log(2)], dtype=torch.float32), atol=1e-6, rtol=0)


def test_margin_takes_the_closest_race() -> None:
    assert Margin().select(view_of(PROBS), 4).tolist() == [1, 2, 0, 3]
    expected = torch.tensor([0.5, 1.0, 0.95, 0.03], dtype=torch.float64)
    torch.testing.assert_close(Margin().scores(view_of(PROBS)), expected, atol=1e-6, rtol=0)


def test_least_confidence_takes_the_smallest_top_probability() -> None:
    assert LeastConfidence().select(view_of(PROBS), 4).tolist() == [2, 1, 0, 3]
    expected = torch.tensor([0.3, 0.52, 0.6, 0.02], dtype=torch.float64)
    torch.testing.assert_close(LeastConfidence().scores(view_of(PROBS)), expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize(
    ("strategy", "method"),
    [(Entropy(), "entropy"), (Margin(), "margin_sampling"), (LeastConfidence(), "least_confident")],
)
def test_rankings_are_those_of_scikit_activeml(strategy: Strategy, method: str) -> None:
    from skactiveml.pool import uncertainty_scores

    logits = 2 * np.random.default_rng(3).normal(size=(200, 5))
    probs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    expected = uncertainty_scores(probs, method=method)
    view = view_of(probs)
    np.testing.assert_allclose(strategy.scores(view).numpy(), expected, atol=1e-6)
    assert strategy.select(view, 50).tolist() == np.argsort(-expected, kind="stable")[:50].tolist()


def test_digits_beyond_one_less_the_probability_in_float32_still_rank() -> None:
    # Top probabilities and gaps that differ by 2 ** -27: less than the spacing of float32 below 1.
    view = view_of([[1 / 16] * 16] * 2)
    probs = torch.full((2, 16), 1 / 16)
    probs[:, 0] += torch.tensor([2.0**-26, 2.0**-27])
    view.__dict__["_probs"] = probs
    assert (1 - probs.amax(dim=1)).unique().numel() == 1
    assert LeastConfidence().select(view, 1).tolist() == [1]
    assert Margin().select(view, 1).tolist() == [1]


@pytest.mark.parametrize("strategy", SCORES)
def test_ties_go_to_the_lowest_position(strategy: Strategy) -> None:
    assert strategy.select(view_of([[0.6, 0.4]] * 5), 3).tolist() == [0, 1, 2]
    assert strategy.select(view_of([[0.9, 0.1], [0.6, 0.4], [0.9, 0.1], [0.4, 0.6]]), 4).tolist() == [1, 3, 0, 2]


@pytest.mark.parametrize("strategy", SCORES)
def test_one_item_one_class_and_certain_items(strategy: Strategy) -> None:
    assert strategy.select(view_of([[0.5, 0.5]]), 1).tolist() == [0]
    one_class = view_of([[0.9, 0.05, 0.05], [0.6, 0.2, 0.2], [0.8, 0.1, 0.1]])
    assert strategy.select(one_class, 3).tolist() == [1, 2, 0]
    certain = make_view(torch.tensor([[200.0, 0.0], [0.0, 200.0], [1.0, 0.0]]))
    assert strategy.select(certain, 3).tolist() == [2, 0, 1]
    assert torch.isfinite(strategy.scores(certain)).all()


@pytest.mark.parametrize("strategy", SCORES)
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_non_finite_probabilities_raise(strategy: Strategy, value: float) -> None:
    view = make_view(torch.tensor([[value, 0.5], [0.5, 0.5], [0.1, 0.2]]))
    with pytest.raises(NonFiniteScores, match="1 of 3 scores are not finite") as raised:
        strategy.select(view, 1)
    assert isinstance(raised.value, ContractError)


def test_random_draws_each_position_once_and_repeats_with_its_stream() -> None:
    def draw(seed: int, budget: int) -> list[int]:
        return Random().select(make_view(torch.zeros(50, 2), needs=(), seed=seed), budget).tolist()

    assert sorted(draw(0, 50)) == list(range(50))
    assert draw(1, 10) == draw(1, 10) != draw(2, 10)
    assert Random().select(make_view(torch.zeros(3, 2)), 2).dtype == torch.int64
    assert Random().select(make_view(torch.full((1, 2), float("nan"))), 1).tolist() == [0]


def test_random_is_uniform() -> None:
    view = make_view(torch.zeros(6, 2), seed=5)
    counts = torch.zeros(6)
    for _ in range(3000):
        counts[Random().select(view, 2)] += 1
    # Each position is expected 1,000 times with a standard deviation of 26.
    assert (counts - 1000).abs().max() < 130
