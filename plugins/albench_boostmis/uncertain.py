"""The balanced uncertainty selector: density-aware entropy, the same number from each predicted class."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from albench.api import View
from albench.kernels import entropy, nearest_neighbors, top_k, top_k_per_class
from albench_boostmis.density import graph_degree, mean_similarity, self_excluded

Density = Literal["similarity", "degree", "none"]


class BalancedUncertainty:
    """Chooses the items whose entropy times density is largest.

    A mean similarity is at most 1, so entropy alone bounds the score from above, and an item's neighbours are looked
    up only when its bound is good enough to be chosen. Once every chosen item has its exact score, the bounds of the
    others prove that the choice is that of scoring everything. Where too many items would have to be looked up, all
    are, in the pass over all pairs, which costs half as much an item.

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
        self.score = entropy(view.probs).clamp_(min=0.0)
        self.known = torch.ones_like(self.predicted, dtype=torch.bool)
        self.n_neighbors = min(n_neighbors, len(view) - 1)
        if self.n_neighbors > 0 and density == "degree":
            # Who points at an item is known only once everybody's neighbours are.
            self.score *= graph_degree(view.neighbors(self.n_neighbors)[1])
        elif self.n_neighbors > 0 and density == "similarity":
            self.known.fill_(False)

    def most(self, candidates: Tensor, k: int) -> Tensor:
        """The k most uncertain of the candidate positions, best first."""
        ahead = k
        while True:
            chosen = self._rank(candidates, k)
            if bool(self.known[chosen].all()):
                return chosen
            # Knowing some more than k at once saves rounds.
            further = self._rank(candidates, min(k + ahead, len(candidates)))
            self._look_up(torch.cat([chosen, further]), everything=self._n_open(candidates, k) > len(self.known) // 3)
            ahead *= 2

    def _n_open(self, candidates: Tensor, k: int) -> int:
        """How many candidates might still beat the k-th best of those known: about as many have to be looked up."""
        known = self.known[candidates]
        score = self.score[candidates]
        if int(known.sum()) < k:
            return 0
        return int((score[~known] > score[known].topk(k).values[-1]).sum())

    def _rank(self, candidates: Tensor, k: int) -> Tensor:
        score = self.score[candidates]
        if not self.balanced:
            return candidates[top_k(score, k)]
        return candidates[top_k_per_class(score, self.predicted[candidates], self.view.n_classes, k)]

    def _look_up(self, positions: Tensor, everything: bool) -> None:
        """Make the scores of some items exact, or of all where that has become many."""
        wanted = torch.zeros_like(self.known)
        wanted[positions] = True
        new = (wanted & ~self.known).nonzero()[:, 0]
        if everything or int(self.known.sum()) + len(new) > len(self.known) // 6:
            new = (~self.known).nonzero()[:, 0]
            similarity = self.view.neighbors(self.n_neighbors)[0][new]
        else:
            embeddings = self.view.embeddings
            # One more, since an item is its own nearest neighbour.
            found = nearest_neighbors(embeddings, self.n_neighbors + 1, queries=embeddings[new])
            similarity = self_excluded(*found, new)
        self.score[new] *= mean_similarity(similarity)
        self.known[new] = True
