"""What a step is told beside its batch, in Python's numbers and in tensors: the same step."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from albench.suite.protocol import Protocol
from albench.training.timed import move_averages, rates_of, single


def test_rates_follow_the_schedule_and_the_age_of_the_weights() -> None:
    protocol = Protocol(lr=0.1, ema=0.9, schedule="cosine")
    lr, moved = rates_of(protocol, 8, 16, 2, narrow=False)
    assert isinstance(lr, float)
    assert lr == pytest.approx(0.1 * np.cos(7 * np.pi / 32))
    assert moved == 1 - 3 / 12
    assert rates_of(protocol, 8, 16, 10_000, narrow=False).moved == pytest.approx(0.1)
    assert rates_of(protocol, 8, 16, 2, narrow=True) == (float(np.float32(lr)), moved)


@pytest.mark.parametrize("value", [0.1, 1e-30, 3.0, 0.029_999_999])
def test_single_is_float32(value: float) -> None:
    assert single(value) == float(np.float32(value))


@pytest.mark.parametrize("share", [0.001, 0.3, 0.5, 0.9])
def test_averages_move_alike_by_a_number_and_by_a_tensor(share: float) -> None:
    """By both of lerp's formulas, for sizes with and without a rest, and for images whose channels come last."""
    made = torch.Generator().manual_seed(0)
    sizes = [(3,), (), (17, 5), (2, 3, 5, 5)]
    values = [torch.randn(size, generator=made) for size in sizes]
    values[-1] = values[-1].contiguous(memory_format=torch.channels_last)
    starts = [torch.randn(size, generator=made) for size in sizes]
    starts[-1] = starts[-1].contiguous(memory_format=torch.channels_last)
    by_number, by_tensor = ([each.clone() for each in starts] for _ in range(2))
    move_averages(by_number, values, share)
    move_averages(by_tensor, values, torch.tensor(share))
    for one, other, start, value in zip(by_number, by_tensor, starts, values, strict=True):
        assert torch.equal(one, other)
        assert torch.allclose(one, start + share * (value - start), atol=1e-6)
