"""Agglomeration with average linkage in the memory of the distances alone: SciPy's copies them."""

from __future__ import annotations

import numpy as np


def average_tree(pairs: np.ndarray, n: int) -> np.ndarray:
    """The tree of n items, merged by the mean distance between their clusters.

    Parameters
    ----------
    pairs
        (n (n - 1) / 2,) float64 distances of the first item to all later ones, of the second, ...; written over.
    n
        At least 2.

    Returns
    -------
    (n - 1, 4) float64: what ``scipy.cluster.hierarchy.linkage(pairs, method="average")`` gives, equal distances
    included.

    Notes
    -----
    By chains of nearest neighbours: Murtagh (1983), "A Survey of Recent Advances in Hierarchical Clustering
    Algorithms", The Computer Journal 26(4). Clusters that are merged are taken out of the distances each time half of
    those there are gone, which are read once or twice for each merge.
    """
    merges = sorted(_merges(_Clusters(pairs, n), n), key=lambda merge: merge[2])
    parent, size = list(range(2 * n - 1)), [1] * (2 * n - 1)
    tree = np.empty((n - 1, 4))
    for at, (first, second, distance) in enumerate(merges):
        left, right = sorted((_root(parent, first), _root(parent, second)))
        parent[left] = parent[right] = n + at
        size[n + at] = size[left] + size[right]
        tree[at] = left, right, distance, size[n + at]
    return tree


def _merges(clusters: _Clusters, n: int) -> list[tuple[int, int, float]]:
    """An item of each of two clusters that are merged, and their distance, in the order found."""
    found: list[tuple[int, int, float]] = []
    chain: list[int] = []
    while len(found) < n - 1:
        if 2 * (n - len(found)) <= len(clusters.items):
            chain = clusters.forget(chain)
        if not chain:
            chain = [int(clusters.gone.argmin())]
        while True:
            row = clusters.row(chain[-1])
            nearest = int(row.argmin())
            # The one before is preferred to others that are as near, so that the chain ends.
            if len(chain) > 1 and not row[nearest] < row[chain[-2]]:
                break
            chain.append(nearest)
        last, before = chain.pop(), chain.pop()
        found.append((int(clusters.items[last]), int(clusters.items[before]), float(row[before])))
        clusters.merge(last, row, before)
    return found


class _Clusters:
    """Mean distances between clusters, each in the slot of one of its items."""

    def __init__(self, pairs: np.ndarray, n: int) -> None:
        self.items = np.arange(n)
        self.gone = np.zeros(n)
        """Infinity for slots without a cluster."""
        self._pairs, self._size = pairs, np.ones(n)
        self._begin = _begin(n)

    def row(self, slot: int) -> np.ndarray:
        """Distances to all others; infinite to itself and to slots without a cluster."""
        row = np.empty(len(self.items))
        row[:slot] = self._pairs[self._begin[:slot] + slot]
        row[slot] = np.inf
        row[slot + 1 :] = self._later(slot)
        row += self.gone
        return row

    def merge(self, one: int, row: np.ndarray, other: int) -> None:
        """Put two clusters, of one of which the row is given, into the later slot."""
        rows, sizes = {one: row, other: self.row(other)}, self._size
        first, second = sorted(rows)
        together = sizes[first] + sizes[second]
        mean = (sizes[first] * rows[first] + sizes[second] * rows[second]) / together
        self._pairs[self._begin[:second] + second] = mean[:second]
        self._later(second)[:] = mean[second + 1 :]
        self._size[second], self.gone[first] = together, np.inf

    def forget(self, chain: list[int]) -> list[int]:
        """Take slots without a cluster out; the slots of a chain are renumbered."""
        kept = np.flatnonzero(self.gone == 0)
        begin, end = _begin(len(kept)), 0
        for at, slot in enumerate(kept.tolist()):
            later = self._later(slot)[kept[at + 1 :] - slot - 1]
            start, end = end, end + len(later)
            self._pairs[start:end] = later  # which lie no earlier than here
        self.items, self._size, self.gone = self.items[kept], self._size[kept], self.gone[kept]
        self._pairs, self._begin = self._pairs[:end], begin
        return np.searchsorted(kept, chain).tolist()

    def _later(self, slot: int) -> np.ndarray:
        """Distances to later slots, as they lie in memory."""
        return self._pairs[self._begin[slot] + slot + 1 : self._begin[slot] + len(self.items)]


def _begin(n: int) -> np.ndarray:
    """(n,) where the distances of each of n items begin, less the item's number and one."""
    numbers = np.arange(n)
    return n * numbers - numbers * (numbers + 1) // 2 - numbers - 1


def _root(parent: list[int], cluster: int) -> int:
    """The largest cluster that holds a cluster."""
    root = cluster
    while parent[root] != root:
        root = parent[root]
    while parent[cluster] != root:
        parent[cluster], cluster = root, parent[cluster]
    return root
