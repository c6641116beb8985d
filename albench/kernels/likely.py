"""Which items may be the nearest by Euclidean distance, told without measuring any."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from albench.kernels.blocks import joined
from albench.kernels.neighbors import SLACK, Prepared, all_neighbors, check_neighbors, product_block
from albench.kernels.ordering import pack, unpack

_ITEMS = 8192
"""Items of which the similarities to a query stay in the cache."""
_FLOATS = 1 << 20
"""Similarities in one block."""
_QUERIES = 4096
"""Queries prepared at once."""


def likely_neighbors(x: Tensor, k: int, queries: Tensor) -> tuple[Tensor, Tensor]:
    """The items of ``x`` that may be the k nearest of each query by Euclidean distance, before any is measured.

    Parameters
    ----------
    x, queries
        (N, D) and (Q, D) float32.
    k
        Number of neighbours, 1 .. N.

    Returns
    -------
    Positions (Q, k + 8) int64, or (Q, N) where there are fewer, of which ``measure_again`` makes what
    ``nearest_neighbors`` gives; and (Q,) bool, whether the first k of them are the k nearest for certain, whatever
    rounding did.

    Raises
    ------
    ValueError
        k is out of range, a shape is wrong, or an input is not finite.
    """
    check_neighbors(x, k, queries)
    centre = x.mean(dim=0)
    n_kept = min(k + SLACK, len(x))
    few = x.device.type == "cpu" and len(x) <= _ITEMS
    keys = (
        _of_few(queries, x, centre, n_kept)
        if few
        else all_neighbors(queries, x, centre, n_kept, product_block(x.device))
    )
    similarity, index = unpack(keys)
    if k == len(x) or not len(queries):
        return index, torch.ones_like(index[:, 0], dtype=torch.bool)
    # Similarities are -distance^2 / 2, of three terms that each may be off; the item's square is about the query's.
    lengths = (torch.linalg.vector_norm(part - centre, dim=1) for part in queries.split(_QUERIES))
    square = joined(lengths, len(queries)).square_() + similarity[:, k].abs()
    error = (8.0 + 2.0 * x.shape[1] ** 0.5) * torch.finfo(torch.float32).eps * square
    return index, similarity[:, k - 1] - similarity[:, k] > 2.0 * error


def _of_few(queries: Tensor, x: Tensor, centre: Tensor, k: int) -> Tensor:
    """Keys (Q, k), sorted, where all similarities of a block of queries are there at once."""
    items = Prepared(x, centre)
    block = max(1, _FLOATS // len(items.rows))
    keys = torch.empty(len(queries), k, dtype=torch.int64)
    for part, out in zip(queries.split(_QUERIES), keys.split(_QUERIES), strict=True):
        some = Prepared(part, centre)
        for start in range(0, len(part), block):
            rows = out[start : start + block]
            similarity = some.product(items, start, 0, block, len(items.rows))
            _best_keys(similarity[: len(rows), : len(x)], k, rows)
    return keys


def _best_keys(similarity: Tensor, k: int, out: Tensor) -> None:
    """Put the k largest keys (n, k) of similarities (n, m) into ``out``, sorted."""
    numbers = similarity.numpy()
    n, m = numbers.shape
    # NumPy finds the k-th largest without moving positions along, in a quarter of the time of torch's topk.
    split = numbers.copy()
    split.partition(m - k, axis=1)
    found = np.flatnonzero(numbers >= split[:, m - k, None])
    if len(found) > n * k:  # others are as similar as the k-th
        out.copy_(pack(similarity, torch.arange(m)).topk(k, dim=1).values)
        return
    row = np.arange(n)[:, None]
    column = found.reshape(n, k) - m * row
    keys = pack(torch.from_numpy(numbers[row, column]), torch.from_numpy(column))
    out.copy_(keys.sort(dim=1, descending=True).values)
