"""What the readable formats show of a comparison: the same columns, texts and marks, before any layout."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from albench.compare import Comparison, Difference, Estimate, Group, Row

Role = Literal["name", "seeds", "labels", "aubc", "difference"]
Tone = Literal["", "good", "bad", "dim"]
Mark = Literal["", "*", "~"]
NONE = "–"


@dataclass(frozen=True)
class Cell:
    """One cell. ``mark`` is ``*`` for a significant difference, ``~`` for one that is not."""

    text: str
    mark: Mark = ""
    bold: bool = False
    tone: Tone = ""


@dataclass(frozen=True)
class Column:
    """One column of a group's table. ``ranked`` where its values rank the rows."""

    title: str
    role: Role
    cells: tuple[Cell, ...]
    ranked: bool = False


def number(value: float) -> str:
    """Three decimals."""
    return f"{_tidy(value):.3f}"


def spread(value: Estimate | Difference, usual: int, signed: bool = False) -> str:
    """``0.712 ± 0.014``, the mean alone where there is no interval, a dash where there is nothing.

    The number of seeds follows in brackets where it is not the usual one.
    """
    if math.isnan(value.mean):
        return NONE
    text = f"{_tidy(value.mean):+.3f}" if signed else number(value.mean)
    if not math.isnan(value.half_width):
        text += f" ± {number(value.half_width)}"
    return text if value.n == usual else f"{text} ({value.n})"


def _tidy(value: float) -> float:
    """Without a minus on what shows as zero."""
    return 0.0 if abs(value) < 0.0005 else value


def columns(group: Group, comparison: Comparison) -> list[Column]:
    """A group's table, column by column, its rows in rank order.

    What is one and the same in all rows (method, backbone, number of seeds) is in ``facts`` instead.
    """
    rows = group.rows
    found = [
        _names(title, names)
        for title, names in (("method", [r.method for r in rows]), ("backbone", [r.backbone for r in rows]))
        if len(set(names)) > 1
    ]
    found.append(_names("strategy", [row.strategy for row in rows]))
    if _n_seeds(group) is None:
        found.append(Column("seeds", "seeds", tuple(Cell(str(len(row.seeds))) for row in rows)))
    for labels in group.n_labeled:
        cells = tuple(_estimate(row.cells[labels], row) for row in rows)
        found.append(Column(f"{labels:,} labels", "labels", cells, ranked=labels == group.ranked))
    ranked = comparison.at == "aubc"
    found.append(Column("AUBC", "aubc", tuple(_estimate(row.aubc, row) for row in rows), ranked))
    if any(row.difference for row in rows):
        title = f"vs {comparison.baseline}" if len(comparison.baseline) <= 12 else "vs baseline"
        found.append(Column(title, "difference", tuple(_difference(row) for row in rows)))
    return found


def heading(group: Group) -> tuple[str, str]:
    """The data set, and what it stands in for (empty where it is real)."""
    return group.dataset, f"stand-in for {group.stand_in}: simulated, not patient data" if group.stand_in else ""


def facts(group: Group, comparison: Comparison) -> list[str]:
    """What holds for the whole table of a group, in short pieces."""
    direction = "higher" if comparison.higher_is_better else "lower"
    found = [f"{comparison.split} {comparison.metric} ({direction} is better)"]
    found.append(f"ranked by {_ranked_by(group, comparison)}")
    if len(comparison.baseline) > 12:
        found.append(f"baseline {comparison.baseline}")
    methods, backbones = ({getattr(row, name) for row in group.rows} for name in ("method", "backbone"))
    found += [f"method {name}" for name in methods if len(methods) == 1]
    found += [f"backbone {name}" for name in backbones if len(backbones) == 1]
    n = _n_seeds(group)
    if n is not None:
        found.append("1 seed" if n == 1 else f"{n} seeds")
    found.append(f"protocol {group.protocol} on {', '.join(group.devices)}")
    return found


def _ranked_by(group: Group, comparison: Comparison) -> str:
    if comparison.at == "aubc":
        return "AUBC"
    return f"{group.ranked:,} labels" if group.ranked is not None else f"nothing: there is no {comparison.at}"


def legend(comparison: Comparison) -> list[str]:
    """How to read the marks."""
    estimates = [e for row in comparison.rows for e in (*row.cells.values(), row.aubc)]
    found = ["Mean ± half width of the 95 % t-interval over seeds"]
    if any(_fewer(row) for row in comparison.rows):
        found[0] += "; in brackets their number, where it is not all of the row's"
    if any(len(group.n_labeled) > 1 for group in comparison.groups):
        found.append("AUBC: area under the budget curve, divided by its span of labels")
    if any(estimate.best for estimate in estimates):
        found.append("Bold: best of its column; * better than the second, ~ not distinguishable from it")
    if comparison.baseline:
        found.append(f"Against {comparison.baseline}: difference paired by seed; * significant, ~ not distinguishable")
    if comparison.baseline or any(estimate.best for estimate in estimates):
        n = comparison.n_tests
        tests = f"over {n} difference{'s' * (n > 1)}, and " if n else ""
        found.append(f"A * means p < 0.05 in a paired t-test, Holm-corrected {tests}for bests over the tables")
    return found


def failures(comparison: Comparison) -> list[str]:
    """One line for all seeds of a cell that ended for one reason."""
    several = [len({getattr(trial, name) for trial in comparison.failed}) > 1 for name in ("backbone", "protocol")]
    seeds: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for trial in comparison.failed:
        where = f"{trial.dataset} {trial.method}/{trial.strategy}"
        where += f" on {trial.backbone}" * several[0] + f" ({trial.protocol})" * several[1]
        seeds[trial.status, where, " ".join(trial.reason.split())].append(trial.seed)
    return [
        f"{status}: {where}, seed{'s' if len(found) > 1 else ''} {', '.join(map(str, found))}: {reason}"
        for (status, where, reason), found in seeds.items()
    ]


def _names(title: str, names: Sequence[str]) -> Column:
    return Column(title, "name", tuple(Cell(name) for name in names))


def _estimate(estimate: Estimate, row: Row) -> Cell:
    text = spread(estimate, len(row.seeds))
    mark: Mark = "" if not estimate.best else "*" if estimate.clear else "~"
    return Cell(text, mark, bold=estimate.best, tone="dim" if text == NONE else "")


def _difference(row: Row) -> Cell:
    if row.is_baseline:
        return Cell("baseline", tone="dim")
    if row.difference is None or row.difference.n == 0:
        return Cell(NONE, tone="dim")
    text = spread(row.difference, len(row.seeds), signed=True)
    if row.difference.verdict == "too few seeds":
        return Cell(f"{text} too few seeds", tone="dim")
    if row.difference.verdict == "~":
        return Cell(text, "~", tone="dim")
    return Cell(text, "*", tone="good" if row.difference.verdict == "better" else "bad")


def _n_seeds(group: Group) -> int | None:
    """The number of seeds of every row, None where it differs."""
    found = {len(row.seeds) for row in group.rows}
    return found.pop() if len(found) == 1 else None


def _fewer(row: Row) -> bool:
    """Whether a value of the row rests on fewer seeds than the row has."""
    return any(0 < e.n < len(row.seeds) for e in (*row.cells.values(), row.aubc, row.difference) if e is not None)
