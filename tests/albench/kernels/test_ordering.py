"""Keys that sort by value and position."""

from __future__ import annotations

import torch

from albench.kernels.ordering import WORST, pack, unpack


def test_packed_keys_sort_by_value_then_position() -> None:
    values = torch.tensor([-torch.inf, -2.5, -0.0, 0.0, 1e-38, 3.0, 3.0, torch.inf])
    positions = torch.tensor([9, 8, 7, 1, 0, 2**31 - 1, 4, 3])
    keys = pack(values, positions)
    assert keys.argsort().tolist() == [0, 1, 2, 3, 4, 5, 6, 7]
    back, where = unpack(keys)
    assert back.tolist() == values.tolist()
    assert where.tolist() == positions.tolist()


def test_nothing_sorts_before_the_worst_and_equal_values_go_to_the_lowest_position() -> None:
    keys = pack(torch.full((3,), -torch.inf), torch.tensor([0, 1, 2**31 - 1]))
    assert bool((keys > WORST).all())
    assert keys.argmax().item() == 0
