"""Rows that a reader asked to have marked, as one's own entry: their names, whatever they were measured to be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from albench.compare.choose import as_pair
from albench.errors import unknown
from albench.wording import listed

if TYPE_CHECKING:
    from albench.compare.comparison import Comparison


MARK = "»"
"""Before a marked row's name, in every format."""
_LISTED = 12
Pair = tuple[str, str]
"""Method, strategy."""


def named(names: Sequence[str], pairs: Iterable[Pair]) -> frozenset[Pair]:
    """The rows of these names.

    Parameters
    ----------
    names
        Each a strategy or, where no strategy has that name, a method; or one row, as ``METHOD + STRATEGY``,
        ``METHOD+STRATEGY`` or ``METHOD/STRATEGY``. As tables name them, with their options or by their aliases. Where
        all rows have one strategy, their names are the methods', which then come first.
    pairs
        The rows that there are.

    Raises
    ------
    UnknownName
        Where a name is none of these: one line with the nearest that is.
    """
    there = sorted(set(pairs))
    every: dict[str, list[Pair]] = {}
    forms = ["{1}", "{0}", "{0}/{1}"]
    if len({strategy for _, strategy in there}) == 1:
        forms[:2] = "{0}", "{1}"
    for written in forms:  # what comes first keeps a name
        of_form: dict[str, list[Pair]] = {}
        for pair in there:
            of_form.setdefault(written.format(*pair), []).append(pair)
        every = of_form | every
    for name in names:
        if as_pair(name, there) not in every and there:
            single = listed(sorted({part for pair in there for part in pair}), _LISTED)
            raise unknown("highlight", name, every, hint=f"name {single}, or one row as 'METHOD + STRATEGY'.")
    return frozenset(pair for name in names for pair in every.get(as_pair(name, there), ()))


def with_highlight(comparison: Comparison, names: Sequence[str]) -> Comparison:
    """The comparison with these rows marked; it changes no number, rank or verdict.

    Raises
    ------
    UnknownName
        As ``named`` does.
    """
    if not names:
        return comparison
    marked = named(names, [(row.method, row.strategy) for row in comparison.rows])
    groups = tuple(
        replace(group, rows=tuple(replace(r, highlighted=(r.method, r.strategy) in marked) for r in group.rows))
        for group in comparison.groups
    )
    overall = comparison.overall
    if overall is not None:
        rows = tuple(replace(row, highlighted=(row.method, row.strategy) in marked) for row in overall.rows)
        overall = replace(overall, rows=rows)
    budgets = tuple(
        replace(over, rows=tuple(replace(r, highlighted=(r.method, r.strategy) in marked) for r in over.rows))
        for over in comparison.budgets
    )
    chosen = tuple(dict.fromkeys(names))
    return replace(comparison, groups=groups, overall=overall, budgets=budgets, highlight=chosen)


def explained(names: Sequence[str]) -> str:
    """What the mark means, for a legend."""
    return f"{MARK} before a name: highlighted by request ({', '.join(names)}); no finding"
