"""Exact greedy k-center, lazily and several picks at a time.

The plain algorithm reads every item once for each pick. Two facts save most of that without changing a pick:

- An item's distance to its nearest centre only falls. What was true some picks ago is an upper bound, so an item
  has to be measured against the new centres only when its bound is among the largest (lazy evaluation).
- Among a set of freshly measured items the greedy order can be carried on by itself, with the distances inside the
  set, for as long as its best item beats the largest bound outside the set.

The first pass over the given centres is one float32 matrix product whose rounding is added to the bounds. So few items
are then measured again that float64 is affordable for them. Squared distances are compared as float32 numbers, which
makes those of duplicates equal whatever the order of summation.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from albench.kernels.blocks import joined
from albench.kernels.finite import require_finite
from albench.kernels.ordering import pack, unpack
from albench.kernels.sending import sent

# What is already picked sorts below every distance.
_PICKED = -1.0
_BLOCK_ON_DEVICE = 8192


def k_center_greedy(
    x: Tensor,
    centers: Tensor | None,
    k: int,
    *,
    block: int = 2048,
    lookahead: int = 256,
) -> Tensor:
    """Farthest-first traversal: each pick is the item farthest from its nearest centre, and becomes a centre.

    Parameters
    ----------
    x
        (N, D) float32 items.
    centers
        (L, D) float32 points that are covered already. Without any, the first pick is the item nearest the mean.
    k
        How many items to pick, 0 .. N.
    block
        Rows of a product block, on a device 8192 at least; the extra memory is about ``32 * block**2`` bytes and a few
        arrays of N.
    lookahead
        The least number of items looked at for the next picks. It changes the speed, not the picks.

    Returns
    -------
    (k,) int64 positions in the order picked, on the device of ``x``: those of the plain algorithm with squared
    Euclidean distances measured in float64 and rounded to float32. Equal distances go to the lowest position.

    Raises
    ------
    ValueError
        k is out of range, a shape is wrong, an input is not finite, or so large that its square is not.

    Notes
    -----
    Sener and Savarese (2018), "Active Learning for Convolutional Neural Networks: A Core-Set Approach", algorithm 1.
    """
    if centers is not None and len(centers) == 0:
        centers = None
    require_finite(**({"x": x} if centers is None else {"x": x, "centers": centers}))
    if not 0 <= k <= len(x):
        raise ValueError(f"k must be in 0 .. {len(x)}, got {k}")
    if centers is not None and centers.shape[1] != x.shape[1]:
        raise ValueError(f"centers have {centers.shape[1]} columns, x has {x.shape[1]}")
    if k == 0:
        return torch.empty(0, dtype=torch.int64, device=x.device)
    picks: list[int] = []
    if centers is None:
        # The first pick serves as the given centre.
        picks.append(_nearest_to_mean(x, block))
        centers = x[picks[0] : picks[0] + 1]
    on_cpu = x.device.type == "cpu"
    greedy = _Greedy(x, centers, block) if on_cpu else _GreedyOnDevice(x, centers, max(block, _BLOCK_ON_DEVICE))
    greedy.take(picks)
    width = lookahead
    while len(greedy.picks) < k:
        found = greedy.advance(width, lookahead, k - len(greedy.picks))
        # Looked-at items that all fell behind were worth measuring; look at more of them at once.
        width = max(lookahead, width // 2) if found else width * 2
    return sent(torch.tensor(greedy.picks, dtype=torch.int64), x.device)


class _Greedy:
    """Upper bounds of the squared distances (N,), what each accounts for, and the picks so far."""

    def __init__(self, x: Tensor, centers: Tensor, block: int) -> None:
        self.x = x
        self.centers = centers
        self.block = block
        self.bound = _first_bounds(x, centers, block)
        # Whether a bound holds the exact distances to the given centres, and to how many of the picks.
        self.exact = torch.zeros(len(x), dtype=torch.bool, device=x.device)
        self.seen = torch.zeros(len(x), dtype=torch.int64, device=x.device)
        self.picks: list[int] = []

    def take(self, positions: list[int]) -> None:
        """Make items centres."""
        self.picks.extend(positions)
        self.bound.index_fill_(0, sent(torch.tensor(positions, dtype=torch.int64), self.x.device), _PICKED)

    def advance(self, width: int, lookahead: int, limit: int) -> int:
        """Measure the ``width`` items with the largest bounds and pick among them as far as the order is certain.

        Returns
        -------
        How many were picked. Where none was, some bound has become tighter, so that repeating this ends.
        """
        chosen, rest = _largest(self.bound, min(width, len(self.x) - len(self.picks)))
        self._measure_picks(chosen)
        chosen = self._ahead(chosen, rest)
        # Only what is still ahead is worth the exact distances to all the given centres.
        self._measure_centers(chosen)
        chosen = self._ahead(chosen, rest)
        if len(chosen) > lookahead:
            inner, inner_rest = _largest(self.bound[chosen], lookahead)
            rest = (inner_rest[0], int(chosen[int(inner_rest[1])]))
            chosen = chosen[inner]
        points = self.x[chosen].double()
        between = _squared(points, points).cpu().numpy()
        taken = _greedy_order(self.bound[chosen].cpu().numpy(), chosen.cpu().numpy(), between, rest, limit)
        self.take(taken)
        return len(taken)

    def _ahead(self, chosen: Tensor, rest: tuple[float, int]) -> Tensor:
        """Those of the chosen items that come before the best of the rest."""
        value = self.bound[chosen]
        return chosen[(value > rest[0]) | ((value == rest[0]) & (chosen < rest[1]))]

    def _measure_picks(self, chosen: Tensor) -> None:
        """Lower the bounds of some items by the picks that they have not seen."""
        seen, order = self.seen[chosen].sort()
        picks = torch.tensor(self.picks, dtype=torch.int64, device=self.x.device)
        # A few groups of alike age: one product each, at the cost of a few pairs measured twice.
        for group, ages in zip(chosen[order].chunk(4), seen.chunk(4), strict=True):
            self._lower(group, self.x, picks[int(ages[0]) :])
            self.seen[group] = len(self.picks)

    def _measure_centers(self, chosen: Tensor) -> None:
        """Replace the rounded first bounds of some items by exact ones."""
        new = chosen[~self.exact[chosen]]
        self._lower(new, self.centers, torch.arange(len(self.centers), device=self.x.device))
        self.exact[new] = True

    def _lower(self, items: Tensor, source: Tensor, rows: Tensor) -> None:
        """Lower the bounds of items to their exact distances to rows of ``source``."""
        if len(items) == 0 or len(rows) == 0:
            return
        for part in items.split(self.block):
            points = self.x[part].double()
            value = self.bound[part]
            for new in rows.split(self.block):
                value = torch.minimum(value, _squared(points, source[new].double()).amin(dim=1))
            self.bound[part] = value


class _GreedyOnDevice(_Greedy):
    """The same where the host would wait for the device to know what is still ahead: all that is chosen is measured."""

    def advance(self, width: int, lookahead: int, limit: int) -> int:
        """As on the CPU; the host waits once."""
        n = min(width, len(self.x) - len(self.picks))
        keys = pack(self.bound, torch.arange(len(self.x), device=self.x.device)).topk(min(n + 1, len(self.x))).values
        chosen = unpack(keys[:n])[1]
        self._lower(chosen, self.x, sent(torch.tensor(self.picks, dtype=torch.int64), self.x.device))
        self._lower(chosen, self.centers, torch.arange(len(self.centers), device=self.x.device))
        measured = pack(self.bound[chosen], chosen).sort(descending=True).values
        inner = unpack(measured[:lookahead])[1].sort().values
        left_out = unpack(torch.cat([keys[n:], measured[lookahead:]]).sort(descending=True).values[:1])
        points = self.x[inner].double()
        parts = self.bound[inner], inner, *left_out, _squared(points, points).flatten()
        told = torch.cat([part.double() for part in parts]).cpu().numpy()
        m = len(inner)
        values, positions, rest, between = np.split(told, [m, 2 * m, len(told) - m * m])
        best = (rest[0], int(rest[1])) if len(rest) else (_PICKED, 0)
        taken = _greedy_order(values, positions.astype(np.int64), between.reshape(m, m), best, limit)
        self.take(taken)
        return len(taken)


def _first_bounds(x: Tensor, centers: Tensor, block: int) -> Tensor:
    """(N,): squared distance to the nearest centre by float32 products, plus what they may be short by."""
    noise = (8.0 + x.shape[1] ** 0.5) * torch.finfo(torch.float32).eps
    center_square = centers.square().sum(dim=1)
    largest = center_square.max()
    bound = x.new_empty(len(x))
    for rows, nearest in zip(x.split(block), bound.split(block), strict=True):
        nearest.fill_(torch.inf)
        for columns, square in zip(centers.split(block), center_square.split(block), strict=True):
            # The row's own square is the same for all centres, so it can wait until the minimum is taken.
            product = torch.addmm(square, rows, columns.T, alpha=-2.0)
            torch.minimum(nearest, product.amin(dim=1), out=nearest)
        row_square = rows.square().sum(dim=1)
        nearest.add_(row_square).clamp_(min=0.0).add_(row_square + largest, alpha=noise)
    if not torch.isfinite(bound).all():
        raise ValueError("items or centers are too large: their squared distances overflow float32")
    return bound


def _largest(values: Tensor, n: int) -> tuple[Tensor, tuple[float, int]]:
    """Positions of the n largest values, the lowest among equals, in ascending order; and the best of the rest.

    Returns
    -------
    (n,) int64, and (value, position) of the best value left out: ``(_PICKED, 0)`` where nothing is.
    """
    top = values.topk(min(n + 1, len(values))).values
    worst = top[n - 1]
    equal = (values == worst).nonzero()[:, 0]
    above = (values > worst).nonzero()[:, 0]
    kept = n - len(above)
    positions = torch.cat([above, equal[:kept]]).sort().values
    if len(equal) > kept:
        return positions, (float(worst), int(equal[kept]))
    if len(top) == n:
        return positions, (_PICKED, 0)
    return positions, (float(top[n]), int((values == top[n]).nonzero()[0, 0]))


def _greedy_order(
    values: np.ndarray, positions: np.ndarray, between: np.ndarray, rest: tuple[float, int], limit: int
) -> list[int]:
    """Carry the greedy order on inside a set whose distances are exact.

    Parameters
    ----------
    values, positions, between
        (m,) squared distances to the nearest centre, (m,) ascending positions, (m, m) squared distances in the set.
    rest
        Value and position of the best item outside the set: the order is certain only before it.
    limit
        The most picks wanted.
    """
    values = values.copy()
    taken: list[int] = []
    while len(values) and len(taken) < limit:
        first = int(values.argmax())  # the lowest position among equals
        value, position = float(values[first]), int(positions[first])
        if value == _PICKED or (value, -position) < (rest[0], -rest[1]):
            break
        taken.append(position)
        np.minimum(values, between[first], out=values)
        values[first] = _PICKED
    return taken


def _squared(a: Tensor, b: Tensor) -> Tensor:
    """Squared distances (A, B) float32 of float64 points by the expanded square; what is only rounding noise is 0."""
    scale = a.square().sum(dim=1)[:, None] + b.square().sum(dim=1)[None, :]
    squared = torch.addmm(scale, a, b.T, alpha=-2.0)
    return torch.where(squared <= scale * (16 * torch.finfo(torch.float64).eps), 0.0, squared).float()


def _nearest_to_mean(x: Tensor, block: int) -> int:
    """The item nearest the mean, from the differences; the lowest position among equals."""
    mean = x.mean(dim=0)
    distance = joined(((part - mean).square_().sum(dim=1) for part in x.split(block)), len(x))
    return int((distance == distance.min()).nonzero()[0, 0])
