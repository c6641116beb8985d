"""Bootstrap and interquartile means against SciPy and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from albench.compare.resample import (
    draws,
    improvement,
    interquartile_mean,
    limits,
    resampled_means,
    stratified_iqm,
)

NAN = float("nan")


def test_resamples_have_as_many_seeds_and_are_the_same_again() -> None:
    weights = draws(7, 500)
    assert weights.shape == (500, 7)
    assert (weights.sum(axis=1) == 7).all()
    assert (weights == draws(7, 500)).all()
    assert not (weights == draws(7, 500, stream=1)).all()


def test_resampled_means_by_hand() -> None:
    values = np.array([[[1.0], [3.0], [NAN]]])  # one row, three seeds, one label count
    weights = np.array([[1.0, 1.0, 1.0], [2.0, 1.0, 0.0], [0.0, 0.0, 3.0]])
    np.testing.assert_allclose(resampled_means(values, weights)[:, 0, 0], [2.0, 5 / 3, NAN])


@pytest.mark.parametrize("n", range(1, 14))
def test_interquartile_mean_against_scipy(n: int) -> None:
    values = np.random.default_rng(n).normal(size=(3, n))
    np.testing.assert_allclose(interquartile_mean(values), stats.trim_mean(values, 0.25, axis=1))
    with_gaps = np.concatenate([values, np.full((3, 4), NAN)], axis=1)
    np.testing.assert_allclose(interquartile_mean(with_gaps), interquartile_mean(values))


def test_limits_are_percentiles_and_keep_infinities() -> None:
    samples, many = np.arange(1000.0), 10**9  # with as many seeds nothing is to be expanded
    assert limits(samples, many) == (24.0, 974.0)  # 2.5 % and 97.5 % of a thousand lie at or below
    samples[900:] = np.inf
    assert limits(samples, many) == (24.0, np.inf)
    assert np.isnan(limits(np.full(10, NAN), many)).all()
    gaps = np.array([1.0, 2.0, NAN, 4.0])
    assert limits(gaps, 2) == (1.0, 4.0)


@pytest.mark.parametrize("n_seeds", [4, 8, 30])
def test_bootstrap_interval_of_a_mean_is_student_s(n_seeds: int) -> None:
    values = np.random.default_rng(n_seeds).normal(10, 2, size=n_seeds)
    low, high = limits(resampled_means(values[None, :, None], draws(n_seeds, 100_000))[:, 0, 0], n_seeds)
    found = stats.t.interval(0.95, n_seeds - 1, values.mean(), stats.sem(values))
    assert (high - low) == pytest.approx(found[1] - found[0], rel=0.35 if n_seeds == 4 else 0.1)


def test_bootstrap_interval_against_scipy() -> None:
    values = np.random.default_rng(5).normal(10, 2, size=30)
    low, high = limits(resampled_means(values[None, :, None], draws(30, 20_000))[:, 0, 0], 30)
    share = 1 - 2 * stats.norm.cdf(np.sqrt(30 / 29) * stats.t.ppf(0.025, 29))
    found = stats.bootstrap((values,), np.mean, n_resamples=20_000, method="percentile", confidence_level=share, rng=0)
    interval = found.confidence_interval
    assert (low, high) == (pytest.approx(interval.low, abs=0.03), pytest.approx(interval.high, abs=0.03))


def test_stratified_iqm_keeps_data_sets_apart() -> None:
    # Within a data set nothing varies: however seeds are resampled, the interquartile mean stays.
    scores = [np.full(8, 0.2), np.full(8, 0.6), np.full(8, 1.0)]
    assert stratified_iqm(scores) == (pytest.approx(0.6), pytest.approx(0.6), pytest.approx(0.6))
    point, low, high = stratified_iqm([np.random.default_rng(1).normal(0.5, 0.1, 8) for _ in range(3)])
    assert low < point < high


def test_probability_of_improvement_is_mann_whitneys() -> None:
    rng = np.random.default_rng(6)
    a, b = [rng.normal(0.5, 1, 6), rng.normal(0, 1, 8)], [rng.normal(0, 1, 7), rng.normal(0, 1, 5)]
    point, low, high = improvement(a, b)
    expected = [stats.mannwhitneyu(x, y).statistic / (len(x) * len(y)) for x, y in zip(a, b, strict=True)]
    assert point == pytest.approx(np.mean(expected))
    assert low < point < high
    assert improvement(a, a)[0] == 0.5
    assert improvement([np.array([2.0, 3.0])], [np.array([0.0, 1.0])])[0] == 1.0
