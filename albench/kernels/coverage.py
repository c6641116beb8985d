"""Coverage graphs, never stored: who lies in whose ball, counted in blocks."""

from __future__ import annotations

import torch
from torch import Tensor

_ROWS = 2048
"""Items on each side of a product block."""


def cover_counts(x: Tensor, similarity: float, *, items: Tensor | None = None, counted: Tensor | None = None) -> Tensor:
    """How many items lie in the ball of each.

    Parameters
    ----------
    x
        (N, D) float32, the centres of the balls.
    similarity
        Smallest inner product inside a ball. For rows of length 1 a ball of radius r is ``1 - r**2 / 2``.
    items
        (M, D) what is counted; by default ``x`` itself, each item in its own ball.
    counted
        (N,) bool, without ``items``: which rows of ``x`` count; by default all.

    Returns
    -------
    (N,) int64. The cost is a product of N * M * D, half of that where ``x`` is counted itself and most rows of it.
    """
    if items is not None and counted is not None:
        raise ValueError("give items or counted, not both")
    if counted is not None and 2 * int(counted.sum()) <= len(x):
        items = x[counted]
    degree = x.new_zeros(len(x))  # whole numbers below 2^24 are exact
    if items is not None:
        for columns in items.split(_ROWS):
            for rows, of_rows in zip(x.split(_ROWS), degree.split(_ROWS), strict=True):
                of_rows += (rows @ columns.T).ge_(similarity).sum(dim=1)
        return degree.long()
    # A product block serves its rows and its columns: half of all pairs.
    weight = torch.ones_like(degree) if counted is None else counted.to(degree)
    blocks = list(zip(x.split(_ROWS), weight.split(_ROWS), degree.split(_ROWS), strict=True))
    for place, (rows, weight_rows, of_rows) in enumerate(blocks):
        for columns, weight_columns, of_columns in blocks[place:]:
            inside = (rows @ columns.T).ge_(similarity)
            of_rows += inside @ weight_columns
            if columns is not rows:
                of_columns += inside.T @ weight_rows
    return degree.long()


def is_covered(x: Tensor, centers: Tensor, similarity: float) -> Tensor:
    """(N,) bool: items (N, D) in the ball of at least one of some centres (M, D); see ``cover_counts``."""
    covered = torch.zeros(len(x), dtype=torch.bool, device=x.device)
    for rows, of_rows in zip(x.split(_ROWS), covered.split(_ROWS), strict=True):
        for part in centers.split(_ROWS):
            of_rows |= (rows @ part.T >= similarity).any(dim=1)
    return covered
