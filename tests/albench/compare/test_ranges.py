"""Intervals go no further than the metric can."""

from __future__ import annotations

import dataclasses
import math

import pytest

from albench.compare import Difference
from albench.compare.ranges import estimate_within, within

NAN = float("nan")


@pytest.mark.parametrize(
    ("mean", "half", "low", "high", "cut"),
    [(0.5, 0.1, 0.4, 0.6, False), (0.95, 0.1, 0.85, 1.0, True), (0.02, 0.1, 0.0, 0.12, True)],
)
def test_an_interval_ends_where_the_metric_does(mean: float, half: float, low: float, high: float, cut: bool) -> None:
    estimate = estimate_within(mean, half, 5, (0.0, 1.0))
    assert (estimate.low, estimate.high) == (pytest.approx(low), pytest.approx(high))
    assert (estimate.mean, estimate.half_width, estimate.n, estimate.is_cut) == (mean, half, 5, cut)


def test_one_seed_has_no_interval_and_a_value_out_of_range_no_end() -> None:
    alone = estimate_within(0.5, NAN, 1, (0.0, 1.0))
    assert math.isnan(alone.low)
    assert math.isnan(alone.high)
    assert not alone.is_cut
    foreign = estimate_within(3.0, 5.0, 4, (0.0, 1.0))  # somebody's own metric of a known name
    assert (foreign.low, foreign.high) == (-2.0, 8.0)


def test_two_values_differ_by_no_more_than_the_range() -> None:
    wide = Difference("m", "random", 0.6, 0.7, 3, 0.04, 0.04, "~", low=-0.1, high=1.3)
    cut = within(wide, (0.0, 1.0))
    assert (cut.low, cut.high, cut.mean) == (-0.1, 1.0, 0.6)
    assert math.isnan(cut.half_width)  # it is no longer even
    narrow = dataclasses.replace(wide, low=0.2, high=1.0)
    assert within(narrow, (0.0, 1.0)) is narrow
    endless = dataclasses.replace(wide, low=-math.inf, high=math.inf)  # so few seeds reject nothing
    assert within(endless, (0.0, 1.0)) is endless
