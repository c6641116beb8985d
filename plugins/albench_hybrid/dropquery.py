"""DropQuery: centres of what dropout on the embedding makes change its class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from albench.api import Strategy, View, option
from albench.kernels import k_means, margin, nearest_to_centers, require_finite


@dataclass(frozen=True)
class DropQuery(Strategy):
    """Choose, one from each cluster, among the items whose predicted class dropout changes.

    Candidates are the items whose class differs from the prediction without dropout in more than half of the passes.
    The embeddings of the candidates are clustered by k-means into as many clusters as the budget, and the candidate
    nearest to each centre is chosen. Where there are no more candidates than the budget all are chosen, and then the
    items that changed most often; of those that changed as often, the ones with the smaller margin.

    Notes
    -----
    Gupte, Aklilu, Nirschl and Yeung-Levy (2024), "Revisiting Active Learning in the Era of Vision Foundation Models",
    TMLR, arXiv 2401.14555: three passes with a dropout rate of 0.75. The paper does not say what to do where candidates
    are too few; as in scikit-activeml, items that changed more often come first. Dropout acts on the input of the last
    layer, which in the paper, where the backbone is frozen, is the input of the classifier as well.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"probs", "embeddings", "mc_probs"})

    samples: int = option(3, "dropout passes", ge=1)
    drop: float = option(0.75, "dropout rate", gt=0, lt=1)

    def select(self, view: View, budget: int) -> Tensor:
        """Choose ``budget`` positions; the note ``candidates`` keeps how many items changed in most passes."""
        probs, embeddings = view.probs, view.embeddings
        require_finite(probabilities=probs, embeddings=embeddings)
        predicted = probs.argmax(dim=1)
        changes = torch.zeros(len(probs), dtype=torch.int64, device=probs.device)
        together = torch.zeros_like(probs)  # not finite where one of them is not
        for dropped in view.mc_probs(self.samples, self.drop):
            together += dropped
            changes += dropped.argmax(dim=1) != predicted
        require_finite(probabilities_under_dropout=together)
        candidates = (2 * changes > self.samples).nonzero()[:, 0]
        view.note("candidates", len(candidates))
        if len(candidates) <= budget:
            # Margins are at most 1, so that they decide only between equal counts.
            return view.best(changes - margin(probs).double() / 2, budget)
        changing = embeddings[candidates]
        centers, _ = k_means(changing, budget, generator=view.generator)
        return candidates[nearest_to_centers(changing, centers)]
