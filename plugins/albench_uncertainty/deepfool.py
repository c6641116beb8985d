"""Distance to the decision boundary of the last layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from albench.api import Strategy, View

BLOCK = 2**24
"""Numbers in one block of derivatives."""
_ROUNDING = 1e-4
"""How far, as a share of ``||z|| ||w||``, the logits of a linear head may be from the products in float32."""


@dataclass(frozen=True)
class DeepFool(Strategy):
    """Choose the items that the smallest step in embedding space gives another class.

    With logits f, weights w of the last layer and top class t::

        distance = min over k != t of (f_t - f_k) / ||w_t - w_k||        score = -distance

    For a linear last layer, which is checked, this is the exact Euclidean distance to the nearest boundary of class t.
    For any other w_k is the derivative of f_k at the item, and the distance that of the linearised layer: the first
    step of the algorithm. A class whose weights equal those of the top class cannot be reached and does not count.

    Notes
    -----
    Moosavi-Dezfooli, Fawzi and Frossard (2016), "DeepFool: A Simple and Accurate Method to Fool Deep Neural Networks",
    CVPR, arXiv 1511.04599, the affine multiclass case; for active learning Ducoffe and Precioso (2018), "Adversarial
    Active Learning for Deep Networks: a Margin Based Approach", arXiv 1802.09841, who step in input space through the
    whole network.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"logits", "embeddings", "gradients"})

    def scores(self, view: View) -> Tensor:
        """(N,) minus the distance."""
        logits = view.logits.double()
        top = logits.argmax(dim=1)
        margin = logits.gather(1, top[:, None]) - logits
        length = slope_differences(view, top)
        most = torch.finfo(torch.float64).max
        # Where the length is 0 is the top class itself, or a class out of reach.
        distance = (margin / length).masked_fill(length == 0, most).amin(dim=1).clamp(max=most)
        return -torch.where(torch.isfinite(logits).all(dim=1), distance, torch.nan)


def slope_differences(view: View, top: Tensor) -> Tensor:
    """(N, C) float64 lengths ``||w_t - w_k||`` for the top classes (N,), at each item where the head is not linear."""
    embeddings = view.embeddings
    origin = torch.zeros_like(embeddings[:1])
    weight = _slopes(view, origin)[0]
    with torch.no_grad():
        bias = view.head(origin)
    products = embeddings @ weight.T
    scale = torch.linalg.vector_norm(embeddings, dim=1)[:, None] * torch.linalg.vector_norm(weight, dim=1) + bias.abs()
    if bool(((products + bias - view.logits).abs() <= _ROUNDING * scale).all()):
        exact = weight.double()
        return torch.cdist(exact, exact, compute_mode="donot_use_mm_for_euclid_dist")[top]
    rows = max(1, BLOCK // weight.numel())
    found = []
    for part, classes in zip(embeddings.split(rows), top.split(rows), strict=True):
        slopes = _slopes(view, part)
        own = slopes[torch.arange(len(part), device=part.device), classes]
        found.append(torch.linalg.vector_norm(slopes - own[:, None], dim=2, dtype=torch.float64))
    return torch.cat(found)


def _slopes(view: View, embeddings: Tensor) -> Tensor:
    """(n, C, E) derivatives of the logits by the embedding, at each of n embeddings (n, E)."""
    shape = (len(embeddings), view.n_classes, view.n_classes)
    # A copy of the embedding for each class, from which that class's logit alone is taken: one backward pass for all.
    copies = embeddings.detach().repeat_interleave(view.n_classes, dim=0).requires_grad_()
    with torch.enable_grad():
        own = view.head(copies).view(shape).diagonal(dim1=1, dim2=2).sum()
    return torch.autograd.grad(own, copies)[0].view(shape[0], shape[1], -1)
