"""What methods keep from step to step: moving averages, rings of the last rows, and distribution alignment.

Everything is out of place and safe under ``torch.func.vmap``. How far averages and windows look back follows the rule
of ``albench.api.horizon``.
"""

from __future__ import annotations

import torch
from torch import Tensor

from albench.api import momentum_at, window_at


def moving_average(average: Tensor, value: Tensor, momentum: float, step: Tensor) -> Tensor:
    """``m * average + (1 - m) * value`` with ``m = min(momentum, (1 + step) / (10 + step))``.

    Parameters
    ----------
    average, value
        Of one shape; the result has the type of ``average``.
    momentum
        The authors'.
    step
        () int64 since the weights were last initialised.
    """
    kept = momentum_at(step, momentum).to(average.dtype)
    return kept * average + (1 - kept) * value.to(average.dtype)


def window_mean(ring: Tensor, pointer: Tensor, row: Tensor, step: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """``ring`` and ``pointer`` with ``row`` pushed, and the mean of the last rows, as many as the rule has at ``step``.

    Parameters
    ----------
    ring
        (K, C): one row a step, K as many as the authors' window.
    pointer
        () int64 in 0 .. K - 1.
    row
        (C,).
    step
        () int64 since the weights were last initialised, when the ring was begun.

    Returns
    -------
    (K, C), () int64 and (C,).
    """
    ring, pointer = push(ring, pointer, row.unsqueeze(0))
    count = window_at(step, ring.shape[0])
    age = (pointer - 1 - torch.arange(ring.shape[0], device=ring.device)) % ring.shape[0]
    recent = torch.where((age < count).unsqueeze(1), ring, torch.zeros_like(ring))
    return ring, pointer, recent.sum(dim=0) / count


def push(ring: Tensor, pointer: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
    """``ring`` with ``rows`` written from ``pointer`` on, over its oldest rows, and the next place to write.

    Parameters
    ----------
    ring
        (K, ...); left as it is.
    pointer
        () int64 in 0 .. K - 1.
    rows
        (n, ...); of more than K rows the last K.

    Returns
    -------
    (K, ...) and () int64.
    """
    size = ring.shape[0]
    rows = rows[-size:].to(ring.dtype)
    place = (pointer + torch.arange(rows.shape[0], device=ring.device)) % size
    where = place.reshape(-1, *[1] * (ring.ndim - 1)).expand(rows.shape)
    return ring.scatter(0, where, rows), (pointer + rows.shape[0]) % size


def class_shares(labels: Tensor, n_classes: int) -> Tensor:
    """(..., C) float32: the share of each class among labels (..., n) int64."""
    return (labels.unsqueeze(-1) == torch.arange(n_classes, device=labels.device)).float().mean(dim=-2)


def align(probs: Tensor, mean: Tensor, target: Tensor | float = 1.0) -> Tensor:
    """Distribution alignment: ``normalize( p * target / mean )``.

    Berthelot et al., "ReMixMatch", ICLR 2020, arXiv 1911.09785, section on distribution alignment.

    Parameters
    ----------
    probs
        (..., N, C) probabilities.
    mean
        (..., C) what the predictions are on average.
    target
        (..., C) what they should be on average; 1 for every class alike.

    Returns
    -------
    (..., N, C) float32, rows with sum 1.
    """
    # 1e-6 as in the authors' code: a class that is never predicted is not blown up.
    scaled = probs.float() * ((target + 1e-6) / (mean + 1e-6)).unsqueeze(-2)
    return scaled / scaled.sum(dim=-1, keepdim=True)
