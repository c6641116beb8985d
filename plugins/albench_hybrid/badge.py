"""BADGE: k-means++ on the gradients that the model expects of the last layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor

from albench.api import Strategy, View, option
from albench.kernels import k_means_plus_plus


@dataclass(frozen=True)
class BADGE(Strategy):
    """Sample items by the squared distance of their gradient embedding to the nearest one chosen.

    The gradient embedding of an item is the gradient of the cross-entropy with respect to the weights of the last
    layer, for the class that the model predicts as the label: the outer product of ``p - e_y`` (C,) and the embedding
    (D,). Long gradients are those of items that the model is unsure of; the distance keeps the batch diverse.

    Notes
    -----
    Ash, Zhang, Krishnamurthy, Langford and Agarwal (2020), "Deep Batch Active Learning by Diverse, Uncertain Gradient
    Lower Bounds", ICLR, arXiv 1906.03671, algorithm 1. The algorithm names k-means++ seeding without its first item:
    Arthur and Vassilvitskii (2007) draw that uniformly, the authors' code takes the longest gradient, which is the
    default here. The bias of the last layer is left out, as in the paper. The N x (C D) gradients are never built.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"probs", "embeddings"})

    first: Literal["longest", "uniform"] = option("longest", "how the first item is chosen")
    greedy: bool = option(False, "take the farthest item instead of sampling")

    def select(self, view: View, budget: int) -> Tensor:
        """Choose ``budget`` positions, in the order sampled."""
        first = None
        if self.first == "uniform" and budget:
            first = int(torch.randint(len(view), (1,), generator=view.generator))
        generator = None if self.greedy else view.generator
        return k_means_plus_plus(
            output_gradients(view.probs), view.embeddings, budget, generator=generator, first=first
        )


def output_gradients(probs: Tensor) -> Tensor:
    """(N, C): gradient of the cross-entropy with respect to the logits, the predicted class being the label.

    The entry of that class is ``p - 1``, taken as minus the sum of the others, which keeps its digits where p is
    nearly 1.
    """
    predicted = probs.argmax(dim=1, keepdim=True)
    others = probs.scatter(1, predicted, 0.0)
    return others.scatter(1, predicted, -others.sum(dim=1, keepdim=True))
