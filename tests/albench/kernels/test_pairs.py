"""Products of single pairs against those of all."""

from __future__ import annotations

import torch

from albench.kernels.pairs import pair_products


def test_each_pair_has_its_product() -> None:
    generator = torch.Generator().manual_seed(0)
    left, right = torch.randn(9, 33, generator=generator), torch.randn(7, 33, generator=generator)
    row, column = (torch.rand(9, 7, generator=generator) < 0.4).nonzero(as_tuple=True)
    torch.testing.assert_close(pair_products(left, right, row, column), (left @ right.T)[row, column])
    assert pair_products(left, right, row[:0], column[:0]).shape == (0,)
