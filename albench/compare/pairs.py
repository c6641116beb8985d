"""Tests of differences paired by seed: which one, its p-value, the size of the effect, and how many seeds it takes."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from albench.compare.statistics import ALPHA, ROUND_OFF, deviation, interval, paired

Test = Literal["t", "permutation", "wilcoxon"]
TESTS: tuple[Test, ...] = get_args(Test)
CHOICES = ("auto", *TESTS)
POWER = 0.8
"""Share of true differences of the observed size that ``seeds_needed`` is to find."""
MOST_SEEDS = 1000
"""Where more seeds than this are needed, no number is given."""
_EXACT = 14
"""Pairs up to which all sign flips are tried."""
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
    a: np.ndarray, b: np.ndarray, test: str = "auto", n_tests: int = 1
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

    Returns
    -------
    (K,) p-values, NaN with fewer than two pairs; the test of each.
    """
    p_t = paired(a, b)[3]
    found = p_t.copy()
    tests: list[Test | None] = []
    for at, gaps in enumerate(a - b):
        gaps = gaps[~np.isnan(gaps)]
        if len(gaps) < 2:
            tests.append(None)
            continue
        chosen: Test = choose_test(len(gaps), n_tests) if test == "auto" else test  # type: ignore[assignment]
        tests.append(chosen)
        if chosen == "permutation":
            found[at] = sign_flips(gaps)
        elif chosen == "wilcoxon":
            found[at] = _wilcoxon(gaps)
    return found, tests


def sign_flips(gaps: np.ndarray, draws: int = 9999) -> float:
    """Permutation test of a mean of zero: p-value over the flips of all signs.

    Exact up to 14 differences (n,): the share of the ``2 ** n`` sign patterns whose mean is at least as far from zero.
    Above that ``draws`` random patterns, the observed one counted among them.
    """
    n = len(gaps)
    if n <= _EXACT:  # a pattern and its mirror are equally far: half of them are enough
        signs = 1.0 - 2.0 * ((np.arange(2 ** (n - 1))[:, None] >> np.arange(n)) & 1)
        extra = 0
    else:
        signs = np.random.Generator(np.random.PCG64(0)).choice([-1.0, 1.0], size=(draws, n))
        extra = 1
    sums = np.abs(signs @ gaps)
    observed = abs(gaps.sum())
    as_far = int((sums >= observed - 1e-12 * np.abs(gaps).sum()).sum())
    return (as_far + extra) / (len(signs) + extra)


def _wilcoxon(gaps: np.ndarray) -> float:
    """Wilcoxon's signed-rank test; differences of zero are left out."""
    from scipy.stats import wilcoxon

    return float(wilcoxon(gaps).pvalue) if np.any(gaps) else 1.0


def effect_size(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Cohen's d of paired differences: their mean in units of their standard deviation.

    (K, S) twice -> (K,); NaN with fewer than two pairs or where the differences do not vary.
    """
    gaps = a - b
    spread, mean = deviation(gaps), interval(gaps)[0]
    largest = np.where(np.isnan(gaps), 0, np.maximum(np.abs(a), np.abs(b))).max(axis=1, initial=0)
    return np.asarray(mean / np.where(spread > ROUND_OFF * largest, spread, np.nan))


def power(effect: float, n: int, level: float) -> float:
    """Power of the two-sided paired t-test of an effect (Cohen's d) with ``n`` pairs, by the noncentral t."""
    from scipy.special import nctdtr, stdtrit

    free = n - 1.0
    limit = stdtrit(free, 1 - level / 2)
    shift = abs(effect) * np.sqrt(n)
    below, other_side = nctdtr(free, shift, limit), nctdtr(free, shift, -limit)
    # Far from the limits SciPy gives NaN for what is next to nothing.
    return float(1 - np.nan_to_num(below, nan=float(shift < limit)) + np.nan_to_num(other_side))


def seeds_needed(effect: float, n_tests: int = 1) -> int | None:
    """Seeds that tell an effect (Cohen's d) with 80 % power at the level divided by the number of tests.

    None where there is no effect, or where more than ``MOST_SEEDS`` would be needed.
    """
    if not abs(effect) > 0:
        return None
    if not np.isfinite(effect):
        return 2
    level = ALPHA / max(n_tests, 1)
    low, high = 1, 2  # too few, and enough: from below, as the noncentral t overflows far above what is needed
    while power(effect, high, level) < POWER:
        if high > MOST_SEEDS:
            return None
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if power(effect, middle, level) >= POWER else (middle, high)
    return high if high <= MOST_SEEDS else None
