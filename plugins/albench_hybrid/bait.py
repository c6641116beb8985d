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
_LIKELY = 64
"""Items that are measured first, to tell how good the best is."""
_ROUNDING = 1e-6
"""Above that of float32 and of upper bounds, as a share."""


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
    identity) instead of being worked out anew; on the CPU bounds tell which items may lower the trace most. The
    matrices have (C - 1) * D rows, as the same added to all classes' weights changes no probability, and three choices
    keep them small; with a small enough pool, few classes and short embeddings none of them has an effect.

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
        # The identity of all classes' weights, seen without the last.
        identity = torch.eye(view.n_classes - 1, dtype=fisher.dtype, device=fisher.device) - 1.0 / view.n_classes
        start = torch.kron(identity, torch.eye(embeddings.shape[1], dtype=fisher.dtype, device=fisher.device))
        inverse = torch.linalg.inv(self.regularization * start + weight * of_labeled)
        positions = torch.arange(len(probs), device=probs.device)
        n_candidates = max(self.candidates or len(probs), 4 * budget)
        if n_candidates < len(probs):
            drawn = torch.randperm(len(probs), generator=view.generator)[:n_candidates]
            positions = sent(drawn.sort().values, probs.device)
        drawn_probs, drawn_embeddings = probs[positions].double(), embeddings[positions].double()
        bound = _Bound(FisherItems(drawn_probs, drawn_embeddings, budget * weight, self.n_labels), inverse, fisher)
        picks = bound.forward(min(math.ceil(self.oversample * budget), len(positions)))
        return positions[bound.backward(picks, budget)]


class _Bound:
    """``trace(M^-1 F)`` under changes of M by ``sign * V V^T`` of items, all to be added or all to be taken away.

    A change lowers the trace by ``trace(S^-1 T)`` with ``S = I + sign * V^T M^-1 V`` and
    ``T = sign * V^T M^-1 F M^-1 V``, which are kept for each item, S and T side by side.
    """

    def __init__(self, items: FisherItems, inverse: Tensor, fisher: Tensor) -> None:
        self.items = items
        self.inverse = inverse.contiguous()
        self.fisher = fisher
        self.identity = torch.eye(items.a.shape[2], dtype=inverse.dtype, device=inverse.device)
        between = inverse @ fisher @ inverse
        self.pair = torch.cat([torch.cat(part.quadratic(inverse, between), dim=2) for part in items.split()])
        self.pair.chunk(2, dim=2)[0].add_(self.identity)

    def forward(self, n: int) -> Tensor:
        """Add n items to M, each the one that lowers the trace most; (n,) their places."""
        return self._change(n, 1.0)

    def backward(self, picks: Tensor, n: int) -> Tensor:
        """Of the picks, which are in M, take away those that raise the trace least until n are left."""
        self.items = self.items.rows(picks)
        self.pair = -self.pair[picks]
        self.pair.chunk(2, dim=2)[0].add_(self.identity, alpha=2.0)
        kept = torch.ones_like(picks, dtype=torch.bool)
        kept[self._change(len(picks) - n, -1.0)] = False
        return picks[kept]

    def _change(self, n: int, sign: float) -> Tensor:
        """(n,) places of the items that are added (sign 1) or taken away (sign -1), the best one first.

        Raises
        ------
        NonFiniteScores
            Embeddings are so large that their squares overflow.
        """
        picks: list[Tensor] = []  # (1,) each: the host need not know them before the last
        failed: list[Tensor] = []
        # Upper bounds of what the items lower the trace by; those that were picked have -inf.
        most = torch.full((len(self.pair),), torch.inf, dtype=self.pair.dtype, device=self.pair.device)
        bounded = sign > 0 and most.device.type == "cpu"  # a device would have to be waited for
        for _ in range(n):
            gain = self._best(most) if bounded else self._gain(most, slice(None))
            # Rounded, so that duplicates are equal.
            pick = gain.float().argmax(dim=0, keepdim=True)
            most.index_fill_(0, pick, -torch.inf)
            change, info = self._follow(pick, sign)
            if bounded:
                # As S is at least I, it keeps a share of 1 - |x|^2 at least, and T rises by at most 2 |x| |y|.
                x, y = torch.linalg.vector_norm(change, dim=3).unbind(dim=2)
                most.add_((x * y).sum(dim=1)).div_((1.0 - (x * x).sum(dim=1)).clamp_min_(0.0))
            picks.append(pick)
            failed.append(info)
        if not picks:
            return torch.empty(0, dtype=torch.int64, device=most.device)
        # Asked once, as the host waits for the answer.
        if not bool(torch.isfinite(self.pair).all() & (torch.stack(failed) == 0).all()):
            raise NonFiniteScores("the Fisher information of the embeddings is not finite: check the model's outputs")
        return torch.cat(picks)

    def _best(self, most: Tensor) -> Tensor:
        """The bounds, after all that may be the best have been measured."""
        likely = most.topk(min(_LIKELY, len(most))).indices
        most[likely] = self._gain(most, likely)
        best = most[likely].max()
        unsure = (~(most < best - _ROUNDING * best.abs())).nonzero()[:, 0]
        most[unsure] = self._gain(most, unsure)
        return most

    def _gain(self, most: Tensor, rows: Tensor | slice) -> Tensor:
        """What some of the items lower the trace by; -inf for those that were picked."""
        s, t = self.pair[rows].chunk(2, dim=2)
        root = torch.linalg.cholesky_ex(s).L
        inverse_root = torch.linalg.solve_triangular(root, self.identity.expand_as(root), upper=False)
        gain = ((inverse_root @ t) * inverse_root).sum(dim=(1, 2))
        known = most[rows]
        return torch.where(known.isneginf(), known, gain)

    def _follow(self, pick: Tensor, sign: float) -> tuple[Tensor, Tensor]:
        """Add an item to M (sign 1) or take it away (sign -1), and follow in S and T of all items.

        Returns (n, r, 2, r) x^T and 2 y^T side by side, where S falls by ``x x^T`` and T by ``x y^T + y x^T``, and
        what is not zero if the item's own S has no root.
        """
        a, z = self.items.a[pick][0], self.items.z[pick][0]
        root, info = torch.linalg.cholesky_ex(self.pair[pick][0].chunk(2, dim=1)[0])
        # M^-1 changes by -sign * u u^T.
        u = (self.inverse.view(-1, len(z)) @ z).view(-1, len(a))
        u = u @ torch.linalg.solve_triangular(root, a.mT, upper=False).mT
        image = self.fisher @ u
        twice_w = torch.addmm(self.inverse @ image, u, u.T @ image, beta=2.0, alpha=-sign)
        self.inverse.addmm_(u, u.T, alpha=-sign)
        change = self.items.project(u, twice_w)
        # 2 x y^T, as the trace with a symmetric matrix is the same.
        self.pair.baddbmm_(change[:, :, 0].mT, change.flatten(2), alpha=-1.0)
        return change, info
