"""Gains in float32 against float64, all at once against some, and drawn labels against torch's own."""

from __future__ import annotations

import pytest
import torch
from by_hand import random_samples

from albench_uncertainty.candidates import Candidates
from albench_uncertainty.joint import UNLIKELY, Joint


def joint(limit: int, seed: int = 3) -> Joint:
    probs = torch.tensor(random_samples(20, 50, 4, seed=seed)).float()
    return Joint(Candidates(probs), limit, 300, torch.Generator().manual_seed(0))


@pytest.mark.parametrize("limit", [10, 100, 5000])
def test_rough_gains_are_off_by_no_more_than_they_say(limit: int) -> None:
    known, every = joint(limit), torch.arange(50)
    for pick in (4, 30, 7, 11, 40, 2):
        exact = known.gains(every)
        error = (known.rough(every) - exact).abs().max()
        assert error <= known.error < 1e-4
        torch.testing.assert_close(known.gains(), exact, rtol=0, atol=1e-12)
        known.add(pick)


def test_unlikely_labels_are_left_out_of_rough_gains() -> None:
    likely = torch.tensor([1 - 1e-4, 1e-4]).repeat(5, 8, 1)
    probs = torch.cat([likely, torch.tensor(random_samples(5, 4, 2, seed=1)).float()], dim=1)
    known, every = Joint(Candidates(probs), 1000, 10, torch.Generator()), torch.arange(12)
    for pick in range(8):
        known.add(pick)
    found = known._likely()
    assert 0 < found.unlikely <= UNLIKELY
    assert sum(len(mass) for _, mass in found.blocks) == 9  # all likely, or one of eight not
    assert (known.rough(every) - known.gains(every)).abs().max() <= known.error


def test_labels_are_drawn_as_torch_draws_them() -> None:
    known, generator = joint(10), torch.Generator().manual_seed(5)
    known.generator = torch.Generator().manual_seed(5)
    weights = torch.rand(200, 7, dtype=torch.float64)
    assert torch.equal(known._labels(weights), weights.multinomial(1, generator=generator)[:, 0])
    assert torch.equal(known.generator.get_state(), generator.get_state())


def test_impossible_labels_are_left_out() -> None:
    probs = torch.tensor([[[1.0, 0.0], [0.5, 0.5]], [[1.0, 0.0], [0.2, 0.8]]])
    known = Joint(Candidates(probs), 100, 10, torch.Generator())
    known.take(probs[:, 0].T)
    assert float(known.least()) == 0
    known = known.anew()
    known.add(0)
    assert float(known.least()) == 1
