"""Whether what is first changes with the budget, as a sentence: a change is told where it stands after correction."""

from __future__ import annotations

from collections.abc import Sequence

from albench.compare.budget_tables import BudgetRow, OverBudgets
from albench.compare.comparison import Comparison
from albench.compare.titles import baseline_words, metric_words, row_names
from albench.compare.verdict_words import NAMED
from albench.wording import counted, listed


def budget_sentences(comparison: Comparison) -> tuple[str, ...]:
    """One for each table over budgets, in their order."""
    several = len(comparison.budgets) > 1 or len({group.dataset for group in comparison.groups}) > 1
    metric = metric_words(comparison.metric, comparison.split)
    found = []
    for over in comparison.budgets:
        if len(over.datasets) > 1:
            found.append(_together(over, comparison, metric))
            continue
        stand_in = f" (simulated stand-in for {over.stand_in})" if over.stand_in else ""
        where = f"On {over.place}{stand_in}, over" if several or stand_in else "Over"
        found.append(f"{where} {counted(len(over.budgets), 'budget')}, in {metric}, {_verdict(over)}.")
    return tuple(found)


def _verdict(over: OverBudgets) -> str:
    names = row_names(over.rows)
    leading = [_leaders(over.rows, names, at) for at in range(len(over.budgets))]
    n = len(over.budgets)
    if over.winner == "same":
        (name,) = leading[0]
        return f"{name} is first at each budget, and told from all others there"
    if over.winner == "changes":
        firsts = [_or(lead + [x for x in _firsts(over, names, at) if x not in lead]) for at, lead in enumerate(leading)]
        return f"the winner changes: {_at(firsts, over.budgets)}"
    always = [name for name, row in zip(names, over.rows, strict=True) if all(row.firsts)]
    first_means = [_and(lead) for lead in leading]
    one = len(set(first_means)) == 1
    means = f"{first_means[0]} {_has(leading[0])} the best mean at each" if one else ""
    means = means or f"the best means are those of {_at(first_means, over.budgets)}, and that may be chance"
    if len(always) == len(names):
        return f"no row can be told from the first at any budget; {means}"
    what = f"{_and(always)} {'is' if len(always) == 1 else 'are'} first, or tied with the first, at each"
    tied = [_and([x for x in _firsts(over, names, at) if x not in lead]) for at, lead in enumerate(leading)]
    where = [(name, budget) for name, budget in zip(tied, over.budgets, strict=True) if name]
    if len(always) == 1 and one:
        return f"{what} of {n}; tied with it: {_at([name for name, _ in where], [budget for _, budget in where])}"
    return f"{what} of {n}; {means}"


def _together(over: OverBudgets, comparison: Comparison, metric: str) -> str:
    """Mean ranks over data sets, what is told from the baseline, and on how many of them the winner changes."""
    names = row_names(over.rows)
    best = [_and(_leaders(over.rows, names, at)) for at in range(len(over.budgets))]
    first = f"{best[0]} at each budget" if len(set(best)) == 1 else _at(best, over.budgets)
    own = [one for one in comparison.budgets if len(one.datasets) == 1 and one.datasets[0] in over.datasets]
    changes, same = ([one.place for one in own if one.winner == winner] for winner in ("changes", "same"))
    shown = f"the winner is shown to change with the budget on {len(changes)} of {len(own)} data sets"
    shown += f" ({listed(changes, NAMED)})" if changes else ""
    shown += f", and to be the same at each on {len(same)} ({listed(same, NAMED)})" if same else ""
    where = f"{counted(len(over.datasets), 'data set')} and {counted(len(over.budgets), 'budget')}"
    told = _differences(over, names, comparison)
    return f"Over {where}, in {metric}, the best mean ranks are those of {first}; {told}{shown}."


def _differences(over: OverBudgets, names: Sequence[str], comparison: Comparison) -> str:
    """``better than random: entropy at 20+5x10 and 60+5x30; `` over the data sets; empty without a baseline."""
    if not any(gap for row in over.rows for gap in row.differences):
        return ""
    baseline = baseline_words(comparison, over.rows)
    clauses = []
    for verdict in ("better", "worse"):
        places: dict[str, list[str]] = {}
        for name, row in zip(names, over.rows, strict=True):
            for budget, gap in zip(over.budgets, row.differences, strict=True):
                if gap and gap.verdict == verdict:
                    places.setdefault(name, []).append(budget)
        at = [f"{name} at {_every(found, over.budgets)}" for name, found in places.items()]
        clauses += [f"{verdict} than {baseline}: {_some(at)}"] if at else []
    return "; ".join(clauses or [f"none can be told from {baseline} at any budget"]) + "; "


def _some(texts: Sequence[str]) -> str:
    rest = [f"{len(texts) - NAMED} others"] if len(texts) > NAMED + 1 else []
    return ", ".join([*texts[:NAMED], *rest] if rest else texts)


def _every(found: Sequence[str], budgets: Sequence[str]) -> str:
    return "each budget" if len(found) == len(budgets) else listed(list(found))


def _leaders(rows: Sequence[BudgetRow], names: Sequence[str], at: int) -> list[str]:
    best = min(row.ranks[at] for row in rows)
    return [name for name, row in zip(names, rows, strict=True) if row.ranks[at] == best]


def _firsts(over: OverBudgets, names: Sequence[str], at: int) -> list[str]:
    """Rows that lead or cannot be told from what leads, by their ranks."""
    found = [(row.ranks[at], name) for name, row in zip(names, over.rows, strict=True) if row.firsts[at]]
    return [name for _, name in sorted(found, key=lambda one: one[0])]


def _at(names: Sequence[str], budgets: Sequence[str]) -> str:
    """``entropy at 20+5x10 and 60+5x30, random at 150+5x80``: budgets of the same name together."""
    places: dict[str, list[str]] = {}
    for name, budget in zip(names, budgets, strict=True):
        places.setdefault(name, []).append(budget)
    return ", ".join(f"{name} at {listed(found)}" for name, found in places.items())


def _has(names: Sequence[str]) -> str:
    return "has" if len(names) == 1 else "have"


def _and(names: Sequence[str]) -> str:
    return listed(names, NAMED) if names else ""


def _or(names: Sequence[str]) -> str:
    """``a``; ``a (or b and c, not told from it)``."""
    return f"{names[0]} (or {listed(names[1:], NAMED)}, not told from it)" if len(names) > 1 else names[0]
