"""Intervals of differences that agree with their tests: what a test does not reject at its corrected level."""

from __future__ import annotations

import functools

import numpy as np

from albench.compare.pairs import Test, flips
from albench.compare.ranks import wilcoxon_pairs
from albench.compare.roundoff import settled, size
from albench.compare.skewness import skewed_limits
from albench.compare.statistics import deviation, interval


def inverted(gaps: np.ndarray, test: Test, level: float, skewed: bool = False) -> tuple[float, float]:
    """Every true difference that a test does not reject at a level: an interval of confidence ``1 - level``.

    Parameters
    ----------
    gaps
        (n,) differences of ``n > 1`` pairs, without NaN (``albench.compare.roundoff.gaps``).
    skewed
        Whether they may be skewed: then the interval holds that of ``albench.compare.skewness`` too.

    Returns
    -------
    Low and high; infinite where so few pairs cannot reject anything at this level. Of the t-test Student's interval; of
    the permutation of signs that of Hartigan (1969, JASA 64): order statistics of the means of subsets; of Wilcoxon's
    test that of Hodges and Lehmann (1963, Annals of Mathematical Statistics 34): order statistics of the means of
    pairs, widened to hold the mean, which the test is not about.
    """
    mean = float(gaps.mean())
    if not float(settled(deviation(gaps), size(gaps))):  # one same number: only its sign can be tested
        return (mean, mean) if mean == 0 or 2.0 ** (1 - len(gaps)) < level else (-np.inf, np.inf)
    if skewed:
        (low, high), wide = inverted(gaps, test, level), skewed_limits(gaps, level)
        return min(low, wide[0]), max(high, wide[1])
    if test == "t":
        half = float(interval(gaps, 1 - level)[1])
        return mean - half, mean + half
    if test == "permutation":
        return _of_signs(gaps, level)
    low, high = _of_ranks(gaps, level)
    return min(low, mean), max(high, mean)


def _of_signs(gaps: np.ndarray, level: float) -> tuple[float, float]:
    """The flips of some signs say as much of the differences that they turn as of those that they leave."""
    signs, extra = flips(len(gaps))
    kept = (signs > 0).sum(axis=1)
    turned = len(gaps) - kept
    total, moved = gaps.sum(), signs @ gaps
    sides = np.stack([(total - moved) / np.maximum(2 * turned, 1), (total + moved) / np.maximum(2 * kept, 1)])
    sides = settled(sides, size(gaps))
    all_alike = (turned == 0) | (kept == 0)
    least, most = np.where(all_alike, -np.inf, sides.min(axis=0)), np.where(all_alike, np.inf, sides.max(axis=0))
    # A difference is rejected where fewer than this many flips are as far from it as what was seen.
    enough = int(np.ceil(level * (len(signs) + extra))) - extra
    if enough < 1:
        return -np.inf, np.inf
    return float(np.partition(least, enough - 1)[enough - 1]), float(np.partition(most, -enough)[-enough])


def _of_ranks(gaps: np.ndarray, level: float) -> tuple[float, float]:
    means = np.sort(((gaps[:, None] + gaps) / 2)[np.triu_indices(len(gaps))])
    beyond = _rejected(len(gaps), level)
    return (-np.inf, np.inf) if beyond == 0 else (float(means[beyond - 1]), float(means[-beyond]))


@functools.cache
def _rejected(n: int, level: float) -> int:
    """How many of the smallest sums of signed ranks are rejected on each side."""
    return int((2 * wilcoxon_pairs(n) < level).sum())
