"""Intervals of differences: they agree with the corrected verdict, hold their estimate, and invert their tests."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from albench.compare import Difference, compare
from albench.compare.intervals import inverted
from albench.compare.pairs import TESTS, p_values, sign_flips
from albench.compare.roundoff import gaps as gaps_of
from albench.compare.significance import corrected


def judge(scores: np.ndarray, test: str) -> list[Difference]:
    """Rows (K, S) against the last one, as one family."""
    against = np.broadcast_to(scores[-1], scores[:-1].shape)
    count = len(scores) - 1
    parts = [(scores[:-1], against, np.ones(count, dtype=bool), np.full(count, scores.shape[1]))]
    (found,) = corrected(parts, test)
    return [found.difference(at, "m", "random", 1.0) for at in range(len(scores) - 1)]


def agrees(difference: Difference) -> bool:
    """Zero lies outside where something is told, and only there."""
    outside = not difference.low <= 0 <= difference.high
    return outside == (difference.verdict in ("better", "worse"))


@given(
    st.integers(2, 5),
    st.integers(3, 20),
    st.sampled_from(["auto", *TESTS]),
    st.sampled_from([0.0, 1.0, 0.5, 0.05]),
    st.integers(0, 10_000),
)
@settings(deadline=None)
def test_zero_lies_outside_an_interval_where_and_only_where_something_is_told(
    rows: int, seeds: int, test: str, step: float, draw: int
) -> None:
    rng = np.random.default_rng(draw)
    scores = rng.normal(np.linspace(0.6, 0, rows)[:, None] * rng.integers(0, 4), 0.3, size=(rows, seeds))
    scores = np.round(scores / step) * step if step else scores  # coarse metrics have ties and equal differences
    for difference in judge(scores, test):
        assert agrees(difference), difference
        assert difference.low <= difference.mean <= difference.high


@pytest.mark.parametrize("test", TESTS)
@pytest.mark.parametrize("seeds", [3, 10, 18])
@pytest.mark.parametrize("gap", [0.0, 0.1])
def test_differences_that_are_one_same_number_agree_too(test: str, seeds: int, gap: float) -> None:
    base = np.random.default_rng(0).normal(0.5, 0.1, seeds)
    (difference,) = judge(np.stack([base + gap, base]), test)
    assert agrees(difference)
    assert difference.verdict == ("better" if gap and seeds > 3 else "~")


def test_a_t_interval_is_students_at_the_level_of_its_step() -> None:
    rng = np.random.default_rng(1)
    scores = rng.normal([[2.0], [0.0], [0.0]], 0.3, size=(3, 6))
    clear, open_ = judge(scores, "t")
    assert (clear.verdict, open_.verdict) == ("better", "~")
    # Two tests: what Holm rejects first was tested at 2.5 %, what is left at 5 %.
    for difference, row, level in ((clear, 0, 0.025), (open_, 1, 0.05)):
        wanted = stats.ttest_rel(scores[row], scores[2]).confidence_interval(1 - level)
        assert (difference.low, difference.high) == (pytest.approx(wanted.low), pytest.approx(wanted.high))
        assert difference.half_width == pytest.approx((wanted.high - wanted.low) / 2)


@given(st.integers(5, 11), st.sampled_from([0.05, 0.1, 0.2, 0.25]), st.integers(0, 1000))
@settings(deadline=None)
def test_a_permutation_interval_is_what_the_permutation_does_not_reject(n: int, level: float, draw: int) -> None:
    gaps = np.random.default_rng(draw).normal(0.5, 1, n)
    low, high = inverted(gaps, "permutation", level)
    if math.isinf(low):
        assert 2.0 ** (1 - n) >= level
        return
    for inside, outside in ((low + 1e-9, low - 1e-9), (high - 1e-9, high + 1e-9)):
        assert sign_flips(gaps - inside) >= level > sign_flips(gaps - outside)


def test_a_wilcoxon_interval_is_of_the_means_of_pairs() -> None:
    gaps = np.random.default_rng(2).normal(0.5, 1, 16)
    low, high = inverted(gaps, "wilcoxon", 0.05)
    for inside, outside in ((low + 1e-9, low - 1e-9), (high - 1e-9, high + 1e-9)):
        assert stats.wilcoxon(gaps - inside).pvalue >= 0.05 > stats.wilcoxon(gaps - outside).pvalue


def test_ranks_that_contradict_the_mean_tell_nothing() -> None:
    gaps = np.array([-0.01] * 15 + [0.9]) + np.arange(16) * 1e-4
    assert gaps.mean() > 0
    assert stats.wilcoxon(gaps).pvalue < 0.05
    assert p_values(gaps[None], np.zeros((1, 16)), "wilcoxon")[0][0] == 1.0


def test_so_few_seeds_that_nothing_can_be_rejected_have_no_limits() -> None:
    (difference,) = judge(np.array([[0.9, 0.8, 0.85], [0.1, 0.2, 0.3]]), "permutation")
    assert (difference.low, difference.high, difference.verdict) == (-math.inf, math.inf, "~")


CURVES = {"random": [0.74, 0.76, 0.88], "entropy": [0.84, 0.71, 0.88]}
"""Of equal area, up to the last bit."""


def frame(values: dict[str, list[list[float]]], dataset: str = "d") -> pd.DataFrame:
    """Strategy -> a curve of each seed."""
    rows = [
        {"strategy": name, "seed": seed, "round": at, "n_labeled": 10 * (at + 1), "test.macro_f1": value}
        for name, curves in values.items()
        for seed, curve in enumerate(curves)
        for at, value in enumerate(curve)
    ]
    facts = {"suite": "s", "dataset": dataset, "stand_in": "", "method": "m", "backbone": "b", "protocol": "p"}
    data = pd.DataFrame(rows).assign(**facts, device="cpu")
    return data.assign(key=data["dataset"] + data["strategy"] + data["seed"].astype(str))


@pytest.mark.parametrize("test", ["auto", *TESTS])
@pytest.mark.parametrize("seeds", [3, 10, 20])
def test_round_off_is_no_difference(test: str, seeds: int) -> None:
    found = compare(frame({name: [curve] * seeds for name, curve in CURVES.items()}), test=test)
    (difference,) = (row.difference for row in found.rows if row.difference)
    assert (difference.mean, difference.p, difference.verdict) == (0.0, 1.0, "~")
    assert [row.rank for row in found.rows] == [1, 1]
    assert not any(row.aubc.best for row in found.rows)  # all are one


def test_equal_means_are_ties_whatever_their_last_bit() -> None:
    values = {"random": [[0.1] * 2, [0.2] * 2, [0.3] * 2], "entropy": [[0.3] * 2, [0.2] * 2, [0.1] * 2]}
    values["margin"] = [[0.0] * 2] * 3
    found = compare(pd.concat([frame(values), frame(values, "e")]))
    assert found.overall is not None
    assert {row.strategy: row.mean_rank for row in found.overall.rows} == {"entropy": 1.5, "random": 1.5, "margin": 3.0}
    assert {row.strategy: (row.rank, row.value.best) for row in found.groups[0].rows} == {
        "entropy": (1, True),
        "random": (1, True),
        "margin": (3, False),
    }


def test_magnitudes_that_are_one_up_to_round_off_share_their_rank() -> None:
    a, b = np.array([[0.3, 0.8, 0.5, 0.9]]), np.array([[0.2, 0.9, 0.4, 0.5]])
    found = gaps_of(a, b)[0]
    assert len(np.unique(np.abs(found))) == 2  # 0.1 three times, in three roundings, and 0.4
    np.testing.assert_allclose(found, [0.1, -0.1, 0.1, 0.4])
