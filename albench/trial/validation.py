"""The validation items that a trial has paid for: they choose a round's weights."""

from __future__ import annotations

import numpy as np

from albench import seeds
from albench.api.dataset import Split
from albench.data.items import Items
from albench.suite.protocol import validation_count


class Validation:
    """The validation split as far as the protocol buys labels of it, round by round.

    Items are bought in one order of the seed, drawn without their labels, the same for every method and strategy: what
    was bought for a round is there in the next.

    Parameters
    ----------
    wanted
        The protocol's ``validation``.
    split, items
        The whole split, and its items on the training device.
    """

    def __init__(self, wanted: str, split: Split, items: Items, seed: int) -> None:
        self._wanted = wanted
        self._split = split
        self._items = items
        self._seed = seed
        self._bought: tuple[Items, np.ndarray] | None = None

    def count(self, n_labeled: int) -> int:
        """How many items are bought for a round with so many labels of the pool."""
        return validation_count(self._wanted, n_labeled, len(self._split))

    def at(self, n_labeled: int) -> tuple[Items, np.ndarray]:
        """Items and labels of a round with so many labels of the pool; the split itself where all of it is bought."""
        count = self.count(n_labeled)
        if count == len(self._split):
            return self._items, self._split.y
        if self._bought is None or len(self._bought[1]) != count:
            order = seeds.numpy_stream("validation", self._seed).permutation(len(self._split))
            ids = np.sort(order[:count])
            self._bought = Items(self._split.x[ids], self._items.device), self._split.y[ids]
        return self._bought
