"""Numbers as people read them: three decimals, an interval where there is one, and no minus on what shows as zero."""

from __future__ import annotations

import pytest

from albench.compare import Difference, Estimate
from albench.compare.estimates import Reach
from albench.render.texts import NONE, number, p_text, range_text, reach_text, saved_text, spread

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(("value", "text"), [(0.7124, "0.712"), (-0.0004, "0.000"), (-0.0006, "-0.001")])
def test_three_decimals(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (Estimate(0.7124, 0.0136, 5, low=0.6988, high=0.726), "0.712 ± 0.014"),
        (Estimate(0.7124, 0.0136, 3, low=0.6988, high=0.726), "0.712 ± 0.014 (3)"),
        (Estimate(0.7124, NAN, 1), "0.712 (1)"),
        (Estimate(0.515, 0.6, 5, low=0.0, high=1.0), "0.515 [0.000, 1.000]"),
        (Estimate(NAN, NAN, 0), NONE),
    ],
)
def test_a_mean_with_its_interval_and_its_seeds_where_they_are_not_the_usual(estimate: Estimate, text: str) -> None:
    assert spread(estimate, 5) == text


@pytest.mark.parametrize(
    ("half", "low", "high", "text"),
    [
        (0.029, 0.012, 0.07, "+0.041 ± 0.029"),
        (NAN, 0.012, 0.081, "+0.041 [+0.012, +0.081]"),
        (NAN, -INF, INF, "+0.041"),  # so few seeds exclude nothing
    ],
)
def test_a_difference_has_its_sign(half: float, low: float, high: float, text: str) -> None:
    gap = Difference("m", "random", 0.041, half, 5, 0.1, 0.1, "~", low=low, high=high)
    assert spread(gap, 5, signed=True) == text


def test_p_values_and_ranges() -> None:
    assert (p_text(0.0004), p_text(0.0416)) == ("< 0.001", "0.042")
    assert range_text(0.7, 0.65, 0.751) == "0.700 [0.650, 0.751]"
    assert range_text(0.7, NAN, NAN, "{:.1f}".format) == "0.7"
    assert range_text(NAN, NAN, NAN) == NONE


def test_labels_that_are_needed_and_saved() -> None:
    assert reach_text(None, 600) == NONE
    assert reach_text(Reach(250.4, 200, INF), 600) == "250 [200, >600]"
    assert saved_text(Reach(-0.3, NAN, NAN)) == "+0"
    assert saved_text(Reach(107.0, 40.0, 150.0)) == "+107 [+40, +150]"
    assert saved_text(Reach(-INF, NAN, NAN)) == "never"
    assert saved_text(Reach(INF, 60.0, INF, at_least=107.0)) == ">107 [+60, ∞]"
