"""Intervals, paired tests, Holm's correction and areas, by hand and against SciPy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import integrate, stats

from albench.compare.statistics import area, holm, interval, paired

NAN = float("nan")


def test_interval_by_hand() -> None:
    # Mean 2, standard deviation 1, t(0.975, 2) = 4.302653 -> 4.302653 / sqrt(3).
    mean, half, n = interval(np.array([1.0, 2.0, 3.0]))
    assert (mean, n) == (2.0, 3)
    assert half == pytest.approx(4.302652729911275 / math.sqrt(3))


def test_interval_against_scipy() -> None:
    values = np.random.default_rng(0).normal(size=(4, 7))
    mean, half, _ = interval(values)
    low, high = stats.t.interval(0.95, 6, loc=values.mean(axis=1), scale=stats.sem(values, axis=1))
    np.testing.assert_allclose(mean - half, low)
    np.testing.assert_allclose(mean + half, high)


def test_missing_seeds_are_left_out_and_one_seed_has_no_interval() -> None:
    mean, half, n = interval(np.array([[1.0, NAN, 3.0], [5.0, NAN, NAN], [NAN, NAN, NAN]]))
    np.testing.assert_array_equal(n, [2, 1, 0])
    np.testing.assert_array_equal(mean, [2.0, 5.0, NAN])
    assert half[0] == pytest.approx(12.706204736432095)  # sd sqrt(2), over sqrt(2), times t(0.975, 1)
    assert np.isnan(half[1:]).all()


def test_paired_against_scipy() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, 5, 6))
    mean, half, n, p = paired(a, b)
    expected = stats.ttest_rel(a, b, axis=1)
    low, high = expected.confidence_interval(0.95)
    np.testing.assert_allclose(p, expected.pvalue)
    np.testing.assert_allclose(mean - half, low)
    np.testing.assert_allclose(mean + half, high)
    assert (n == 6).all()


def test_paired_uses_common_seeds_only() -> None:
    a, b = np.array([0.1, 0.5, NAN, 0.9, 0.4]), np.array([0.2, 0.1, 0.7, 0.3, NAN])
    mean, _, n, p = paired(a, b)
    assert n == 3
    assert mean == pytest.approx((-0.1 + 0.4 + 0.6) / 3)
    assert p == pytest.approx(stats.ttest_rel(a[[0, 1, 3]], b[[0, 1, 3]]).pvalue)


@pytest.mark.parametrize(("gap", "p"), [(0.0, 1.0), (0.1, 0.25)])
def test_equal_differences_are_not_taken_for_certainty(gap: float, p: float) -> None:
    a = np.array([0.3, 0.5, 0.8])
    assert paired(a + gap, a)[3] == pytest.approx(p)  # three signs alike: 2 * (1/2) ** 3


def test_no_test_with_one_pair() -> None:
    mean, half, n, p = paired(np.array([0.5, NAN]), np.array([0.4, 0.3]))
    assert (mean, n) == (pytest.approx(0.1), 1)
    assert np.isnan(half)
    assert np.isnan(p)


def test_holm_by_hand() -> None:
    # Sorted 0.01, 0.02, 0.03, 0.04 times 4, 3, 2, 1 = 0.04, 0.06, 0.06, 0.04 -> running maximum.
    corrected = holm(np.array([0.03, NAN, 0.01, 0.04, 0.02]))
    np.testing.assert_allclose(corrected, [0.06, NAN, 0.04, 0.06, 0.06])


def test_holm_stops_at_one() -> None:
    np.testing.assert_array_equal(holm(np.array([0.6, 0.7])), [1.0, 1.0])
    assert len(holm(np.array([]))) == 0


@given(arrays(np.float64, st.integers(1, 20), elements=st.floats(0, 1)))
def test_holm_lies_between_none_and_bonferroni_and_keeps_order(p: np.ndarray) -> None:
    corrected = holm(p)
    assert (corrected >= p).all()
    assert (corrected <= np.minimum(1, p * len(p)) + 1e-15).all()
    assert (np.diff(corrected[np.argsort(p, kind="stable")]) >= 0).all()


def test_area_by_hand() -> None:
    # 100 * 0.3 + 300 * 0.5 = 180 over a span of 400.
    assert area(np.array([0.2, 0.4, 0.6]), np.array([100, 200, 500])) == pytest.approx(0.45)


def test_area_of_one_label_count_is_the_value_and_of_a_gap_nothing() -> None:
    assert area(np.array([0.7]), np.array([100])) == 0.7
    assert np.isnan(area(np.array([0.2, NAN, 0.6]), np.array([100, 200, 500])))


@given(arrays(np.float64, st.integers(2, 9), elements=st.floats(0, 1)), st.data())
def test_area_is_numpys_and_within_the_curve(values: np.ndarray, data: st.DataObject) -> None:
    steps = data.draw(arrays(np.int64, len(values), elements=st.integers(1, 500)))
    labels = np.cumsum(steps)
    expected = integrate.trapezoid(values, labels) / (labels[-1] - labels[0])
    assert area(values, labels) == pytest.approx(expected)
    assert values.min() - 1e-9 <= area(values, labels) <= values.max() + 1e-9
