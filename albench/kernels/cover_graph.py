"""Who lies in whose ball: degrees in one pass over all pairs, and the pairs themselves where these are few."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from albench.kernels.coverage import cover_counts, is_covered
from albench.kernels.leading import Leading, cells, leading, leading_directions
from albench.kernels.neighbor_bounds import FLOAT_ERROR, coarse_dtype, coarse_error
from albench.kernels.pairs import pair_products
from albench.kernels.unit import Rows

_COLUMNS, _ROWS = 4096, 1024
"""Items on the sides of a product block."""
_HELD = 1 << 23
"""Pairs that are held at most; where there are more, balls are measured anew."""
_SPARSE = 1 / 64
"""Share of a block's pairs from which on measuring all of them exactly takes less time than each by itself."""
_LEADING_FROM = 2048
"""Items that count from which on directions are looked for in which most pairs are told to be far."""
_MOST_DIRECTIONS = 320
"""Of them, and no more than five eighths of the numbers in a row."""
_COARSE = 0.45
"""Time of a coarse product in that of an exact one."""
_DENSE = 1 / 6
"""Share of a block's pairs from which on measuring all of them takes less time than one after the other."""
_GROUP = 32
"""Pairs whose products are made together: those of fewer than 16 rows may be rounded in another order."""


class CoverGraph:
    """How many counted items lie in the ball of each, while fewer and fewer count.

    On a CPU pairs are told apart by coarse products first, where it has them (``similarity_bounds``), and those within
    their error of the radius by exact ones.

    Parameters
    ----------
    x
        (N, D) float32 rows of length 1, or rows that are scaled where they are read: the centres of the balls.
    similarity
        Smallest inner product inside a ball of radius r, ``1 - r**2 / 2``.
    counted
        (N,) bool, who counts.

    Attributes
    ----------
    degree
        (N,) int64 how many counted items each ball holds.
    """

    def __init__(self, x: Rows, similarity: float, counted: Tensor) -> None:
        self._x, self._similarity = x, similarity
        self._balls: _Balls | None = None
        if x.device.type != "cpu":
            self.degree = cover_counts(x, similarity, counted=counted)
            return
        self.degree = torch.zeros(len(x), dtype=torch.int64)
        pairs = _Pairs(x, similarity, counted)
        # One stretch of memory, whose pages are used as they are filled: a list of parts would keep the blocks apart.
        held = torch.empty(2, _HELD, dtype=torch.int32)
        n_held = 0
        for inside, rows, columns in pairs:
            if isinstance(inside, Tensor):
                if n_held + 2 * int(inside.count_nonzero()) > _HELD:
                    n_held = _HELD + 1
                    self._add(inside, rows, columns, pairs.n_counted)
                    continue
                row, column = inside.nonzero(as_tuple=True)
                inside = row, column
            center, member = rows.start + inside[0], columns.start + inside[1]
            if rows.start >= columns.stop:  # the block serves its rows and, where these count, its columns
                both = center < pairs.n_counted
                center, member = torch.cat([center, member[both]]), torch.cat([member, center[both]])
            self.degree += torch.bincount(center, minlength=len(x))
            if n_held + len(center) <= _HELD:
                held[0, n_held : n_held + len(center)] = member
                held[1, n_held : n_held + len(center)] = center
            n_held += len(center)
        place = torch.empty_like(pairs.order)
        place[pairs.order] = torch.arange(len(x))
        self.degree = self.degree[place]
        if n_held <= _HELD:
            self._balls = _Balls(held[:, :n_held], pairs.order, place, pairs.n_counted)

    def _add(self, inside: Tensor, rows: slice, columns: slice, n_counted: int) -> None:
        self.degree[rows] += inside.sum(dim=1)
        if rows.start >= columns.stop:
            self.degree[columns] += inside[: max(0, n_counted - rows.start)].sum(dim=0)

    def inside(self, center: int) -> Tensor:
        """(N,) bool, of those who counted at first: who lies in the ball of one item. Of others it says nothing."""
        if self._balls is None:
            return is_covered(self._x, self._x[center : center + 1], self._similarity)
        mask = torch.zeros(len(self._x), dtype=torch.bool)
        mask[self._balls.counted_in(center)] = True
        return mask

    def uncount(self, items: Tensor) -> None:
        """Some items (N,) bool that counted do no longer."""
        if self._balls is None:
            self.degree -= cover_counts(self._x, self._similarity, items=self._x[items])
        else:
            self.degree -= torch.bincount(self._balls.around(items), minlength=len(items))


class _Balls:
    """The balls of the items that counted at first.

    Parameters
    ----------
    pairs
        (2, E) int32 places, among ``order``, of a counted item and of one in its ball.
    order, place
        (N,) position of each place, those that count first, and place of each position.
    """

    def __init__(self, pairs: Tensor, order: Tensor, place: Tensor, n_counted: int) -> None:
        self._owner, by_owner = pairs[0].sort(stable=True)
        self._member = order.int()[pairs[1, by_owner]]
        self._size = torch.bincount(self._owner, minlength=n_counted)
        self._start = self._size.cumsum(dim=0) - self._size
        self._order, self._place = order, place

    def counted_in(self, center: int) -> Tensor:
        """Positions of the items in the ball of any one."""
        return self._order[self._owner[self._member == center]]

    def around(self, items: Tensor) -> Tensor:
        """Positions of all in the balls of some items (N,) bool that counted, one ball after the other."""
        places = self._place[items]
        size = self._size[places]
        first = self._start[places] - (size.cumsum(dim=0) - size)
        return self._member[first.repeat_interleave(size) + torch.arange(int(size.sum()))]


class _Pairs:
    """Blocks of the pairs of any item and a counted one that is in its ball, each two items once.

    Yields what is inside, and the places of a block's rows and columns. Inside are (2, n) rows and columns in the
    block, or where they are many a mask (rows, columns).

    Attributes
    ----------
    order
        (N,) position of each place, those that count first.
    """

    def __init__(self, x: Rows, similarity: float, counted: Tensor) -> None:
        self._x, self._similarity = x, similarity
        self.order = torch.cat([counted.nonzero()[:, 0], (~counted).nonzero()[:, 0]])
        self.n_counted = int(counted.sum())
        self._dtype = coarse_dtype(x.device)
        error = float(coarse_error(torch.tensor(similarity), self._dtype))
        self._surely = similarity + error
        self._perhaps = similarity - error - 2.0**-9  # which is rounded to bfloat16 itself
        if self._dtype == torch.float32:
            self._perhaps = similarity
        self._leading = self._in_directions()

    def _in_directions(self) -> Leading | None:
        """Rows in directions in which most pairs are told to be far; items are sorted by cells for it."""
        size = min(_MOST_DIRECTIONS, 5 * self._x.shape[1] // 8)
        if self.n_counted < _LEADING_FROM or size < 1:
            return None
        directions = leading_directions(self._x, size)
        cell, nearness = cells(self._x, directions)
        outside = (torch.arange(len(cell)) >= self.n_counted).long()
        by_nearness = nearness[self.order].argsort(descending=True, stable=True)
        key = outside * (int(cell.max()) + 1) + cell[self.order]
        order = self.order[by_nearness[key[by_nearness].argsort(stable=True)]]
        found = leading(
            self._x,
            order,
            self.n_counted,
            self._similarity,
            directions,
            1.0 if self._dtype == torch.float32 else _COARSE,
        )
        if found is not None:
            self.order = order
        return found

    def __iter__(self) -> Iterator[tuple[tuple[Tensor, Tensor] | Tensor, slice, slice]]:
        for start in range(0, self.n_counted, _COLUMNS):
            columns = slice(start, min(start + _COLUMNS, self.n_counted))
            right = self._x[self.order[columns]]
            coarse = right.to(self._dtype)
            starts = [*range(start, columns.stop, _ROWS), *range(columns.stop, len(self._x), _ROWS)]
            for first, last in zip(starts, [*starts[1:], len(self._x)], strict=True):
                rows = slice(first, last)
                if self._leading is None:
                    yield self._inside(self._x[self.order[rows]], right, coarse), rows, columns
                else:
                    row, column = self._leading[rows].near(self._leading[columns], self._similarity)
                    if len(row):
                        yield self._settled(row, column, rows, right), rows, columns

    def _inside(self, left: Tensor, right: Tensor, coarse: Tensor) -> tuple[Tensor, Tensor] | Tensor:
        product = left.to(self._dtype) @ coarse.T
        mask = product >= self._perhaps
        if int(mask.count_nonzero()) > _SPARSE * mask.numel():
            return (left @ right.T if self._dtype != torch.float32 else product) >= self._similarity
        row, column = mask.nonzero(as_tuple=True)
        if self._dtype == torch.float32:
            return row, column
        return self._told(product[row, column].float(), self._surely, row, column, left, right)

    def _settled(self, row: Tensor, column: Tensor, rows: slice, right: Tensor) -> tuple[Tensor, Tensor] | Tensor:
        """Those of the pairs of a block that may be inside, by column, that are."""
        if len(row) > _DENSE * (rows.stop - rows.start) * len(right):
            return self._x[self.order[rows]] @ right.T >= self._similarity
        used = torch.zeros(rows.stop - rows.start, dtype=torch.bool)
        used[row] = True
        left = self._x[self.order[rows][used]]
        at = (used.cumsum(dim=0) - 1)[row]
        product = pair_products(right, left, column, at)
        maybe = product >= self._similarity - FLOAT_ERROR
        surely = self._similarity + FLOAT_ERROR
        at, column = self._told(product[maybe], surely, at[maybe], column[maybe], left, right)
        return used.nonzero()[at, 0], column

    def _told(
        self, product: Tensor, surely: float, row: Tensor, column: Tensor, left: Tensor, right: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Those of the pairs that may be inside that are: above some product all are, others are measured exactly."""
        kept = product >= surely
        unsure = (~kept).nonzero()[:, 0]
        for some in unsure.split(_GROUP * 64):
            kept[some] = _products(left[row[some]], right[column[some]]) >= self._similarity
        return row[kept], column[kept]


def _products(left: Tensor, right: Tensor) -> Tensor:
    """(n,) the product of each row with its partner, rounded as in a product of whole blocks."""
    found = left.new_empty(len(left))
    for start in range(0, len(left), _GROUP):
        some = slice(max(0, min(start, len(left) - _GROUP)), start + _GROUP)
        found[some] = (left[some] @ right[some].T).diagonal()
    return found
