"""CLUE: items near the centres of k-means that is weighted by entropy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from albench.api import Strategy, View, option
from albench.kernels import entropy, k_means, nearest_to_centers, require_finite


@dataclass(frozen=True)
class CLUE(Strategy):
    """Group the pool into as many clusters as the budget, weighted by entropy, and choose what is nearest each centre.

    The entropy is that of ``softmax(logits / temperature)``. An item that is the nearest to several centres is chosen
    for the first of them, and the next nearest for the others. Where no item has any entropy all weigh the same.

    Notes
    -----
    Prabhu, Chandrasekaran, Saenko and Hoffman (2021), "Active Domain Adaptation via Clustering Uncertainty-weighted
    Embeddings", ICCV, arXiv 2010.08666. The authors' code adds 1e-8 to each probability before the entropy, and runs
    scikit-learn's k-means with up to 300 rounds from several seeds; here it is one greedy seed.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"logits", "embeddings"})

    temperature: float = option(1.0, "what logits are divided by: less than 1 favours uncertain items more", gt=0)
    iterations: int = option(50, "most rounds of k-means", ge=1)

    def select(self, view: View, budget: int) -> Tensor:
        """Choose ``budget`` positions, one for each centre."""
        logits, embeddings = view.logits, view.embeddings
        require_finite(logits=logits, embeddings=embeddings)
        if budget == len(view):
            return torch.arange(budget, device=embeddings.device)
        uncertainty = entropy((logits.double() / self.temperature).softmax(dim=1))
        largest = uncertainty.max()
        weights = (uncertainty / largest).float() if largest > 0 else None
        centers, _ = k_means(embeddings, budget, generator=view.generator, weights=weights, iterations=self.iterations)
        return nearest_to_centers(embeddings, centers)
