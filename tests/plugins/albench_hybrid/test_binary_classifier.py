"""The classifier's written-out gradients and steps against torch's own."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from albench_hybrid.binary_classifier import BinaryClassifier


@pytest.mark.parametrize("hidden", [0, 5])
def test_steps_are_those_of_torchs_gradients_and_adam(hidden: int) -> None:
    generator = torch.Generator().manual_seed(0)
    batches = torch.randn(12, 20, 3, generator=generator)
    batches[:, :10, 0] += 1.0
    ours = BinaryClassifier(3, hidden, 0.05, torch.Generator().manual_seed(1), batches)
    layers = [(weight.clone().requires_grad_(), bias.clone().requires_grad_()) for weight, bias in ours._layers]
    optimizer = torch.optim.Adam([each for layer in layers for each in layer], lr=0.05)

    def log_odds(rows: torch.Tensor) -> torch.Tensor:
        for weight, bias in layers[:-1]:
            rows = torch.relu(rows @ weight + bias)
        return (rows @ layers[-1][0] + layers[-1][1])[:, 0]

    for batch in batches:
        odds = log_odds(batch)
        loss = functional.softplus(-odds[:10]).mean() + functional.softplus(odds[10:]).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        ours.step(batch)
    torch.testing.assert_close(ours.log_odds(batches[0]), log_odds(batches[0]).detach(), rtol=1e-5, atol=1e-5)
    # Learnt: the first kind is told apart by its first column.
    assert ours.log_odds(torch.tensor([[3.0, 0, 0], [-3.0, 0, 0]])).diff() < 0
