"""Scores of class probabilities: how unsure the model is of an item."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from albench.kernels.blocks import joined

_FLOATS = 1 << 17
"""Probabilities in one block."""


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
    tiny = torch.finfo(probs.dtype).tiny
    return _by_rows(lambda p: (p * p.clamp_min(tiny).log()).sum(dim=1).neg(), probs)


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
    return _by_rows(_margin, probs)


def _margin(probs: Tensor) -> Tensor:
    # Class after class over whole vectors of items: a seventh of the time of topk.
    best, *others = probs.T.contiguous()
    second = torch.full_like(best, -torch.inf)
    for other in others:
        second = torch.maximum(second, torch.minimum(best, other))
        best = torch.maximum(best, other)
    return best - second


def _by_rows(score: Callable[[Tensor], Tensor], probs: Tensor) -> Tensor:
    """A score of matrices (n, C) -> (n,) for probabilities (..., C), in blocks that stay in the caches."""
    rows = probs.reshape(-1, probs.shape[-1])
    step = max(4096, _FLOATS // max(1, probs.shape[-1]))
    return joined((score(part) for part in rows.split(step)), len(rows)).reshape(probs.shape[:-1])
