"""Strategies that rank items by one score of their class probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from albench.api import Strategy, View
from albench.kernels import entropy, margin, top_k_entropy, top_probability


@dataclass(frozen=True)
class Entropy(Strategy):
    """Choose the items with the largest predictive entropy: ``score = - sum_c p_c log p_c``.

    Notes
    -----
    Shannon (1948), "A Mathematical Theory of Communication", Bell System Technical Journal 27; for active learning see
    Settles (2009), "Active Learning Literature Survey", University of Wisconsin-Madison, Computer Sciences Technical
    Report 1648, section 3.1.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"probs"})
    ranks: ClassVar[bool] = True

    def scores(self, view: View) -> Tensor:
        """(N,) entropy in nats, 0 .. log C."""
        return entropy(view.probs)

    def select(self, view: View, budget: int) -> Tensor:
        """Choose ``budget`` positions, those of the largest scores."""
        # A subclass may score otherwise.
        return (
            top_k_entropy(view.probs, budget) if type(self).scores is Entropy.scores else super().select(view, budget)
        )


@dataclass(frozen=True)
class Margin(Strategy):
    """Choose the items with the smallest gap between the two most probable classes: ``score = 1 - (p_1st - p_2nd)``.

    Notes
    -----
    Scheffer, Decomain and Wrobel (2001), "Active Hidden Markov Models for Information Extraction", Advances in
    Intelligent Data Analysis (IDA).
    """

    needs: ClassVar[frozenset[str]] = frozenset({"probs"})

    def scores(self, view: View) -> Tensor:
        """(N,) 1 less the gap, 0 .. 1."""
        # In float32 the difference rounds away the last digits of a small gap.
        return 1 - margin(view.probs).double()


@dataclass(frozen=True)
class LeastConfidence(Strategy):
    """Choose the items whose most probable class is least probable: ``score = 1 - max_c p_c``.

    Notes
    -----
    Lewis and Gale (1994), "A Sequential Algorithm for Training Text Classifiers", SIGIR, for two classes; in this form
    in Settles (2009), "Active Learning Literature Survey", University of Wisconsin-Madison, Computer Sciences
    Technical Report 1648, section 3.1.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"probs"})

    def scores(self, view: View) -> Tensor:
        """(N,) 1 less the top probability, 0 .. 1 - 1 / C."""
        # In float32 the difference rounds away the last digits of a small top probability.
        return 1 - top_probability(view.probs).double()
