"""Scores of class probabilities: how unsure the model is of an item."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from albench.kernels.blocks import joined

_FLOATS = 1 << 17
"""Probabilities in one block."""
_ON_DEVICE = 1 << 24
"""Numbers in one block on a device: 128 MiB in float64."""


def floats(device: torch.device, on_cpu: int) -> int:
    """Numbers in one block: what stays in the caches of a CPU; on a device many, as each block launches kernels."""
    return on_cpu if device.type == "cpu" else _ON_DEVICE


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


def top_probability(probs: Tensor) -> Tensor:
    """The largest probability.

    Parameters
    ----------
    probs
        (..., C) probabilities.

    Returns
    -------
    (...) between 1 / C and 1.
    """
    if not _is_numpys(probs):
        return probs.amax(dim=-1)
    # Class after class over whole vectors of items: two thirds of the time.
    return _by_rows(lambda part: torch.from_numpy(_by_class(part).max(axis=0)), probs)


def _margin(probs: Tensor) -> Tensor:
    # Class after class over whole vectors of items: a seventh of the time of topk.
    if _is_numpys(probs):
        return torch.from_numpy(_margin_on_host(_by_class(probs)))
    best, *others = probs.T.contiguous()
    second = torch.full_like(best, -torch.inf)
    for other in others:
        second = torch.maximum(second, torch.minimum(best, other))
        best = torch.maximum(best, other)
    return best - second


def _margin_on_host(by_class: np.ndarray) -> np.ndarray:
    """The same of (C, n), of which it writes over the first row, by NumPy: half the time of torch on the CPU."""
    best, *others = by_class
    second, lesser = np.full_like(best, -np.inf), np.empty_like(best)
    for other in others:
        np.minimum(best, other, out=lesser)
        np.maximum(second, lesser, out=second)
        np.maximum(best, other, out=best)
    return best - second


def _is_numpys(probs: Tensor) -> bool:
    """Whether NumPy can read it, and no gradient is wanted."""
    known = probs.dtype in (torch.float32, torch.float64)
    return known and probs.device.type == "cpu" and not probs.requires_grad


def _by_class(probs: Tensor) -> np.ndarray:
    """(C, n) a copy of probabilities (n, C), classes first: half the time of torch's."""
    return np.array(probs.numpy().T, order="C")


def _by_rows(score: Callable[[Tensor], Tensor], probs: Tensor) -> Tensor:
    """A score of matrices (n, C) -> (n,) for probabilities (..., C), in blocks that stay in the caches."""
    rows = probs.reshape(-1, probs.shape[-1])
    step = max(4096, floats(probs.device, _FLOATS) // max(1, probs.shape[-1]))
    return joined((score(part) for part in rows.split(step)), len(rows)).reshape(probs.shape[:-1])
