"""Skewed differences: Hall's transformed t by hand, its interval, and what it keeps a run that adds seeds from."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up import finals, row
from scipy import stats

from albench.compare import compare
from albench.compare.intervals import inverted
from albench.compare.looks import planned
from albench.compare.pairs import p_values
from albench.compare.paragraph import paragraphs
from albench.compare.significance import corrected
from albench.compare.skewness import MARGIN, allowed_for, p_skewed, skewed_limits
from albench.report.ranking import verdict

LOOKS = planned(5, 50)


def test_three_differences_by_hand() -> None:
    """1, 2, 3 have no skewness: t = 2 sqrt(3), and a = -0.75 sqrt(2) / (3 sqrt(3)) = -0.204124 by the margin alone.

    1 + a t = 1 - 0.707107; its cube less one is -0.974874, over 3 a 1.591964, and a / 2 less 1.489902. Student's t with
    two degrees of freedom: p = 1 - h / sqrt(2 + h ** 2).
    """
    assert MARGIN == 0.75
    assert p_skewed(np.array([1.0, 2.0, 3.0])) == pytest.approx(1 - 1.489902 / np.sqrt(2 + 1.489902**2), abs=1e-5)


def test_the_published_form_with_scipys_skewness() -> None:
    """Hall 1992: t + s t^2 / (3 sqrt n) + s^2 t^3 / (27 n) + s / (6 sqrt n)."""
    gaps = np.array([0.4, 0.1, 0.35, 1.9, 0.2, 0.6])
    n, t = len(gaps), stats.ttest_1samp(gaps, 0).statistic
    s = stats.skew(gaps, bias=False) - MARGIN * np.sqrt(6 / n)
    h = t + s * t**2 / (3 * np.sqrt(n)) + s**2 * t**3 / (27 * n) + s / (6 * np.sqrt(n))
    assert p_skewed(gaps) == pytest.approx(2 * stats.t.sf(h, n - 1))
    assert p_skewed(-gaps) == pytest.approx(p_skewed(gaps))


def test_a_mean_that_the_missing_tail_could_undo_is_not_sure() -> None:
    """Five losses that lie close together, and five that do so with one far out on the side of the mean."""
    close = -np.array([0.8, 0.9, 1.0, 0.9, 0.85])
    assert stats.ttest_1samp(close, 0).pvalue < 0.0001
    assert p_skewed(close) > stats.ttest_1samp(close, 0).pvalue
    assert p_skewed(np.array([1.0, -1.0, 0.5, -0.5, 0.0])) == 1.0


@given(st.integers(3, 60), st.sampled_from([0.05, 0.01, 0.001]), st.sampled_from([0.0, 1.0]), st.integers(0, 1000))
def test_the_interval_is_what_the_test_does_not_reject(n: int, level: float, skew: float, draw: int) -> None:
    rng = np.random.default_rng(draw)
    gaps = rng.standard_normal(n) + skew * rng.exponential(2, n)
    low, high = skewed_limits(gaps, level)
    assert low <= gaps.mean() <= high
    near = 1e-7 * gaps.std()
    for inside, outside in ((low + near, low - near), (high - near, high + near)):
        assert p_skewed(gaps - inside) >= level > p_skewed(gaps - outside)


def test_both_tests_have_to_tell() -> None:
    gaps = np.random.default_rng(3).exponential(1, (40, 12)) - 0.4
    against = np.zeros_like(gaps)
    for test in ("t", "permutation", "wilcoxon"):
        one, both = (p_values(gaps, against, test, skewed=skewed)[0] for skewed in (False, True))
        np.testing.assert_array_equal(both, np.maximum(one, [p_skewed(row) for row in gaps]))
        assert (both > one).any()
        for own in gaps[:5]:
            low, high = inverted(own, test, 0.05)  # type: ignore[arg-type]
            wide = skewed_limits(own, 0.05)
            found = inverted(own, test, 0.05, skewed=True)  # type: ignore[arg-type]
            assert found == (min(low, wide[0]), max(high, wide[1]))
    one_number = np.full((1, 8), 0.25)
    assert p_values(one_number, 0 * one_number, "t", skewed=True)[0][0] == 2.0**-7
    assert inverted(one_number[0], "t", 0.05, skewed=True) == (0.25, 0.25)


@pytest.mark.parametrize(("test", "share", "allowed"), [("auto", 0.5, True), ("auto", 1.0, False), ("t", 0.5, False)])
def test_it_stands_beside_tests_that_are_not_named_where_seeds_are_added(
    test: str, share: float, allowed: bool
) -> None:
    assert allowed_for(test, share) is allowed


def told_at_any_look(scores: np.ndarray, test: str) -> bool:
    """Whether one row (S,) is told from a baseline that never varies at some look."""
    own, one = scores[None], np.ones(1, dtype=bool)
    return any(
        bool(corrected([(own[:, :n], 0 * own[:, :n], one, np.array([n]))], test, share)[0].told[0])
        for n, share in zip(LOOKS.at, LOOKS.shares, strict=True)
    )


def test_a_skewed_row_of_the_same_mean_is_seldom_told_at_any_look() -> None:
    """300 rows of exponential scores less their mean: 3 % by both tests (20,000 runs), 20 % by the first alone.

    More than 19 of 300 have a chance of 0.2 % at 3 %, fewer than 30 one of 1e-6 at 20 %.
    """
    scores = np.random.default_rng(7).exponential(1, (300, 50)) - 1
    both = sum(told_at_any_look(row, "auto") for row in scores)
    first = sum(told_at_any_look(row, "wilcoxon") for row in scores)
    assert both <= 19
    assert first >= 30


def seeds_of(scores: list[float]) -> pd.DataFrame:
    return finals({"random": [0.5] * len(scores), "mine": scores}, looks=str(LOOKS))


def test_a_comparison_says_that_it_allows_for_skewness() -> None:
    """Ten scores, 0.0058 and 0.0342 above the baseline in turn: t = 4.22 and p = 0.0022, and the level is 0.29 %."""
    scores = (0.52 + 0.0142 * np.resize([-1.0, 1.0], 10)).tolist()
    found, named = compare(seeds_of(scores)), compare(seeds_of(scores), test="t")
    assert (found.skewed, named.skewed) == (True, False)
    gap = row(found, "mine").difference
    alone = row(named, "mine").difference
    assert gap is not None
    assert alone is not None
    assert (gap.verdict, alone.verdict) == ("~", "better")
    assert gap.p == pytest.approx(p_skewed(np.array(scores) - 0.5))
    assert alone.p == pytest.approx(0.0022, abs=5e-5)
    assert gap.low <= 0 < alone.low
    assert "each beside Hall's transformed t for skewed differences," in " ".join(paragraphs(found))
    assert "Hall's" not in " ".join(paragraphs(named))
    assert "t-test and Hall's for skewed differences, p " in verdict(row(found, "mine"), found)[2]
