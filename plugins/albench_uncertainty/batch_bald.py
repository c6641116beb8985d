"""BatchBALD: the joint mutual information of a batch and the model's weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor

from albench.api import View, option
from albench.kernels import entropy, sent, top_k, top_k_mutual_information
from albench_uncertainty.dropout import Dropout

BLOCK = 2**22
"""Numbers in one block of label probabilities."""
LOOK = 32
"""Candidates measured at a time. It changes the speed, not the picks."""
EXHAUSTED = 1e-10
"""Nats: a gain below it is rounding."""


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
        probs = self._networks(view, kept)
        joint = Joint(probs, self.max_configurations, self.configurations, view.generator)
        return kept[greedy(joint, budget)]

    @torch.no_grad()
    def _networks(self, view: View, kept: Tensor) -> Tensor:
        """(T, M, C) probabilities of the candidates (M,) under each mask."""
        embeddings = view.embeddings[kept]
        uniform = sent(torch.rand(self.masks, embeddings.shape[1], generator=view.generator), view.device)
        masks = (uniform >= self.drop).to(embeddings.dtype) / (1 - self.drop)
        return torch.stack([view.head(embeddings * mask).softmax(dim=1) for mask in masks])


class Joint:
    """The labels of the items chosen so far: every configuration while they are few, drawn ones from then on.

    Parameters
    ----------
    probs
        (T, M, C) probabilities of M candidates under T networks.
    limit
        Most configurations that are enumerated.
    draws
        How many are drawn where there are more.
    generator
        Draws them.
    """

    def __init__(self, probs: Tensor, limit: int, draws: int, generator: torch.Generator) -> None:
        self.device = probs.device
        self._probs = probs
        self._limit = limit
        self._draws = draws
        self._generator = generator
        self._drawn = False
        # (S,) probability of a configuration, and (S, T) that of each network given the configuration.
        self._mass = torch.ones(1, dtype=torch.float64, device=probs.device)
        self._networks = torch.full((1, len(probs)), 1 / len(probs), dtype=torch.float64, device=probs.device)

    def __len__(self) -> int:
        return self._probs.shape[1]

    def gains(self, positions: Tensor) -> Tensor:
        """(m,) float64 nats that each candidate (m,) would add to the batch's mutual information, at least 0."""
        samples, _, classes = self._probs.shape
        weight = self._mass @ self._networks
        found = []
        for part in positions.split(max(1, BLOCK // (max(len(self._mass), samples) * classes))):
            probs = self._probs[:, part].double()
            label = (self._networks @ probs.flatten(1)).view(-1, len(part), classes)
            found.append(self._mass @ entropy(label) - weight @ entropy(probs))
        return torch.cat(found).clamp(min=0)

    def add(self, position: int) -> None:
        """Take a candidate into the batch."""
        probs = self._probs[:, position].double()  # (T, C)
        label = self._networks @ probs  # (S, C), given the configuration
        if not self._drawn and label.numel() <= self._limit:
            mass = (self._mass[:, None] * label).flatten()
            possible = mass > 0
            joint = (self._networks[:, None, :] * probs.T).flatten(0, 1)[possible]
            self._mass = mass[possible]
        else:
            networks = self._networks
            if not self._drawn:
                rows = self._chosen(self._mass, self._draws)
                networks, label = networks[rows], label[rows]
                self._mass = torch.full((self._draws,), 1 / self._draws, dtype=torch.float64, device=probs.device)
                self._drawn = True
            joint = networks * probs.T[self._chosen(label, 1)[:, 0]]
        self._networks = joint / joint.sum(dim=1, keepdim=True)

    def _chosen(self, weights: Tensor, count: int) -> Tensor:
        """Columns of each row in proportion to its weights, with replacement, drawn on the CPU."""
        return sent(weights.cpu().multinomial(count, replacement=True, generator=self._generator), self.device)


class _Best(NamedTuple):
    """The candidate of the largest bound, whether that is its gain by now, and how large it is."""

    place: int
    fresh: bool
    gain: float


def _best(bound: Tensor, fresh: Tensor) -> _Best:
    """The lowest of the largest, in one copy to the host."""
    place = bound.argmax(dim=0, keepdim=True)
    found = torch.cat([place.double(), fresh.index_select(0, place).double(), bound.index_select(0, place)])
    at, is_fresh, gain = found.tolist()
    return _Best(int(at), bool(is_fresh), gain)


def greedy(joint: Joint, budget: int) -> Tensor:
    """(budget,) candidates, each adding most to those before it, the lowest among equals.

    A candidate's gain never rises, so an old one bounds it: only the largest have to be measured again.

    Raises
    ------
    NonFiniteScores
        A candidate's probabilities are not finite.
    """
    alone = joint.gains(torch.arange(len(joint), device=joint.device))
    ranking = top_k(alone, len(joint))
    bound, picks = alone, list[int]()
    fresh = torch.ones(len(joint), dtype=torch.bool, device=joint.device)
    while len(picks) < budget:
        width, n_old = LOOK, 0 if not picks else len(joint) - len(picks)
        while not (best := _best(bound, fresh)).fresh:
            old = bound.masked_fill(fresh, -torch.inf).topk(min(width, n_old)).indices
            bound[old] = joint.gains(old)
            fresh[old] = True
            n_old -= len(old)
            width *= 2
        if best.gain < EXHAUSTED:
            break
        picks.append(best.place)
        joint.add(best.place)
        bound[best.place] = -torch.inf
        fresh = bound == -torch.inf
    chosen = torch.tensor(picks, dtype=torch.int64, device=joint.device)
    return torch.cat([chosen, ranking[~torch.isin(ranking, chosen)][: budget - len(picks)]])
