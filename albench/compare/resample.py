"""Bootstrap over seeds: spread of means, interquartile means, and of what is read off a curve."""

from __future__ import annotations

import functools
import math

import numpy as np

from albench.compare.roundoff import leveled
from albench.compare.statistics import CONFIDENCE

DRAWS = 2000
LEAST_SEEDS = 5
"""With fewer seeds there is no bootstrap interval: with three there are ten resamples, and its 95 % would be 70 %."""


@functools.lru_cache(maxsize=32)
def draws(n_seeds: int, count: int = DRAWS, stream: int = 0) -> np.ndarray:
    """(count, n_seeds) how often each seed is in each resample; the same, read-only, for the same arguments."""
    rng = np.random.Generator(np.random.PCG64([stream, n_seeds]))
    found = rng.multinomial(n_seeds, np.full(n_seeds, 1 / n_seeds), size=count).astype(np.float64)
    found.flags.writeable = False
    return found


def resampled_means(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Means over seeds in each resample.

    Parameters
    ----------
    values
        (R, S, L), NaN where a seed has no value.
    weights
        (B, S) from ``draws``.

    Returns
    -------
    (B, R, L); NaN where no seed that has a value was drawn.
    """
    there = ~np.isnan(values)
    total = np.einsum("bs,rsl->brl", weights, np.where(there, values, 0.0), optimize=True)
    if there.all():
        total /= weights.sum(axis=1)[:, None, None]  # in place: fresh memory costs more than the division
        return total
    n = np.einsum("bs,rsl->brl", weights, there.astype(np.float64), optimize=True)
    return total / np.where(n > 0, n, np.nan)


def interquartile_mean(values: np.ndarray) -> np.ndarray:
    """Mean of the middle half along the last axis, without NaN; the quarters at both ends are trimmed by count.

    With n values ``n // 4`` are left out at each end (SciPy's ``trim_mean(values, 0.25)``): the mean itself below 4.
    """
    ordered = np.sort(np.ascontiguousarray(values), axis=-1)  # NaN last
    place = np.arange(values.shape[-1])
    whole = not np.isnan(ordered[..., -1:]).any()
    n = len(place) if whole else (~np.isnan(values)).sum(axis=-1, keepdims=True)
    inside = (place >= n // 4) & (place < n - n // 4)
    count = inside.sum(axis=-1)
    return np.where(inside, ordered, 0.0).sum(axis=-1) / np.where(count > 0, count, np.nan)


def limits(samples: np.ndarray, n_seeds: int) -> tuple[np.ndarray, np.ndarray]:
    """The 95 % interval of resamples along the first axis, by expanded percentiles.

    Plain percentiles are too narrow where seeds are few: a resample varies by ``(n - 1) / n`` of the variance, and a
    normal stands in for Student's t. The tails are those that make a mean's interval right (Hesterberg 2015, "What
    Teachers Should Know About the Bootstrap", The American Statistician 69, arXiv 1411.5279).

    Parameters
    ----------
    samples
        (B, ...); NaN is left out, and infinities stand for what was not reached.
    n_seeds
        Seeds that were resampled, of each data set.

    Returns
    -------
    Two of (...,); NaN where all samples are.
    """
    ordered = np.sort(samples, axis=0)  # NaN last
    n = (~np.isnan(samples)).sum(axis=0)
    tail = _tail(n_seeds)

    def at(share: float) -> np.ndarray:
        place = np.clip(np.ceil(share * n - 1e-6).astype(np.int64) - 1, 0, np.maximum(n - 1, 0))
        return np.take_along_axis(ordered, place[None], axis=0)[0]

    return at(tail), at(1 - tail)


def around(point: np.ndarray, low: np.ndarray, high: np.ndarray, n_seeds: int) -> tuple[np.ndarray, np.ndarray]:
    """The 95 % interval of an estimate: the smallest that holds it and the limits of its resamples.

    Parameters
    ----------
    point
        (...,) the estimate.
    low, high
        (B, ...) the same of each resample, or what it is at least and at most.

    Returns
    -------
    Two of (...,); NaN with fewer than ``LEAST_SEEDS`` seeds.
    """
    if n_seeds < LEAST_SEEDS:
        return np.full(np.shape(point), np.nan), np.full(np.shape(point), np.nan)
    return np.minimum(limits(low, n_seeds)[0], point), np.maximum(limits(high, n_seeds)[1], point)


@functools.cache
def _tail(n_seeds: int) -> float:
    """Share of resamples beyond each limit."""
    from scipy.special import ndtr, stdtrit

    if n_seeds < 2:
        return (1 - CONFIDENCE) / 2
    return float(ndtr(np.sqrt(n_seeds / (n_seeds - 1)) * stdtrit(n_seeds - 1, (1 - CONFIDENCE) / 2)))


def _weighed_iqm(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """``interquartile_mean`` of (..., N) values, each there as often as its weight (N,) int64 says."""
    order = np.argsort(values, axis=-1, kind="stable")
    ordered, own = np.take_along_axis(values, order, axis=-1), weights[order]
    total = int(weights.sum())
    end = np.cumsum(own, axis=-1)
    inside = np.minimum(end, total - total // 4) - np.maximum(end - own, total // 4)
    return np.asarray((ordered * np.maximum(inside, 0)).sum(axis=-1) / (total - 2 * (total // 4)))


def stratified_iqm(scores: list[np.ndarray], count: int = DRAWS) -> tuple[float, float, float]:
    """Interquartile mean over all data sets and seeds, with a bootstrap stratified by data set.

    Agarwal, Schwarzer, Castro, Courville and Bellemare (2021), "Deep Reinforcement Learning at the Edge of the
    Statistical Precipice", NeurIPS, arXiv 2108.13264, section 4: seeds are resampled within each data set. There each
    has as many runs; here each counts as much: its values stand in for as many as the others have, so that a data set
    with more seeds does not push the others into the quarters that are trimmed.

    Parameters
    ----------
    scores
        One (S_d,) array a data set, without NaN.

    Returns
    -------
    The interquartile mean and its 95 % interval, NaN with fewer than ``LEAST_SEEDS`` seeds of some data set.
    """
    sizes = [len(of_dataset) for of_dataset in scores]
    each = math.lcm(*sizes)
    weights = np.repeat([each // n for n in sizes], sizes)
    point = float(_weighed_iqm(np.concatenate(scores), weights))
    strata = []
    for stream, of_dataset in enumerate(scores):
        rng = np.random.Generator(np.random.PCG64([stream, len(of_dataset)]))
        strata.append(of_dataset[rng.integers(len(of_dataset), size=(count, len(of_dataset)))])
    many = _weighed_iqm(np.concatenate(strata, axis=1), weights)
    low, high = around(np.asarray(point), many, many, min(map(len, scores)))
    return point, float(low), float(high)


def improvement(a: list[np.ndarray], b: list[np.ndarray], count: int = DRAWS) -> tuple[float, float, float]:
    """Probability that a run of ``a`` beats one of ``b`` on a data set drawn at random, ties counting half.

    Agarwal et al. 2021, section 4: the mean over data sets of the share of pairs of runs in which ``a`` is larger, with
    a bootstrap stratified by data set.

    Parameters
    ----------
    a, b
        One (S_d,) array a data set each, in the same order of data sets, without NaN.

    Returns
    -------
    The probability and its 95 % interval. Where all runs win all resamples do: it is no narrower than Wilson's of as
    many independent pairs as there are runs. NaN with fewer than ``LEAST_SEEDS`` seeds of some data set.
    """
    point, samples = [], []
    for stream, (x, y) in enumerate(zip(a, b, strict=True)):
        x, y = np.split(leveled(np.concatenate([x, y])), [len(x)])
        wins = (x[:, None] > y[None]) + 0.5 * (x[:, None] == y[None])
        point.append(wins.mean())
        of_x, of_y = draws(len(x), count, 2 * stream) / len(x), draws(len(y), count, 2 * stream + 1) / len(y)
        samples.append(np.einsum("bx,xy,by->b", of_x, wins, of_y, optimize=True))
    found, many = float(np.mean(point)), np.mean(samples, axis=0)
    low, high = around(np.asarray(found), many, many, min(map(len, [*a, *b])))
    least, most = wilson(found, sum(min(len(x), len(y)) for x, y in zip(a, b, strict=True)))
    return found, float(np.minimum(low, least)), float(np.maximum(high, most))


def wilson(share: float, n: int) -> tuple[float, float]:
    """Wilson's 95 % score interval of a share of n (1927, JASA 22)."""
    from scipy.special import ndtri

    z = float(ndtri((1 + CONFIDENCE) / 2))
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * float(np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)))
    return min(middle - half, share), max(middle + half, share)
