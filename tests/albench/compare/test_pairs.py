"""Tests of paired differences against SciPy and numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from albench.compare.pairs import choose_test, effect_size, p_values, power, seeds_needed, sign_flips

NAN = float("nan")


def test_sign_flips_by_hand() -> None:
    # 1, 2, 3 with all signs: |sum| is 6 for 2 of the 8 patterns, and never more.
    assert sign_flips(np.array([1.0, 2.0, 3.0])) == 2 / 8
    # 1, 2, -3: sum 0, every pattern is as far.
    assert sign_flips(np.array([1.0, 2.0, -3.0])) == 1.0
    # 1, 4, -2: |sum| 3; the patterns give 3, 1, 7, 5 and their mirrors: 3 of 4 are as far.
    assert sign_flips(np.array([1.0, 4.0, -2.0])) == 3 / 4


def test_sign_flips_against_scipy() -> None:
    gaps = np.random.default_rng(0).normal(0.4, 1, size=9)
    expected = stats.permutation_test((gaps,), np.mean, permutation_type="samples", n_resamples=np.inf, vectorized=True)
    assert sign_flips(gaps) == pytest.approx(expected.pvalue)


@given(arrays(np.float64, st.integers(2, 10), elements=st.floats(-1, 1)))
def test_a_permutation_never_claims_more_than_all_signs_alike(gaps: np.ndarray) -> None:
    p = sign_flips(gaps)
    assert 2.0 ** (1 - len(gaps)) <= p <= 1
    assert sign_flips(-gaps) == p


def test_many_differences_are_flipped_at_random() -> None:
    rng = np.random.default_rng(1)
    none, clear = rng.normal(0, 1, 40), rng.normal(1, 1, 40)
    assert sign_flips(clear) == 1 / 10_000
    assert abs(sign_flips(none) - stats.ttest_1samp(none, 0).pvalue) < 0.03


def test_wilcoxon_is_scipys_and_needs_a_difference() -> None:
    rng = np.random.default_rng(2)
    a, b = rng.normal(0.3, 1, 20), rng.normal(0, 1, 20)
    p, tests = p_values(a[None], b[None], "wilcoxon")
    assert p[0] == pytest.approx(stats.wilcoxon(a, b).pvalue)
    assert tests == ["wilcoxon"]
    assert p_values(a[None], a[None], "wilcoxon")[0][0] == 1.0


def test_the_test_follows_from_seeds_and_comparisons() -> None:
    # 2 ** (1 - n) times the comparisons has to be at most 0.01.
    assert [choose_test(n, 1) for n in (2, 7, 8, 14, 15)] == ["t", "t", "permutation", "permutation", "wilcoxon"]
    assert [choose_test(n, 10) for n in (8, 10, 11, 15)] == ["t", "t", "permutation", "wilcoxon"]


def test_each_row_gets_the_test_of_its_own_pairs() -> None:
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=(2, 3, 9))
    a[1, 3:], a[2, 1:] = NAN, NAN
    p, tests = p_values(a, b, n_tests=1)
    assert tests == ["permutation", "t", None]
    assert p[0] == pytest.approx(sign_flips(a[0] - b[0]))
    assert p[1] == pytest.approx(stats.ttest_rel(a[1, :3], b[1, :3]).pvalue)
    assert np.isnan(p[2])


def test_effect_size_by_hand() -> None:
    # Differences 1, 2, 3: mean 2, standard deviation 1.
    a, b = (
        np.array([[2.0, 4.0, 6.0, NAN], [1.0, 1.0, NAN, NAN]]),
        np.array([[1.0, 2.0, 3.0, 4.0], [0.5, 0.5, 1.0, 1.0]]),
    )
    effect = effect_size(a, b)
    assert effect[0] == pytest.approx(2.0)
    assert np.isnan(effect[1])  # they do not vary


def test_power_against_simulation() -> None:
    rng = np.random.default_rng(4)
    found = stats.ttest_1samp(rng.normal(1, 1, size=(20_000, 10)), 0, axis=1).pvalue < 0.05
    assert power(1.0, 10, 0.05) == pytest.approx(found.mean(), abs=0.012)
    assert power(0.0, 10, 0.05) == pytest.approx(0.05)


def test_seeds_needed_is_the_first_number_with_the_power() -> None:
    # Known from tables: d = 0.5 takes 34 pairs, d = 1 takes 10, d = 0.2 takes 199 (two-sided, 5 %, power 0.8).
    assert [seeds_needed(d) for d in (0.2, 0.5, 1.0)] == [199, 34, 10]
    assert seeds_needed(-0.5) == 34
    for effect, tests in ((0.3, 1), (0.8, 9), (3.0, 20), (8.0, 20)):
        n = seeds_needed(effect, tests)
        assert n is not None
        assert power(effect, n, 0.05 / tests) >= 0.8
        assert n == 3 or power(effect, n - 1, 0.05 / tests) < 0.8


def test_no_number_of_seeds_for_no_effect() -> None:
    assert [seeds_needed(d) for d in (0.0, NAN, 0.001)] == [None, None, None]
    assert seeds_needed(float("inf")) == 3  # with fewer there is no verdict
