"""The best items by scores that are known roughly: only those that can be among them are scored exactly."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from albench.kernels.scores import entropy
from albench.kernels.topk import top_k

_ROWS = 8192
"""Items in one block."""


def top_k_settled(
    rough: Tensor,
    k: int,
    exact: Callable[[Tensor], Tensor],
    *,
    absolute: float | Tensor = 0.0,
    relative: float = 0.0,
) -> Tensor:
    """Positions of the k largest of scores that are known to within an error, best first.

    Parameters
    ----------
    rough
        (N,) real, on the CPU.
    k
        0 .. N.
    exact
        Gives the scores (n,) of the items at some positions (n,) int64, ascending.
    absolute, relative
        A rough score is off the exact one by at most ``absolute + relative * |rough|``. Scores below 0 need
        ``relative=0``. ``absolute`` may be (N,), of each score, without ``relative``.

    Returns
    -------
    (k,) int64: what ``top_k`` of the exact scores of all items gives, ties included.

    Raises
    ------
    NonFiniteScores
        Some scores are NaN or infinite; the message counts them.
    ValueError
        k is out of range.
    """
    if not 0 < k <= len(rough) or not bool(torch.isfinite(rough.sum(dtype=torch.float64))):
        return top_k(rough, k)
    if isinstance(absolute, Tensor):
        low = rough - absolute
        maybe = (rough + absolute).numpy() >= float(low[top_k(low, k)[-1]])
    else:
        maybe = _can_be_among(rough, k, absolute, relative)
    positions = torch.from_numpy(np.flatnonzero(maybe))
    return positions[top_k(exact(positions), k)]


def _can_be_among(rough: Tensor, k: int, absolute: float, relative: float) -> np.ndarray:
    """(N,) which items can be among the k best."""
    least = float(rough[top_k(rough, k)[-1]])
    # The k-th best exact score is at least ``least - error``, and an item below it can be off by no more than that.
    maybe: np.ndarray = rough.numpy() >= least - 2.0 * (absolute + relative * abs(least))
    return maybe


def top_k_entropy(probs: Tensor, k: int) -> Tensor:
    """Positions of the k items with the largest ``entropy``, best first; equal ones go to the lowest position.

    Parameters
    ----------
    probs
        (N, C) float32 probabilities.
    k
        0 .. N.

    Returns
    -------
    (k,) int64: what ``top_k(entropy(probs), k)`` gives, on the CPU in less than half the time.

    Raises
    ------
    NonFiniteScores, ValueError
        As ``top_k``.
    """
    if probs.device.type != "cpu" or probs.dtype != torch.float32 or probs.requires_grad:
        return top_k(entropy(probs), k)
    n_classes = probs.shape[1]
    # NumPy's logarithm takes a third of the time of torch's; both are right to a few units in the last place.
    error = 4.0 * (n_classes + 8) * torch.finfo(torch.float32).eps
    exact = lambda positions: entropy(probs.index_select(0, positions))  # noqa: E731
    return top_k_settled(_rough_entropy(probs.numpy()), k, exact, absolute=1e-12, relative=error)


def _rough_entropy(probs: np.ndarray) -> Tensor:
    """(N,) entropies of probabilities (N, C) float32, added up in another order than ``entropy`` does."""
    n, n_classes = probs.shape
    terms = np.empty((min(n, _ROWS), n_classes), dtype=np.float32)
    minus, tiny = np.full(n_classes, -1.0, dtype=np.float32), np.finfo(np.float32).tiny
    result = np.empty(n, dtype=np.float32)
    for start in range(0, n, _ROWS):
        part = probs[start : start + _ROWS]
        each = terms[: len(part)]
        np.add(part, tiny, out=each)
        np.log(each, out=each)
        each *= part
        np.dot(each, minus, out=result[start : start + len(part)])
    return torch.from_numpy(result)
