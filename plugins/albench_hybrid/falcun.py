"""FALCUN: uncertain, and different from what is chosen already, both measured on class probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from albench.api import Strategy, View, option
from albench.kernels import margin, require_finite, running_sum


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
        uncertainty = 1.0 - margin(probs.double())
        distance = uncertainty.clone()
        free = torch.ones(len(probs), dtype=torch.bool, device=probs.device)
        draws = torch.rand(budget, generator=view.generator, dtype=torch.float64).tolist()
        picks: list[Tensor] = []  # (1,) each: the host need not know them before the last
        for draw in draws:
            pick = _sample(relevance(uncertainty, distance, free), free, self.gamma, draw)
            picks.append(pick)
            free.index_fill_(0, pick, False)
            new = torch.cdist(probs, probs.index_select(0, pick), p=1.0)[:, 0]
            distance = torch.minimum(distance, new.double())
        return torch.cat(picks) if picks else torch.empty(0, dtype=torch.int64, device=probs.device)


def relevance(uncertainty: Tensor, distance: Tensor, free: Tensor) -> Tensor:
    """(N,) uncertainty plus the distance scaled to 0 .. 1 over the free items (0 where they are all as far)."""
    lowest = torch.where(free, distance, torch.inf).min()
    span = torch.where(free, distance, -torch.inf).max() - lowest
    return uncertainty + (distance - lowest) / torch.where(span > 0, span, torch.inf)


def _sample(weight: Tensor, free: Tensor, gamma: float, draw: float) -> Tensor:
    """A free position (1,) in proportion to ``weight ** gamma``, by a number in 0 .. 1."""
    # Scaled by the largest, so that no power under- or overflows all of them at once.
    largest = torch.where(free, weight, 0.0).max()
    shares = torch.where(largest > 0, torch.where(free, (weight / largest).pow(gamma), 0.0), free.double())
    total = running_sum(shares)
    place = torch.searchsorted(total, draw * total[-1:], right=True)
    # Rounding may carry the draw past the end: then it is the last item that has a share.
    return torch.minimum(place, torch.searchsorted(total, total[-1:]))
