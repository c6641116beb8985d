"""FALCUN: uncertain, and different from what is chosen already, both measured on class probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from albench.api import Strategy, View, option
from albench.kernels import margin, require_finite, running_sum

_FEW = 16384
"""Items of which all are measured for each pick: looking for those that come nearer would take longer."""


@dataclass(frozen=True)
class FALCUN(Strategy):
    """Sample items one after the other in proportion to a power of uncertainty plus distance.

    The uncertainty of an item is one minus the margin of its two largest probabilities. Its distance starts as its
    uncertainty and then is the smallest L1 distance of its probabilities to those of any item chosen, where that is
    less. Its relevance is the uncertainty plus the distance scaled to 0 .. 1 over the items that are left. It is
    chosen with a probability in proportion to ``relevance ** gamma``.

    Notes
    -----
    Gilhuber, Beer, Ma and Seidl (2024), "FALCUN: A Simple and Efficient Deep Active Learning Strategy", ECML PKDD. As
    in the authors' code the distances themselves are kept and scaled anew for each pick. (scikit-activeml goes on from
    the scaled ones, which forgets how far from the earlier picks an item was, and does not scale before the first.)
    The cost is O(N C) for each pick; embeddings are not used.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"probs"})

    gamma: float = option(10.0, "power of the relevance: 0 samples uniformly, a large one takes the best", ge=0)

    def select(self, view: View, budget: int) -> Tensor:
        """Choose ``budget`` positions, in the order sampled."""
        probs = view.probs
        require_finite(probabilities=probs)
        uncertainty = (1.0 - margin(probs.double())).clamp_(min=0.0)
        distances = _Distances(probs, uncertainty)
        draws = torch.rand(budget, generator=view.generator, dtype=torch.float64).tolist()
        picks: list[Tensor] = []  # (1,) each: the host need not know them before the last
        for draw in draws:
            shares = distances.relevance(uncertainty)
            largest = shares.max()
            # Scaled by the largest, so that no power under- or overflows all of them at once.
            shares.div_(torch.where(largest > 0, largest, 1.0))
            power_(shares, self.gamma).add_(largest <= 0)
            pick = _sample(shares.masked_fill_(distances.taken, 0.0), draw)
            picks.append(pick)
            distances.take(pick)
        return torch.cat(picks) if picks else torch.empty(0, dtype=torch.int64, device=probs.device)


class _Distances:
    """The smallest distance (N,) float64 of each item to those taken, or its start where that is less.

    Parameters
    ----------
    probs, start
        (N, C) float32 and (N,).
    """

    def __init__(self, probs: Tensor, start: Tensor) -> None:
        self._probs = probs
        self.taken = torch.zeros(len(probs), dtype=torch.bool, device=probs.device)
        # With infinity in place of those taken, so that the least and the largest of the others are seen at once.
        self._low, self._high = start.clone(), start.clone()
        self._buffer = torch.empty_like(start)
        self._all = probs.device.type != "cpu" or len(probs) < _FEW
        if self._all:
            return
        self._by_class = probs.T.contiguous()
        self._difference = torch.empty_like(self._by_class)
        self._rough = torch.empty_like(self._by_class[0])
        # Differences of near numbers are exact, so that the error of a distance is a part of it.
        self._slack = 1.0 + 4 * (probs.shape[1] + 2) * torch.finfo(probs.dtype).eps
        self._limit = (start * self._slack).to(probs.dtype)

    def relevance(self, uncertainty: Tensor) -> Tensor:
        """(N,) uncertainty plus the distance scaled to 0 .. 1 over the others (0 where they are all as far); those
        taken have minus infinity. The tensor is used again by the next call.
        """
        lowest = self._low.min()
        span = self._high.max() - lowest
        scaled = torch.sub(self._high, lowest, out=self._buffer)
        return scaled.div_(torch.where(span > 0, span, 1.0)).add_(uncertainty)

    def take(self, pick: Tensor) -> None:
        """Take an item (1,), and lower the distances of the others."""
        self.taken.index_fill_(0, pick, True)
        self._low.index_fill_(0, pick, torch.inf)
        self._high.index_fill_(0, pick, -torch.inf)
        new = self._probs.index_select(0, pick)
        if self._all:
            self._high = torch.minimum(self._high, torch.cdist(self._probs, new, p=1.0)[:, 0].double())
            self._low = torch.where(self.taken, torch.inf, self._high)
            return
        self._lower_few(pick, new)

    def _lower_few(self, pick: Tensor, new: Tensor) -> None:
        """Lower the distances that an item (1,) with probabilities (1, C) is below, where most are not."""
        self._limit.index_fill_(0, pick, -torch.inf)
        torch.sub(self._by_class, self._by_class[:, pick], out=self._difference)
        torch.sum(self._difference.abs_(), dim=0, out=self._rough)
        nearer = torch.from_numpy(np.flatnonzero(self._rough.numpy() < self._limit.numpy()))
        value = torch.cdist(self._probs.index_select(0, nearer), new, p=1.0)[:, 0].double()
        value = torch.minimum(self._low.index_select(0, nearer), value)
        self._low.index_copy_(0, nearer, value)
        self._high.index_copy_(0, nearer, value)
        self._limit.index_copy_(0, nearer, (value * self._slack).to(new.dtype))


def power_(x: Tensor, exponent: float) -> Tensor:
    """``x ** exponent`` in place; on the CPU a whole exponent up to 64 by squares, a seventh of the time."""
    if x.device.type != "cpu" or not (exponent.is_integer() and 1 <= exponent <= 64):
        return x.pow_(exponent)
    result, square, left = None, x.clone(), int(exponent)
    while left:
        if left & 1:
            result = x.copy_(square) if result is None else result.mul_(square)
        left >>= 1
        if left:
            square.square_()
    return x


def _sample(shares: Tensor, draw: float) -> Tensor:
    """A position (1,) in proportion to the shares (N,), by a number in 0 .. 1."""
    total = running_sum(shares)
    place = torch.searchsorted(total, draw * total[-1:], right=True)
    # Rounding may carry the draw past the end: then it is the last item that has a share.
    return torch.minimum(place, torch.searchsorted(total, total[-1:]))
