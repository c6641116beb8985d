"""One item near each centre of k-means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from albench.api import Strategy, View
from albench.kernels import k_means, nearest_to_centers


@dataclass(frozen=True)
class KMeans(Strategy):
    """Group the embeddings of the unlabelled pool into ``budget`` clusters; choose the item nearest each centre.

    What is labelled already plays no part.

    Notes
    -----
    Zhdanov (2019), "Diverse mini-batch Active Learning", arXiv 1901.05954, without its weights and its cut by
    informativeness; `clue` clusters with weights.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"embeddings"})
    cold_start: ClassVar[bool] = True

    def select(self, view: View, budget: int) -> Tensor:
        """Choose ``budget`` positions, one for each cluster."""
        x = view.embeddings
        centers, _ = k_means(x, budget, generator=view.generator)
        return nearest_to_centers(x, centers)
