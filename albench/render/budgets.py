"""The table over budgets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from albench.render.cells import Cell, Column, Mark, name_columns, tested
from albench.render.texts import spread
from albench.wording import listed

if TYPE_CHECKING:
    from albench.compare.budget_tables import BudgetRow, OverBudgets
    from albench.compare.comparison import Comparison


def budget_heading(over: OverBudgets) -> str:
    """``digits, 3 budgets together``."""
    return f"{over.place}, {len(over.budgets)} budgets together"


def budget_columns(over: OverBudgets) -> list[Column]:
    """Each budget with its ranks, and the mean of these; bold leads, ``~`` cannot be told from what leads."""
    columns = name_columns(over.rows)
    for at, title in enumerate(over.titles):
        alone = sum(row.firsts[at] for row in over.rows) == 1 if over.n_seeds else False
        best = min(row.ranks[at] for row in over.rows)
        cells = tuple(_cell(row, at, over, row.ranks[at] == best, alone) for row in over.rows)
        columns.append(Column(title, "labels", cells))
    mean = tuple(Cell(f"{row.mean_rank:.2f}") for row in over.rows)
    columns.append(Column("mean rank", "labels", mean, ranked=True))
    return columns


def budget_facts(over: OverBudgets, comparison: Comparison) -> list[str]:
    """How a table over budgets is to be read."""
    what = "AUBC" if comparison.at == "aubc" else f"value at {comparison.at}"
    direction = "higher" if comparison.higher_is_better else "lower"
    score = f"{what} of {comparison.split} {comparison.metric} ({direction} is better)"
    if over.n_seeds:
        found = [f"{score} at each budget and, behind #, its rank among these rows"]
    else:
        found = [f"mean rank by {score} over {listed(list(over.datasets), 6)}; ranks are not tested"]
        if any(gap for row in over.rows for gap in row.differences):
            name = comparison.baseline
            found[0] += f"; behind them the difference from {name} there, paired by seed and data set, with its mark"
    found.append(_budgets(over))
    if over.left_out:
        where = "under every budget" if over.n_seeds else "on every data set"
        found.append(f"left out, as not ranked {where}: {listed(list(over.left_out), 4)}")
    return found


def budget_legend(comparison: Comparison) -> list[str]:
    """How the budgets' names and marks are read; nothing where there is one."""
    return [*_names(comparison), *budget_marks(comparison)]


def _names(comparison: Comparison) -> list[str]:
    budgets = [group.budget for group in comparison.groups if "+" in group.budget]
    if budgets:
        start, _, rest = budgets[0].partition("+")
        queries, _, size = rest.partition("x")
        then = f", then {queries} {'query' if queries == '1' else 'queries'} of {size}"
        labels = f"{start} of the pool" if start.endswith("%") else f"{start} labels"
        return [f"{budgets[0]}: a budget of {labels} to start with{then}"]
    return []


def budget_marks(comparison: Comparison) -> list[str]:
    """How marks over budgets are read; nothing where there are none."""
    if any(over.n_seeds for over in comparison.budgets):
        return [
            "Over budgets: bold leads; * told from all other rows there, ~ leads or is not told from what leads: by "
            "the budget's table, or p < 0.05 of the two, paired by seed, Holm-corrected over all pairs at all budgets"
        ]
    return []


def _budgets(over: OverBudgets) -> str:
    """What the budgets end with, and that their names say their order alone."""
    titles = over.titles
    if not over.n_labeled:
        return "budgets by the labels that they end with, ascending"
    ends = listed([f"{labels:,} ({title})" for title, labels in zip(titles, over.n_labeled, strict=True)])
    order = f"; {listed(list(over.levels))} name their order, no more" if over.levels else ""
    return f"labels at the end: {ends}{order}"


def _cell(row: BudgetRow, at: int, over: OverBudgets, leads: bool, alone: bool) -> Cell:
    if not over.n_seeds:
        gap = row.differences[at] if row.differences else None
        rank = f"{row.ranks[at]:.2f}"
        if gap is None or not gap.n:
            return Cell(rank, bold=leads)
        shown = tested(gap, gap.n)
        return Cell(f"{rank} {gap.mean:+.3f}", shown.mark, leads, shown.tone, shown.highlighted)
    rank = f"#{row.ranks[at]:g}"
    mark: Mark = "" if not row.firsts[at] else "*" if alone else "~"
    return Cell(f"{spread(row.values[at], over.n_seeds[at])} {rank}", mark, bold=leads)
