"""Results of blocks, put together."""

from __future__ import annotations

import pytest
import torch

from albench.kernels import joined


def test_parts_are_joined_as_they_come() -> None:
    x = torch.arange(14).view(7, 2)
    assert torch.equal(joined(iter(x.split(3)), 7), x)
    assert torch.equal(joined([x[:0], x], 7), x)


def test_the_first_part_says_what_kind_of_rows_there_are() -> None:
    assert joined([torch.zeros(2, 3, 4, dtype=torch.float64)], 2).shape == (2, 3, 4)
    assert joined([torch.zeros(1, dtype=torch.int64)], 1).dtype == torch.int64
    with pytest.raises(StopIteration):
        joined([], 0)
