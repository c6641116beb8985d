"""The best items by scores that are known roughly: only those that can be among them are scored exactly."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable

import numpy as np
import torch
from torch import Tensor

from albench.kernels.samples import mutual_information
from albench.kernels.scores import entropy
from albench.kernels.topk import top_k

_ROWS = 8192
"""Items in one block."""
_FLOATS = 1 << 16
"""Numbers in one block."""
_KEPT = 1 << 24
"""Most probabilities of samples that are kept, so that what can be among the best is read again."""


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


def top_k_mutual_information(samples: Iterable[Tensor], k: int) -> Tensor:
    """Positions of the k items with the largest ``mutual_information``, best first; equal ones go to the lowest.

    Parameters
    ----------
    samples
        Probabilities (N, C), one tensor a sample; at least one. They are kept while they are few enough numbers (64
        MiB), and streamed otherwise.
    k
        0 .. N.

    Returns
    -------
    (k,) int64: what ``top_k(mutual_information(samples), k)`` gives.

    Raises
    ------
    NonFiniteScores, ValueError
        As ``top_k``.
    """
    left = iter(samples)
    kept: list[Tensor] = []
    for sample in left:
        kept.append(sample)
        if sample.device.type != "cpu" or sample.dtype != torch.float32 or len(kept) * sample.numel() > _KEPT:
            return top_k(mutual_information(itertools.chain(kept, left)), k)
    if not kept or not kept[0].numel():
        return top_k(mutual_information(kept), k)
    n_classes = kept[0].shape[1]
    # Units in the last place: 8 of a logarithm, one of each product and each term of a sum, and what the mean's add.
    units = (2 * len(kept) + 2 * n_classes + 19) * math.log(n_classes) + len(kept)
    error = units * torch.finfo(torch.float32).eps / 2
    return top_k_settled(
        _rough_information(kept), k, lambda at: mutual_information(_some(sample, at) for sample in kept), absolute=error
    )


def _rough_information(samples: list[Tensor]) -> Tensor:
    """(N,) mutual information in float32."""
    first = _as_it_lies(samples[0])
    rows = [np.ascontiguousarray(_as_it_lies(sample)).ravel() for sample in samples]
    difference, tiny = np.empty(first.size, dtype=np.float32), np.finfo(np.float32).tiny
    for start in range(0, first.size, _FLOATS):
        mean = np.zeros(min(_FLOATS, first.size - start), dtype=np.float32)
        within, term = np.zeros_like(mean), np.empty_like(mean)
        for row in rows:
            part = row[start : start + _FLOATS]
            np.log(np.add(part, tiny, out=term), out=term)
            within += np.multiply(term, part, out=term)
            mean += part
        mean /= len(rows)
        np.log(np.add(mean, tiny, out=term), out=term)
        np.subtract(within / len(rows), np.multiply(term, mean, out=term), out=difference[start : start + _FLOATS])
    return torch.from_numpy(difference.reshape(first.shape)).sum(dim=0 if samples[0].T.is_contiguous() else 1)


def _as_it_lies(sample: Tensor) -> np.ndarray:
    """(C, N) where the classes come first in memory, else (N, C)."""
    lying: np.ndarray = (sample.T if sample.T.is_contiguous() else sample).detach().numpy()
    return lying


def _some(sample: Tensor, positions: Tensor) -> Tensor:
    """(n, C) of the items at some positions, laid in memory as the sample is."""
    return sample.T.index_select(1, positions).T if sample.T.is_contiguous() else sample.index_select(0, positions)
