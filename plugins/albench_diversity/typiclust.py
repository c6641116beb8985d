"""TypiClust: the most typical item of each cluster that holds no label yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from albench.api import Strategy, View, option
from albench.kernels import UnitRows, distances_in_groups, k_means, sent


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
        centers, cluster = k_means(x, k, generator=view.generator)
        cluster = cluster.cpu()
        size, left = torch.bincount(cluster, minlength=k), torch.bincount(cluster[:n], minlength=k)
        turns = self._turns(size.tolist(), left.tolist(), budget)
        chosen = sorted(set(turns))
        members = cluster.argsort(stable=True).split(size.tolist())
        groups = [members[c] for c in chosen]
        middles = centers[sent(torch.tensor(chosen), x.device)]
        distances = distances_in_groups(x, groups, middles, self.n_neighbors)
        ranked: dict[int, Iterator[int]] = {}  # unlabelled items, most typical first, ties to the lowest
        for number, group, distance in zip(chosen, groups, distances, strict=True):
            typical = group[distance.sort(stable=True).indices]
            ranked[number] = iter(typical[typical < n].tolist())
        return torch.tensor([next(ranked[c]) for c in turns], dtype=torch.int64)

    def _turns(self, sizes: list[int], left: list[int], budget: int) -> list[int]:
        """The cluster of each pick: fewest labels first, as the paper orders them; those without items left are out."""
        n_labels = [size - rest for size, rest in zip(sizes, left, strict=True)]
        turns = []
        for _ in range(budget):
            best = min(
                (c for c, rest in enumerate(left) if rest),
                key=lambda c: (sizes[c] < self.min_size, n_labels[c], -sizes[c], c),
            )
            turns.append(best)
            n_labels[best] += 1
            left[best] -= 1
        return turns
