"""Which items of a k-means round can have changed their centre: told by bounds, so that few distances are measured."""

from __future__ import annotations

import torch
from torch import Tensor

from albench.kernels.pairs import pair_products

_ROWS = 8192
_MOST = 12
"""Pairs of an item and a centre, for each item, from which on measuring all of them by one product is faster."""
_SAMPLE = 1024
"""Items by which it is foreseen how many pairs there will be."""
_LEAST = 16
"""Rows of a product at least: that of fewer may be rounded in another order."""


class Bounds:
    """Lower bounds of each item's distance to each centre but its own.

    A centre that moves by s changes no distance by more than s (Elkan, 2003, "Using the Triangle Inequality to
    Accelerate k-Means", ICML). The bounds allow twice over for what float32 loses, so that an item whose centre they
    settle has the same one by the product of all; where two centres are nearer to each other than that, the product
    decides.

    Parameters
    ----------
    x, square
        (N, D) items, and (N,) their squares.
    k
        Number of centres.
    """

    def __init__(self, x: Tensor, square: Tensor, k: int) -> None:
        self._x, self._square = x, square
        self._lower = x.new_empty(len(x), k)
        self._slack = 2.0 * (16.0 + 2.0 * x.shape[1] ** 0.5) * torch.finfo(torch.float32).eps

    def note(self, part: slice | Tensor, partial: Tensor, place: Tensor, centers_square: Tensor) -> None:
        """Take in all distances of some items.

        Parameters
        ----------
        partial
            (n, k) squared distances less the items' own squares.
        place
            (n,) the nearest centre of each.
        """
        noise = self._noise(centers_square, self._square[part])
        bound = (partial + (self._square[part] - noise)[:, None]).clamp_(min=0).sqrt_()
        self._lower[part] = bound.scatter_(1, place[:, None], torch.inf)

    def move(self, drift: Tensor) -> None:
        """Loosen the bounds by how far each centre has moved (k,)."""
        self._lower.sub_(drift)

    def settle(self, assignment: Tensor, centers: Tensor) -> tuple[Tensor, Tensor] | None:
        """The nearest centre of each item after a move (N,), and the squared distance (N,) to it up to rounding.

        None where too many distances would have to be measured.
        """
        square = centers.square().sum(dim=1)
        everyone = torch.arange(len(assignment))
        own = self._measured(everyone, assignment, centers, square)
        noise = self._noise(square, self._square)
        upper = (own + noise).sqrt_()
        pairs: list[Tensor] = []
        count = 0
        for start in range(0, len(upper), _ROWS):
            part = slice(start, start + _ROWS)
            pairs.append((self._lower[part] < upper[part, None]).nonzero().add_(torch.tensor([start, 0])))
            count += len(pairs[-1])
            if count > _MOST * len(assignment):
                return None
        rows, center = torch.cat(pairs).T
        value = self._measured(rows, center, centers, square)
        self._lower[rows, center] = (value - noise[rows]).clamp_(min=0).sqrt_()
        best = torch.full_like(own, torch.inf).scatter_reduce_(0, rows, value, "amin")
        limit = torch.minimum(best, own).add_(noise, alpha=2.0)
        close = value <= limit[rows]
        rivals = torch.bincount(rows[close], minlength=len(own)) + (own <= limit)
        winner = close & ((best < own) & (rivals == 1))[rows]  # one of each item that changes for certain
        assignment = assignment.clone()
        self._change(assignment, rows[winner], center[winner], own - noise)
        self._decide(assignment, (rivals > 1).nonzero()[:, 0], centers, square)
        return assignment, torch.minimum(best, own)

    def _change(self, assignment: Tensor, rows: Tensor, new: Tensor, own: Tensor) -> None:
        """Give items another centre; ``own`` (N,) is a lower bound of the squared distance to the one before."""
        self._lower[rows, assignment[rows]] = own[rows].clamp_(min=0).sqrt_()
        self._lower[rows, new] = torch.inf
        assignment[rows] = new

    def _decide(self, assignment: Tensor, rows: Tensor, centers: Tensor, square: Tensor) -> None:
        """Measure all distances of items between whose centres rounding decides."""
        for part in rows.split(_ROWS) if len(rows) else ():
            whole = torch.cat([part, part[:1].expand(max(0, _LEAST - len(part)))])
            partial = torch.addmm(square, self._x[whole], centers.T, alpha=-2.0)[: len(part)]
            place = partial.min(dim=1).indices
            assignment[part] = place
            self.note(part, partial, place, square)

    def _measured(self, rows: Tensor, center: Tensor, centers: Tensor, square: Tensor) -> Tensor:
        """(n,) squared distances, at least 0, of items in ascending order to one centre each."""
        products = pair_products(self._x, centers, rows, center)
        return (square[center] + self._square[rows]).sub_(products, alpha=2.0).clamp_(min=0)

    def _noise(self, centers_square: Tensor, square: Tensor) -> Tensor:
        return (square + centers_square.max()).mul_(self._slack)


def foreseen(x: Tensor, centers: Tensor, drift: Tensor) -> bool:
    """Whether bounds will pay in the next round, should centres move as far as they did in the last.

    Parameters
    ----------
    drift
        (k,) how far that was.
    """
    sample = x[:: max(1, len(x) // _SAMPLE)]
    distance = torch.cdist(sample, centers)
    own, place = distance.min(dim=1)
    pairs = (distance - drift < (own + drift[place])[:, None]).sum() - len(sample)
    return int(pairs) <= 2 * _MOST * len(sample)


def drift_of(before: Tensor, after: Tensor) -> Tensor:
    """(k,) how far each centre has moved, and a little more for rounding."""
    moved = torch.linalg.vector_norm(after - before, dim=1)
    scale = torch.linalg.vector_norm(after, dim=1).max()
    return moved.mul_(1.0 + 1e-5).add_(1e-6 * scale)
