"""Sums that are added in the same order on every run, on CUDA too, where some of torch's are not."""

from __future__ import annotations

import torch
from torch import Tensor

_UNITS = 1 << 52
"""Parts of a total that entries are cut to: their sums stay whole numbers that float64 holds."""
_FLOATS = 1 << 24
"""Entries of a table of who belongs where."""


def running_sum(x: Tensor) -> Tensor:
    """(N,) float64 sums of the entries (N,), at least 0, up to each, as draws in proportion to them are looked up in.

    On CUDA entries are cut to 2^-52 of the total: whole numbers are added up the same in any order, floats are not.
    """
    if x.device.type == "cpu":
        return x.cumsum(dim=0, dtype=torch.float64)
    unit = x.sum(dtype=torch.float64).div_(_UNITS).clamp_(min=torch.finfo(torch.float64).tiny)
    return (x.double() / unit).long().cumsum(dim=0).double().mul_(unit)


def add_by_group(total: Tensor, group: Tensor, rows: Tensor) -> None:
    """Add each of the rows (n, D) to the one of ``total`` (k, D) that its group (n,) int64 names, in place.

    On CUDA by a product with who belongs where, which adds in a fixed order: ``2 n k D`` operations.
    """
    if total.device.type == "cpu":
        total.index_add_(0, group, rows)
        return
    numbers = torch.arange(len(total), device=total.device)[:, None]
    step = max(1, _FLOATS // max(1, len(total)))
    for some, own in zip(rows.split(step), group.split(step), strict=True):
        total.addmm_((own == numbers).to(rows.dtype), some)
