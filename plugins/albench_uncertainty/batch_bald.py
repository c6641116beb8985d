"""BatchBALD: the joint mutual information of a batch and the model's weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from albench.api import View, option
from albench.kernels import top_k_mutual_information
from albench_uncertainty.candidates import Candidates
from albench_uncertainty.dropout import Dropout
from albench_uncertainty.greedy import greedy
from albench_uncertainty.joint import Joint


@dataclass(frozen=True)
class BatchBALD(Dropout):
    """Choose, one after the other, the item that adds most to what the batch's labels tell about the weights.

    With networks t (dropout masks), probabilities p_t and a batch B of items::

        I(y_B; w) = H(y_B) - sum over i in B of mean_t H(p_t(y_i))
        p(y_B = c) = mean_t of the product over i in B of p_t(y_i = c_i)

    The gain of an item, ``I(y_B, y; w) - I(y_B; w)``, is computed as the mean over the batch's joint labels c, weighted
    by their probability, of the item's own mutual information with the networks that c leaves::

        gain = sum_c p(c) [ H( sum_t p(t | c) p_t(y) ) - sum_t p(t | c) H(p_t(y)) ]

    Joint labels are enumerated while there are at most ``max_configurations`` of them, which is exact; after that
    ``configurations`` of them are drawn. Each term being at least 0, a draw costs little accuracy.

    Every mask is shared by all items, so that copies of an item get the same prediction from one network. There are at
    most log ``masks`` nats to be told; once the batch has told them all, the rest is filled by each item's mutual
    information alone.

    Notes
    -----
    Kirsch, van Amersfoort and Gal (2019), "BatchBALD: Efficient and Diverse Batch Acquisition for Deep Bayesian Active
    Learning", NeurIPS, arXiv 1906.08158: its greedy algorithm with consistent dropout. Three things are this suite's:
    only the items of largest BALD score (by ``samples`` dropout samples) are looked at, as the gain of an item never
    exceeds its own mutual information; gains, which only fall as the batch grows, are measured again only where an old
    one is among the largest, which with drawn labels is nearly exact; and the gain is written as above. Memory is
    ``masks * candidates * C`` floats. What training with dropout changes was measured for ``bald``: see there.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"mc_probs", "embeddings", "gradients"})

    masks: int = option(100, "dropout masks, shared by all items, that the joint entropy is over", ge=2)
    max_configurations: int = option(10_000, "joint labels of a batch up to which its entropy is exact", ge=1)
    configurations: int = option(1_000, "joint labels that are drawn where there are more", ge=1)
    candidates: int = option(1_000, "items of largest BALD score that are looked at; at least twice the query", ge=1)

    def select(self, view: View, budget: int) -> Tensor:
        """Choose ``budget`` positions, in the order picked."""
        n_kept = min(len(view), max(self.candidates, 2 * budget))
        kept = top_k_mutual_information(view.mc_probs(self.samples, self.drop), n_kept).sort().values
        joint = Joint(self._networks(view, kept), self.max_configurations, self.configurations, view.generator)
        return kept[greedy(joint, budget)]

    def _networks(self, view: View, kept: Tensor) -> Candidates:
        """The candidates (M,) under each mask."""
        if view.device.type != "cpu":
            return Candidates(torch.stack([*view.only(kept, self).mc_probs(self.masks, self.drop)]))
        embeddings = view.embeddings[kept]
        kept_units = torch.rand(self.masks, embeddings.shape[1], generator=view.generator) >= self.drop
        masks = kept_units.to(embeddings.dtype) / (1 - self.drop)
        # One product of all masks would round copies apart.
        with torch.no_grad():
            return Candidates(torch.stack([view.head(embeddings * mask) for mask in masks]).softmax(dim=2))
