"""Strategies that rank items by one score of their class probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from albench.api import Strategy, View
from albench.kernels import entropy, margin, top_k


@dataclass(frozen=True)
class Entropy(Strategy):
    """Choose the items with the largest predictive entropy.

    Notes
    -----
    Shannon (1948); for active learning see Settles (2009), "Active Learning Literature Survey", section 3.1.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"probs"})

    def select(self, view: View, budget: int) -> Tensor:
        """Choose the ``budget`` most uncertain positions, most uncertain first."""
        return top_k(entropy(view.probs), budget)


@dataclass(frozen=True)
class Margin(Strategy):
    """Choose the items with the smallest gap between the two most probable classes.

    Notes
    -----
    Scheffer, Decomain and Wrobel (2001), "Active Hidden Markov Models for Information Extraction".
    """

    needs: ClassVar[frozenset[str]] = frozenset({"probs"})

    def select(self, view: View, budget: int) -> Tensor:
        """Choose the ``budget`` positions with the smallest margin, smallest first."""
        return top_k(-margin(view.probs), budget)
