"""A classifier that knows the classes of its labels alone, as one of all classes of a task."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

EMBEDDING = 256
"""Length of the embedding that leaves are hashed into."""
Leaves = Callable[[np.ndarray], np.ndarray]
"""Rows (n, D) -> (n, T) the leaf of each in each tree."""


class Columns:
    """A fitted classifier, each of its columns where its class is.

    Parameters
    ----------
    probs
        Rows (n, D) -> (n, K) probabilities of the classes that had labels.
    present
        (K,) those classes.
    leaves
        Of models of trees; None for others, whose embedding is the row itself.
    """

    def __init__(
        self, probs: Callable[[np.ndarray], Any], present: np.ndarray, n_classes: int, leaves: Leaves | None = None
    ) -> None:
        self._probs, self._present, self._n_classes, self._leaves = probs, present, n_classes, leaves

    def predict_probs(self, x: np.ndarray) -> np.ndarray:
        """(n, C); 0 for classes without a label."""
        whole = np.zeros((len(x), self._n_classes))
        whole[:, self._present] = self._probs(x)
        return whole

    def embed(self, x: np.ndarray) -> np.ndarray | None:
        """(n, 256) hashed leaves, or None."""
        return None if self._leaves is None else hashed(self._leaves(x))


def alone(present: np.ndarray, n_classes: int) -> Columns:
    """What predicts the one class that had labels."""
    return Columns(lambda x: np.ones((len(x), 1)), present, n_classes)


def hashed(leaves: np.ndarray) -> np.ndarray:
    """(n, 256) float32 embeddings of leaves (n, T), whose products are, but for collisions, forest proximities.

    The proximity of two items is the share of trees in which they fall into one leaf (Breiman, Machine Learning 45,
    2001): the product of two one-hot rows over all leaves, divided by T. Those have T times the leaves of a tree as
    their length, so that each leaf is hashed to a place and a sign here (Weinberger et al., ICML 2009, section 2): the
    products' expectation stays, with a variance of at most 2 / 256.
    """
    n, trees = leaves.shape
    codes = _mixed(leaves.astype(np.uint64) * np.uint64(trees) + np.arange(trees, dtype=np.uint64))
    places, signs = (codes % np.uint64(EMBEDDING)).astype(np.int64), np.where(codes >> np.uint64(63), 1.0, -1.0)
    made = np.zeros((n, EMBEDDING), np.float32)
    rows = np.arange(n)
    for tree in range(trees):
        made[rows, places[:, tree]] += signs[:, tree]
    return made / np.float32(np.sqrt(trees))


def _mixed(codes: np.ndarray) -> np.ndarray:
    """Each number as one that looks random (the finaliser of SplitMix64; Steele et al., OOPSLA 2014)."""
    codes = (codes + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    codes = (codes ^ (codes >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    codes = (codes ^ (codes >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return codes ^ (codes >> np.uint64(31))
