"""Skewed differences: a second test beside the first, where looks leave so little of the 5 % that tails decide."""

from __future__ import annotations

import numpy as np

MARGIN = 0.75
"""How much more skewed than they look differences are taken to be, in standard errors of their skewness. By simulation:
with it rows whose differences are those of an exponential distribution make at most 5 % false claims over the looks of
four rows (``benchmarks/calibration_looks.py``)."""


def allowed_for(test: str, share: float) -> bool:
    """Whether a test that is chosen by the number of pairs is held against skewness too: where seeds are added.

    A test of few pairs at a small part of the 5 % rests on tails of a distribution that nobody has seen, and Wilcoxon's
    on symmetry: the more pairs, the surer it tells a skewed difference whose mean is zero.
    """
    return test == "auto" and share < 1


def p_skewed(gaps: np.ndarray) -> float:
    """Two-sided p-value of a mean of zero of (n,) differences that may be skewed, by Hall's transformed t.

    ``h(t) = ((1 + a t) ** 3 - 1) / (3 a) + a / 2`` with ``a = skewness / (3 sqrt(n))`` is a monotone function of the t
    statistic from which skewness is gone to the first order (Hall 1992, Journal of the Royal Statistical Society B 54);
    it is read as Student's t with n - 1 degrees of freedom. Three values and more that are not all one number.

    A few values say little of their skewness, and least where the tail is missing among them: it is taken to lie
    ``MARGIN`` standard errors, ``sqrt(6 / n)`` each, farther on the side where it makes the mean less certain.
    """
    from scipy.special import stdtr

    n = len(gaps)
    t = float(gaps.mean() / gaps.std(ddof=1) * np.sqrt(n))
    straight = _straightened(t, _bend(gaps, -np.sign(t)))
    return float(2 * stdtr(n - 1, -abs(straight))) if straight * t > 0 else 1.0


def skewed_limits(gaps: np.ndarray, level: float) -> tuple[float, float]:
    """Every true mean of (n,) differences that ``p_skewed`` does not reject at a level: low and high."""
    from scipy.special import stdtrit

    n, mean = len(gaps), float(gaps.mean())
    error = float(gaps.std(ddof=1)) / np.sqrt(n)
    far = float(stdtrit(n - 1, 1 - level / 2))
    low = mean - error * max(_bent(far, _bend(gaps, -1.0)), 0.0)
    high = mean - error * min(_bent(-far, _bend(gaps, 1.0)), 0.0)
    return low, high


def _bend(gaps: np.ndarray, side: float) -> float:
    """Skewness over ``3 sqrt(n)``; the adjusted estimate of Fisher and Pearson, moved to a side by the margin."""
    n = len(gaps)
    from_mean = gaps - gaps.mean()
    skewness = (from_mean**3).mean() / (from_mean**2).mean() ** 1.5 * np.sqrt(n * (n - 1)) / (n - 2)
    return float((skewness + side * MARGIN * np.sqrt(6 / n)) / (3 * np.sqrt(n)))


def _straightened(t: float, bend: float) -> float:
    return t + bend * t**2 + bend**2 * t**3 / 3 + bend / 2


def _bent(straight: float, bend: float) -> float:
    """The t statistic of a transformed one."""
    if abs(bend) < 1e-9:
        return straight
    return float((np.cbrt(1 + 3 * bend * (straight - bend / 2)) - 1) / bend)
