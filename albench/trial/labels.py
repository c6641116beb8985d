"""The only holder of the pool's hidden labels: answers queries and keeps the label budget."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from albench import seeds
from albench.errors import ContractError


class Oracle:
    """Knows every label; sells them against the budget.

    Parameters
    ----------
    y
        (N,) int64 labels of the pool. A private copy is made: nothing handed out shares its storage.
    n_classes
        Number of classes.
    budget
        Labels that may be bought in all, the initial ones included.
    """

    def __init__(self, y: np.ndarray, n_classes: int, budget: int) -> None:
        self.__labels = torch.from_numpy(np.array(y, dtype=np.int64, copy=True))
        self._n_classes = n_classes
        self.budget_left = budget

    def annotate(self, ids: Tensor) -> Tensor:
        """The labels (n,) int64 of pool ids, paid from the budget."""
        if len(ids) > self.budget_left:
            raise ContractError(f"{len(ids)} labels asked for, {self.budget_left} left in the budget")
        self.budget_left -= len(ids)
        return self.__labels[ids].clone()

    def draw_initial(self, count: int, how: str, seed: int) -> Tensor:
        """The first ids to label, the same for everything that shares the data and the seed.

        Parameters
        ----------
        count
            How many.
        how
            ``"stratified"``: class shares as in the pool, at least one item of each class. ``"balanced"``: the same
            number of each class as far as it has items. ``"random"``: uniformly.
        seed
            The trial's seed.
        """
        rng = seeds.numpy_stream("initial", how, seed)
        labels = self.__labels.numpy()
        if how == "random":
            return torch.from_numpy(np.sort(rng.choice(len(labels), count, replace=False)))
        sizes = np.bincount(labels, minlength=self._n_classes)
        wanted = sizes * (count / len(labels)) if how == "stratified" else np.full(self._n_classes, count / len(sizes))
        quota = _quota(wanted, sizes, count, seeds.numpy_stream("quota", how, seed).permutation(len(sizes)))
        picks = [rng.permutation(np.flatnonzero(labels == c))[:n] for c, n in enumerate(quota)]
        return torch.from_numpy(np.sort(np.concatenate(picks)))

    def revealed(self, ids: Tensor) -> Tensor:
        """The labels (n,) of pool ids, paid by nobody: for strategies that are oracles alone."""
        return self.__labels[ids].clone()

    def accuracy(self, ids: Tensor, predicted: Tensor) -> float | None:
        """Share of right predictions on pool ids, for the record alone; None for no ids."""
        if len(ids) == 0:
            return None
        return float((self.__labels[ids] == predicted.cpu()).double().mean())

    def minority_share(self, ids: Tensor) -> float | None:
        """Share of the ids that belong to a class with fewer items than the mean class, for the record alone."""
        if len(ids) == 0:
            return None
        sizes = torch.bincount(self.__labels, minlength=self._n_classes)
        rare = sizes * self._n_classes < len(self.__labels)
        return float(rare[self.__labels[ids]].double().mean())

    def class_counts(self, ids: Tensor) -> list[int]:
        """How many of the ids belong to each class, for the record alone."""
        return torch.bincount(self.__labels[ids], minlength=self._n_classes).tolist()


def _quota(wanted: np.ndarray, sizes: np.ndarray, count: int, order: np.ndarray) -> np.ndarray:
    """Whole numbers near ``wanted`` that sum to ``count``: at least one a class, at most its size.

    Of classes that have the same claim the first in ``order`` (C,) is served.
    """
    quota = np.clip(np.floor(wanted).astype(int), 1, sizes)
    while quota.sum() != count:
        step = 1 if quota.sum() < count else -1
        movable = quota < sizes if step > 0 else quota > 1
        gap = np.where(movable, step * (wanted - quota), -np.inf)
        quota[order[np.argmax(gap[order])]] += step
    return quota
