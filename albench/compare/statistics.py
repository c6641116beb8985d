"""The statistics of a comparison, vectorised: the last axis is the seed, NaN is a seed that is not there."""

from __future__ import annotations

import numpy as np

from albench.compare.roundoff import gaps, settled, size

CONFIDENCE = 0.95
ALPHA = 0.05
"""A difference is significant where its corrected p-value is below this."""


def interval(values: np.ndarray, confidence: float = CONFIDENCE) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean and half width of its t-interval.

    Parameters
    ----------
    values
        (..., S) one value a seed.

    Returns
    -------
    Mean (...,), NaN without a value; half width (...,), NaN with fewer than two; number of values (...,) int64.
    """
    from scipy.special import stdtrit

    there = ~np.isnan(values)
    n = there.sum(axis=-1)
    mean = np.where(there, values, 0.0).sum(axis=-1) / np.where(n > 0, n, np.nan)
    # Without two values there is no spread: NaN, never 0, all the way through.
    free = np.where(n > 1, n - 1.0, np.nan)
    error = deviation(values) / np.sqrt(np.where(n > 0, n, np.nan))
    return mean, stdtrit(free, (1 + confidence) / 2) * error, n


def deviation(values: np.ndarray) -> np.ndarray:
    """(..., S) -> (...,) standard deviation over seeds; NaN with fewer than two values."""
    there = ~np.isnan(values)
    n = there.sum(axis=-1)
    mean = np.where(there, values, 0.0).sum(axis=-1) / np.where(n > 0, n, np.nan)
    squares = np.where(there, values - mean[..., None], 0.0) ** 2
    return np.asarray(np.sqrt(squares.sum(axis=-1) / np.where(n > 1, n - 1.0, np.nan)))


def paired(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Differences ``a - b`` over the seeds that both have, with a two-sided paired t-test.

    Where the differences are all one same number, the t statistic is 0 / 0 or infinite and says nothing that a few
    seeds can support (accuracies on a small test set are coarse). The exact sign-flip test takes its place: p is
    ``2 ** (1 - n)``, or 1 for no difference. What is round-off is no difference (``albench.compare.roundoff``).

    Parameters
    ----------
    a, b
        (..., S), seeds in the same order.

    Returns
    -------
    Mean, half width of its 95 % interval, number of pairs, p-value, each (...,); half width and p-value are NaN with
    fewer than two pairs.
    """
    from scipy.special import stdtr, stdtrit

    differences = gaps(a, b)
    mean, half, n = interval(differences)
    scale = size(differences)
    mean = settled(mean, scale)
    free = np.where(n > 1, n - 1.0, np.nan)
    error = half / stdtrit(free, (1 + CONFIDENCE) / 2)
    constant = settled(error * np.sqrt(n), scale) == 0
    t = np.abs(mean) / np.where(constant, np.nan, error)
    p_constant = np.where(mean == 0, 1.0, np.exp2(1.0 - n))
    return mean, half, n, np.where(constant, np.where(n > 1, p_constant, np.nan), 2 * stdtr(free, -t))


def holm(p: np.ndarray) -> np.ndarray:
    """Holm's step-down correction (Holm 1979) of one family of p-values.

    Parameters
    ----------
    p
        (K,) p-values; NaN is no test and does not count.

    Returns
    -------
    (K,) corrected p-values: the family's error rate is kept where those below the level are called significant.
    """
    tested = np.flatnonzero(~np.isnan(p))
    order = tested[np.argsort(p[tested], kind="stable")]
    corrected = np.full(len(p), np.nan)
    factors = np.arange(len(order), 0, -1)
    corrected[order] = np.minimum(1.0, np.maximum.accumulate(p[order] * factors))
    return corrected


def area(values: np.ndarray, n_labeled: np.ndarray) -> np.ndarray:
    """Area under the budget curve by trapezoids, divided by the label span: the curve's mean height.

    Parameters
    ----------
    values
        (..., L) the metric at each label count; a NaN makes the area NaN.
    n_labeled
        (L,) label counts, ascending. With one count the area is the value itself, the limit of a vanishing span.
    """
    if len(n_labeled) < 2:
        return values.mean(axis=-1)
    steps = np.diff(n_labeled)
    heights = (values[..., 1:] + values[..., :-1]) / 2
    return (heights * steps).sum(axis=-1) / steps.sum()
