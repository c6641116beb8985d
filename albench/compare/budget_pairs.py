"""Data sets side by side at one budget: what is compared over them there, paired by seed and data set."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from albench.compare.across import Pooled, pooled_at
from albench.compare.blocks import CurveBlock
from albench.compare.numbers import Numbers
from albench.compare.protocols import BUDGET, budget_of


@dataclass(frozen=True)
class AtBudget:
    """Rows that several data sets have at one budget.

    Attributes
    ----------
    datasets
        In the order of their groups.
    budget
        As in ``20+5x10``.
    others
        The rest of the protocol.
    rows
        The rows, and their differences to their baselines before any test.
    """

    datasets: tuple[str, ...]
    budget: str
    others: tuple[tuple[str, str], ...]
    rows: Pooled


def other_settings(curves: CurveBlock) -> tuple[tuple[str, str], ...]:
    """The protocol without its budget."""
    return tuple(sorted((name, value) for name, value in curves.settings.items() if name not in BUDGET))


def at_budgets(numbers: Sequence[Numbers], families: Sequence[Sequence[int]]) -> list[AtBudget]:
    """What can be compared over data sets at each budget of families that share it (see ``budget_families``)."""
    places: dict[tuple[str, tuple[tuple[str, str], ...]], list[int]] = defaultdict(list)
    for at in sorted(place for family in families for place in family):
        curves = numbers[at].curves
        if len(curves.names) > 1:
            places[budget_of(curves.settings), other_settings(curves)].append(at)
    found = []
    for (budget, others), here in places.items():
        curves_here = [numbers[at].curves for at in here]
        rows = pooled_at(numbers, here) if distinct(curves_here) else None
        if rows is not None:
            found.append(AtBudget(tuple(curves.dataset for curves in curves_here), budget, others, rows))
    return found


def distinct(groups: Sequence[CurveBlock]) -> bool:
    """Whether groups are of several data sets, each its own: one under two names would count twice."""
    hashes = [curves.data_hash for curves in groups if curves.data_hash]
    return len({curves.dataset for curves in groups}) == len(groups) > 1 and len(set(hashes)) == len(hashes)
