"""Data sets side by side at one budget: what is compared over them there, paired by seed and data set."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from albench.compare.across import Pooled, across_sets
from albench.compare.blocks import CurveBlock
from albench.compare.numbers import Numbers
from albench.compare.protocols import BUDGET, budget_of, joint_name, one_each


@dataclass(frozen=True)
class AtBudget:
    """Rows that several data sets have at one budget.

    Attributes
    ----------
    datasets
        In the order of their groups; one that is read in several ways is their mean.
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
        sets = data_sets([numbers[at].curves for at in here])
        rows = across_sets(numbers, [[here[at] for at in own] for own in sets.values()]).rows
        if rows is not None:
            found.append(AtBudget(tuple(sets), budget, others, rows))
    return found


def data_sets(groups: Sequence[CurveBlock]) -> dict[str, list[int]]:
    """The data sets of groups under one protocol, each with the places of those that stand for it.

    Empty where one of them is there as it was and as it is now, which cannot be compared.
    """
    chosen, _ = one_each(groups)
    found = {joint_name([groups[at].dataset for at in places]): places for places in chosen}
    return found if sum(map(len, found.values())) == len(groups) else {}
