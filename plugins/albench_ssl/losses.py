"""What the methods share: pseudo labels and their masked cross-entropy, safe under ``torch.func.vmap``.

Where shapes begin with dots lanes may come first (``Method.takes_lanes``).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from albench.api import Batch, Forward, Method


def pseudo_labels(logits: Tensor) -> tuple[Tensor, Tensor]:
    """Top probability (..., U) and its class (..., U) of logits (..., U, C), without gradient."""
    # float: an autocast forward hands out bfloat16, too coarse for thresholds near 1.
    confidence, label = torch.softmax(logits.detach().float(), dim=-1).max(dim=-1)
    return confidence, label


def cross_entropies(logits: Tensor, labels: Tensor) -> Tensor:
    """(..., U) cross-entropy of each item, of logits (..., U, C) and labels (..., U) int64; differentiable."""
    return F.cross_entropy(logits.flatten(0, -2), labels.flatten(), reduction="none").view(labels.shape)


def masked_cross_entropy(logits: Tensor, labels: Tensor, accepted: Tensor) -> Tensor:
    """``mean( 1[accepted] * CE(label, softmax(logits)) )`` over the whole batch; 0 where nothing is accepted.

    Parameters
    ----------
    logits
        (..., U, C) differentiable.
    labels
        (..., U) int64 pseudo labels.
    accepted
        (..., U) bool.
    """
    each = cross_entropies(logits, labels)
    # where, not a product: a refused item with an infinite loss must not make the mean nan.
    return torch.where(accepted, each, torch.zeros_like(each)).mean(dim=-1)


def labeled_and_strong(
    method: Method, forward: Forward, batch: Batch, labels: Tensor, accepted: Tensor
) -> tuple[Tensor, Tensor]:
    """FixMatch's two losses in one forward pass: labelled items, and strong views against pseudo labels.

    Parameters
    ----------
    labels
        (..., U) int64 pseudo labels.
    accepted
        (..., U) bool.

    Returns
    -------
    (...) labelled loss, (...) masked cross-entropy of the strong views.
    """
    labeled, strong = student_logits(forward, batch)
    return method.labeled_loss(labeled, batch), masked_cross_entropy(strong, labels, accepted)


def student_logits(forward: Forward, batch: Batch, view: str = "strong") -> tuple[Tensor, Tensor]:
    """Logits (..., B, C) of the labelled items, (..., U, C) of a view of the others, from one pass of the student."""
    items = batch.y_lab.ndim - 1  # after the lanes, where there are some
    both = batch.x_lab, batch.views[view]
    labeled, unlabeled = forward(torch.cat(both, dim=items)).split([x.shape[items] for x in both], dim=items)
    return labeled, unlabeled


def soft_cross_entropy(logits: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """``mean( weight * -sum_c target_c log softmax(logits)_c )`` over the whole batch.

    Parameters
    ----------
    logits
        (..., U, C) differentiable.
    target
        (..., U, C) probabilities without gradient.
    weight
        (..., U) float or bool.
    """
    each = -(target * torch.log_softmax(logits.float(), dim=-1)).sum(dim=-1)
    return torch.where(weight > 0, weight * each, torch.zeros_like(each)).mean(dim=-1)


def share(accepted: Tensor) -> Tensor:
    """(...) float32: the share of True in (..., U) bool."""
    return accepted.to(torch.float32).mean(dim=-1)
