"""Exact nearest neighbours in blocks.

The cost is the matrix product. Where the items are their own queries each product block serves its rows *and* its
columns, which halves it. Choosing the best k is kept to a few per cent of the product: the maximum of every group of 16
entries is compared with the worst neighbour kept so far, and only groups that beat it are looked into. What passes
is collected and merged when there are about k new entries a row.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from albench.kernels.best_keys import GROUP, best_keys
from albench.kernels.blocks import joined
from albench.kernels.finite import require_finite
from albench.kernels.ordering import pack, unpack

Metric = Literal["cosine", "euclidean"]

_ROWS, _ROWS_ON_DEVICE = 8192, 1 << 16
"""Items prepared at once."""
_DIFFERENCES, _DIFFERENCES_ON_DEVICE = 1 << 18, 1 << 26
"""Numbers in the differences that are measured at once."""
_QUERY_FLOATS = 1 << 24
"""Numbers in the queries that are held ready at once."""
_HELD = 1 << 26
"""Numbers in the items that a device holds ready at once, and in their products with a block of queries."""
# Selection by the expanded square is only good to rounding, so a few more are kept and measured again.
SLACK = 8


def nearest_neighbors(
    x: Tensor,
    k: int,
    *,
    metric: Metric = "cosine",
    queries: Tensor | None = None,
    block: int | None = None,
) -> tuple[Tensor, Tensor]:
    """The k nearest items of ``x``, best first, for each query.

    Parameters
    ----------
    x
        (N, D) float32.
    k
        Number of neighbours; at most N, or N - 1 where the items are their own queries.
    metric
        ``"cosine"``: similarity, larger is nearer; a zero vector has similarity 0 to everything.
        ``"euclidean"``: distance, smaller is nearer.
    queries
        (Q, D) float32; by default the items themselves, each without itself (a duplicate still counts).
    block
        Rows of a product block; the extra memory is about ``8 * block**2`` bytes, plus a copy of ``x`` without queries.

    Returns
    -------
    Similarity or distance (Q, k) float32 and position (Q, k) int64. Equal values go to the lowest position. Values are
    exact up to float32 rounding of the products; Euclidean ones are measured again on the differences.

    Raises
    ------
    ValueError
        k is out of range, a shape is wrong, or an input is not finite.
    """
    check_neighbors(x, k, queries)
    available = len(x) - (queries is None)
    block = product_block(x.device) if block is None else -(-block // GROUP) * GROUP
    centre = x.mean(dim=0) if metric == "euclidean" else None
    keep = k if metric == "cosine" else min(k + SLACK, available)
    if queries is None:
        keys = own_neighbors(Prepared(x, centre), keep, block)
    else:
        keys = all_neighbors(queries, x, centre, keep, block)
    similarity, index = unpack(keys)
    if metric == "cosine":
        return similarity.clamp_(-1.0, 1.0), index
    return measure_again(x, x if queries is None else queries, index, k)


def similarity_to_others(x: Tensor, k: int, items: Tensor) -> Tensor:
    """Cosine similarity of some items to their k nearest others, best first; ``nearest_neighbors`` without its checks,
    so that a device is not waited for.

    Parameters
    ----------
    x
        (N, D) float32, finite.
    k
        1 .. N - 1.
    items
        (M,) int64 positions.

    Returns
    -------
    (M, k) float32.
    """
    similarity, index = unpack(all_neighbors(x[items], x, None, k + 1, product_block(x.device)))
    own = left_out(index, items)
    return similarity.clamp_(-1.0, 1.0).masked_fill_(own, -torch.inf).topk(k, dim=1).values


def left_out(index: Tensor, items: Tensor) -> Tensor:
    """(M, k + 1) bool, one True in each row: where an item (M,) is among its own nearest (M, k + 1), or else the last,
    as then k + 1 others are as near as itself.
    """
    own = index == items[:, None]
    own[:, -1] |= ~own.any(dim=1)
    return own


def check_neighbors(x: Tensor, k: int, queries: Tensor | None) -> None:
    """Check that the k nearest items can be told."""
    require_finite(**({"x": x} if queries is None else {"x": x, "queries": queries}))
    available = len(x) - (queries is None)
    if not 1 <= k <= available:
        raise ValueError(f"k must be in 1 .. {available} for {len(x)} items, got {k}")
    if queries is not None and queries.shape[1] != x.shape[1]:
        raise ValueError(f"queries have {queries.shape[1]} columns, x has {x.shape[1]}")


def product_block(device: torch.device) -> int:
    """Rows of a product block, whole groups."""
    return 1024 if device.type == "cpu" else 8192


def held_queries(size: int, block: int) -> int:
    """How many queries of so many numbers are held ready at once; whole blocks."""
    return max(block, _QUERY_FLOATS // max(1, size) // block * block)


class Prepared:
    """Items ready for products: rows scaled to length 1, or centred; padded with zeros to whole groups.

    Parameters
    ----------
    x, centre
        (N, D), and (D,) what is taken off in place of scaling.
    dtype
        Of the rows; scaled ones may be rounded to a coarser one for products that need not be exact.
    """

    def __init__(self, x: Tensor, centre: Tensor | None, dtype: torch.dtype = torch.float32) -> None:
        self.n = len(x)
        self.rows = x.new_zeros((-(-self.n // GROUP) * GROUP, x.shape[1]), dtype=dtype)
        filled = self.rows[: self.n]
        self.half_square: Tensor | None = None
        if centre is None:
            # Dividing by the largest entry first keeps tiny and huge vectors from under- or overflowing when squared.
            rows = _ROWS if x.device.type == "cpu" else _ROWS_ON_DEVICE
            for part, out in zip(x.split(rows), filled.split(rows), strict=True):
                scale = part.abs().amax(dim=1, keepdim=True)
                row = torch.div(part, torch.where(scale > 0, scale, 1.0), out=out if dtype == part.dtype else None)
                length = torch.linalg.vector_norm(row, dim=1, keepdim=True)
                row.div_(torch.where(length > 0, length, 1.0))
                if row is not out:
                    out.copy_(row)
        else:
            torch.sub(x, centre, out=filled)
            self.half_square = 0.5 * torch.linalg.vector_norm(self.rows, dim=1).square_()

    def product(self, other: Prepared, i: int, j: int, block: int, columns: int | None = None) -> Tensor:
        """Similarity of a block of rows with a block of another's rows, or so many; padding has -inf."""
        mine, others = slice(i, i + block), slice(j, j + (columns or block))
        out = (self.rows[mine] @ other.rows[others].T).float()
        if self.half_square is not None and other.half_square is not None:
            # -distance**2 / 2
            out.sub_(self.half_square[mine, None]).sub_(other.half_square[None, others])
        out[max(self.n - i, 0) :, :] = -torch.inf
        out[:, max(other.n - j, 0) :] = -torch.inf
        return out


def own_neighbors(items: Prepared, k: int, block: int) -> Tensor:
    """Keys (N, k): each block of the upper triangle is offered to its rows, and transposed to its columns."""
    device = items.rows.device
    starts = range(0, len(items.rows), block)
    best = [best_keys(min(block, len(items.rows) - s), k, device) for s in starts]
    for a, i in enumerate(starts):
        for b, j in enumerate(starts[a:], start=a):
            similarity = items.product(items, i, j, block)
            if a == b:
                similarity.fill_diagonal_(-torch.inf)
            else:
                best[b].offer(similarity, i, transposed=True)
            best[a].offer(similarity, j)
        best[a].merge()
    return torch.cat([part.keys for part in best])[: items.n]


def query_neighbors(queries: Prepared, x: Tensor, centre: Tensor | None, k: int, block: int) -> Tensor:
    """Keys (Q, k): each block of items is prepared once and offered to all queries."""
    starts = range(0, len(queries.rows), block)
    best = [best_keys(min(block, len(queries.rows) - i), k, x.device) for i in starts]
    columns = block
    if x.device.type != "cpu":  # which has no cache to stay in
        columns = max(block, _HELD // max(1, x.shape[1], min(block, len(queries.rows))) // GROUP * GROUP)
    for j in range(0, len(x), columns):
        items = Prepared(x[j : j + columns], centre, queries.rows.dtype)
        for part, i in zip(best, starts, strict=True):
            part.offer(queries.product(items, i, 0, block, columns), j)
    for part in best:
        part.merge()
    return torch.cat([part.keys for part in best])[: queries.n]


def all_neighbors(queries: Tensor, x: Tensor, centre: Tensor | None, k: int, block: int) -> Tensor:
    """Keys (Q, k), of as many queries at a time as are held ready."""
    parts = queries.split(held_queries(x.shape[1], block))
    return joined((query_neighbors(Prepared(part, centre), x, centre, k, block) for part in parts), len(queries))


def measure_again(x: Tensor, queries: Tensor, index: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Distances (Q, k) from the differences themselves of the k nearest, and their positions, nearest first.

    Parameters
    ----------
    x, queries
        (N, D) and (Q, D).
    index
        (Q, m) positions in ``x``, m >= k, among which they are.
    """
    distance = torch.empty(index.shape, device=x.device)
    numbers = _DIFFERENCES if x.device.type == "cpu" else _DIFFERENCES_ON_DEVICE
    rows = max(1, numbers // (index.shape[1] * x.shape[1]))
    for i in range(0, len(queries), rows):
        difference = x[index[i : i + rows]] - queries[i : i + rows, None]
        distance[i : i + rows] = torch.linalg.vector_norm(difference, dim=2)
    negative, chosen = unpack(pack(-distance, index).topk(k, dim=1).values)
    return negative.abs(), chosen
