"""What the readable formats show of a comparison: the same columns, texts and marks, before any layout."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from albench.compare.beside import ORACLE_SIGN
from albench.compare.estimates import Spread
from albench.compare.highlight import MARK
from albench.render.texts import NONE, number, or_none, p_text, range_text, reach_text, saved_text, spread
from albench.wording import listed

if TYPE_CHECKING:
    from albench.compare.budget_tables import BudgetRow
    from albench.compare.comparison import Comparison
    from albench.compare.estimates import Difference, Estimate, OverItems
    from albench.compare.tables import Group, OverallRow, Row

Role = Literal["name", "seeds", "labels", "aubc", "difference", "recall", "reach", "extra"]
Tone = Literal["", "good", "bad", "dim"]
Mark = Literal["", "*", "~"]
_TOLD = 4
"""Methods whose first round is told in a line."""


@dataclass(frozen=True)
class Cell:
    """One cell. ``mark`` is ``*`` for a significant difference, ``~`` for one that is not.

    ``*``, and the tones ``good`` and ``bad``, are for what stands after correction and nothing else. ``highlighted`` is
    the first name of a row that a reader asked to have marked.
    """

    text: str
    mark: Mark = ""
    bold: bool = False
    tone: Tone = ""
    highlighted: bool = False

    @property
    def named(self) -> str:
        """The text of a name, with the mark of a row that is highlighted."""
        return f"{MARK} {self.text}" if self.highlighted else self.text


@dataclass(frozen=True)
class Column:
    """One column of a group's table.

    ``ranked`` where its values rank the rows; ``bare`` where they are estimates of which some have no interval, which a
    page shows on demand alone. The last ``apart`` cells are of rows that stand below a rule.
    """

    title: str
    role: Role
    cells: tuple[Cell, ...]
    ranked: bool = False
    bare: bool = False
    apart: int = 0


def columns(group: Group, comparison: Comparison) -> list[Column]:
    """A group's table, column by column, its rows in rank order.

    What is one and the same in all rows (method, backbone, number of seeds) is in ``facts`` instead. Rows whose
    strategies see labels come last.
    """
    rows = (*group.rows, *group.aside)
    built = name_columns(rows)
    if n_seeds(group) is None:
        built.append(Column("seeds", "seeds", tuple(Cell(str(len(row.seeds))) for row in rows)))
    for labels in group.n_labeled:
        cells = tuple(_estimate(row.cells[labels], group) for row in rows)
        built.append(Column(f"{labels:,} labels", "labels", cells, ranked=labels == group.ranked))
    built += [Column(metric, "recall", tuple(_recall(r, metric, group) for r in rows)) for metric in group.recalls]
    ranked = comparison.at == "aubc"
    if comparison.target:
        title = f"labels to {comparison.target}"
        built.append(Column(title, "reach", tuple(Cell(reach_text(row.reach, group.n_labeled[-1])) for row in rows)))
    built.append(Column("AUBC", "aubc", tuple(_estimate(row.aubc, group) for row in rows), ranked))
    if any(row.difference for row in rows):
        title = f"vs {comparison.baseline}" if len(comparison.baseline) <= 12 else "vs baseline"
        built.append(Column(title, "difference", tuple(_difference(row, group) for row in rows)))
        if shows_saved(group, comparison):
            bare = any(_is_bare(row) for row in rows)
            built.append(Column("labels saved", "reach", tuple(_saved(row) for row in rows), bare=bare))
    built += _item_columns(rows, comparison)
    if comparison.cost:
        cells = tuple(_at_cost(row, group) for row in rows)
        built.append(Column(f"at equal {'cost' if comparison.cost_unit == 'money' else 'hours'}", "reach", cells))
    built += _detail_columns(rows) if comparison.details else []
    return [replace(column, apart=len(group.aside)) for column in built]


def once(every: Sequence[Column], group: Group) -> tuple[list[Column], list[str]]:
    """The columns without the first label count where all strategies of a method share it, and what is said instead.

    Before the first query strategies cannot differ: what is one number a method is said once. It stays a column where
    it ranks, where it is the only label count, and where methods are too many for a line.
    """
    first = next(column for column in every if column.role == "labels")
    models = [(row.method, row.backbone) for row in (*group.rows, *group.aside)]
    written = [cell.text.replace(" ± ", "±") for cell in first.cells]
    values = dict(zip(models, written, strict=True))
    is_shared = [values[model] for model in models] == written
    few = len(values) <= _TOLD and len(values) < len(models)
    if first.ranked or len(group.n_labeled) == 1 or not (is_shared and few):
        return list(every), []
    several = [len({model[at] for model in models}) > 1 for at in range(2)]
    named = [" on ".join(part for part, differs in zip(model, several, strict=True) if differs) for model in values]
    texts = [f"{name} {value}".strip() for name, value in zip(named, values.values(), strict=True)]
    return [column for column in every if column is not first], [f"before any query ({first.title}): {listed(texts)}"]


def _item_columns(rows: Sequence[Row], comparison: Comparison) -> list[Column]:
    """Intervals over test items, of what ranks and of its differences."""
    gaps = [row.difference.over_items if row.difference else None for row in rows]
    what = "AUBC" if comparison.at == "aubc" else "value"
    return [
        Column(f"{title} over items", "reach", tuple(Cell(_limits(each, signed)) for each in limits))
        for title, limits, signed in (("vs", gaps, True), (what, [row.over_items for row in rows], False))
        if any(limits)
    ]


def _limits(limits: OverItems | None, signed: bool) -> str:
    form = "{:+.3f}" if signed else "{:.3f}"
    return f"[{form.format(limits.low)}, {form.format(limits.high)}]" if limits else NONE


def _detail_columns(rows: Sequence[Row]) -> list[Column]:
    """Spread, tests and seconds."""
    spreads = [row.spread or Spread(*[float("nan")] * 4) for row in rows]
    found = [
        Column("std", "extra", tuple(Cell(or_none(s.std, number)) for s in spreads)),
        Column("IQM [95 %]", "extra", tuple(Cell(range_text(s.iqm, s.iqm_low, s.iqm_high)) for s in spreads)),
    ]
    differences = [row.difference for row in rows]
    if any(differences):
        found += [
            Column("d", "extra", tuple(Cell(or_none(d.effect, "{:+.2f}".format) if d else NONE) for d in differences)),
            Column("p (Holm)", "extra", tuple(Cell(or_none(d.p_holm, p_text) if d else NONE) for d in differences)),
            Column("test", "extra", tuple(Cell((d.test if d else "") or NONE) for d in differences)),
        ]
    if any(row.seconds for row in rows):
        for title, name in (("train s", "train"), ("query s", "query")):
            texts = (f"{getattr(row.seconds, name):,.1f}" if row.seconds else NONE for row in rows)
            found.append(Column(title, "extra", tuple(map(Cell, texts))))
    return found


def shows_saved(group: Group, comparison: Comparison) -> bool:
    """Whether labels saved are shown: on demand, and with a target where each has its interval."""
    return comparison.details or bool(comparison.target and not any(map(_is_bare, group.rows)))


def _is_bare(row: Row) -> bool:
    """Whether the labels that it saves have no interval, as with fewer than five seeds."""
    return row.saved is not None and math.isnan(row.saved.low)


def _recall(row: Row, metric: str, group: Group) -> Cell:
    return Cell(spread(row.recalls[metric], usual(group))) if metric in row.recalls else Cell(NONE, tone="dim")


def _saved(row: Row) -> Cell:
    if row.saved is None:
        return Cell("baseline" if row.is_baseline else NONE, tone="dim")
    return Cell(saved_text(row.saved))  # no tone: it is an estimate, which no test stands behind


def _at_cost(row: Row, group: Group) -> Cell:
    if row.cost_adjusted is None or row.cost_rank is None:
        return Cell(NONE, tone="dim")
    return Cell(f"{spread(row.cost_adjusted, usual(group))}, #{row.cost_rank}")


def name_columns(rows: Sequence[Row] | Sequence[OverallRow] | Sequence[BudgetRow]) -> list[Column]:
    """Methods and backbones, where they differ, then strategies; the first of them has the mark of its row."""
    titles = [t for t in ("method", "backbone") if len({getattr(row, t) for row in rows}) > 1] + ["strategy"]
    return [
        Column(title, "name", tuple(_name(r, title, highlighted=r.highlighted and not place) for r in rows))
        for place, title in enumerate(titles)
    ]


def _name(row: Any, title: str, highlighted: bool) -> Cell:
    seeing = title == "strategy" and getattr(row, "sees_labels", False)
    return Cell(f"{ORACLE_SIGN} " * seeing + getattr(row, title), highlighted=highlighted)


def _estimate(estimate: Estimate, group: Group) -> Cell:
    text = spread(estimate, usual(group))
    mark: Mark = "" if not estimate.best else "*" if estimate.clear else "~"
    return Cell(text, mark, bold=estimate.best, tone="dim" if text == NONE else "")


def _difference(row: Row, group: Group) -> Cell:
    if row.sees_labels:
        return Cell("sees labels", tone="dim")
    if row.is_baseline:
        return Cell("baseline", tone="dim")
    return tested(row.difference, usual(group))


def tested(difference: Difference | None, n_usual: int) -> Cell:
    """A difference with its verdict; of too few seeds it has none, and a note says so."""
    if difference is None or difference.n == 0:
        return Cell(NONE, tone="dim")
    text = spread(difference, n_usual, signed=True)
    if difference.verdict == "too few seeds":
        return Cell(text, tone="dim")
    if difference.verdict == "~":
        return Cell(text, "~", tone="dim")
    return Cell(text, "*", tone="good" if difference.verdict == "better" else "bad")


def usual(group: Group) -> int:
    """The number of seeds that a value rests on where none stands beside it."""
    return len(group.seeds) or max(len(row.seeds) for row in group.rows)


def n_seeds(group: Group) -> int | None:
    """The number of seeds of every row, None where it differs."""
    found = {len(row.seeds) for row in group.rows}
    return found.pop() if len(found) == 1 else None
