"""The balanced uncertainty selector: density-aware entropy, the same number from each predicted class."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal

import torch
from torch import Tensor

from albench.api import View
from albench.kernels import (
    LeadingBounds,
    coarse_pays,
    entropy,
    similarity_bounds,
    similarity_to_others,
    top_k,
    top_k_per_class,
)
from albench_boostmis.density import graph_degree, mean_similarity

Density = Literal["similarity", "degree", "none"]
Bounds = Callable[[Tensor], Tensor]
"""What bounds the mean similarities (M,) of the items at (M,) positions."""


_LIKELY = 4
"""Items for each one wanted whose scores are bounded first."""
_MANY = 1024
"""Items that would be looked up, from which on bounds before may pay."""
_SAMPLE = 256
"""Items by which it is told whether they will."""
_LEFT = 1 / 4
"""Share of them that bounds may leave in the race."""
_PART, _WIDE = 4, 128
"""Of the numbers in an embedding that are directions of bounds, and how many there have to be for that."""
_BLOCK, _GROWTH = 1024, 8
"""Items that a device looks up first, and how many times more each time after."""


class BalancedUncertainty:
    """Chooses the items whose entropy times density is largest.

    A mean similarity is at most 1, so entropy alone bounds the score from above, and an item's neighbours are looked up
    only when its bound is good enough to be chosen. Where that leaves many, coarse products (``similarity_bounds``) or
    those of a few numbers (``LeadingBounds``) bound their mean similarities, for half of what looking up costs or less.
    Once every chosen item has its exact score, the bounds of the others prove that the choice is that of scoring
    everything. Where too many items would have to be looked up, all are, in the pass over all pairs, which costs half
    as much an item.

    Parameters
    ----------
    view
        The unlabelled pool.
    density
        ``"similarity"`` mean cosine similarity to the nearest neighbours, ``"degree"`` of the neighbour graph, or none.
    n_neighbors
        How many neighbours; fewer where the pool is too small.
    balanced
        Whether each predicted class gives the same number.
    """

    def __init__(self, view: View, density: Density, n_neighbors: int, balanced: bool) -> None:
        self.view = view
        self.balanced = balanced
        self.predicted = view.probs.argmax(dim=1)
        # Exact where known, an upper bound elsewhere.
        self.entropy = entropy(view.probs).clamp_(min=0.0)
        self.score = self.entropy.clone()
        self.known = torch.ones_like(self.predicted, dtype=torch.bool)
        self.n_known = len(view)
        self.bounded = torch.zeros_like(self.known)  # by more than entropy
        self.n_neighbors = min(n_neighbors, len(view) - 1)
        self.bounds = self._quick_bounds() if len(view) > 3 * _MANY else None
        if self.n_neighbors > 0 and density == "degree":
            # Who points at an item is known only once everybody's neighbours are.
            self.score *= graph_degree(view.neighbors(self.n_neighbors)[1])
        elif self.n_neighbors > 0 and density == "similarity":
            self.known.fill_(False)
            self.n_known = 0

    def _quick_bounds(self) -> Bounds | None:
        """What takes less time than looking up, or None."""
        x = self.view.embeddings
        if coarse_pays(x.device):
            return partial(similarity_bounds, x, self.n_neighbors)
        return LeadingBounds(x, self.n_neighbors, x.shape[1] // _PART) if x.shape[1] >= _WIDE else None

    def most(self, candidates: Tensor, k: int) -> Tensor:
        """The k most uncertain of the candidate positions, best first."""
        if candidates.device.type != "cpu":
            return self._most_on_device(candidates, k)
        ahead, raised = 2 * k, False
        while True:
            chosen = self._rank(candidates, k)
            if bool(self.known[chosen].all()):
                return chosen
            if int(self.known[candidates].sum()) < k:
                self._look_up_best(candidates, ahead)
                continue
            open_ = self._open(candidates, k)
            loose = open_[~self.bounded[open_]]
            if self.bounds is not None and len(loose) > _MANY:
                if not raised:  # better scores than those of the first raise the bar for the others
                    likely = self._rank(candidates, min(_LIKELY * k, len(candidates)))
                    self._bound(self.bounds, likely[~self.bounded[likely]])
                    self._look_up_best(likely, ahead)
                    raised = True
                elif self._bounds_pay(self.bounds, loose, candidates, k):
                    self._bound(self.bounds, loose[~self.bounded[loose]])
                else:
                    self.bounds = None
            elif len(open_) > 4 * ahead:
                self._look_up_best(candidates, ahead)
                ahead *= 4
            else:
                self._look_up(open_)

    def _most_on_device(self, candidates: Tensor, k: int) -> Tensor:
        """The same in growing blocks of the best by what is known: the device is waited for once a block."""
        block = max(_BLOCK, 2 * k)
        while True:
            chosen = self._rank(candidates, k)
            if self.n_known == len(self.known) or (self.n_known and bool(self.known[chosen].all())):
                return chosen
            score = self.score.masked_fill(self.known, -1.0)  # below all that are not known
            self._look_up(self._rank(candidates, min(block, len(candidates)), score))
            block *= _GROWTH

    def _look_up_best(self, candidates: Tensor, k: int) -> None:
        best = self._rank(candidates, min(k, len(candidates)))
        best = best[~self.known[best]]
        if len(best):
            self._look_up(best)

    def _bounds_pay(self, bounds: Bounds, loose: Tensor, candidates: Tensor, k: int) -> bool:
        """Whether few of the items that are in the race by entropy alone will be left in it."""
        sample = loose[:: len(loose) // _SAMPLE]
        self._bound(bounds, sample)
        left = int(torch.isin(self._open(candidates, k), sample).sum())
        return left <= _LEFT * len(sample)

    def _open(self, candidates: Tensor, k: int) -> Tensor:
        """The candidates that are not known and may still be chosen; at least k are known."""
        known = candidates[self.known[candidates]]
        unknown = candidates[~self.known[candidates]]
        chosen = self._rank(known, k)
        score = self.score[chosen]
        if not self.balanced:
            return unknown[self.score[unknown] >= score[-1]]
        mine = self.predicted[chosen][:, None] == torch.arange(self.view.n_classes, device=chosen.device)
        # Each class gives its share, and what these leave goes to the best of the others: an item has to be as good as
        # the last of its class's share, or as the last of the others.
        place = mine.long().cumsum(dim=0).masked_fill_(~mine, 0)
        share = k // self.view.n_classes
        last = torch.where(place == share, score[:, None], -torch.inf).amax(dim=0)
        rest = torch.where((place > share).any(dim=1), score, torch.inf).amin()
        bar = torch.minimum(last, rest) if share else rest.expand_as(last)
        return unknown[self.score[unknown] >= bar[self.predicted[unknown]]]

    def _rank(self, candidates: Tensor, k: int, score: Tensor | None = None) -> Tensor:
        """The k best of the candidates by (N,) scores; by default those known so far."""
        score = (self.score if score is None else score)[candidates]
        if not self.balanced:
            return candidates[top_k(score, k, checked=False)]
        classes = self.predicted[candidates]
        return candidates[top_k_per_class(score, classes, self.view.n_classes, k, checked=False)]

    def _bound(self, bounds: Bounds, items: Tensor) -> None:
        """Lower the bounds of some items."""
        if len(items) == 0:
            return
        self.score[items] = self.entropy[items] * bounds(items).clamp_(0.0, 1.0)
        self.bounded[items] = True

    def _look_up(self, items: Tensor) -> None:
        """Make the scores of some items exact, or of all where that has become many."""
        self.n_known += len(items)
        if self.n_known > len(self.known) // 3:
            score = self.entropy * mean_similarity(self.view.neighbors(self.n_neighbors)[0])
            self.score = torch.where(self.known, self.score, score)
            self.n_known = len(self.known)
            self.known.fill_(True)
        else:
            similarity = similarity_to_others(self.view.embeddings, self.n_neighbors, items)
            self.score[items] = self.entropy[items] * mean_similarity(similarity)
            self.known[items] = self.bounded[items] = True
