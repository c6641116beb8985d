"""Products of single pairs of rows."""

from __future__ import annotations

import warnings

import torch
from torch import Tensor


def pair_products(left: Tensor, right: Tensor, row: Tensor, column: Tensor) -> Tensor:
    """(n,) products, up to float32 rounding, of pairs of rows, without copies of these.

    Parameters
    ----------
    left, right
        (N, D) and (M, D) float32 on the CPU.
    row, column
        (n,) int64 positions in them, rows in ascending order.
    """
    starts = torch.zeros(len(left) + 1, dtype=torch.int64)
    starts[1:] = torch.bincount(row, minlength=len(left)).cumsum(dim=0)
    size = len(left), len(right)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta state")
        wanted = torch.sparse_csr_tensor(starts, column, torch.zeros(len(row)), size, check_invariants=False)
        return torch.sparse.sampled_addmm(wanted, left, right.T, beta=0.0).values()
