"""Rounds of k-means written out, of which several are made before a device is waited for."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from albench.kernels.blocks import joined
from albench.kernels.unit import Rows

_HELD = 1 << 26
"""Numbers that are held at most, of items around their mean, and of items beside centres."""
_AHEAD = 5
"""Rounds that are made before it is asked whether the first of them was the last."""


def lloyd(
    x: Rows, mean: Tensor, centers: Tensor, share: Tensor, iterations: int, tolerance: float
) -> tuple[Tensor, Tensor]:
    """What ``k_means`` makes of its seeds, by the product of all items with all centres in each round.

    Parameters
    ----------
    x, mean
        (N, D) items, and (D,) what is taken off them.
    centers
        (k, D) seeds, around the mean.
    share
        (N,) weights.
    iterations, tolerance
        As in ``k_means``.

    Returns
    -------
    Centres (k, D) around the mean, and the position (N,) int64 of the one nearest to each item.
    """
    rounds = _Rounds(x, mean, share, len(centers))
    made, last, count = rounds.assigned(centers), math.inf, 0
    while True:
        ahead = [made]
        while len(ahead) < min(_AHEAD, iterations - count + 1):
            ahead.append(rounds.assigned(ahead[-1].means))
        told = torch.stack([number for one in ahead for number in (one.total, one.least)]).view(-1, 2).tolist()
        for made, (total, least) in zip(ahead, told, strict=True):
            if count == iterations or total >= (1 - tolerance) * last:
                return made.centers, made.assignment
            last, count = total, count + 1
            if least <= 0:  # the mean of nothing: what was made from it is thrown away
                before, made = made, rounds.assigned(_filled(made, rounds, share))
                if torch.equal(before.assignment, made.assignment):
                    return made.centers, made.assignment
                break
        else:
            made = rounds.assigned(made.means)


@dataclass
class _Round:
    """Items with their nearest centres, by parts, and what the next centres are made of.

    Attributes
    ----------
    centers, sums, mass
        (k, D), and the weighted sum (k, D) and mass (k,) of the items of each.
    nearest, places
        Squared distance of each item to its centre, and which this is.
    total
        () float64 weighted sum of the squared distances.
    """

    centers: Tensor
    sums: Tensor
    mass: Tensor
    nearest: list[Tensor]
    places: list[Tensor]
    total: Tensor

    @property
    def means(self) -> Tensor:
        """(k, D) the mean of each group; not finite where it is empty."""
        return self.sums / self.mass[:, None]

    @property
    def least(self) -> Tensor:
        """() float64 the least mass."""
        return self.mass.amin().double()

    @property
    def assignment(self) -> Tensor:
        """(N,) the position of each item's centre."""
        return torch.cat(self.places)


class _Rounds:
    """Items around their mean in large blocks: held where they are not too many, else made block by block."""

    def __init__(self, x: Rows, mean: Tensor, share: Tensor, k: int) -> None:
        self._x, self._mean, self._share = x, mean, share
        step = max(1, _HELD // max(k, x.shape[1]))
        self._parts = [slice(start, start + step) for start in range(0, len(x), step)]
        self._held = self._square = None
        if len(x) * x.shape[1] <= _HELD:
            self._held = joined((x[part] - mean for part in self._parts), len(x))
            self._square = self._held.square().sum(dim=1)

    def __getitem__(self, rows: Tensor | slice) -> Tensor:
        """(n, D), to be read."""
        return self._x[rows] - self._mean if self._held is None else self._held[rows]

    def _blocks(self) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Rows, their squares and weights."""
        for part in self._parts:
            rows = self[part]
            square = rows.square().sum(dim=1) if self._square is None else self._square[part]
            yield rows, square, self._share[part]

    def assigned(self, centers: Tensor) -> _Round:
        """Each item with its nearest centre (k, D), the lowest among equals."""
        square = centers.square().sum(dim=1)
        sums, masses, nearest, places, totals = [], [], [], [], []
        for rows, own, share in self._blocks():
            beside = torch.addmm(square, rows, centers.T, alpha=-2.0)
            value, place = beside.min(dim=1)
            nearest.append(value.add_(own).clamp_(min=0))
            places.append(place)
            totals.append(torch.dot(nearest[-1].double(), share.double()))
            # Who belongs where, as a product adds in a fixed order.
            belongs = beside.zero_().scatter_(1, place[:, None], share[:, None])
            sums.append(belongs.T @ rows)
            masses.append(belongs.sum(dim=0))
        added = [functools.reduce(torch.add, parts) for parts in (sums, masses, totals)]
        return _Round(centers, added[0], added[1], nearest, places, added[2])


def _filled(made: _Round, rounds: _Rounds, share: Tensor) -> Tensor:
    """The means of the groups; an empty one gets an item that is farthest from its own centre."""
    empty = (made.mass <= 0).nonzero()[:, 0]
    far, order = (torch.cat(made.nearest) * share).sort(descending=True, stable=True)
    order = order[: len(empty)][far[: len(empty)] > 0]
    moved = torch.where(made.mass[:, None] > 0, made.means, made.centers)
    moved[empty[: len(order)]] = rounds[order]
    return moved
