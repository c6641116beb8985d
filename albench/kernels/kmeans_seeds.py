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
    reach = _Reach(x, square) if _pays(x, k) else None
    chosen: list[int] = []
    total = running_sum(share)
    left = float(total[-1])
    for _ in range(k):
        if left <= 0:  # all that is left coincides with a seed: the lowest positions follow
            rest = torch.ones(len(x), dtype=torch.bool)
            rest[chosen] = False
            chosen += rest.nonzero()[: k - len(chosen), 0].tolist()
            break
        draws = sent(torch.rand(trials, generator=generator, dtype=torch.float64), x.device)
        drawn = torch.searchsorted(total, draws * total[-1], right=True).clamp_(max=len(x) - 1)
        rows = reach.rows(drawn, bound) if reach and chosen else None
        if rows is None:
            nearer = torch.minimum(_squared(x, square, x[drawn], square[drawn]), bound[:, None])
        else:
            nearer = bound[:, None].repeat(1, trials)
            nearer[rows] = torch.minimum(_squared(x[rows], square[rows], x[drawn], square[drawn]), bound[rows, None])
        nearer[drawn, torch.arange(trials, device=x.device)] = 0
        best = (share @ nearer).argmin(dim=0, keepdim=True)
        bound = nearer.index_select(1, best)[:, 0]
        total = running_sum(share * bound)
        # One copy for all that the host has to know of a seed, as it waits for it.
        pick, left = torch.cat([drawn.index_select(0, best).double(), total[-1:]]).tolist()
        chosen.append(int(pick))
    return x[torch.tensor(chosen, device=x.device)]


def _squared(x: Tensor, square: Tensor, seeds: Tensor, square_seeds: Tensor) -> Tensor:
    """(n, trials) squared distances; the product is faster this way round."""
    return torch.addmm(square[:, None], x, seeds.T, alpha=-2.0).add_(square_seeds).clamp_(min=0)


def _pays(x: Tensor, k: int) -> bool:
    # Rows that do not begin at a whole vector of memory are rounded by their place.
    many = k >= _PAIRS_FROM and x.numel() >= _LARGE and len(x) ** 2 <= _PRODUCTS
    return x.device.type == "cpu" and many and x.shape[1] % 16 == 0


def _all_products(x: Tensor, y: Tensor) -> Tensor:
    """(N, N) products of all rows with all, which are the same both ways round: half of them are computed."""
    found = x.new_empty(len(x), len(y))
    for start in range(0, len(x), _BLOCK):
        own = slice(start, start + _BLOCK)
        torch.mm(x[own], y[start:].T, out=found[own, start:])
        found[start + _BLOCK :, own] = found[own, start + _BLOCK :].T
    return found


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
