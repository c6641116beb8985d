"""The rule for constants that count training steps, worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch

from albench.api.horizon import kept_at, lasting_steps, momentum_at, window_at


def test_an_average_forgets_its_start_and_then_keeps_what_the_authors_say() -> None:
    steps = torch.tensor([0, 8, 199, 8_989, 8_990, 2**20])
    wanted = [0.1, 0.5, 200 / 209, 8_990 / 8_999, 0.999, 0.999]
    assert momentum_at(steps, 0.999).tolist() == pytest.approx(wanted)
    assert [kept_at(step) for step in (0, 8, 199)] == pytest.approx(wanted[:3])
    left = math.prod(kept_at(step) for step in range(20))
    assert left == pytest.approx(math.factorial(9) / math.prod(range(21, 30)))


def test_a_window_has_the_mean_age_of_such_an_average() -> None:
    """Of a moving average of momentum m a batch is m / (1 - m) steps old in the mean, of n batches (n - 1) / 2."""
    for step in (0, 26, 80, 197):
        momentum = kept_at(step)
        count = window_at(torch.tensor(step), 10**6).item()
        assert 0 <= momentum / (1 - momentum) - (count - 1) / 2 < 0.5
        assert count <= step + 1
    assert window_at(torch.tensor([0, 570, 571, 2**20]), 128).tolist() == [1, 127, 128, 128]


def test_what_lasts_has_the_authors_share_of_a_round_and_the_least_that_learning_takes() -> None:
    assert lasting_steps(200, 0.4) == pytest.approx(80)
    assert [lasting_steps(steps, 0.25, 1.0) for steps in (50, 200, 600, 1000)] == [50, 200, 200, 250]
    assert lasting_steps(200, 0.02, 0.1) == pytest.approx(20)
    assert lasting_steps(2**20, 0.25, 1.0, given=7) == 7


def test_it_gives_the_device_and_the_type_that_an_average_needs() -> None:
    found = momentum_at(torch.tensor(3), 0.9)
    assert (found.dtype, found.shape) == (torch.float32, ())
    assert window_at(torch.tensor(3), 9).dtype == torch.int64
