"""Contrastive active learning: items that are predicted unlike their nearest labelled neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from albench.api import Strategy, View, option
from albench.kernels import nearest_neighbors, require_finite, sent

_FLOATS = 1 << 24
"""Numbers in one block."""
_SMALLEST = 1e-7
"""Probabilities are raised to this, about the rounding of float32, so that their logarithms are finite."""


@dataclass(frozen=True)
class ContrastiveAL(Strategy):
    """Choose the items whose prediction differs most from those of their nearest labelled items.

    The score is the mean, over the item's nearest labelled neighbours by Euclidean distance of the embeddings, of the
    Kullback-Leibler divergence of the neighbour's class probabilities from the item's:
    ``KL(p(neighbour) || p(item))``.

    Notes
    -----
    Margatina, Vernikos, Barrault and Aletras (2021), "Active Learning by Acquiring Contrastive Examples", EMNLP, arXiv
    2109.03764, algorithm 1, with its 10 neighbours. Where fewer items are labelled, all of them are neighbours; without
    any there is nothing to contrast with and the scores are random.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"probs", "embeddings"})

    n_neighbors: int = option(10, "labelled neighbours of each item", ge=1)

    def scores(self, view: View) -> Tensor:
        """(N,) the mean divergence in nats."""
        probs, embeddings = view.probs, view.embeddings
        labeled_probs, labeled_embeddings = view.labeled_probs, view.labeled_embeddings
        require_finite(probabilities=probs, embeddings=embeddings)
        if len(labeled_embeddings) == 0:
            return sent(torch.rand(len(view), generator=view.generator), view.device)
        require_finite(labelled_probabilities=labeled_probs, labelled_embeddings=labeled_embeddings)
        k = min(self.n_neighbors, len(labeled_embeddings))
        _, neighbors = nearest_neighbors(labeled_embeddings, k, metric="euclidean", queries=embeddings)
        return mean_divergence(labeled_probs, neighbors, probs)


def mean_divergence(labeled_probs: Tensor, neighbors: Tensor, probs: Tensor) -> Tensor:
    """Mean over the k neighbours of ``KL(neighbour || item)``.

    Parameters
    ----------
    labeled_probs, neighbors, probs
        (L, C) probabilities of the labelled items, (N, k) int64 which of them are neighbours, (N, C) probabilities.

    Returns
    -------
    (N,) float64 in nats.
    """
    labeled = _raised(labeled_probs)
    # Of the divergence, the neighbour's own part does not depend on the item, and the rest is linear in the neighbour.
    own = -torch.special.entr(labeled).sum(dim=1)
    rows = max(1, _FLOATS // (neighbors.shape[1] * probs.shape[1]))
    score = torch.empty(len(probs), dtype=torch.float64, device=probs.device)
    for near, part, out in zip(neighbors.split(rows), probs.split(rows), score.split(rows), strict=True):
        torch.sum(labeled[near].mean(dim=1) * _raised(part).log(), dim=1, out=out)
        torch.sub(own[near].mean(dim=1), out, out=out)
    return score


def _raised(probs: Tensor) -> Tensor:
    """Probabilities (..., C) in float64, none below the smallest, that sum to 1."""
    raised = probs.double().clamp(min=_SMALLEST)
    return raised / raised.sum(dim=-1, keepdim=True)
