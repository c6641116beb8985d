"""Core-set selection by greedy k-center."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from albench.api import Strategy, View
from albench.kernels import k_center_greedy


@dataclass(frozen=True)
class Coreset(Strategy):
    """Choose, one after the other, the item farthest from all that is labelled or chosen.

    Without labelled items the first is the one nearest the mean embedding.

    Notes
    -----
    Sener and Savarese (2018), "Active Learning for Convolutional Neural Networks: A Core-Set Approach", algorithm 1.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"embeddings"})
    cold_start: ClassVar[bool] = True

    def select(self, view: View, budget: int) -> Tensor:
        """Choose ``budget`` positions, in the order picked."""
        return k_center_greedy(view.embeddings, view.labeled_embeddings, budget)
