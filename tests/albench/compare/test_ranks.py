"""Tests by ranks are SciPy's, which is slow to import, and hold by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from albench.compare.ranks import friedman_p, ranks_of, signed_ranks, studentized_range, wilcoxon_pairs

COARSE = st.sampled_from([-2.0, -1.0, -0.5, 0.5, 1.0, 3.0])


@given(arrays(np.float64, st.integers(1, 30), elements=COARSE))
def test_ranks_are_scipys(values: np.ndarray) -> None:
    ranks, ties = ranks_of(values)
    assert ranks.tolist() == stats.rankdata(values).tolist()
    assert sorted(ties) == sorted(np.unique(values, return_counts=True)[1])


@given(arrays(np.float64, st.integers(14, 90), elements=COARSE))
def test_with_ties_signed_ranks_are_scipys_by_the_normal_distribution(differences: np.ndarray) -> None:
    p, lean, signed = signed_ranks(differences)
    assert p == pytest.approx(stats.wilcoxon(differences, method="approx").pvalue, rel=1e-12)
    assert signed is not None
    assert lean == signed.sum()
    assert (np.sign(signed) == np.sign(differences)).all()


@given(st.integers(1, 80), st.integers(0, 2**32 - 1))
def test_without_ties_they_are_exact_up_to_fifty(n: int, seed: int) -> None:
    differences = np.random.default_rng(seed).normal(0.3, 1, n)
    p, _, signed = signed_ranks(differences)
    assert p == pytest.approx(stats.wilcoxon(differences).pvalue, rel=1e-9)
    assert (signed is None) == (n <= 50)


def test_the_distribution_of_three_signed_ranks_by_hand() -> None:
    # Of 8 patterns the smaller side sums to 0, 1, 2 once each, to 3 twice, ...
    assert (wilcoxon_pairs(3) * 8).tolist() == [1, 2, 3, 5, 6, 7, 8]


@given(arrays(np.float64, st.tuples(st.integers(2, 9), st.integers(3, 7)), elements=COARSE))
def test_friedmans_test_is_scipys(values: np.ndarray) -> None:
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = stats.friedmanchisquare(*values.T).pvalue
    assert friedman_p(values) == pytest.approx(expected, rel=1e-9, nan_ok=True)


@pytest.mark.parametrize("k", [2, 3, 5, 10, 40])
@pytest.mark.parametrize("level", [0.05, 0.01, 0.003])
def test_the_range_of_normals_is_scipys(k: int, level: float) -> None:
    assert studentized_range(level, k) == pytest.approx(stats.studentized_range.ppf(1 - level, k, np.inf), rel=1e-6)


def test_of_two_the_range_is_their_difference() -> None:
    """|X - Y| of two standard normals is normal with variance 2."""
    assert studentized_range(0.05, 2) == pytest.approx(np.sqrt(2) * stats.norm.ppf(0.975), rel=1e-12)
