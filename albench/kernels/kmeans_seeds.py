"""Seeds for k-means by greedy k-means++."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from albench.kernels.sending import sent
from albench.kernels.sums import running_sum
from albench.kernels.unit import Rows

_SEEDED_FROM = 10
"""Items for each centre that the seeds are chosen among, where the pool is larger."""
_PRODUCTS = 1 << 25
"""Products of all pairs that are held at most."""
_PAIRS_FROM = 64
"""Seeds from which on products of all pairs pay."""
_LARGE = 1 << 20
"""Numbers in the items from which on they do: fewer stay in the caches from seed to seed."""
_BLOCK = 512
"""Rows of them that are computed at a time."""
_LEAST = 16
"""Rows of a product at least: that of fewer may be rounded in another order."""


def greedy_seeds(x: Rows, mean: Tensor, k: int, generator: torch.Generator, weights: Tensor | None) -> Tensor:
    """(k, D) seeds around the mean: of several items drawn by squared distance the one that leaves the smallest sum.

    In a large pool it looks at ``_SEEDED_FROM`` items for each centre, drawn by weight.
    """
    share = torch.ones(len(x)) if weights is None else weights.to(mean)
    count = max(_SEEDED_FROM * k, 2000)
    if len(x) > count and (weights is None or int((share > 0).sum()) > count):
        draws = sent(torch.rand(len(x), generator=generator, dtype=torch.float64), x.device)
        # Exponential clocks at the weights' rates: the first to ring are a weighted draw without replacement.
        clocks = -draws.clamp(min=1e-300).log() / (1.0 if weights is None else share)
        drawn = clocks.topk(count, largest=False).indices.sort().values
        x, share = x[drawn], torch.ones(count)
    # A seed follows from the one before and from few numbers: the host goes on alone, with the same draws everywhere.
    items, share = (x[:] - mean).cpu(), share.cpu()
    return sent(items[_chosen(items, share, k, generator)], x.device)


def _chosen(x: Tensor, share: Tensor, k: int, generator: torch.Generator) -> list[int]:
    """Positions of k seeds among items (N, D) on the CPU, with weights (N,)."""
    trials = 2 + int(math.log(k))
    distances = _Distances(x, k)
    bound = torch.full((len(x),), torch.inf)
    chosen: list[int] = []
    total = running_sum(share)
    for _ in range(k):
        if total[-1] <= 0:  # all that is left coincides with a seed: the lowest positions follow
            rest = torch.ones(len(x), dtype=torch.bool)
            rest[chosen] = False
            chosen += rest.nonzero()[: k - len(chosen), 0].tolist()
            break
        draws = torch.rand(trials, generator=generator, dtype=torch.float64)
        drawn = torch.searchsorted(total, draws * total[-1], right=True).clamp_(max=len(x) - 1)
        nearer = distances.nearer(drawn, bound)
        nearer[drawn, torch.arange(trials)] = 0
        best = int((share @ nearer).argmin())
        bound = nearer[:, best].contiguous()
        total = running_sum(share * bound)
        chosen.append(int(drawn[best]))
    return chosen


def _squared(x: Tensor, square: Tensor, seeds: Tensor, square_seeds: Tensor) -> Tensor:
    """(n, trials) squared distances; the product is faster this way round."""
    return torch.addmm(square[:, None], x, seeds.T, alpha=-2.0).add_(square_seeds).clamp_(min=0)


def _pays(x: Tensor, k: int) -> bool:
    # Rows that do not begin at a whole vector of memory are rounded by their place.
    return k >= _PAIRS_FROM and x.numel() >= _LARGE and len(x) ** 2 <= _PRODUCTS and x.shape[1] % 16 == 0


def _all_products(x: Tensor, y: Tensor) -> Tensor:
    """(N, N) products of all rows with all, which are the same both ways round: half of them are computed."""
    found = x.new_empty(len(x), len(y))
    for start in range(0, len(x), _BLOCK):
        own = slice(start, start + _BLOCK)
        torch.mm(x[own], y[start:].T, out=found[own, start:])
        found[start + _BLOCK :, own] = found[own, start + _BLOCK :].T
    return found


class _Distances:
    """Squared distances of all items (N, D) to a few of them."""

    def __init__(self, x: Tensor, k: int) -> None:
        self._x, self._square = x, x.square().sum(dim=1)
        self._reach = _Reach(x, self._square) if _pays(x, k) else None

    def nearer(self, drawn: Tensor, bound: Tensor) -> Tensor:
        """(N, n) squared distances to some items (n,), or ``bound`` (N,) where that is less."""
        x, square = self._x, self._square
        rows = self._reach.rows(drawn, bound) if self._reach else None
        if rows is None:
            return torch.minimum(_squared(x, square, x[drawn], square[drawn]), bound[:, None])
        nearer = bound[:, None].repeat(1, len(drawn))
        nearer[rows] = torch.minimum(_squared(x[rows], square[rows], x[drawn], square[drawn]), bound[rows, None])
        return nearer


class _Reach:
    """Tells which items a new seed may be nearer to than all before, by products of all pairs made at once.

    They are good to rounding, which is allowed for: what decides is measured again.
    """

    def __init__(self, x: Tensor, square: Tensor) -> None:
        self._double_products = _all_products(2.0 * x, x)
        self._square = square
        slack = (16.0 + 2.0 * x.shape[1] ** 0.5) * torch.finfo(torch.float32).eps
        self._noise = slack * (square + square.max())

    def rows(self, drawn: Tensor, bound: Tensor) -> Tensor | None:
        """(n,) ascending positions of the items that one of the drawn may be nearer to; None for most of them."""
        limit = self._square - bound - self._noise
        near = (self._double_products[drawn] > limit + self._square[drawn][:, None]).any(dim=0)
        near[:_LEAST] = True
        found = near.nonzero()[:, 0]
        return found if 2 * len(found) <= len(near) else None
