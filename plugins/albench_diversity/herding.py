"""Herding: raise the kernel coverage of the pool, plain or weighted by uncertainty."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from albench.api import Strategy, View, option
from albench.kernels import Rows, UnitRows, margin, require_finite, sent

BLOCK, BLOCK_OF_DEVICE = 1 << 21, 1 << 25
"""Kernel values in one block."""
LAZY = 8
"""Candidates whose gain is brought up to date at once. It changes the speed, not the picks."""
AHEAD = 16
"""Picks that a device makes before the host looks whether one outside of the block could have been better."""


@dataclass(frozen=True)
class MaxHerding(Strategy):
    """Choose, one after the other, the item that raises the generalised coverage of the pool most::

        C(S) = mean over x of max over s in S of k(x, s)        k(a, b) = exp( - ||a - b||^2 / (2 lengthscale^2) )

    on embeddings scaled to length 1, where S holds the labelled items and what is chosen so far. Coverage is
    submodular: the gain of an item only falls, so old gains are upper bounds and few have to be renewed for each pick.

    Notes
    -----
    Bae, Noh and Sutherland (2024), "Generalized Coverage for More Robust Low-Budget Active Learning", ECCV, arXiv
    2407.12212. In a pool of more than ``reference`` items coverage is measured on as many drawn at random; every item
    stays a candidate. The form of the kernel's exponent is this suite's.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"embeddings"})
    cold_start: ClassVar[bool] = True

    lengthscale: float = option(0.5, "distance at which an item covers another to 61 %", gt=0)
    reference: int = option(10_000, "items whose coverage is measured", ge=1)

    def weight(self, view: View) -> Tensor:
        """(N,) what covering each item is worth."""
        return torch.ones(len(view), device=view.device)

    def select(self, view: View, budget: int) -> Tensor:
        """Choose ``budget`` positions, in the order picked."""
        x, weight = UnitRows(view.embeddings), self.weight(view)
        places = sent(torch.randperm(len(x), generator=view.generator)[: self.reference].sort().values, x.device)
        coverage = Coverage(x[places], weight[places], self.lengthscale)
        coverage.add(UnitRows(view.labeled_embeddings))
        greedy = _one_by_one if x.device.type == "cpu" else _by_blocks
        return torch.tensor(greedy(coverage, x, budget), dtype=torch.int64)


def _one_by_one(coverage: Coverage, x: UnitRows, budget: int) -> list[int]:
    """The picks among items (N, D), by few gains for each."""
    bound = coverage.gains(x)
    current = torch.zeros(len(x), dtype=torch.int64)  # picks that a bound knows of
    picks: list[int] = []
    n_stale = 0
    all_stale = False  # as after each pick: then nobody need ask
    while len(picks) < budget:
        if not all_stale:
            best = int(bound.argmax())
            if int(current[best]) == len(picks):
                picks.append(best)
                coverage.add(x[best : best + 1])
                bound[best] = -torch.inf
                all_stale, n_stale = True, len(x) - len(picks)
                continue
        all_stale = False
        stale = torch.where(current == len(picks), -torch.inf, bound)
        renew = stale.topk(min(LAZY, n_stale)).indices
        n_stale -= len(renew)
        bound[renew] = torch.minimum(coverage.gains(x[renew]), bound[renew])
        current[renew] = len(picks)
    return picks


def _by_blocks(coverage: Coverage, x: UnitRows, budget: int) -> list[int]:
    """The same on a device: all gains of a block of the best bounds for each pick, and several picks for each look."""
    bound = coverage.gains(x).float()
    picks: list[int] = []
    while len(picks) < budget:
        order = bound.sort(descending=True, stable=True).indices
        few = order[: coverage.rows].sort().values
        rest = order[coverage.rows : coverage.rows + 1]  # the best of the others, the lowest of equal ones
        made = coverage.picked(x[few], bound[few], min(AHEAD, budget - len(picks), len(few)))
        told = [few[made.places].double(), made.values.double(), rest.double(), bound[rest].double()]
        numbers = torch.cat(told).tolist()  # the host waits for it once
        count = len(made.places)
        place, value = numbers[2 * count :] or (math.inf, -math.inf)
        better = [(-numbers[count + i], numbers[i]) < (-value, place) for i in range(count)]
        kept = [*better, False].index(False)
        picks += map(int, numbers[:kept])
        bound[few] = made.bounds[kept]
        coverage.covered = made.covered[kept]
    return picks


@dataclass
class _Picked:
    """What picks of a block came to.

    Attributes
    ----------
    places, values
        (n,) positions in the block, and gains.
    bounds, covered
        Of the block and of the reference items after 0 .. n picks.
    """

    places: Tensor
    values: Tensor
    bounds: list[Tensor]
    covered: list[Tensor]


@dataclass(frozen=True)
class UncertaintyHerding(MaxHerding):
    """MaxHerding whose coverage counts each item by how unsure the model is of it::

        C(S) = mean over x of u(x) max over s in S of k(x, s)        u(x) = 1 - (p_1st - p_2nd)

    Notes
    -----
    Bae, Oliveira and Sutherland (2025), "Uncertainty Herding: One Active Learning Method for All Label Budgets", ICLR,
    arXiv 2412.20644. The paper also fits the temperature of the probabilities and the length scale to the labelled set
    as it grows; here both stay as they are.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"embeddings", "probs"})
    cold_start: ClassVar[bool] = False

    def weight(self, view: View) -> Tensor:
        """(N,) 1 less the margin."""
        require_finite(probabilities=view.probs)
        return 1 - margin(view.probs)


class Coverage:
    """How well reference items (R, D), each with a weight, are covered by what has been added.

    All blocks are computed in one piece of memory: made anew, each would leave a hole that the next does not fit.
    """

    def __init__(self, x: Tensor, weight: Tensor, lengthscale: float) -> None:
        # exp(-|a - b|^2 / 2 l^2) = exp((<a, b> - 1) / l^2) for vectors of length 1.
        self._x = x.T / lengthscale**2
        self._least = x.new_full((), -(lengthscale**-2))
        self._weight = (weight / len(weight)).to(x)
        self.covered = x.new_zeros(len(x))
        block = BLOCK if x.device.type == "cpu" else BLOCK_OF_DEVICE
        self._block = x.new_empty(max(1, block // max(len(x), 1)), len(x))

    @property
    def rows(self) -> int:
        """Items of one block."""
        return len(self._block)

    def _kernel(self, items: Tensor) -> Tensor:
        """(n, R) kernel values of items of length 1, good until the next call."""
        block = self._block[: len(items)]
        return torch.addmm(self._least, items, self._x, out=block).clamp_(max=0).exp_()

    def add(self, items: Rows) -> None:
        """Take items (n, D) into the covering set."""
        for part in items.split(self.rows) if len(items) else ():
            torch.maximum(self.covered, self._kernel(part).amax(dim=0), out=self.covered)

    def gains(self, items: Rows) -> Tensor:
        """(n,) float64 what each item (n, D) would add to the coverage."""
        gains = self.covered.new_empty(len(items))
        for part, found in zip(items.split(self.rows), gains.split(self.rows), strict=True):
            torch.mv(self._kernel(part).sub_(self.covered).clamp_(min=0), self._weight, out=found)
        return gains.double()

    def picked(self, items: Tensor, bound: Tensor, count: int) -> _Picked:
        """The best items of one block (n, D), one after the other, with bounds (n,) of their gains; nothing is kept."""
        kernel, covered = self._kernel(items), self.covered
        bounds, all_covered, places, values = [], [], [], []
        for _ in range(count):
            bound = torch.minimum((kernel - covered).clamp_(min=0) @ self._weight, bound)
            bounds.append(bound)
            all_covered.append(covered)
            value, place = bound.max(dim=0, keepdim=True)
            places.append(place)
            values.append(value)
            bound = bound.index_fill(0, place, -torch.inf)
            covered = torch.maximum(covered, kernel.index_select(0, place)[0])
        return _Picked(torch.cat(places), torch.cat(values), [*bounds, bound], [*all_covered, covered])
