"""Tests of differences paired by seed: which one, its p-value, the size of the effect, and how many seeds it takes."""

from __future__ import annotations

import functools
import math
from typing import Literal, get_args

import numpy as np

from albench.compare.common import LEAST_COMPARED
from albench.compare.ranks import signed_ranks
from albench.compare.roundoff import ROUND_OFF, gaps, settled, size
from albench.compare.skewness import p_skewed
from albench.compare.statistics import ALPHA, deviation, paired

Test = Literal["t", "permutation", "wilcoxon"]
TESTS: tuple[Test, ...] = get_args(Test)
CHOICES = ("auto", *TESTS)
POWER = 0.8
"""Share of true differences of the observed size that ``seeds_needed`` is to find."""
MOST_SEEDS = 1000
"""Where more seeds than this are needed, no number is given."""
_EXACT = 14
"""Pairs up to which all sign flips are tried."""
_EXACT_TIES = 13
"""The same where some are tied: all flips of signs are tried (as in SciPy)."""
_MARGIN = 5
"""A permutation test is taken where its smallest p-value, corrected, is this far below the level."""


def choose_test(n_pairs: int, n_tests: int) -> Test:
    """The test for a difference of ``n_pairs`` seeds among ``n_tests`` that are corrected together.

    All signs alike is the most that a test without assumptions can see: its p-value is ``2 ** (1 - n_pairs)``. Where
    that, times the number of tests, lies well below the level, the exact permutation of signs is used, and Wilcoxon's
    signed-rank test above 14 pairs. With fewer seeds only the t-test can tell anything; it assumes that differences are
    normal, and `benchmarks/calibration.py` measures what that costs.
    """
    if 2.0 ** (1 - n_pairs) * max(n_tests, 1) > ALPHA / _MARGIN:
        return "t"
    return "permutation" if n_pairs <= _EXACT else "wilcoxon"


def p_values(
    a: np.ndarray, b: np.ndarray, test: str = "auto", n_tests: int = 1, skewed: bool = False
) -> tuple[np.ndarray, list[Test | None]]:
    """Two-sided p-values of differences ``a - b`` over the seeds that both have.

    Parameters
    ----------
    a, b
        (K, S), seeds in the same order; NaN is a seed that is not there.
    test
        One of ``CHOICES``.
    n_tests
        How many tests are corrected together, for ``auto``.
    skewed
        Whether differences may be skewed: then what a p-value says stands by ``p_skewed`` too, the larger of both.

    Returns
    -------
    (K,) p-values, NaN with fewer than ``LEAST_COMPARED`` pairs, which are not tested; the test of each.
    """
    differences = gaps(a, b)
    p = paired(a, b)[3].copy()
    spread = deviation(differences)
    constant = settled(spread, size(differences)) == 0
    tests: list[Test | None] = []
    for at, row in enumerate(differences):
        row = row[~np.isnan(row)]
        if len(row) < LEAST_COMPARED:
            tests.append(None)
            p[at] = np.nan
            continue
        chosen: Test = choose_test(len(row), n_tests) if test == "auto" else test  # type: ignore[assignment]
        tests.append(chosen)
        if constant[at]:
            continue
        if chosen == "permutation":
            p[at] = sign_flips(row)
        elif chosen == "wilcoxon":
            p[at] = _wilcoxon(row)
        if skewed:
            p[at] = max(p[at], p_skewed(row))
    return p, tests


@functools.lru_cache(maxsize=16)
def flips(n: int, draws: int = 9999) -> tuple[np.ndarray, int]:
    """Signs (K, n) that a permutation test tries, read-only, and how many patterns count beside them.

    Up to 14 differences half of all ``2 ** n`` patterns, as one and its mirror are equally far; above that ``draws``
    random ones, and the observed one counts beside them.
    """
    if n <= _EXACT:
        signs, extra = 1.0 - 2.0 * ((np.arange(2 ** (n - 1))[:, None] >> np.arange(n)) & 1), 0
    else:
        signs, extra = np.random.Generator(np.random.PCG64(0)).choice([-1.0, 1.0], size=(draws, n)), 1
    signs.flags.writeable = False
    return signs, extra


def sign_flips(differences: np.ndarray) -> float:
    """Permutation test of a mean of zero of (n,) differences: p-value over the flips of all signs.

    The share of sign patterns whose mean is at least as far from zero; exact up to 14 differences (see ``flips``).
    """
    signs, extra = flips(len(differences))
    sums = np.abs(signs @ differences)
    as_far = int((sums >= abs(differences.sum()) - ROUND_OFF * np.abs(differences).sum()).sum())
    return (as_far + extra) / (len(signs) + extra)


def _wilcoxon(differences: np.ndarray) -> float:
    """Wilcoxon's signed-rank test of differences that are not all one number; those of zero are left out.

    Where ranks and mean point different ways it tells nothing: the mean is what is shown.
    """
    there = differences[differences != 0]
    p, lean, signed = signed_ranks(there)
    if lean * float(differences.mean()) <= 0:
        return 1.0
    if signed is not None and len(there) <= _EXACT_TIES:  # as SciPy, which goes through all signs one by one
        return sign_flips(signed)
    return p


def effect_size(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Cohen's d of paired differences: their mean in units of their standard deviation.

    (K, S) twice -> (K,); NaN with fewer than two pairs or where the differences do not vary.
    """
    differences = gaps(a, b)
    there = ~np.isnan(differences)
    mean = np.where(there, differences, 0.0).sum(axis=1) / np.maximum(there.sum(axis=1), 1)
    spread = settled(deviation(differences), size(differences))
    return np.asarray(mean / np.where(spread > 0, spread, np.nan))


def power(effect: float, n: int, level: float) -> float:
    """Power of the two-sided paired t-test of an effect (Cohen's d) with ``n`` pairs, by the noncentral t."""
    from scipy.special import nctdtr, stdtrit

    free = n - 1.0
    limit = stdtrit(free, 1 - level / 2)
    shift = abs(effect) * np.sqrt(n)
    below, other_side = nctdtr(free, shift, limit), nctdtr(free, shift, -limit)
    # Far from the limits SciPy gives NaN for what is next to nothing.
    below = float(shift < limit) if math.isnan(below) else below
    return float(1 - below + (0.0 if math.isnan(other_side) else other_side))


def seeds_needed(effect: float, n_tests: int = 1) -> int | None:
    """Seeds that tell an effect (Cohen's d) with 80 % power at the level divided by the number of tests.

    At least the ``LEAST_COMPARED`` that are tested; None where there is no effect, or where more than ``MOST_SEEDS``
    would be needed.
    """
    if not abs(effect) > 0:
        return None
    if not np.isfinite(effect):
        return LEAST_COMPARED
    level = ALPHA / max(n_tests, 1)
    low, high = (
        LEAST_COMPARED - 1,
        LEAST_COMPARED,
    )  # too few, and enough: from below, as the noncentral t overflows far above what is needed
    while power(effect, high, level) < POWER:
        if high > MOST_SEEDS:
            return None
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if power(effect, middle, level) >= POWER else (middle, high)
    return high if high <= MOST_SEEDS else None
