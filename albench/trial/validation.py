"""The validation items that a trial has paid for: they choose a round's weights."""

from __future__ import annotations

import functools

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

    def at(self, n_labeled: int) -> tuple[Items, np.ndarray]:
        """Items and labels of a round with so many labels of the pool; the split itself where all of it is bought."""
        count = validation_count(self._wanted, n_labeled, len(self._split))
        return (self._items, self._split.y) if count == len(self._split) else self._first(count)

    @functools.lru_cache(maxsize=1)  # noqa: B019 - lives as long as the trial
    def _first(self, count: int) -> tuple[Items, np.ndarray]:
        order = seeds.numpy_stream("validation", self._seed).permutation(len(self._split))
        ids = np.sort(order[:count])
        return Items(self._split.x[ids], self._items.device), self._split.y[ids]
