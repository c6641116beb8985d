"""BAIT: a batch that lowers the Fisher information bound on the error of the last layer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from albench.api import Strategy, View, option
from albench.kernels import NonFiniteScores, require_finite, sent
from albench_hybrid.fisher import FisherItems, fisher_sum, leading_directions, weighted_moment

_PARAMETERS = 512
"""Rows of the Fisher matrix that embeddings are projected down to, unless the user says otherwise."""


@dataclass(frozen=True)
class BAIT(Strategy):
    """Choose the batch S with a small ``trace(M^-1 F)``, greedily forwards with too many items, then backwards.

    ``F`` is the mean Fisher information of the last layer over the whole pool, labelled items included. ``M`` is
    ``regularization`` times the identity, plus the Fisher information of the labelled items times 1 / (L + B), plus
    that of each chosen item times B / (L + B), with L labelled items and a budget of B: the weights of the authors'
    code. The Fisher information of an item with probabilities p (C,) and embedding z (D,) is
    ``(diag(p) - p p^T) (x) z z^T``, the mean of the squared gradient over the labels that the model expects.
    Forwards the item is added that lowers the trace most, until there are ``oversample`` times the budget; backwards
    the item is removed whose loss raises it least.

    Notes
    -----
    Ash, Goel, Krishnamurthy and Kakade (2021), "Gone Fishing: Neural Active Learning with Fisher Embeddings", NeurIPS,
    arXiv 2106.09675, algorithm 1. What each item would change is kept up to date by low-rank updates (the Woodbury
    identity) instead of being worked out anew. The matrices have C * D rows, and three choices keep them small; with a
    small enough pool, few classes and short embeddings none of them has an effect.

    - Embeddings are projected to the ``n_components`` directions that hold most of the pool's Fisher information
      (in trace). With all D directions this is a rotation, which changes nothing.
    - Only ``candidates`` items drawn uniformly, but at least 4 times the budget, may be chosen; ``F`` is that of the
      whole pool all the same. (Those that lower the trace most by themselves are too much alike.)
    - For an item that may be chosen the mean over labels runs over its ``n_labels`` most probable classes.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"probs", "embeddings"})

    regularization: float = option(1.0, "weight of the identity in the Fisher information of what is chosen", gt=0)
    oversample: float = option(2.0, "items chosen forwards, as a multiple of the budget", ge=1)
    n_components: int | None = option(
        None, "directions that embeddings are projected to; none: as many as keep C * n_components at 512", ge=1
    )
    candidates: int = option(2000, "items, drawn uniformly, that may be chosen; 0: all", ge=0)
    n_labels: int = option(10, "most probable classes in the mean over labels of an item that may be chosen", ge=1)

    def select(self, view: View, budget: int) -> Tensor:
        """Choose ``budget`` positions, in the order of the forward pass."""
        probs, embeddings = view.probs, view.embeddings
        labeled_probs, labeled = view.labeled_probs, view.labeled_embeddings
        require_finite(probabilities=probs, embeddings=embeddings, labelled_embeddings=labeled)
        size = self.n_components or max(1, _PARAMETERS // view.n_classes)
        if size < embeddings.shape[1]:
            moment = weighted_moment(probs, embeddings) + weighted_moment(labeled_probs, labeled)
            directions = leading_directions(moment, size)
            embeddings, labeled = embeddings @ directions, labeled @ directions
        of_labeled = fisher_sum(labeled_probs, labeled)
        fisher = (fisher_sum(probs, embeddings) + of_labeled) / (len(probs) + len(labeled))
        weight = 1.0 / (len(labeled) + max(1, budget))
        start = self.regularization * torch.eye(len(fisher), dtype=fisher.dtype, device=fisher.device)
        inverse = torch.linalg.inv(start + weight * of_labeled)
        bound = _Bound(inverse, fisher, budget * weight, self.n_labels)
        positions = torch.arange(len(probs), device=probs.device)
        n_candidates = max(self.candidates or len(probs), 4 * budget)
        if n_candidates < len(probs):
            drawn = torch.randperm(len(probs), generator=view.generator)[:n_candidates]
            positions = sent(drawn.sort().values, probs.device)
        bound.look_at(probs[positions], embeddings[positions])
        picks = bound.forward(min(math.ceil(self.oversample * budget), len(positions)))
        return positions[bound.backward(picks, budget)]


class _Bound:
    """``trace(M^-1 F)`` under changes of M: the inverse of M, ``R = M^-1 F M^-1``, and V^T M^-1 V, V^T R V of items.

    V V^T is what an item adds to M. Adding it lowers the trace by ``trace((I + V^T M^-1 V)^-1 V^T R V)``; taking it
    away raises the trace by ``trace((I - V^T M^-1 V)^-1 V^T R V)``.
    """

    def __init__(self, inverse: Tensor, fisher: Tensor, weight: float, n_labels: int) -> None:
        self.inverse = inverse
        self.fisher = fisher
        self.between = inverse @ fisher @ inverse
        self.weight = weight
        self.n_labels = n_labels
        self.fine = torch.ones((), dtype=torch.bool, device=inverse.device)

    def look_at(self, probs: Tensor, embeddings: Tensor) -> None:
        """Keep the products of these items from here on."""
        self.items = FisherItems(probs.double(), embeddings.double(), self.weight, self.n_labels)
        parts = [part.quadratic(self.inverse, self.between) for part in self.items.split()]
        self.products = torch.cat([p for p, _ in parts])
        self.responses = torch.cat([r for _, r in parts])

    def forward(self, n: int) -> Tensor:
        """Add n items to M, each the one that lowers the trace most; (n,) their places."""
        free = torch.ones(len(self.products), dtype=torch.bool, device=self.products.device)
        picks: list[Tensor] = []  # (1,) each: the host need not know them before the last
        for _ in range(n):
            gain = self._trace(1.0)
            pick = torch.where(free, gain, -1.0).argmax(dim=0, keepdim=True)
            free.index_fill_(0, pick, False)
            picks.append(pick)
            self._change(pick, 1.0)
        self._require_finite()
        return torch.cat(picks) if picks else torch.empty(0, dtype=torch.int64, device=free.device)

    def backward(self, picks: Tensor, n: int) -> Tensor:
        """Of the picks, which are in M, take away those that raise the trace least until n are left."""
        self.items = self.items.rows(picks)
        self.products, self.responses = self.products[picks], self.responses[picks]
        kept = torch.ones_like(picks, dtype=torch.bool)
        for _ in range(len(picks) - n):
            loss = self._trace(-1.0)
            # Less than any loss of what is kept, so that nothing is taken away twice.
            away = torch.where(kept, -loss, -torch.finfo(loss.dtype).max).argmax(dim=0, keepdim=True)
            kept.index_fill_(0, away, False)
            self._change(away, -1.0)
        self._require_finite()
        return picks[kept]

    def _change(self, place: Tensor, sign: float) -> None:
        """Add an item to M (sign 1) or take it away (sign -1), and follow in all products."""
        root = self.items.root(place)
        # Rows times a symmetric matrix: products with few columns take nearly twice as long.
        response = (root.T @ self.inverse).T
        inner = torch.eye(root.shape[1], dtype=root.dtype, device=root.device) + sign * (root.T @ response)
        # M^-1 changes by -sign * u u^T.
        root_of_inner, failed = torch.linalg.cholesky_ex(inner)
        self.fine &= failed == 0
        u = torch.linalg.solve_triangular(root_of_inner, response.T, upper=False).T
        image = (u.T @ self.fisher).T
        w = (image.T @ self.inverse).T - 0.5 * sign * u @ (u.T @ image)
        self.inverse.addmm_(u, u.T, alpha=-sign)
        x, y = self.items.project(torch.cat([u, w], dim=1)).split(u.shape[1], dim=2)
        self.products.baddbmm_(x, x.mT, alpha=-sign)
        # x y^T + y x^T but for what the trace with a symmetric matrix leaves out.
        self.responses.baddbmm_(x, y.mT, alpha=-2.0 * sign)

    def _trace(self, sign: float) -> Tensor:
        """(n,) float32 ``trace((I + sign * products)^-1 responses)``: rounded, so that duplicates are equal."""
        eye = torch.eye(self.products.shape[1], dtype=self.products.dtype, device=self.products.device)
        value = (torch.linalg.inv_ex(eye + sign * self.products).inverse * self.responses).sum(dim=(1, 2)).float()
        self.fine &= torch.isfinite(value).all()
        return value

    def _require_finite(self) -> None:
        """Ask once for all picks, as the host waits for the answer.

        Raises
        ------
        NonFiniteScores
            Embeddings are so large that their squares overflow.
        """
        if not bool(self.fine):
            raise NonFiniteScores("the Fisher information of the embeddings is not finite: check the model's outputs")
