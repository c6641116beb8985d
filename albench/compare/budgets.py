"""Over several budgets of a data set: ranks at each, and whether what is first changes with the budget."""

from __future__ import annotations

import dataclasses
import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from albench.compare.blocks import CurveBlock, RowName
from albench.compare.budget_pairs import AtBudget, data_sets, other_settings
from albench.compare.budget_tables import BudgetRow, OverBudgets
from albench.compare.estimates import Difference
from albench.compare.overall import mean_ranks
from albench.compare.protocols import budget_of
from albench.compare.question import Question
from albench.compare.ranges import within
from albench.compare.roundoff import leveled
from albench.compare.significance import Tested
from albench.compare.tables import Group, Row
from albench.compare.verdicts import Verdicts

LEVELS = {2: ("low", "high"), 3: ("low", "medium", "high")}
"""What so many budgets are called, which says nothing but their order."""


def budget_families(groups: Sequence[CurveBlock]) -> list[list[int]]:
    """Places of the groups of one data set whose protocols differ in their budgets and in nothing else."""
    members: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for at, curves in enumerate(groups):
        if budget_of(curves.settings):
            members[curves.dataset, curves.stand_in, curves.data_hash, other_settings(curves)].append(at)
    return [places for places in members.values() if len(places) > 1]


def over_budgets(
    families: Sequence[Sequence[int]],
    curves: Sequence[CurveBlock],
    groups: Sequence[Group],
    verdicts: Verdicts,
    question: Question,
) -> tuple[OverBudgets, ...]:
    """What is compared over budgets, of each data set and then of data sets that have the same ones.

    Each budget ranks over the seeds that its own rows share, as its own table does. A row is told from what leads where
    the budget's own table says so, or a test of the two that is corrected over all pairs of all budgets and data sets
    (``albench.compare.overall.beaten``).

    Parameters
    ----------
    families
        See ``budget_families``.
    curves, groups
        The same groups, before and after the statistics.
    verdicts
        Of all tests of the comparison.
    """
    found, sign = [], question.sign
    alike: dict[tuple[object, ...], list[tuple[OverBudgets, CurveBlock]]] = defaultdict(list)
    for places in families:
        one = _of_data_set(places, curves, groups, verdicts.beats, sign)
        if one is not None:
            found.append(one)
            alike[one.budgets, other_settings(curves[places[0]])].append((one, curves[places[0]]))
    # As names are told to be the same over data sets (``albench.compare.across.common_names``), by all groups.
    one_backbone = all(len({row.backbone for row in group.rows}) == 1 for group in groups)
    together = []
    for members in alike.values():
        sets, firsts = zip(*members, strict=True)
        of_all = _together(sets, data_sets(firsts), sign, one_backbone)
        together += [_with_differences(of_all, firsts[0], verdicts.budgets, question)] if of_all else []
    return (*found, *together)


def _of_data_set(
    family: Sequence[int],
    curves: Sequence[CurveBlock],
    groups: Sequence[Group],
    beats: Mapping[int, np.ndarray],
    sign: float,
) -> OverBudgets | None:
    """None with fewer than two budgets that rank several rows, or two rows that each of them has."""
    ranked = {at: {_name(row): row for row in groups[at].rows if row.rank is not None} for at in family}
    places = [at for at in family if len(ranked[at]) > 1]  # one row alone is no budget's ranking, as of the whole pool
    common = sorted(set.intersection(*(set(ranked[at]) for at in places))) if len(places) > 1 else []
    if len(common) < 2:
        return None
    worth = _worth([[ranked[at][name].value.mean for name in common] for at in places], sign)
    firsts = np.array(
        [
            _firsts(worth[b], [ranked[at][name] for name in common], _among(beats[at], curves[at].names, common))
            for b, at in enumerate(places)
        ]
    )
    ranks = _ranks(worth)
    first, settings = groups[places[0]], curves[places[0]].settings
    labels = tuple(int(curves[at].n_labeled[-1]) for at in places)
    every = {_name(row) for at in places for row in groups[at].rows}
    return OverBudgets(
        datasets=(first.dataset,),
        stand_in=first.stand_in,
        setup=first.setup.removeprefix(budget_of(settings)).removeprefix(", "),
        budgets=tuple(budget_of(curves[at].settings) for at in places),
        levels=_levels(labels),
        n_labeled=labels,
        n_seeds=tuple(len(groups[at].seeds) for at in places),
        rows=tuple(
            BudgetRow(
                *common[k],
                values=tuple(ranked[at][common[k]].value for at in places),
                ranks=tuple(map(float, ranks[:, k])),
                firsts=tuple(map(bool, firsts[:, k])),
                mean_rank=float(ranks[:, k].mean()),
            )
            for k in _order(ranks.mean(axis=0))
        ),
        left_out=tuple("/".join(name[1:]) for name in sorted(every) if name not in common),
        winner=_winner(firsts),
    )


def _among(beats: np.ndarray, names: Sequence[RowName], common: Sequence[RowName]) -> np.ndarray:
    """(K, K) of the rows in common."""
    at = [names.index(name) for name in common]
    return np.asarray(beats[np.ix_(at, at)])


def _firsts(worth: np.ndarray, rows: Sequence[Row], beats: np.ndarray) -> np.ndarray:
    """(K,) bool: rows that lead, or that no row that leads is told from.

    What the budget's own table tells counts too: a row that is worse than its baseline where that leads, the baseline
    of a row that leads and is better, and the second where the best is marked as better.
    """
    leads = worth == worth.max()
    behind = beats[leads].any(axis=0)
    second = worth == worth[~leads].max(initial=-np.inf)
    for at, row in enumerate(rows):
        for leader in (other for other, first in zip(rows, leads, strict=True) if first and not leads[at]):
            behind[at] |= _told(leader, row, "better") or _told(row, leader, "worse")
            behind[at] |= leader.value.clear and second[at]
    return np.asarray(~behind)


def _told(row: Row, other: Row, verdict: Literal["better", "worse"]) -> bool:
    """Whether a row is told from the other one, which is its baseline."""
    gap = row.difference
    baseline = gap and (row.backbone, gap.method, gap.strategy)
    return gap is not None and gap.verdict == verdict and baseline == _name(other)


def _winner(firsts: np.ndarray) -> Literal["same", "changes", "open"]:
    """Of (B, K) firsts: whether one row is the only one at each budget, or none is among them at every one."""
    if not firsts.all(axis=0).any():
        return "changes"
    return "same" if (firsts.sum(axis=1) == 1).all() else "open"


def _together(
    sets: Sequence[OverBudgets], places: Mapping[str, Sequence[int]], sign: float, one_backbone: bool
) -> OverBudgets | None:
    """Mean ranks over the data sets that have the same budgets; None without two of them, or two rows in common.

    Parameters
    ----------
    places
        Data set -> which of ``sets`` stand for it, as their mean.
    one_backbone
        Whether each data set has one backbone, which then belongs to it and not to its rows.
    """
    named = [[("" if one_backbone else row.backbone, row.method, row.strategy) for row in one.rows] for one in sets]
    common = sorted(set.intersection(*map(set, named)))
    if len(common) < 2 or len(places) < 2:
        return None
    rows = [[one.rows[names.index(name)] for name in common] for one, names in zip(sets, named, strict=True)]
    means = [[[row.values[b].mean for row in of] for b in range(len(sets[0].budgets))] for of in rows]
    worth = [np.mean([means[at] for at in own], axis=0) for own in places.values()]
    ranks = np.mean([_ranks(_worth(of, sign)) for of in worth], axis=0)
    first = sets[0]
    return OverBudgets(
        datasets=tuple(places),
        stand_in="",
        setup="",
        budgets=first.budgets,
        levels=first.levels if all(one.levels == first.levels for one in sets) else (),
        n_labeled=first.n_labeled if all(one.n_labeled == first.n_labeled for one in sets) else (),
        n_seeds=(),
        rows=tuple(
            BudgetRow(*common[k], (), tuple(map(float, ranks[:, k])), (), float(ranks[:, k].mean()))
            for k in _order(ranks.mean(axis=0))
        ),
        left_out=tuple("/".join(name[1:]) for name in sorted(set().union(*named)) if name not in common),
        winner="",
    )


def _with_differences(
    over: OverBudgets, first: CurveBlock, tested: Sequence[tuple[AtBudget, Tested]], question: Question
) -> OverBudgets:
    """The same with each row's difference to its baseline at each budget, over the seeds of all data sets."""
    found: dict[tuple[str, RowName], Difference] = {}
    for shared, tests in tested:
        if set(shared.datasets) == set(over.datasets) and shared.others == other_settings(first):
            for at, (name, (_, method, strategy)) in enumerate(shared.rows.pairs):
                gap = tests.difference(at, method, strategy, question.sign)
                found[shared.budget, name] = within(gap, question.limits)
    rows = tuple(
        dataclasses.replace(row, differences=tuple(found.get((budget, _name(row))) for budget in over.budgets))
        for row in over.rows
    )
    return dataclasses.replace(over, rows=rows)


def _worth(means: ArrayLike, sign: float) -> np.ndarray:
    """(B, K) larger is better; what is equal up to round-off is equal."""
    return leveled(sign * np.array(means))


def _ranks(worth: np.ndarray) -> np.ndarray:
    """(B, K) ranks at each budget."""
    return np.array([mean_ranks(of[None]) for of in worth])


def _order(mean_rank: np.ndarray) -> list[int]:
    return [int(k) for k in np.argsort(mean_rank, kind="stable")]


def _levels(labels: Sequence[int]) -> tuple[str, ...]:
    """Where the budgets end with more and more labels."""
    rising = all(low < high for low, high in itertools.pairwise(labels))
    return LEVELS.get(len(labels), ()) if rising else ()


def _name(row: Row | BudgetRow) -> RowName:
    return row.backbone, row.method, row.strategy
