"""Oracles: references that see hidden labels, and what strategies that do not may be measured against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from albench.api import Strategy, View, option


@dataclass(frozen=True)
class BalancedOracle(Strategy):
    """Buy so that all classes have as many labels as the others, as far as they have items; at random within a class.

    It reads the hidden labels. What it gains over ``random`` is what even classes alone are worth: a strategy that is
    said to help by balancing has that much to gain.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"true_labels"})

    def select(self, view: View, budget: int) -> Tensor:
        """Choose items of the classes with the fewest labels, one after another."""
        labels = view.true_labels.cpu().numpy()
        bought = np.bincount(view.labeled_y.cpu().numpy(), minlength=view.n_classes)
        quota = leveled(bought, np.bincount(labels, minlength=view.n_classes), budget, view.rng)
        members = [view.rng.permutation(np.flatnonzero(labels == label))[:n] for label, n in enumerate(quota)]
        return torch.from_numpy(view.rng.permutation(np.concatenate(members)))


def leveled(bought: np.ndarray, there: np.ndarray, budget: int, rng: np.random.Generator) -> np.ndarray:
    """(C,) how many to buy of each class so that the counts of all labels are as even as they can be.

    Parameters
    ----------
    bought, there
        (C,) labels of each class, and items that are left.
    budget
        How many in all; at most as many as there are.
    rng
        Says which of equal classes is served first.
    """
    quota, order = np.zeros_like(there), rng.permutation(len(there))
    for _ in range(budget):
        have = np.where(quota < there, bought + quota, np.iinfo(np.int64).max)
        quota[order[np.argmin(have[order])]] += 1
    return quota


@dataclass(frozen=True)
class LookaheadOracle(Strategy):
    """Train on each of some random batches as the next round would, and buy the one that validates best.

    What a choice of batches is worth, seen one round ahead: greedy, so it is no bound. Batches are judged by the
    protocol's validation labels, never by test data; without any (``validation=none``) it cannot choose. **It is
    costly**: each query trains for ``candidates`` whole rounds.

    Notes
    -----
    After the greedy oracle of Werner, Burchert, Stubbemann and Schmidt-Thieme (2024), "A Cross-Domain Benchmark for
    Active Learning", NeurIPS, arXiv 2408.00426.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"score_after"})

    candidates: int = option(5, "random batches that are trained on, a whole round each", ge=2)

    def select(self, view: View, budget: int) -> Tensor:
        """Choose the batch that validates best, of equals the first that was drawn."""
        batches = [torch.from_numpy(view.rng.permutation(len(view))[:budget]) for _ in range(self.candidates)]
        if budget == len(view):  # all batches are one
            return batches[0]
        scores = [view.score_after(batch) for batch in batches]
        return batches[max(range(len(batches)), key=scores.__getitem__)]
