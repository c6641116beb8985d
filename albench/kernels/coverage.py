"""Coverage graphs, never stored: who lies in whose ball, counted in blocks."""

from __future__ import annotations

import torch
from torch import Tensor

from albench.kernels.unit import Rows

_ROWS = 2048
"""Items on each side of a product block."""


def cover_counts(x: Rows, similarity: float, *, items: Rows | None = None, counted: Tensor | None = None) -> Tensor:
    """How many items lie in the ball of each.

    Parameters
    ----------
    x
        (N, D) float32, or rows that are scaled where they are read: the centres of the balls.
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
    degree = torch.zeros(len(x), device=x.device)  # whole numbers below 2^24 are exact
    if items is not None:
        for columns in items.split(_ROWS):
            for rows, of_rows in zip(x.split(_ROWS), degree.split(_ROWS), strict=True):
                of_rows += (rows @ columns.T).ge_(similarity).sum(dim=1)
        return degree.long()
    # A product block serves its rows and its columns: half of all pairs.
    weight = torch.ones_like(degree) if counted is None else counted.to(degree)
    blocks = [slice(start, start + _ROWS) for start in range(0, len(x), _ROWS)]
    for place, own in enumerate(blocks):
        rows = x[own]
        for other in blocks[place:]:
            inside = (rows @ x[other].T).ge_(similarity)
            degree[own] += inside @ weight[other]
            if other is not own:
                degree[other] += inside.T @ weight[own]
    return degree.long()


def is_covered(x: Rows, centers: Rows, similarity: float) -> Tensor:
    """(N,) bool: items (N, D) in the ball of at least one of some centres (M, D); see ``cover_counts``."""
    covered = torch.zeros(len(x), dtype=torch.bool, device=x.device)
    for rows, of_rows in zip(x.split(_ROWS), covered.split(_ROWS), strict=True):
        for part in centers.split(_ROWS):
            of_rows |= (rows @ part.T >= similarity).any(dim=1)
    return covered
