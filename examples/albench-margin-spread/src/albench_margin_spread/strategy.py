"""Small margins, spread out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from albench.api import Strategy, View, option
from albench.kernels import k_center_greedy, margin, require_finite, top_k


@dataclass(frozen=True)
class MarginSpread(Strategy):
    """Of the ``factor * budget`` items with the smallest margins, take those farthest from all that is labelled.

    The margin is the gap between the two most probable classes. Items of small margin are often alike; the second
    step takes one after the other the candidate whose embedding is farthest from the labelled items and from what has
    been taken.

    Notes
    -----
    Scheffer, Decomain and Wrobel (2001), "Active Hidden Markov Models for Information Extraction", IDA, for the margin;
    Sener and Savarese (2018), "Active Learning for Convolutional Neural Networks: A Core-Set Approach", ICLR, arXiv
    1708.00489, algorithm 1, for the second step.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"probs", "embeddings"})

    factor: float = option(5.0, "candidates, as a multiple of the budget", ge=1)

    def select(self, view: View, budget: int) -> Tensor:
        """Choose ``budget`` positions, in the order taken."""
        require_finite(embeddings=view.embeddings)
        n_candidates = min(len(view), max(budget, int(self.factor * budget)))
        candidates = top_k(-margin(view.probs), n_candidates)
        labeled = view.labeled_embeddings
        chosen = k_center_greedy(view.embeddings[candidates], labeled if len(labeled) else None, budget)
        return candidates[chosen]
