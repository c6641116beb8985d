"""What the tests say of some rows, as one sentence: only what stands after correction is worded as a finding."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from albench.compare.common import LEAST_COMPARED
from albench.compare.comparison import Comparison
from albench.compare.estimates import Difference
from albench.wording import listed

NAMED = 3
"""Rows that a sentence names; it counts the others of a longer list."""


@dataclass(frozen=True)
class Side:
    """A row as a sentence sees it.

    Attributes
    ----------
    leads, clear
        Whether it leads by what ranks, and is told from the next.
    value
        The mean of what ranks.
    row, against
        Method, strategy and backbone of the row, and of its baseline.
    """

    name: str
    difference: Difference | None
    is_baseline: bool
    leads: bool
    clear: bool = False
    value: float = math.nan
    row: tuple[str, ...] = ()
    against: tuple[str, ...] = ()


def verdict_words(sides: Sequence[Side], baseline: str, what: str, comparison: Comparison) -> str:
    """What the tests say of these rows."""
    leaders = [side for side in sides if side.leads]
    tested = [side for side in sides if side.difference and side.difference.verdict != "too few seeds"]
    if not tested:
        return _untested(sides, leaders, baseline, what)
    better, worse, open_ = (
        [side for side in tested if side.difference and side.difference.verdict == verdict]
        for verdict in ("better", "worse", "~")
    )
    clauses = []
    if better:
        clauses.append(f"{_beat(better, 'better', baseline, comparison)} in {what}")
        clauses += _which_is_best(sides, better, leaders)
    else:
        clauses.append(f"nothing is shown to be better than {baseline} in {what}")
        clauses += _leading(leaders, sides)
    if worse:
        clauses.append(_beat(worse, "worse", baseline, comparison))
    if open_ and (better or worse):
        clauses.append(f"{_some(open_)} cannot be told from {baseline}")
    few = [side for side in sides if side.difference and side not in tested]
    if few:
        clauses.append(f"{_some(few)} {'has' if len(few) == 1 else 'have'} too few seeds for a test")
    return "; ".join(clauses)


def _untested(sides: Sequence[Side], leaders: Sequence[Side], baseline: str, what: str) -> str:
    """Without a single test: no baseline, or too few seeds."""
    if any(side.difference for side in sides):
        ahead = f": {_leads(leaders, sides)}, which may be chance" if leaders else ""
        return f"nothing can be tested, so nothing is shown to be better than {baseline} in {what}{ahead}"
    names = listed([side.name for side in leaders], NAMED)
    if leaders[0].clear:
        return f"{names} is better than the next in {what}; there is no baseline to compare it with"
    ahead = _leads(leaders, sides)
    return f"nothing is shown to be best in {what}: {ahead}, and there is no baseline to compare with"


def _beat(sides: Sequence[Side], verdict: str, baseline: str, comparison: Comparison) -> str:
    """``galaxy is better than random by 0.041 [0.012, 0.070]``, or the first of many and how many others are."""
    than = f"{verdict} than {baseline}"
    amounts = [_amount(side.difference, comparison, verdict) for side in sides if side.difference]
    if len(sides) == 1:
        return f"{sides[0].name} is {than} by {amounts[0]}"
    if len(sides) <= NAMED:
        return f"{listed([f'{side.name} (by {by})' for side, by in zip(sides, amounts, strict=True)])} are {than}"
    return f"{sides[0].name} (by {amounts[0]}) and {len(sides) - 1} others are {than}"


def _which_is_best(sides: Sequence[Side], better: Sequence[Side], leaders: Sequence[Side]) -> list[str]:
    """Whether the best of them is told from the next; nothing where that is its baseline, as it is said already."""
    if len(leaders) == 1 and leaders[0].clear:
        following = next(side for side in sides if side not in leaders)
        return [] if following.is_baseline else [f"{leaders[0].name} is better than {following.name}, the next, too"]
    if leaders and not any(side in better for side in leaders):
        return [f"{_leads(leaders, sides)}, which may be chance"]
    return ["which of them is best is not shown"] if len(better) > 1 else []


def _leading(leaders: Sequence[Side], sides: Sequence[Side]) -> list[str]:
    """Who has the best mean where nothing is better, and how many seeds would tell it from its baseline."""
    if not leaders:
        return []
    ahead = _leads(leaders, sides)
    difference = leaders[0].difference
    if len(leaders) > 1 or difference is None or difference.n < LEAST_COMPARED:
        return [ahead]
    needed = difference.seeds_needed
    if needed is None or needed <= difference.n:
        return [ahead]
    against = _baseline_of(leaders[0], sides)
    pair = f"{leaders[0].name} from {against.name if against else difference.strategy}"
    return [f"{ahead}; about {needed:,} seeds would tell {pair} if the true difference is the one measured"]


def _leads(leaders: Sequence[Side], sides: Sequence[Side]) -> str:
    """``galaxy leads with 0.641 against 0.630 of random``: by the means of what ranks, no others."""
    first = leaders[0]
    if len(leaders) > 1:
        return f"{_some(leaders)} lead with one same mean, {first.value:.3f}"
    text = f"{first.name} {'itself ' if first.is_baseline else ''}leads with "
    other = _baseline_of(first, sides) or next((side for side in sides if side is not first), None)
    if other is None:
        return f"{text}{first.value:.3f}"
    digits = 3 if f"{first.value:.3f}" != f"{other.value:.3f}" else 5
    following = "" if other.is_baseline and not first.is_baseline else ", the next"
    return f"{text}{first.value:.{digits}f} against {other.value:.{digits}f} of {other.name}{following}"


def _baseline_of(side: Side, sides: Sequence[Side]) -> Side | None:
    return next((other for other in sides if side.against and other.row == side.against), None)


def _amount(difference: Difference, comparison: Comparison, verdict: str) -> str:
    """By how much, as a positive number where it is what the verdict says: ``0.041 [0.012, 0.070]``."""
    sign = 1 if comparison.higher_is_better == (verdict == "better") else -1
    ends = sorted((sign * difference.low, sign * difference.high))
    return f"{sign * difference.mean:.3f} [{ends[0]:.3f}, {ends[1]:.3f}]"


def _some(sides: Sequence[Side]) -> str:
    return listed([side.name for side in sides], NAMED)
