"""The items that dropout samples disagree about most, of which few are scored exactly."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

from albench.kernels.samples import mutual_information
from albench.kernels.settled import top_k_settled
from albench.kernels.topk import top_k

_FLOATS = 1 << 16
"""Numbers in one block."""
_KEPT = 1 << 24
"""Most probabilities of samples that are kept, so that what can be among the best is read again."""
_TRIED = 1024
"""Items of which it is seen whether leaving others out pays."""
_MOST = 0.5
"""Share of the items of which so many are left that leaving the others out does not pay."""
_EQUAL = 1e-12
"""Exact scores that are nearer may be those of equal items."""
_EPS = torch.finfo(torch.float32).eps
_TINY = np.finfo(np.float32).tiny


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
    if not kept or not kept[0].numel() or not 0 < k <= len(kept[0]):
        return top_k(mutual_information(kept), k)
    error, n = _rough_error(len(kept), kept[0].shape[1]), len(kept[0])
    left_out = False
    if n >= 8 * _TRIED:
        tried = _some(kept, torch.arange(0, n, n // _TRIED))
        rough = _rough_information(tried)
        least = rough.topk(max(1, k * len(rough) // n)).values[-1] - 2 * error
        if _share(rough >= least) > _MOST:  # they tie, or nearly
            return top_k(mutual_information(kept), k)
        left_out = _share(_information_bound(tried) >= least) <= _MOST
    positions = _not_below(kept, k, error) if left_out else torch.arange(n)
    rough = _rough_information(_some(kept, positions) if left_out else kept)

    def exact(at: Tensor) -> Tensor:
        scores = mutual_information(_some(kept, positions[at]))
        # Where classes come first in memory, a sum's last bit hangs on where an item stands: equal items may part.
        if kept[0].T.is_contiguous() and bool((scores.sort().values.diff()[-k:] < _EQUAL).any()):
            return mutual_information(kept)[positions[at]]
        return scores

    return positions[top_k_settled(rough, k, exact, absolute=error)]


def _not_below(samples: list[Tensor], k: int, error: float) -> Tensor:
    """Positions (n,), ascending, of items that hold the k best, by bounds that need no logarithm of a sample.

    ``error`` is by how much rough scores may be off.
    """
    bound = _information_bound(samples)
    if not torch.isfinite(bound.sum(dtype=torch.float64)):
        return torch.arange(len(bound))
    likely = _rough_information(_some(samples, bound.topk(min(len(bound), 2 * k)).indices))
    return torch.from_numpy(np.flatnonzero(bound.numpy() >= float(likely.topk(k).values[-1]) - error))


def _rough_error(n_samples: int, n_classes: int) -> float:
    """By how much ``_rough_information`` may be off."""
    # Units in the last place: 8 of a logarithm, one of each product and each term of a sum, and what the mean's add.
    return ((2 * n_samples + 2 * n_classes + 19) * math.log(n_classes) + n_samples) * _EPS / 2


@np.errstate(invalid="ignore")  # what is not finite is told by its scores
def _rough_information(samples: list[Tensor]) -> Tensor:
    """(N,) mutual information in float32."""
    first = _as_it_lies(samples[0])
    rows = [np.ascontiguousarray(_as_it_lies(sample)).ravel() for sample in samples]
    difference = np.empty(first.size, dtype=np.float32)
    for start in range(0, first.size, _FLOATS):
        mean = np.zeros(min(_FLOATS, first.size - start), dtype=np.float32)
        within, term = np.zeros_like(mean), np.empty_like(mean)
        for row in rows:
            part = row[start : start + _FLOATS]
            np.log(np.add(part, _TINY, out=term), out=term)
            within += np.multiply(term, part, out=term)
            mean += part
        mean /= len(rows)
        np.log(np.add(mean, _TINY, out=term), out=term)
        np.subtract(within / len(rows), np.multiply(term, mean, out=term), out=difference[start : start + _FLOATS])
    return _over_classes(difference, samples[0])


@np.errstate(invalid="ignore")
def _information_bound(samples: list[Tensor]) -> Tensor:
    """(N,) upper bounds of the mutual information, in float32 with its rounding added.

    A class c adds ``m_c sum_t s_t log(T s_t)`` with its mean ``m_c`` over T samples and their shares ``s_t`` of it. By
    Jensen's inequality that is at most ``m_c log(T sum_t s_t^2)``, and of all classes the logarithm of their mean.
    """
    first = _as_it_lies(samples[0])
    rows = [np.ascontiguousarray(_as_it_lies(sample)).ravel() for sample in samples]
    ratio, total = np.empty((2, first.size), dtype=np.float32)
    for start in range(0, first.size, _FLOATS):
        summed = total[start : start + _FLOATS]
        summed.fill(_TINY)
        squares, term = np.zeros_like(summed), np.empty_like(summed)
        for row in rows:
            part = row[start : start + _FLOATS]
            squares += np.multiply(part, part, out=term)
            summed += part
        np.divide(squares, summed, out=ratio[start : start + _FLOATS])
    mass = _over_classes(total, samples[0]).div_(len(samples))
    bound = _over_classes(ratio, samples[0]).div_(mass).log_().mul_(mass)
    return bound.add_((2 * len(samples) + 2 * first.size // len(samples[0]) + 32) * _EPS)


def _over_classes(numbers: np.ndarray, sample: Tensor) -> Tensor:
    """(N,) sums over the classes of numbers that lie in memory as a sample does."""
    shape = _as_it_lies(sample).shape
    return torch.from_numpy(numbers.reshape(shape)).sum(dim=0 if sample.T.is_contiguous() else 1)


def _share(which: Tensor) -> float:
    """Share of the items (n,) bool."""
    return float(which.double().mean())


def _as_it_lies(sample: Tensor) -> np.ndarray:
    """(C, N) where the classes come first in memory, else (N, C)."""
    lying: np.ndarray = (sample.T if sample.T.is_contiguous() else sample).detach().numpy()
    return lying


def _some(samples: list[Tensor], positions: Tensor) -> list[Tensor]:
    """(n, C) each, of the items at some positions, laid in memory as the samples are."""
    return [
        sample.T.index_select(1, positions).T if sample.T.is_contiguous() else sample.index_select(0, positions)
        for sample in samples
    ]
