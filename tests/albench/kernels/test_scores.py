"""Scores of class probabilities."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from albench.kernels import entropy, margin, scores, top_probability


def test_entropy_and_margin() -> None:
    probs = torch.tensor([[0.5, 0.5, 0.0], [1.0, 0.0, 0.0], [0.25, 0.25, 0.5]])
    assert entropy(probs).tolist() == pytest.approx([math.log(2), 0.0, 1.5 * math.log(2)], abs=1e-6)
    assert margin(probs).tolist() == [0.0, 1.0, 0.25]
    with pytest.raises(ValueError, match="at least 2 classes"):
        margin(torch.ones(3, 1))


@pytest.mark.parametrize("score", [entropy, margin, top_probability])
def test_blocks_and_leading_dimensions_change_nothing(score: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    probs = torch.rand(3, 5000, 4, generator=torch.Generator().manual_seed(0)).softmax(dim=2)
    monkeypatch.setattr(scores, "_FLOATS", 1)  # blocks of 4,096 rows
    torch.testing.assert_close(score(probs), torch.stack([score(row) for row in probs.reshape(-1, 4)]).view(3, 5000))


def test_the_two_largest_make_the_margin_whatever_their_places() -> None:
    probs = torch.tensor([[0.1, 0.6, 0.3], [0.6, 0.3, 0.1], [0.3, 0.1, 0.6]])
    assert margin(probs).tolist() == pytest.approx([0.3] * 3)


def test_the_largest_probability_and_the_margin_are_the_same_with_a_gradient_as_without() -> None:
    # With one they are torch's, without NumPy's.
    probs = torch.rand(5000, 6, generator=torch.Generator().manual_seed(0)).softmax(dim=1)
    probs[3, 2] = torch.nan
    for score in (margin, top_probability):
        plain, watched = score(probs), score(probs.clone().requires_grad_()).detach()
        assert torch.equal(plain.nan_to_num(9), watched.nan_to_num(9))
        assert plain[3].isnan()
    assert top_probability(torch.tensor([[0.2, 0.8], [0.7, 0.3]])).tolist() == pytest.approx([0.8, 0.7])
