"""TypiClust: the most typical item of each cluster that holds no label yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from albench.api import Strategy, View, option
from albench.kernels import UnitRows, k_means, nearest_neighbors


@dataclass(frozen=True)
class TypiClust(Strategy):
    """Cluster all items; from the clusters with fewest labels, largest first, take the most typical item of each.

    Embeddings are scaled to length 1 and clustered, labelled ones included, into ``min(L + budget, max_clusters)``
    groups by k-means. Clusters are ordered by their number of labels, then by size; those with fewer than ``min_size``
    items come last. Each gives its most typical unlabelled item::

        typicality(x) = 1 / mean Euclidean distance to its min(n_neighbors, cluster size - 1) nearest in the cluster

    and counts it as labelled; with more picks than clusters the order is gone through again.

    Notes
    -----
    Hacohen, Dekel and Weinshall (2022), "Active Learning on a Budget: Opposite Strategies Suit High and Low Budgets",
    ICML, arXiv 2202.02794. The paper clusters self-supervised features; here they are the model's embeddings, or at a
    cold start the items themselves. Its smaller data sets use k-means, as here.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"embeddings"})
    cold_start: ClassVar[bool] = True

    n_neighbors: int = option(20, "neighbours whose mean distance makes an item typical", ge=1)
    max_clusters: int = option(500, "most clusters", ge=1)
    min_size: int = option(5, "smaller clusters come last", ge=1)

    def select(self, view: View, budget: int) -> Tensor:
        """Choose ``budget`` positions, in the order picked."""
        n = len(view)
        x = UnitRows(view.embeddings, view.labeled_embeddings)
        k = min(len(x) - n + budget, self.max_clusters, len(x))
        _, cluster = k_means(x, k, generator=view.generator)
        size = torch.bincount(cluster, minlength=k)
        n_labels = torch.bincount(cluster[n:], minlength=k).tolist()
        # Typicality is only asked for in clusters that are come to: each is ranked when it is.
        ranked: dict[int, list[int]] = {}
        small = (size < self.min_size).tolist()
        sizes, left = size.tolist(), torch.bincount(cluster[:n], minlength=k).tolist()
        order = cluster.argsort(stable=True)
        starts = (size.cumsum(dim=0) - size).tolist()
        picks: list[int] = []
        while len(picks) < budget:
            best = min(
                (c for c in range(k) if left[c]), key=lambda c: (small[c], n_labels[c], -sizes[c], c)
            )  # the paper's order, fewest labels first
            if best not in ranked:
                members = order[starts[best] : starts[best] + sizes[best]]
                ranked[best] = self._ranked(x, members, n)
            picks.append(ranked[best].pop(0))
            n_labels[best] += 1
            left[best] -= 1
        return torch.tensor(picks, dtype=torch.int64)

    def _ranked(self, x: UnitRows, members: Tensor, n: int) -> list[int]:
        """Unlabelled positions of a cluster, most typical first, ties to the lowest."""
        k = min(self.n_neighbors, len(members) - 1)
        if k < 1:
            return [i for i in members.tolist() if i < n]
        distance = nearest_neighbors(x[members], k, metric="euclidean")[0].mean(dim=1)
        typical = members[distance.sort(stable=True).indices]
        return typical[typical < n].tolist()
