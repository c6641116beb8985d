"""ALFA-Mix: items that change their class when mixed with labelled ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from albench.api import Strategy, View, option
from albench.kernels import add_by_group, k_means, nearest_to_centers, require_finite, sent

_FLOATS, _FLOATS_OF_DEVICE = 1 << 20, 1 << 25
"""Embedding entries in one block: a few such arrays stay in the cache between two uses. A device has its own memory."""


@dataclass(frozen=True)
class ALFAMix(Strategy):
    """Choose, one from each cluster, among the items whose class changes when mixed with a class's labelled items.

    The anchor ``a`` of a class is the mean embedding of its labelled items (of all, where it has none). An embedding
    ``z`` is mixed with it, entry by entry, as ``(1 - alpha) z + alpha a``. The closed form of the best ``alpha`` of
    length at most ``c`` for raising the loss of the predicted class is ``c ||a - z|| g / (||g|| (a - z))`` with ``g``
    the gradient of that loss at ``z``, so that the mixed embedding is ``z + c ||a - z|| g / ||g||``. Candidates are the
    items whose predicted class is another one there for any anchor. ``c`` is ``eps / sqrt(E)``, and goes on in steps of
    that size, up to ``1 / sqrt(E)``, for as long as there are no more candidates than the budget.

    The candidates' embeddings, scaled to length one, are clustered by k-means into as many clusters as the budget, and
    the candidate nearest to each centre is chosen. Where there are no more candidates than the budget all are chosen,
    and the rest at random.

    Notes
    -----
    Parvaneh, Abbasnejad, Teney, Haffari, van den Hengel and Shi (2022), "Active Learning by Feature Mixing", CVPR,
    arXiv 2203.07034. Growing ``c``, the anchor of a class without labels, the scaling and the random rest are those of
    the authors' code. The direction of ``g`` is taken from the log odds of the predicted class, whose gradient is
    parallel to the loss's and does not vanish where the model is certain.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"embeddings", "gradients"})

    eps: float = option(0.2, "first bound of the mixing, and step of its growth, times the root of E", gt=0, le=1)

    def select(self, view: View, budget: int) -> Tensor:
        """Choose ``budget`` positions: candidates, then the rest.

        Notes kept: ``candidates``, how many there were, and ``eps``, the largest bound that was tried.
        """
        z, labeled = view.embeddings, view.labeled_embeddings
        require_finite(embeddings=z, labelled_embeddings=labeled)
        changed = torch.zeros(len(z), dtype=torch.bool, device=z.device)
        same = torch.arange(len(z), device=z.device)
        eps = 0.0
        if len(labeled):
            anchors = class_means(labeled, view.labeled_y, view.n_classes)
            block = max(1, (_FLOATS if z.device.type == "cpu" else _FLOATS_OF_DEVICE) // z.shape[1])
            while len(z) - len(same) <= budget and eps < 1.0:
                eps = min(eps + self.eps, 1.0)
                step = eps / z.shape[1] ** 0.5
                for rows in same.split(block):
                    changed[rows] = _changes(view, z[rows], anchors, step)
                same = (~changed).nonzero()[:, 0]
        candidates = changed.nonzero()[:, 0]
        view.note("candidates", len(candidates))
        view.note("eps", eps)
        if len(candidates) > budget:
            length = torch.linalg.vector_norm(z[candidates], dim=1, keepdim=True)
            scaled = z[candidates] / torch.where(length > 0, length, 1.0)
            centers, _ = k_means(scaled, budget, generator=view.generator)
            return candidates[nearest_to_centers(scaled, centers)]
        drawn = view.rng.choice(len(same), size=budget - len(candidates), replace=False)
        return torch.cat([candidates, same[sent(torch.from_numpy(drawn), z.device)]])


def class_means(embeddings: Tensor, classes: Tensor, n_classes: int) -> Tensor:
    """(C, E) mean of the rows (L, E) of each class; of all rows for a class without any."""
    count = (classes == torch.arange(n_classes, device=classes.device)[:, None]).sum(dim=1, keepdim=True)
    total = torch.zeros(n_classes, embeddings.shape[1], dtype=torch.float64, device=embeddings.device)
    add_by_group(total, classes, embeddings.double())
    everything = embeddings.double().mean(dim=0)
    return torch.where(count > 0, total / count.clamp(min=1), everything).to(embeddings.dtype)


def _changes(view: View, z: Tensor, anchors: Tensor, step: float) -> Tensor:
    """(n,) whether the class of embeddings (n, E) changes at the step toward more loss that any anchor allows."""
    with torch.enable_grad():
        z = z.detach().requires_grad_()
        logits = view.head(z)
        require_finite(logits=logits.detach())
        predicted = logits.argmax(dim=1)
        own = torch.arange(logits.shape[1], device=z.device) == predicted[:, None]
        # The loss is softplus(against): its gradient is that of ``against`` times a positive number.
        against = logits.masked_fill(own, -torch.inf).logsumexp(dim=1) - logits.gather(1, predicted[:, None])[:, 0]
        (gradient,) = torch.autograd.grad(against.sum(), z)
    z = z.detach()
    length = torch.linalg.vector_norm(gradient, dim=1, keepdim=True)
    direction = gradient / torch.where(length > 0, length, 1.0)
    changed = torch.zeros(len(z), dtype=torch.bool, device=z.device)
    with torch.no_grad():
        reach = step * torch.cdist(z, anchors, compute_mode="donot_use_mm_for_euclid_dist")
        for column in reach.split(1, dim=1):
            changed |= view.head(torch.addcmul(z, column, direction)).argmax(dim=1) != predicted
    return changed
