"""k-means by Lloyd's algorithm in blocks, seeded by k-means++."""

from __future__ import annotations

import torch
from torch import Tensor

from albench.kernels.blocks import joined
from albench.kernels.finite import require_finite
from albench.kernels.kmeans_bounds import Bounds, drift_of, foreseen
from albench.kernels.kmeans_rounds import lloyd
from albench.kernels.kmeans_seeds import greedy_seeds
from albench.kernels.ordering import pack, unpack
from albench.kernels.sending import sent
from albench.kernels.unit import Rows, mean_row

_FLOATS = 1 << 22
"""Products in one block: about what the caches hold."""
_ROWS = 8192
"""Items in one block of copies."""
_HELD = 1 << 26
"""Numbers that are held at most, of items around their mean and likewise of bounds."""
_ENOUGH = 16
"""Items near a centre that a device tells at once."""
_BOUNDED_FROM = 64
"""Centres from which on bounds may pay."""
_WORK = 1 << 28
"""Products of a round from which on they may."""
_EXACT = 1e-6
"""Share of the sum of squares by which a sum of distances may differ by rounding."""


def k_means(
    x: Rows,
    k: int,
    *,
    generator: torch.Generator,
    weights: Tensor | None = None,
    centers: Tensor | None = None,
    iterations: int = 20,
    tolerance: float = 5e-4,
) -> tuple[Tensor, Tensor]:
    """Group items so that the (weighted) sum of squared distances to the groups' means is small.

    Parameters
    ----------
    x
        (N, D) float32, or rows that are scaled where they are read.
    k
        Number of centres, 1 .. N.
    generator
        Seeds are drawn by greedy k-means++ with its random numbers.
    weights
        (N,) at least 0 and not all 0; by default 1 each.
    centers
        (k, D) to start from in place of seeds.
    iterations
        Most rounds of assigning items and moving centres.
    tolerance
        Stop once a round lowers the sum of squared distances by no more than this share of it; 0 to stop at a local
        minimum alone.

    Returns
    -------
    Centres (k, D) float32, and for each item the position (N,) int64 of its nearest one, the lowest among equals. A
    centre without items is moved to the item that is farthest from its own; with fewer than k different items some
    centres stay empty.

    Raises
    ------
    NonFiniteScores
        Rows are not finite; the message counts them.
    ValueError
        k or a shape is wrong.

    Notes
    -----
    Lloyd (1982), "Least Squares Quantization in PCM"; Arthur and Vassilvitskii (2007), "k-means++: The Advantages of
    Careful Seeding", with the greedy choice of its section on experiments. Each round costs one
    matrix product of 2 N k D operations, on a device (``kmeans_rounds``) one more to add up the groups; on the CPU,
    where centres move little, bounds leave most of it out (``kmeans_bounds``).
    """
    if len(x.shape) != 2 or not 1 <= k <= len(x):
        raise ValueError(f"k must be in 1 .. {len(x)} for x of shape {tuple(x.shape)}, got {k}")
    if isinstance(x, Tensor):
        require_finite(x=x)
    # Around the mean: the expanded square loses less to rounding there. It is taken off block by block, not in a copy.
    mean = mean_row(x)
    found = greedy_seeds(x, mean, k, generator, weights) if centers is None else centers - mean
    share = mean.new_ones(len(x)) if weights is None else weights.to(mean)
    if x.device.type != "cpu":
        found, assignment = lloyd(x, mean, found, share, iterations, tolerance)
        return found + mean, assignment
    items = _Items(x, mean, k)
    state = items.assigned(found)
    total = state.total(weights)
    for _ in range(iterations):
        earlier, found = found, _means(items, state, share, found)
        before, last = state.assignment, total
        state = items.reassigned(state, earlier, found)
        total = state.total(weights, (1 - tolerance) * last)
        if total >= (1 - tolerance) * last or torch.equal(before, state.assignment):
            break
    return found + mean, state.assignment


def nearest_to_centers(x: Tensor, centers: Tensor) -> Tensor:
    """Positions (k,) int64 of k distinct items (N, D), each the nearest to its centre (k, D) that none before it took.

    Equal distances go to the lowest position.
    """
    square = joined((rows.square().sum(dim=1) for rows in x.split(_ROWS)), len(x))
    near = _nearest(x, square, centers) if x.device.type == "cpu" else _some_nearest(x, square, centers)
    taken: list[int] = []
    gone: set[int] = set()
    for center, places in enumerate(near.tolist()):
        pick = next((place for place in places if place not in gone), None)
        if pick is None:
            squared = torch.addmv(square, x, centers[center], alpha=-2.0)
            pick = int(squared.index_fill_(0, sent(torch.tensor(taken), x.device), torch.inf).argmin())
        gone.add(pick)
        taken.append(pick)
    return sent(torch.tensor(taken, dtype=torch.int64), x.device)


def _nearest(x: Tensor, square: Tensor, centers: Tensor) -> Tensor:
    """(k, 1) the item that is nearest to each centre."""
    best = x.new_full((len(centers),), torch.inf)  # less the centre's own square
    where = torch.zeros(len(centers), dtype=torch.int64)
    step = max(1, _FLOATS // max(len(centers), 1))
    for start in range(0, len(x), step):
        # Centres in the rows: the smallest of each is then read in the order of memory.
        squared = torch.addmm(square[start : start + step], centers, x[start : start + step].T, alpha=-2.0)
        value, place = squared.min(dim=1)
        closer = value < best
        best = torch.where(closer, value, best)
        where = torch.where(closer, place + start, where)
    return where[:, None]


def _some_nearest(x: Tensor, square: Tensor, centers: Tensor) -> Tensor:
    """(k, n) the items that are nearest to each centre, enough for all but the rarest to find one that is free."""
    count, step = min(_ENOUGH, len(x)), max(_ENOUGH, _HELD // 4 // max(len(centers), 1))
    keys = square.new_empty(len(centers), 0, dtype=torch.int64)
    for start in range(0, len(x), step):
        squared = torch.addmm(square[start : start + step], centers, x[start : start + step].T, alpha=-2.0)
        positions = torch.arange(start, start + squared.shape[1], device=x.device)
        keys = torch.cat([keys, pack(-squared, positions)], dim=1)
        keys = keys.topk(min(count, keys.shape[1]), dim=1).values
    return unpack(keys)[1]


class _Items:
    """Rows around their mean: held where they are not too many and there are many centres, else made block by block.

    Parameters
    ----------
    x, mean, k
        As in ``k_means``.
    """

    def __init__(self, x: Rows, mean: Tensor, k: int) -> None:
        self._x, self._mean = x, mean
        self._held: Tensor | None = None
        self._square = mean.new_empty(0)
        self._bounds: Bounds | None = None
        large = k >= _BOUNDED_FROM and len(x) * k * x.shape[1] >= _WORK
        if large and len(x) * max(k, x.shape[1]) <= _HELD:
            self._held = joined((x[start : start + _ROWS] - mean for start in range(0, len(x), _ROWS)), len(x))
            self._square = joined((rows.square().sum(dim=1) for rows in self._held.split(_ROWS)), len(x))

    def __len__(self) -> int:
        return len(self._x)

    def __getitem__(self, rows: slice | Tensor) -> Tensor:
        """(n, D), to be read."""
        return self._x[rows] - self._mean if self._held is None else self._held[rows]

    def square(self, part: slice, rows: Tensor) -> Tensor:
        """(n,) the squares of rows."""
        return rows.square().sum(dim=1) if self._held is None else self._square[part]

    def whole(self, weights: Tensor | None) -> float:
        """The (weighted) sum of the squares that are held."""
        return _sum(self._square, weights)

    def assigned(self, centers: Tensor, bounds: Bounds | None = None) -> _State:
        """Each item with its nearest centre; centres are around the mean.

        Parameters
        ----------
        bounds
            Take in all distances, where given.
        """
        assignment = torch.empty(len(self), dtype=torch.int64, device=centers.device)
        nearest = centers.new_empty(len(self))
        centers_square = centers.square().sum(dim=1)
        step = max(1, min(_ROWS, _FLOATS // len(centers)))
        for start in range(0, len(self), step):
            part = slice(start, start + step)
            rows = self[part]
            partial = torch.addmm(centers_square, rows, centers.T, alpha=-2.0)
            value, place = partial.min(dim=1)
            assignment[part] = place
            torch.add(value, self.square(part, rows), out=nearest[part])
            if bounds is not None:
                bounds.note(part, partial, place, centers_square)
        return _State(self, centers, assignment, nearest.clamp_(min=0))

    def reassigned(self, state: _State, before: Tensor, after: Tensor) -> _State:
        """The same after centres have moved: by bounds, where these leave little to measure."""
        if self._held is None:
            return self.assigned(after)
        drift = drift_of(before, after)
        if self._bounds is not None:
            self._bounds.move(drift)
            settled = self._bounds.settle(state.assignment, after)
            if settled is not None:
                return _State(self, after, *settled, exact=False)
        if foreseen(self._held, after, drift):
            self._bounds = self._bounds or Bounds(self._held, self._square, len(after))
        else:
            self._bounds = None
        return self.assigned(after, self._bounds)


class _State:
    """Items with their centres, and what is known of the groups.

    Attributes
    ----------
    assignment
        (N,) the position of each item's nearest centre.
    """

    def __init__(self, items: _Items, centers: Tensor, assignment: Tensor, nearest: Tensor, exact: bool = True) -> None:
        self._items, self._centers, self.assignment = items, centers, assignment
        self._nearest, self._exact = nearest, exact

    @property
    def nearest(self) -> Tensor:
        """(N,) squared distance of each item to its centre, as the product of all gives it."""
        if not self._exact:
            self._nearest, self._exact = self._items.assigned(self._centers).nearest, True
        return self._nearest

    def sums(self, share: Tensor) -> tuple[Tensor, Tensor]:
        """The (weighted) sum (k, D) of each group's items, and their mass (k, 1)."""
        mass, total = share.new_zeros(len(self._centers), 1), torch.zeros_like(self._centers)
        mass.index_add_(0, self.assignment, share[:, None])
        for start in range(0, len(self._items), _ROWS):
            part = slice(start, start + _ROWS)
            total.index_add_(0, self.assignment[part], self._items[part] * share[part, None])
        return total, mass

    def total(self, weights: Tensor | None, limit: float = 0.0) -> float:
        """The (weighted) sum of squared distances, as exact as it takes to tell on which side of a limit it is."""
        found = _sum(self._nearest, weights)
        if not self._exact and abs(found - limit) <= _EXACT * self._items.whole(weights):
            found = _sum(self.nearest, weights)
        return found


def _sum(values: Tensor, weights: Tensor | None) -> float:
    return float((values.double() if weights is None else values.double() * weights.to(values)).sum())


def _means(items: _Items, state: _State, share: Tensor, centers: Tensor) -> Tensor:
    """The weighted mean of each group; an empty group gets an item that is farthest from its own centre."""
    total, mass = state.sums(share)
    moved = torch.where(mass > 0, total / mass.clamp(min=1e-30), centers)
    empty = (mass[:, 0] <= 0).nonzero()[:, 0]
    if len(empty):
        order = (state.nearest * share).sort(descending=True, stable=True).indices[: len(empty)]
        order = order[(state.nearest * share)[order] > 0]
        moved[empty[: len(order)]] = items[order]
    return moved
