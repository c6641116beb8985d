"""What is scored roughly first is chosen as if all were scored exactly."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from albench.kernels import (
    NonFiniteScores,
    entropy,
    top_k,
    top_k_entropy,
    top_k_settled,
)


def _pool(n: int, n_classes: int, *, scale: float = 2.0, seed: int = 0) -> torch.Tensor:
    """Probabilities of which each comes twice."""
    logits = torch.randn(n // 2, n_classes, generator=torch.Generator().manual_seed(seed)) * scale
    return logits.softmax(dim=1).repeat(2, 1)


@given(scores=st.lists(st.integers(0, 6), min_size=1, max_size=30), share=st.floats(0, 1), seed=st.integers(0, 9))
def test_the_best_are_those_of_the_exact_scores_whatever_the_error(scores: list[int], share: float, seed: int) -> None:
    exact = torch.tensor(scores, dtype=torch.float64)
    noise = torch.rand(len(scores), generator=torch.Generator().manual_seed(seed), dtype=torch.float64) * 2 - 1
    k = round(share * len(scores))
    for absolute, relative in ((1.5, 0.0), (0.0, 0.3), (0.0, 0.0)):
        # As far off as |rough - exact| <= absolute + relative * |rough| lets it be.
        rough = exact / (1 - relative * noise) + absolute * noise
        picks = top_k_settled(rough, k, exact.__getitem__, absolute=absolute, relative=relative)
        assert picks.tolist() == top_k(exact, k).tolist()


def test_only_what_can_be_among_the_best_is_scored_exactly() -> None:
    rough, asked = torch.arange(100.0), []

    def exact(positions: torch.Tensor) -> torch.Tensor:
        asked.append(positions.tolist())
        return rough[positions]

    assert top_k_settled(rough, 3, exact, absolute=1.0).tolist() == [99, 98, 97]
    assert asked == [[95, 96, 97, 98, 99]]


def test_scores_that_are_not_finite_and_a_wrong_number_raise() -> None:
    rough = torch.tensor([1.0, torch.nan, torch.inf])
    with pytest.raises(NonFiniteScores, match="2 of 3 scores are not finite"):
        top_k_settled(rough, 1, rough.__getitem__)
    with pytest.raises(ValueError, match=r"k must be in 0 \.\. 2, got 3"):
        top_k_settled(rough[:2], 3, rough.__getitem__)


@pytest.mark.parametrize("scale", [0.01, 2.0, 40.0])
@pytest.mark.parametrize("n_classes", [2, 10])
def test_the_largest_entropies_are_those_of_all(scale: float, n_classes: int) -> None:
    probs = _pool(9000, n_classes, scale=scale)
    probs[7] = torch.eye(n_classes)[0]
    for k in (0, 1, 100, 9000):
        assert torch.equal(top_k_entropy(probs, k), top_k(entropy(probs), k))


def test_probabilities_that_are_not_finite_raise() -> None:
    probs = _pool(10, 3)
    probs[4] = torch.nan
    with pytest.raises(NonFiniteScores, match="1 of 10"):
        top_k_entropy(probs, 2)
