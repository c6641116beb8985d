"""Contrastive active learning: items that are predicted unlike their nearest labelled neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from albench.api import Strategy, View, option
from albench.kernels import likely_neighbors, measure_again, nearest_neighbors, require_finite, sent, top_k_settled

_FLOATS = 1 << 24
"""Numbers in one block."""
_ROUNDING = torch.finfo(torch.float64).eps
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
    ranks: ClassVar[bool] = True

    n_neighbors: int = option(10, "labelled neighbours of each item", ge=1)

    def scores(self, view: View) -> Tensor:
        """(N,) the mean divergence in nats."""
        probs, embeddings = view.probs, view.embeddings
        labeled_probs, labeled = view.labeled_probs, view.labeled_embeddings
        require_finite(probabilities=probs, embeddings=embeddings)
        if len(labeled) == 0:
            return sent(torch.rand(len(view), generator=view.generator), view.device)
        require_finite(labelled_probabilities=labeled_probs, labelled_embeddings=labeled)
        k = min(self.n_neighbors, len(labeled))
        _, neighbors = nearest_neighbors(labeled, k, metric="euclidean", queries=embeddings)
        return mean_divergence(labeled_probs, neighbors, probs)

    def select(self, view: View, budget: int) -> Tensor:
        """Choose ``budget`` positions, those of the largest scores."""
        probs, embeddings = view.probs, view.embeddings
        labeled_probs, labeled = view.labeled_probs, view.labeled_embeddings
        if view.device.type != "cpu" or len(labeled) == 0 or budget == 0:
            return super().select(view, budget)
        require_finite(probabilities=probs, embeddings=embeddings)
        require_finite(labelled_probabilities=labeled_probs, labelled_embeddings=labeled)
        k = min(self.n_neighbors, len(labeled))
        likely, sure = likely_neighbors(labeled, k, embeddings)

        def measured(at: Tensor) -> Tensor:
            return measure_again(labeled, embeddings[at], likely[at], k)[1]

        # Which neighbours there are takes less than which is nearest, and leaves a score but for float64's rounding.
        neighbors, open_ = likely[:, :k].contiguous(), (~sure).nonzero()[:, 0]
        neighbors[open_] = measured(open_)
        own, shared = _entropies(labeled_probs, neighbors, probs)
        return top_k_settled(
            own - shared,
            budget,
            lambda at: mean_divergence(labeled_probs, measured(at), probs[at]),
            absolute=(own.abs() + shared.abs()).mul_(8 * (k + probs.shape[1]) * _ROUNDING),
        )


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
    own, shared = _entropies(labeled_probs, neighbors, probs)
    return own.sub_(shared)


def _entropies(labeled_probs: Tensor, neighbors: Tensor, probs: Tensor) -> tuple[Tensor, Tensor]:
    """(N,) float64 means over the neighbours of ``sum p log p``, and of ``sum p log q`` with the item's q."""
    labeled = _raised(labeled_probs)
    # Of the divergence, the neighbour's own part does not depend on the item, and the rest is linear in the neighbour.
    of_each = -torch.special.entr(labeled).sum(dim=1)
    rows = max(1, _FLOATS // (neighbors.shape[1] * probs.shape[1]))
    own, shared = torch.empty(2, len(probs), dtype=torch.float64, device=probs.device)
    blocks = zip(neighbors.split(rows), probs.split(rows), own.split(rows), shared.split(rows), strict=True)
    for near, part, mean, out in blocks:
        torch.sum(labeled[near].mean(dim=1) * _raised(part).log(), dim=1, out=out)
        torch.mean(of_each[near], dim=1, out=mean)
    return own, shared


def _raised(probs: Tensor) -> Tensor:
    """Probabilities (..., C) in float64, none below the smallest, that sum to 1."""
    raised = probs.double().clamp(min=_SMALLEST)
    return raised / raised.sum(dim=-1, keepdim=True)
