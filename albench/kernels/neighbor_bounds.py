"""How near an item's neighbours can be at most, by products of half the precision, which take half the time."""

from __future__ import annotations

from functools import cached_property

import torch
from torch import Tensor, nn

from albench.kernels.best_keys import GROUP, best_keys
from albench.kernels.blocks import joined
from albench.kernels.finite import require_finite
from albench.kernels.leading import leading_directions, leading_rows
from albench.kernels.neighbors import (
    Prepared,
    held_queries,
    left_out,
    own_neighbors,
    product_block,
    query_neighbors,
)
from albench.kernels.ordering import unpack
from albench.kernels.unit import Rows, UnitRows

_FLOATS = 1 << 22
"""Products in one block."""
_ROWS = 8192
"""Rows scaled at once."""
FLOAT_ERROR = 5e-5
"""By how much a float32 product of two rows of length 1 may be off, and more."""
_ALL_FROM = 0.6
"""Share of the items from which on all of them, two at a time, cost less."""


def similarity_bounds(x: Tensor, k: int, items: Tensor) -> Tensor:
    """Upper bounds of the mean cosine similarity of some items to their k nearest others.

    Parameters
    ----------
    x
        (N, D) float32.
    k
        Number of neighbours, 1 .. N - 1.
    items
        (M,) int64 distinct positions.

    Returns
    -------
    (M,) float32; above the mean of the similarities of ``nearest_neighbors``, by no more than 0.012 (0.0001 where the
    processor has no products in bfloat16).

    Raises
    ------
    NonFiniteScores
        Rows are not finite; the message counts them.
    ValueError
        k is out of range.
    """
    require_finite(x=x)
    if not 1 <= k <= len(x) - 1:
        raise ValueError(f"k must be in 1 .. {len(x) - 1} for {len(x)} items, got {k}")
    dtype, block = coarse_dtype(x.device), product_block(x.device)
    if len(items) >= _ALL_FROM * len(x):
        similarity = unpack(own_neighbors(Prepared(x, None, dtype), k, block))[0][items]
        return (similarity + coarse_error(similarity, dtype)).mean(dim=1)
    parts = items.split(held_queries(x.shape[1], block))
    keys = joined(
        (query_neighbors(Prepared(x[part], None, dtype), x, None, k + 1, block) for part in parts), len(items)
    )
    similarity, index = unpack(keys)
    similarity = (similarity + coarse_error(similarity, dtype)).masked_fill_(left_out(index, items), 0.0)
    return similarity.sum(dim=1) / k


class LeadingBounds:
    """Upper bounds of the mean cosine similarity of items to their k nearest others, by a few numbers of each item.

    What is left out of a row by its products with the directions in which rows are longest adds to a product no more
    than the lengths of what is left (``leading_rows``).

    Parameters
    ----------
    x
        (N, D) float32 on the CPU.
    k
        Number of neighbours, 1 .. N - 1.
    size
        How many directions; a product takes ``size / D`` of the time of a whole one.

    Raises
    ------
    NonFiniteScores
        When it is called: rows are not finite; the message counts them.
    """

    def __init__(self, x: Tensor, k: int, size: int) -> None:
        self._x, self._k, self._size = x, k, size

    @cached_property
    def _rows(self) -> Tensor:
        directions = leading_directions(UnitRows(self._x), self._size)
        parts = (Prepared(part, None).rows[: len(part)] for part in self._x.split(_ROWS))  # of length 1 to rounding
        return joined((leading_rows(part, directions) for part in parts), len(self._x))

    def __call__(self, items: Tensor) -> Tensor:
        """(M,) float32 bounds for some (M,) positions."""
        block = product_block(self._rows.device)
        return joined((self._of_block(self._rows[part]) for part in items.split(block)), len(items))

    def _of_block(self, rows: Tensor) -> Tensor:
        best = best_keys(len(rows), self._k + 1, rows.device)
        block = product_block(rows.device)
        for start in range(0, len(self._rows), block):
            columns = self._rows[start : start + block]
            product = nn.functional.pad(rows @ columns.T, (0, -len(columns) % GROUP), value=-torch.inf)
            best.offer(product, start)
        best.merge()
        # The largest is an item's own, as none of another is longer.
        return unpack(best.keys[:, 1:])[0].mean(dim=1) + 2 * FLOAT_ERROR


def nearest_of_other_groups(x: Rows, items: Tensor, group: Tensor, *, exact: bool) -> tuple[Tensor, Tensor]:
    """Bounds of the similarity of some items to the nearest one of another group.

    Parameters
    ----------
    x
        (N, D) float32 rows of length 1, or rows that are scaled where they are read.
    items
        (M,) int64 positions.
    group
        (N,) int64.
    exact
        Whether products are exact: then both bounds are the similarity itself.

    Returns
    -------
    Lower and upper bounds (M,) float32; -1 where all are of one group.
    """
    dtype = torch.float32 if exact else coarse_dtype(x.device)
    rows, own = x[items].to(dtype), group[items, None]
    nearest = rows.new_full((len(rows),), -1.0)
    step = max(1, _FLOATS // max(1, len(rows)))
    for start in range(0, len(x), step):
        product = rows @ x[start : start + step].to(dtype).T
        product.masked_fill_(own == group[start : start + step], -1.0)
        nearest = torch.maximum(nearest, product.amax(dim=1))
    if exact:
        return nearest, nearest
    nearest = nearest.float()
    error = coarse_error(nearest, dtype)
    return nearest - error, nearest + error


def coarse_pays(device: torch.device) -> bool:
    """Whether a device has faster products than float32 ones for what need not be exact: a CPU's of bfloat16."""
    return device.type == "cpu" and bool(getattr(torch.cpu, "_is_avx512_bf16_supported", bool)())


def coarse_dtype(device: torch.device) -> torch.dtype:
    """What rows of length 1 are rounded to where products need not be exact."""
    return torch.bfloat16 if coarse_pays(device) else torch.float32


def coarse_error(product: Tensor, dtype: torch.dtype) -> Tensor:
    """By how much a product of two rows of length 1, rounded to ``dtype``, may be off.

    An entry is off by 2^-9 of itself in bfloat16, so that by Cauchy and Schwarz each row adds at most 2^-9, and so
    does what the product itself is rounded to, of its own size.
    """
    if dtype == torch.float32:
        return torch.full_like(product, FLOAT_ERROR)
    return product.abs().float().mul(2.0**-9).add_(2.0**-8).mul_(1.02).add_(FLOAT_ERROR)
