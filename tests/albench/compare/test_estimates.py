"""Every estimate lies in its own interval, infinities and texts included; too few seeds have no interval at all."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from albench.compare.details import _spread
from albench.compare.estimates import Reach
from albench.compare.labels import savings
from albench.compare.resample import LEAST_SEEDS, improvement, stratified_iqm, wilson
from albench.render.texts import reach_text, saved_text

NAN = float("nan")
LABELS = np.array([20, 40, 60, 100])
# Few levels, so that curves touch the target, cross it twice, or never get there; and seeds that are missing.
LEVELS = st.sampled_from([0.0, 0.2, 0.4, 0.5, 0.6, 0.8, 1.0, NAN])


@given(arrays(np.float64, (3, 6, 4), elements=LEVELS), st.sampled_from([None, 0.5, 0.7]), st.sampled_from([1.0, -1.0]))
@settings(deadline=None)
def test_labels_needed_and_saved_lie_in_their_intervals(values: np.ndarray, target: float | None, sign: float) -> None:
    found = savings(values, LABELS, np.array([-1, 0, 0]), target, sign)
    for estimate, low, high in (
        (found.needed, found.needed_low, found.needed_high),
        (found.saved, found.saved_low, found.saved_high),
    ):
        there = ~np.isnan(estimate) & ~np.isnan(low)
        assert (low[there] <= estimate[there]).all()
        assert (estimate[there] <= high[there]).all()
    for row in (1, 2):
        reach = Reach(found.saved[row], found.saved_low[row], found.saved_high[row], found.at_least[row])
        if not math.isnan(reach.labels):
            assert in_order(saved_text(reach))
        needed = Reach(found.needed[row], found.needed_low[row], found.needed_high[row])
        if not math.isnan(needed.labels):
            assert in_order(reach_text(needed, 100))


def in_order(text: str) -> bool:
    """Whether a reader finds the estimate between its limits: ``>29`` is 29 or more, ``never`` less than anything."""
    ends = {"never": -math.inf, "∞": math.inf}
    words = re.findall(r"never|∞|[+-]?\d(?:[\d,]*\d)?", text)
    numbers = [ends[word] if word in ends else float(word.replace(",", "")) for word in words]
    return len(numbers) == 1 or numbers[1] <= numbers[0] <= numbers[2]


def test_a_bound_is_not_below_its_own_interval() -> None:
    # The mean of the baseline never gets to 0.5, but many resamples do, early: what is saved is at least 60 - 20.
    base = [[0.1, 0.3, 0.45, 0.48]] * 5 + [[0.3, 0.5, 0.52, 0.53]] * 2
    row = [[0.55, 0.6, 0.6, 0.6]] * 7
    found = savings(np.array([base, row]), LABELS, np.array([-1, 0]), 0.5, 1.0)
    reach = Reach(found.saved[1], found.saved_low[1], found.saved_high[1], found.at_least[1])
    assert math.isinf(reach.labels)
    assert reach.at_least == 80
    assert reach.low <= 80
    assert reach.high == math.inf
    assert saved_text(reach) == f">80 [{reach.low:+.0f}, ∞]"


@given(st.lists(arrays(np.float64, st.integers(5, 8), elements=st.floats(0, 1)), min_size=2, max_size=3))
@settings(deadline=None)
def test_interquartile_means_and_improvements_lie_in_their_intervals(scores: list[np.ndarray]) -> None:
    for point, low, high in (stratified_iqm(scores), improvement(scores, scores[::-1])):
        assert low <= point <= high


@pytest.mark.parametrize("n", range(2, 8))
def test_too_few_seeds_have_no_bootstrap_interval(n: int) -> None:
    rng = np.random.default_rng(n)
    values = np.cumsum(rng.random((2, n, 4)), axis=2)
    saved = savings(values, LABELS, np.array([-1, 0]), 1.0, 1.0)
    across = [values[0, :, 3], values[1, :, 3]]
    spread = _spread(values[:1, :, 3])
    found = [saved.needed_low[1], saved.saved_high[1], stratified_iqm(across)[1], improvement(across, across)[2]]
    found += [float(spread[2, 0]), float(spread[3, 0])]
    assert {bool(np.isnan(limit)) for limit in found} == {n < LEAST_SEEDS}
    assert not np.isnan(
        [saved.needed[1], saved.saved[1], stratified_iqm(across)[0], improvement(across, across)[0]]
    ).any()


def test_a_row_with_fewer_seeds_than_the_others_has_the_interval_of_its_own() -> None:
    values = np.cumsum(np.random.default_rng(0).random((3, 8, 4)), axis=2)
    values[2, 3:] = NAN
    found = savings(values, LABELS, np.array([-1, 0, 0]), 1.0, 1.0)
    assert not np.isnan(found.saved_low[1])
    assert np.isnan(found.saved_low[2])
    alone = savings(values[[0, 2]][:, :3], LABELS, np.array([-1, 0]), 1.0, 1.0)
    assert found.saved[2] == alone.saved[1]


def test_where_all_runs_win_the_chance_is_not_certain() -> None:
    point, low, high = improvement([np.full(5, 0.9)] * 2, [np.full(5, 0.1)] * 2)
    assert (point, high) == (1.0, 1.0)
    assert low == pytest.approx(wilson(1.0, 10)[0]) == pytest.approx(10 / (10 + 1.96**2), abs=1e-3)
