"""What values a metric can have, and intervals that go no further."""

from __future__ import annotations

import dataclasses
import math

from albench.compare.estimates import Difference, Estimate


def estimate_within(
    mean: float, half: float, n: float, limits: tuple[float, float], best: bool = False, clear: bool = False
) -> Estimate:
    """A mean over seeds with its interval, which ends where the metric does."""
    mean, half = float(mean), float(half)
    if not limits[0] <= mean <= limits[1]:  # another metric of that name: its range is not known
        limits = (-math.inf, math.inf)
    low = half if math.isnan(half) else max(mean - half, limits[0])
    high = half if math.isnan(half) else min(mean + half, limits[1])
    return Estimate(mean, half, int(n), best, clear, low, high)


def within(difference: Difference, limits: tuple[float, float]) -> Difference:
    """A difference whose interval goes no further than two values of the metric can differ.

    One without limits, as so few seeds cannot reject anything, stays without.
    """
    most = limits[1] - limits[0]
    widest = max(-difference.low, difference.high)
    if not math.isfinite(difference.high - difference.low) or widest <= most or abs(difference.mean) > most:
        return difference
    low, high = max(difference.low, -most), min(difference.high, most)
    return dataclasses.replace(difference, low=low, high=high, half_width=math.nan)
