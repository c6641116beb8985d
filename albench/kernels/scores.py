"""Scores of class probabilities: how unsure the model is of an item."""

from __future__ import annotations

import torch
from torch import Tensor


def entropy(probs: Tensor) -> Tensor:
    """Shannon entropy in nats.

    Parameters
    ----------
    probs
        (..., C) probabilities; a zero adds nothing.

    Returns
    -------
    (...) between 0 and log C.
    """
    return torch.special.entr(probs).sum(dim=-1)


def margin(probs: Tensor) -> Tensor:
    """The largest probability less the second largest: small where two classes compete.

    Parameters
    ----------
    probs
        (..., C) probabilities with C >= 2.

    Returns
    -------
    (...) between 0 and 1.
    """
    if probs.shape[-1] < 2:
        raise ValueError(f"a margin needs at least 2 classes, got {probs.shape[-1]}")
    best = probs.topk(2, dim=-1).values
    return best[..., 0] - best[..., 1]
