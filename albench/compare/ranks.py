"""Tests by ranks: Wilcoxon's of signed ranks, Friedman's, and the quantile of Nemenyi's critical difference.

``scipy.stats`` has them, and takes longer to import than a comparison to compute; the tests hold them to it.
"""

from __future__ import annotations

import functools

import numpy as np

_EXACT_RANKS = 50
"""Pairs up to which the distribution of signed ranks is exact, where no ranks are tied (as in SciPy)."""


def ranks_of(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(N,) values -> (N,) their ranks from 1, ties share their mean rank; and how many share each."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    first = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    last = np.append(first[1:], len(values))
    ranks = np.empty(len(values))
    ranks[order] = np.repeat((first + last + 1) / 2, last - first)
    return ranks, last - first


def signed_ranks(differences: np.ndarray) -> tuple[float, float, np.ndarray | None]:
    """Wilcoxon's signed-rank test (1945) of (N,) differences, none of them 0.

    Returns
    -------
    Its p-value, exact up to 50 differences without ties, else by the normal distribution with its variance corrected
    for ties; the sum of signed ranks; and where the p-value is not exact the (N,) signed ranks, whose signs can be
    tried one by one where they are few.
    """
    from scipy.special import ndtr

    ranks, ties = ranks_of(np.abs(differences))
    n = len(differences)
    signed = np.sign(differences) * ranks
    lean = float(signed.sum())
    if n <= _EXACT_RANKS and len(ties) == n:
        return float(min(1.0, 2 * wilcoxon_pairs(n)[round((n * (n + 1) / 2 - abs(lean)) / 2)])), lean, None
    spread = np.sqrt(n * (n + 1) * (2 * n + 1) / 24 - (ties**3 - ties).sum() / 48)
    return float(2 * ndtr(-abs(lean) / 2 / spread)), lean, signed


@functools.cache
def wilcoxon_pairs(n: int) -> np.ndarray:
    """Distribution function of the smaller sum of n signed ranks, for each sum from 0 on; normal above 50."""
    most = n * (n + 1) // 2
    if n > _EXACT_RANKS:
        from scipy.special import ndtr

        spread = np.sqrt(n * (n + 1) * (2 * n + 1) / 24)
        return np.asarray(ndtr((np.arange(most + 1) - most / 2) / spread))
    counts = np.zeros(most + 1)
    counts[0] = 1
    for rank in range(1, n + 1):
        counts[rank:] = counts[rank:] + counts[:-rank]
    return np.asarray(np.cumsum(counts) / 2.0**n)


def friedman_p(values: np.ndarray) -> float:
    """p-value of Friedman's test (1937) that K columns of (D, K) values are alike, by chi-squared, corrected for ties.

    NaN where all values of each row are one.
    """
    from scipy.special import chdtrc

    n, k = values.shape
    ranks, ties = zip(*map(ranks_of, values), strict=True)
    shared = sum(float((t**3 - t).sum()) for t in ties)
    spread = 1 - shared / (n * (k**3 - k))
    if spread == 0:
        return float("nan")
    sums = np.sum(ranks, axis=0)
    return float(chdtrc(k - 1, (12 / (n * k * (k + 1)) * (sums**2).sum() - 3 * n * (k + 1)) / spread))


@functools.cache
def studentized_range(level: float, k: int) -> float:
    """The value that the range of k standard normals exceeds with probability ``level``."""
    from scipy.special import ndtr

    at = np.linspace(-9, 9, 2001)  # the largest of the k; the trapezoidal rule is exact to rounding for such bells
    weight = k * np.exp(-(at**2) / 2) / np.sqrt(2 * np.pi) * (at[1] - at[0])
    low, high = 0.0, 20.0
    for _ in range(60):  # halved to the last bit
        middle = (low + high) / 2
        within = float((weight * (ndtr(at) - ndtr(at - middle)) ** (k - 1)).sum())
        low, high = (middle, high) if within < 1 - level else (low, middle)
    return low
