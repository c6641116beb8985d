"""Which pairs of rows may be near, by products in the few directions in which rows are longest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from albench.kernels.blocks import joined
from albench.kernels.kmeans import k_means
from albench.kernels.unit import Rows

_ROWS = 8192
"""Rows of one block of copies."""
_SAMPLE = 4096
"""Items whose directions are looked for."""
_TURNS = 3
"""Rounds of doing so."""
_CELLS, _CELL_SIZE = 32, 32
"""Cells that items are sorted into, and directions that tell these apart."""
_GROUP = 256
"""Columns that are ruled out together."""
_TRIED_ROWS, _TRIED_GROUPS = 512, 8
"""Rows and groups of columns by which the cost of directions is told."""
_SIZES = (16, 32, 64, 128, 256)
"""Numbers of directions that are tried."""
_SLACK = 5e-5
"""What float32 products of rows of length 1, and their lengths, may be off by."""

# Nanoseconds of a pair on one core; no result depends on them.
_OVER, _EACH, _GATHERED, _ALONE = 0.7, 0.03, 1.5, 90.0


def leading_directions(x: Rows, size: int) -> Tensor:
    """(D, size) float32 orthonormal directions in which rows (N, D) of a sample are about as long as they can be.

    Halko, Martinsson and Tropp (2011), "Finding Structure with Randomness", algorithm 4.4, on the second moments.
    """
    rows = x[torch.arange(0, len(x), max(1, len(x) // _SAMPLE), device=x.device)]
    moments = (rows.T @ rows).double()
    found = torch.randn(len(moments), size, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for _ in range(_TURNS):
        found = torch.linalg.qr(moments @ found)[0]
    # Turned within themselves, so that the longest come first.
    turn = torch.linalg.eigh(found.T @ moments @ found)[1].flip(1)
    return (found @ turn).float()


def leading_rows(x: Rows, directions: Tensor, order: Tensor | None = None) -> Tensor:
    """Rows whose products bound those of whole rows from above.

    By Cauchy and Schwarz ``<u, v> <= <Pu, Pv> + |u - Pu| |v - Pv|``: what the directions leave of a row is one number
    more.

    Parameters
    ----------
    x
        (N, D) rows of length 1 at most.
    directions
        (D, K) orthonormal.
    order
        (N,) positions of the rows; by default as they stand.

    Returns
    -------
    (N, K + 1) float32. A product is less than that of the whole rows by 5e-5 at most.
    """
    n = len(x) if order is None else len(order)
    found = torch.empty(n, directions.shape[1] + 1)
    for start in range(0, n, _ROWS):
        part = slice(start, start + _ROWS)
        found[part, :-1] = (x[part] if order is None else x[order[part]]) @ directions
    return _completed(found)


def _completed(rows: Tensor) -> Tensor:
    """The same rows (N, K + 1) with what is left of each in the last column, and a little more."""
    for part in rows.split(_ROWS):
        part[:, -1] = (1 + _SLACK - part[:, :-1].square().sum(dim=1)).clamp_(min=0).sqrt_()
    return rows


def _shorter(rows: Tensor, size: int) -> Tensor:
    """(N, size + 1) rows in the first of their directions."""
    return _completed(joined((part[:, : size + 1].clone() for part in rows.split(_ROWS)), len(rows)))


@dataclass(frozen=True)
class Leading:
    """Rows in a few directions, and in more of them for what these leave.

    Attributes
    ----------
    few, more
        (N, K + 1) float32 of ``leading_rows``.
    """

    few: Tensor
    more: Tensor

    def __getitem__(self, rows: slice) -> Leading:
        few = self.few[rows]
        return Leading(few, few if self.more is self.few else self.more[rows])

    def near(self, other: Leading, similarity: float) -> tuple[Tensor, Tensor]:
        """Row and column (n,) int64, by column, of the pairs that may be as similar; all others are not."""
        least = similarity - _SLACK
        product = torch.empty(_GROUP, len(self.few))
        turned = self.few.T
        rows, columns = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
        for start in range(0, len(other.few), _GROUP):
            some = other.few[start : start + _GROUP]
            found = torch.mm(some, turned, out=product[: len(some)]).amax(dim=0).numpy()
            row = np.flatnonzero(found >= least)
            if not len(row):
                continue
            if self.more is self.few:
                again = product[: len(some), row]
            else:
                again = other.more[start : start + _GROUP] @ self.more[row].T
            place = np.flatnonzero(again.numpy().ravel() >= least)
            column, at = np.divmod(place, len(row))
            rows.append(row[at])
            columns.append(column + start)
        return torch.from_numpy(np.concatenate(rows)), torch.from_numpy(np.concatenate(columns))


def cells(x: Rows, directions: Tensor) -> tuple[Tensor, Tensor]:
    """The cell of each item (N,) int64, and how near it is to its middle (N,) float32.

    Items of one cell, the nearest to its middle first, are near to the same others, so that stretches of them are ruled
    out together.
    """
    rows = leading_rows(x, directions[:, :_CELL_SIZE])[:, :-1]
    sample = rows[:: max(1, len(rows) // _SAMPLE)].contiguous()
    centers, _ = k_means(sample, min(_CELLS, len(sample)), generator=torch.Generator().manual_seed(0), iterations=5)
    product = rows @ centers.T
    cell = (product - 0.5 * centers.square().sum(dim=1)).argmax(dim=1)
    return cell, product.gather(1, cell[:, None])[:, 0]


def leading(
    x: Rows, order: Tensor, n_columns: int, similarity: float, directions: Tensor, cost: float
) -> Leading | None:
    """Rows in so many of the directions that telling which are near by them takes least.

    Parameters
    ----------
    x, order
        (N, D) rows of length 1, and (N,) the order that they are wanted in.
    n_columns
        How many of the first are columns.
    cost
        Of a pair by its whole product, in that of one in float32; None where nothing takes less.
    """
    width = min(_GROUP, len(order))
    rows = leading_rows(x, directions, order[width // 2 :: max(1, len(order) // _TRIED_ROWS)])
    starts = range(0, max(1, n_columns - width), max(1, n_columns // _TRIED_GROUPS))
    columns = leading_rows(x, directions, torch.cat([order[start : start + width] for start in starts]))
    sizes = [size for size in (*_SIZES, directions.shape[1]) if size <= directions.shape[1]]
    left = [
        ((_shorter(columns, size) @ _shorter(rows, size).T) >= similarity - _SLACK).view(len(starts), width, -1)
        for size in sizes
    ]
    of_groups = [float(inside.any(dim=1).float().mean()) for inside in left]
    of_pairs = [float(inside.float().mean()) for inside in left]
    best, chosen = (_OVER + _EACH * x.shape[1]) * cost, None
    for first, size in enumerate(sizes):
        for second, larger in enumerate(sizes[first:], start=first):
            again = of_groups[first] * (_GATHERED + _EACH * larger) + of_pairs[second] * _ALONE
            if _OVER + _EACH * size + again < best:
                best, chosen = _OVER + _EACH * size + again, (size, larger)
    if chosen is None:
        return None
    few, more = chosen
    found = leading_rows(x, directions[:, :more], order)
    return Leading(found if few == more else _shorter(found, few), found)
