"""Numbers as readable formats write them."""

from __future__ import annotations

import math
from collections.abc import Callable

from albench.compare.estimates import Difference, Estimate, Reach

NONE = "–"


def number(value: float) -> str:
    """Three decimals."""
    return f"{_tidy(value):.3f}"


def spread(value: Estimate | Difference, usual: int, signed: bool = False) -> str:
    """``0.712 ± 0.014``, or ``+0.105 [+0.021, +0.197]`` where it is not even; a dash where there is nothing.

    An interval that would reach beyond what the metric can be is not even: ``0.515 [0.000, 1.000]``.

    The mean is alone where there is no interval, or one that excludes nothing.

    The number of seeds follows in brackets where it is not the usual one.
    """
    if math.isnan(value.mean):
        return NONE
    text = _signed(value.mean) if signed else number(value.mean)
    if isinstance(value, Estimate) and value.is_cut:
        text += f" [{number(value.low)}, {number(value.high)}]"
    elif not math.isnan(value.half_width):
        text += f" ± {number(value.half_width)}"
    elif not isinstance(value, Estimate) and math.isfinite(value.high - value.low):
        text += f" [{_signed(value.low)}, {_signed(value.high)}]"
    return text if value.n == usual else f"{text} ({value.n})"


def _signed(value: float) -> str:
    return f"{_tidy(value):+.3f}"


def _tidy(value: float) -> float:
    """Without a minus on what shows as zero."""
    return 0.0 if abs(value) < 0.0005 else value


def range_text(value: float, low: float, high: float, write: Callable[[float], str] | None = None) -> str:
    """``0.712 [0.690, 0.731]``."""
    write = write or number
    if math.isnan(value):
        return NONE
    return write(value) if math.isnan(low) else f"{write(value)} [{write(low)}, {write(high)}]"


def p_text(value: float) -> str:
    """Three decimals, below that ``< 0.001``."""
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def reach_text(reach: Reach | None, most: int) -> str:
    """Labels with their interval; ``>600`` is more than there were."""

    def write(labels: float) -> str:
        return f">{most:,}" if math.isinf(labels) else f"{labels:,.0f}"

    return NONE if reach is None else range_text(reach.labels, reach.low, reach.high, write)


def saved_text(saved: Reach) -> str:
    """Labels saved, with their interval.

    ``never`` where the row does not get there. Where only the row does, the baseline would need more than the labels
    that it had: ``>107`` where the row needed 193 of 300, and any number more.
    """

    def write(labels: float) -> str:
        if math.isinf(labels):
            return "∞" if labels > 0 else "never"
        return f"{round(labels):+,d}"  # no minus on what shows as zero

    if math.isinf(saved.labels) and saved.labels > 0:
        text = f">{saved.at_least:,.0f}"
        return text if math.isnan(saved.low) else f"{text} [{write(saved.low)}, {write(saved.high)}]"
    return range_text(saved.labels, saved.low, saved.high, write)


def or_none(value: float, write: Callable[[float], str]) -> str:
    """The number, a dash where there is none."""
    return NONE if math.isnan(value) else write(value)
