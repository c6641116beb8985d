"""What a table over budgets holds: plain data that every renderer shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from albench.compare.estimates import Difference, Estimate


@dataclass(frozen=True)
class BudgetRow:
    """One method and strategy over budgets.

    Attributes
    ----------
    backbone
        Empty over several data sets where each has one of its own.
    values
        What ranks, at each budget; empty over several data sets.
    ranks
        At each budget among the rows of this table, 1 the best, equal means sharing their mean rank; over several data
        sets the means of these.
    firsts
        At each budget, whether it leads or cannot be told from what leads; empty over several data sets.
    mean_rank
        Over budgets, and data sets.
    differences
        Over several data sets, at each budget: against the baseline, paired by seed and data set; None where the row is
        the baseline or has none. Empty over one data set, whose tables have them.
    highlighted
        Whether a reader asked to have it marked.
    """

    backbone: str
    method: str
    strategy: str
    values: tuple[Estimate, ...]
    ranks: tuple[float, ...]
    firsts: tuple[bool, ...]
    mean_rank: float
    highlighted: bool = False
    differences: tuple[Difference | None, ...] = ()


@dataclass(frozen=True)
class OverBudgets:
    """The rows that are ranked under each of several budgets, best mean rank first.

    Attributes
    ----------
    datasets
        One, or all those that have these budgets together.
    setup
        What tells its protocols from others of the data set, beside their budgets, as in ``lr=0.1``.
    budgets
        As in ``20+5x10``, by the labels that they end with, ascending.
    levels
        ``low``, ``medium`` and ``high`` of three, ``low`` and ``high`` of two; empty where budgets are more, or two end
        with as many labels.
    n_labeled
        Labels that each ends with; empty over data sets where it is not the same.
    n_seeds
        Over which rows are compared at each budget; empty over several data sets.
    left_out
        ``method/strategy`` that is not ranked under every budget.
    winner
        ``same`` where one row is told from all others at each budget; ``changes`` where no row leads, or is not told
        from what leads, at every budget; else ``open``. Empty over several data sets, where no pair of rows is tested.
    """

    datasets: tuple[str, ...]
    stand_in: str
    setup: str
    budgets: tuple[str, ...]
    levels: tuple[str, ...]
    n_labeled: tuple[int, ...]
    n_seeds: tuple[int, ...]
    rows: tuple[BudgetRow, ...]
    left_out: tuple[str, ...]
    winner: Literal["same", "changes", "open", ""]

    @property
    def place(self) -> str:
        """How texts name it: its data sets, with what tells it from others of them; without its budgets."""
        named = self.datasets[0] if len(self.datasets) == 1 else f"{len(self.datasets)} data sets"
        return f"{named} ({self.setup})" if self.setup else named

    @property
    def titles(self) -> list[str]:
        """``low 20+5x10``."""
        levels = self.levels or ("",) * len(self.budgets)
        return [f"{level} {budget}".strip() for level, budget in zip(levels, self.budgets, strict=True)]
