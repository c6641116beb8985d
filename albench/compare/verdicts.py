"""All verdicts of one comparison: what stands after correction is told, and where nothing does, nothing else is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from albench.compare.across import Across, Pooled, SetScores
from albench.compare.blocks import RowName
from albench.compare.budget_pairs import AtBudget, at_budgets
from albench.compare.common import in_both
from albench.compare.comparison import Comparison
from albench.compare.numbers import Numbers
from albench.compare.overall import beaten, pairwise_wins
from albench.compare.question import Question
from albench.compare.significance import Bests, Tested, bests, corrected
from albench.compare.tables import OverallRow, Row, Wins


@dataclass(frozen=True)
class Verdicts:
    """What the tests of a comparison say.

    Attributes
    ----------
    groups, bests
        Of each group: differences to baselines, and the bests of its columns.
    across
        Differences over data sets.
    budgets
        The same at each budget that data sets share.
    beats
        Place of a group -> (R, R) bool, which row beats which; of groups that are compared over data sets or budgets.
    wins
        Pairwise; None with one row.
    any_told
        Whether anything is told.
    """

    groups: list[Tested]
    bests: list[Bests]
    across: Tested
    budgets: list[tuple[AtBudget, Tested]]
    beats: dict[int, np.ndarray]
    wins: Wins | None
    any_told: bool

    @property
    def n_tests(self) -> int:
        """Differences that were corrected together."""
        return self.across.family


def verdicts_of(
    numbers: Sequence[Numbers],
    across: Across,
    question: Question,
    after: Comparison | None,
    families: Sequence[Sequence[int]] = (),
) -> Verdicts:
    """Test all that is compared, and correct it.

    Parameters
    ----------
    after
        The comparison by another metric that a page shows first (see ``albench.compare.build.compared``).
    families
        Places of the groups that are compared over budgets.
    """
    shared = at_budgets(numbers, families)
    tested = corrected(_parts(numbers, across.rows, shared, after), question.test, question.share)
    groups, over, budgets = tested[: len(numbers)], tested[len(numbers)], tested[len(numbers) + 1 :]
    alone = {setting.places for setting in across.settings if len(setting.places) == 1}
    others = sorted({at for family in families for at in family if (at,) not in alone})
    told = [_told_in(setting, groups) for setting in across.settings] + [groups[at].told for at in others]
    ranked = [setting.ranked for setting in across.settings] + [numbers[at].ranked for at in others]
    pairs = beaten(ranked, question, told if over.family else None)
    any_pair = any(won.any() for won in pairs)
    may = any(part.told.any() for part in tested) if over.family else any_pair
    if after is not None and not after.n_tests:
        may = may and _any_pair(after)
    if not may:
        pairs = [np.zeros_like(won) for won in pairs]
    wins = pairwise_wins(across.settings, pairs[: len(across.settings)])
    places = [*(setting.places for setting in across.settings), *((at,) for at in others)]
    beats = {at: won for (at, *more), won in zip(places, pairs, strict=True) if not more}
    at_each = list(zip(shared, budgets, strict=True))
    return Verdicts(groups, bests(numbers, question.test, may, question.share), over, at_each, beats, wins, may)


def _told_in(setting: SetScores, groups: Sequence[Tested]) -> np.ndarray:
    """(R,) bool: which rows of a data set are told from their baselines in one of its groups."""
    found = np.zeros(len(setting.names), dtype=bool)
    for at, rows in zip(setting.places, setting.rows, strict=True):
        found[rows] |= groups[at].told
    return found


def _any_pair(comparison: Comparison) -> bool:
    """Whether any row beats another, over data sets or over budgets."""
    wins = comparison.wins is not None and bool(np.any(comparison.wins.matrix))
    return wins or any(not all(row.firsts) for over in comparison.budgets for row in over.rows)


def _parts(
    numbers: Sequence[Numbers], over: Pooled | None, shared: Sequence[AtBudget], after: Comparison | None
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
    """The one family of a comparison: each group's differences to baselines, those over data sets, and at budgets."""
    earlier = None if after is None else set(_told(after))
    for number in numbers:
        curves = number.curves
        of_group = (curves.dataset, curves.stand_in, curves.protocol)
        may = [earlier is None or (of_group, name) in earlier for name in curves.names]
        yield number.ranked, number.against, np.array(may), in_both(number.ranked, number.against)
    empty = Pooled([], [], np.empty((0, 0)), np.empty((0, 0)), np.empty(0))
    places: list[tuple[tuple[str, ...], Pooled]] = [((), over or empty)]
    for place, rows in [*places, *((_place(one.budget, one.datasets), one.rows) for one in shared)]:
        may = [earlier is None or (place, name) in earlier for name, _ in rows.pairs]
        yield rows.own, rows.against, np.array(may, dtype=bool), rows.seeds


def _place(budget: str, datasets: Sequence[str]) -> tuple[str, ...]:
    """Where what is told over data sets at a budget is told."""
    return (budget, *sorted(datasets))


def _told(comparison: Comparison) -> Iterator[tuple[tuple[str, ...], RowName]]:
    """Where, and which row, is told from its baseline; nowhere is over data sets."""
    rows: list[tuple[tuple[str, ...], Row | OverallRow]] = [
        ((group.dataset, group.stand_in, group.protocol), row) for group in comparison.groups for row in group.rows
    ]
    rows += [((), row) for row in (comparison.overall.rows if comparison.overall else ())]
    for place, row in rows:
        if row.difference and row.difference.verdict in ("better", "worse"):
            yield place, (row.backbone, row.method, row.strategy)
    for over in comparison.budgets:
        for line in over.rows:
            for budget, gap in zip(over.budgets, line.differences, strict=False):  # none of a single data set
                if gap and gap.verdict in ("better", "worse"):
                    yield _place(budget, over.datasets), (line.backbone, line.method, line.strategy)
