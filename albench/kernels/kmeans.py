"""k-means by Lloyd's algorithm in blocks, seeded by k-means++."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from albench.kernels.blocks import joined
from albench.kernels.finite import require_finite
from albench.kernels.sending import sent
from albench.kernels.sums import add_by_group, running_sum
from albench.kernels.unit import Rows, mean_row

_FLOATS = 1 << 22
"""Products in one block: about what the caches hold."""
_ROWS = 8192
"""Items in one block of copies."""
_SEEDED_FROM = 10
"""Items for each centre that the seeds are chosen among, where the pool is larger."""


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
    matrix product of 2 N k D operations.
    """
    if len(x.shape) != 2 or not 1 <= k <= len(x):
        raise ValueError(f"k must be in 1 .. {len(x)} for x of shape {tuple(x.shape)}, got {k}")
    if isinstance(x, Tensor):
        require_finite(x=x)
    # Around the mean: the expanded square loses less to rounding there. It is taken off block by block, not in a copy.
    mean = mean_row(x)
    found = _seeds(x, mean, k, generator, weights) if centers is None else centers - mean
    assignment, nearest = _assign(x, mean, found)
    total = _sum(nearest, weights)
    for _ in range(iterations):
        found = _means(x, mean, assignment, nearest, weights, found)
        before, last = assignment, total
        assignment, nearest = _assign(x, mean, found)
        total = _sum(nearest, weights)
        if total >= (1 - tolerance) * last or torch.equal(before, assignment):
            break
    return found + mean, assignment


def nearest_to_centers(x: Tensor, centers: Tensor) -> Tensor:
    """Positions (k,) int64 of k distinct items (N, D), each the nearest to its centre (k, D) that none before it took.

    Equal distances go to the lowest position.
    """
    taken: list[int] = []
    gone: set[int] = set()  # as the host knows it: the device is asked where two centres want one item
    free = torch.ones(len(x), dtype=torch.bool, device=x.device)
    best = x.new_full((len(centers),), torch.inf)  # less the centre's own square
    where = torch.zeros(len(centers), dtype=torch.int64, device=x.device)
    square = joined((rows.square().sum(dim=1) for rows in x.split(_ROWS)), len(x))
    step = max(1, _FLOATS // max(len(centers), 1))
    for start in range(0, len(x), step):
        rows = x[start : start + step]
        # Centres in the rows: the smallest of each is then read in the order of memory.
        squared = torch.addmm(square[start : start + step], centers, rows.T, alpha=-2.0)
        value, place = squared.min(dim=1)
        closer = value < best
        best = torch.where(closer, value, best)
        where = torch.where(closer, place + start, where)
    for center, first in enumerate(where.tolist()):
        pick = first
        if pick in gone:
            squared = torch.addmv(square, x, centers[center], alpha=-2.0)
            pick = int(squared.masked_fill_(~free, torch.inf).argmin())
        free[pick] = False
        gone.add(pick)
        taken.append(pick)
    return torch.tensor(taken, dtype=torch.int64, device=x.device)


def _seeds(x: Rows, mean: Tensor, k: int, generator: torch.Generator, weights: Tensor | None) -> Tensor:
    """Greedy k-means++: of several items drawn by squared distance the one that leaves the smallest sum is taken.

    In a large pool it looks at ``_SEEDED_FROM`` items for each centre, drawn by weight.
    """
    share = mean.new_ones(len(x)) if weights is None else weights.to(mean)
    count = max(_SEEDED_FROM * k, 2000)
    if int((share > 0).sum()) > count:
        draws = sent(torch.rand(len(x), generator=generator, dtype=torch.float64), x.device)
        # Exponential clocks at the weights' rates: the first to ring are a weighted draw without replacement.
        drawn = (-draws.clamp(min=1e-300).log() / share).topk(count, largest=False).indices.sort().values
        x, share = x[drawn], mean.new_ones(count)
    x = x[:] - mean
    trials = 2 + int(math.log(k))
    square = x.square().sum(dim=1)
    bound = x.new_full((len(x),), torch.inf)
    chosen: list[int] = []
    for _ in range(k):
        wanted = share if not chosen else share * bound
        total = running_sum(wanted)
        if float(total[-1]) <= 0:  # all that is left coincides with a seed: the lowest positions follow
            rest = torch.ones(len(x), dtype=torch.bool)
            rest[chosen] = False
            chosen += rest.nonzero()[: k - len(chosen), 0].tolist()
            break
        draws = sent(torch.rand(trials, generator=generator, dtype=torch.float64), x.device)
        drawn = torch.searchsorted(total, draws * total[-1], right=True).clamp_(max=len(x) - 1)
        # (N, trials): the product is faster this way round.
        nearer = torch.addmm(square[:, None], x, x[drawn].T, alpha=-2.0).add_(square[drawn]).clamp_(min=0)
        nearer[drawn, torch.arange(trials, device=x.device)] = 0
        torch.minimum(nearer, bound[:, None], out=nearer)
        best = int((share @ nearer).argmin())
        bound = nearer[:, best].contiguous()
        chosen.append(int(drawn[best]))
    return x[torch.tensor(chosen, device=x.device)]


def _partial(rows: Tensor, centers: Tensor) -> Tensor:
    """(n, k) squared distances less the rows' own squares."""
    return torch.addmm(centers.square().sum(dim=1), rows, centers.T, alpha=-2.0)


def _assign(x: Rows, mean: Tensor, centers: Tensor) -> tuple[Tensor, Tensor]:
    """Position (N,) of the nearest centre, and the squared distance (N,) to it; centres are around the mean."""
    assignment = torch.empty(len(x), dtype=torch.int64, device=x.device)
    nearest = mean.new_empty(len(x))
    step = max(1, min(_ROWS, _FLOATS // len(centers)))
    for start in range(0, len(x), step):
        part = slice(start, start + step)
        rows = x[part] - mean
        value, place = _partial(rows, centers).min(dim=1)
        assignment[part] = place
        torch.add(value, rows.square_().sum(dim=1), out=nearest[part])
    return assignment, nearest.clamp_(min=0)


def _sum(nearest: Tensor, weights: Tensor | None) -> float:
    """The (weighted) sum of squared distances (N,)."""
    return float((nearest.double() if weights is None else nearest.double() * weights.to(nearest)).sum())


def _means(
    x: Rows, mean: Tensor, assignment: Tensor, nearest: Tensor, weights: Tensor | None, centers: Tensor
) -> Tensor:
    """The weighted mean of each group; an empty group gets an item that is farthest from its own centre."""
    share = mean.new_ones(len(x)) if weights is None else weights.to(mean)
    mass, total = mean.new_zeros(len(centers), 1), torch.zeros_like(centers)
    add_by_group(mass, assignment, share[:, None])
    for start in range(0, len(x), _ROWS):
        part = slice(start, start + _ROWS)
        add_by_group(total, assignment[part], (x[part] - mean).mul_(share[part, None]))
    moved = torch.where(mass > 0, total / mass.clamp(min=1e-30), centers)
    empty = (mass[:, 0] <= 0).nonzero()[:, 0]
    if len(empty):
        order = (nearest * share).sort(descending=True, stable=True).indices[: len(empty)]
        order = order[(nearest * share)[order] > 0]
        moved[empty[: len(order)]] = x[order] - mean
    return moved
