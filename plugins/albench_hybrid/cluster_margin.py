"""Cluster-Margin: items with a small margin, taken from as many clusters as possible."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from albench.api import Strategy, View, option
from albench.kernels import margin, nearest_neighbors, require_finite, sent, top_k
from albench_hybrid.agglomeration import average_tree

_ROWS = 128
"""Rows of the distances that are measured at once."""


@dataclass(frozen=True)
class ClusterMargin(Strategy):
    """Draw in turn from the clusters of the items with the smallest margins, smallest clusters first.

    The pool's embeddings are clustered by agglomeration with average linkage. Of the ``margin_factor`` times budget
    items with the smallest margins, one is drawn at random from each of their clusters, those with the fewest such
    items first; then again from each cluster that has any left, until the budget is spent.

    Notes
    -----
    Citovsky, DeSalvo, Gentile, Karydas, Rajagopalan, Rostamizadeh and Kumar (2021), "Batch Active Learning at Scale",
    NeurIPS, arXiv 2107.14263, the Cluster-Margin algorithm. The paper clusters once, with the embeddings of the first
    model, and cuts the tree at a distance that is set for each data set. A strategy here keeps nothing between
    queries, so the current embeddings are clustered each time, and the tree is cut into ``n_clusters``.

    Agglomeration needs all distances. A pool of more than ``max_items`` is therefore represented by the items with
    small margins and by others drawn uniformly, ``max_items`` together; where there are more with small margins than
    that, those not drawn join the cluster of the nearest item that was.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"probs", "embeddings"})

    margin_factor: float = option(
        10.0, "items with small margins that are drawn from, as a multiple of the budget", ge=1
    )
    n_clusters: int | None = option(None, "clusters that the tree is cut into; none: as many as the budget", ge=1)
    max_items: int = option(4000, "items that are clustered with each other", ge=2)

    def select(self, view: View, budget: int) -> Tensor:
        """Choose ``budget`` positions, in the order drawn."""
        probs, embeddings = view.probs, view.embeddings
        require_finite(probabilities=probs, embeddings=embeddings)
        unsure = top_k(-margin(probs), min(len(probs), math.ceil(self.margin_factor * budget)))
        clusters = self._clusters(embeddings, unsure, self.n_clusters or max(1, budget), view.generator)
        order = sent(torch.randperm(len(unsure), generator=view.generator), unsure.device)
        return unsure[order][round_robin(clusters[order])[:budget]]

    def _clusters(self, x: Tensor, unsure: Tensor, n_clusters: int, generator: torch.Generator) -> Tensor:
        """(m,) the clusters of the unsure items."""
        n = len(x)
        if n <= self.max_items:
            return average_linkage(x, n_clusters)[unsure]
        # The unsure items first, each part in random order.
        first = torch.zeros(n, dtype=torch.int8, device=x.device)
        first[unsure] = 1
        drawn = sent(torch.randperm(n, generator=generator), x.device)
        drawn = drawn[first[drawn].sort(descending=True, stable=True).indices]
        kept, left = drawn[: self.max_items], drawn[self.max_items : max(self.max_items, len(unsure))]
        clusters = torch.empty(n, dtype=torch.int64, device=x.device)
        clusters[kept] = average_linkage(x[kept], n_clusters)
        if len(left):
            nearest = nearest_neighbors(x[kept], 1, metric="euclidean", queries=x[left])[1][:, 0]
            clusters[left] = clusters[kept[nearest]]
        return clusters[unsure]


def average_linkage(x: Tensor, n_clusters: int) -> Tensor:
    """(n,) int64 clusters of x (n, D) by agglomeration with average linkage of Euclidean distances, cut into at most
    ``n_clusters``.
    """
    if len(x) < 2:
        return torch.zeros(len(x), dtype=torch.int64, device=x.device)
    # Slow to import.
    from scipy.cluster.hierarchy import fcluster

    found = fcluster(average_tree(_distances(x), len(x)), t=n_clusters, criterion="maxclust")
    return torch.from_numpy(found.astype("int64")).to(x.device)


def _distances(x: Tensor) -> np.ndarray:
    """Euclidean distances float64 of all pairs of rows of x (n, D): those of the first, then those of the second ..."""
    points = x.cpu().to(
        torch.float64, copy=True
    )  # the tree is built on the host, to which all distances would be more to send
    points -= points.mean(dim=0)
    square = points.square().sum(dim=1)
    n, end = len(points), 0
    pairs = np.empty(n * (n - 1) // 2)
    for start in range(0, n, _ROWS):
        rows = slice(start, start + _ROWS)
        scale = square[rows, None] + square[None, start:]
        squared = torch.addmm(scale, points[rows], points[start:].T, alpha=-2.0)
        # What is only rounding noise is 0, so that duplicates meet first.
        squared[squared <= scale.mul_(64 * torch.finfo(torch.float64).eps)] = 0.0
        for i, row in enumerate(squared.sqrt_().numpy(), start=1):
            begin, end = end, end + len(row) - i
            pairs[begin:end] = row[i:]
    return pairs


def round_robin(clusters: Tensor) -> Tensor:
    """Positions (m,) in turn from each cluster that has any left, smaller clusters first, in each the lowest first.

    Clusters of one size are ordered by their lowest position.
    """
    _, cluster, size = clusters.unique(return_inverse=True, return_counts=True)
    together = cluster.sort(stable=True)
    place = torch.arange(len(cluster), device=cluster.device)
    turn = torch.empty_like(place)
    turn[together.indices] = place - (size.cumsum(0) - size)[together.values]
    lowest = together.indices[size.cumsum(0) - size]
    # Least important first: stable sorts keep the order of the ones before.
    for key in (lowest[cluster], size[cluster], turn):
        place = place[key[place].sort(stable=True).indices]
    return place
